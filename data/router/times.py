"""Travel times on a city's roads by Dijkstra's method, from SciPy: one search answers for all units at once."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse.csgraph import dijkstra

from data.router.arcs import SHORTEST_S, Arcs, Costs, Pairs, arcs_of
from twin.geo import FloatArray
from twin.traffic.graph import NO_LINK, IntArray, OnRoad, RoadGraph
from twin.traffic.lines import stretches
from twin.traffic.travel import NOWHERE, OFF_ROAD, REACHED, TOO_LONG, UNREACHABLE, Reach, Route, Travel

AWAY_MPS = 10.0 / 3.6
"""From a place to the road beside it; on foot, at a walk."""
AT_NODE_M = 0.5
"""A place so near the end of a road is at the crossing, from where all its roads go on."""
_NOTHING = np.zeros(0, np.int64)


@dataclass(frozen=True, slots=True)
class _Found:
    """A search from a place.

    Parameters
    ----------
    cost_s, before : (nodes + 1,) arrays
        Of each node, the place itself the last; the node before it on the way.
    links : (M,) int array
        The links that the place is on.
    share : (M,) array
        How much of each lies between the place and the end that is left by.
    """

    cost_s: FloatArray
    before: NDArray[np.int32]
    links: IntArray
    share: FloatArray


@dataclass(frozen=True, slots=True)
class _Entered:
    """From where a place is entered: ``nodes`` (M,), the cost from each, and by which link; -1 if it is at the node."""

    nodes: IntArray
    cost_s: FloatArray
    link: IntArray


class RoadTimes:
    """:class:`twin.traffic.travel.TravelTimes` of one graph with its speeds; may be asked from any thread.

    Parameters
    ----------
    kmh : (L,) array, optional
        As in :meth:`with_speeds`; the free speeds without it.
    """

    def __init__(self, graph: RoadGraph, kmh: FloatArray | None = None, arcs: Arcs | None = None) -> None:
        self._graph, self._arcs = graph, arcs_of(graph) if arcs is None else arcs
        told = np.full(len(graph), np.nan) if kmh is None else np.asarray(kmh, np.float64)
        if told.shape != (len(graph),):
            raise ValueError(f"speeds of {len(graph)} links are wanted, not of shape {told.shape}")
        speed = np.where(np.isfinite(told), told, graph.free_kmh) / 3.6
        self.link_s: FloatArray = np.divide(graph.length_m, speed, out=np.full(len(graph), np.inf), where=speed > 0)
        self._away_mps = min(AWAY_MPS, float(graph.free_kmh.min(initial=np.inf)) / 3.6)
        cost = self.link_s[self._arcs.link]
        self._outward = Costs.of(self._arcs.tail, self._arcs.head, cost, self._arcs.nodes)
        self._inward = Costs.of(self._arcs.head, self._arcs.tail, cost, self._arcs.nodes)

    @property
    def graph(self) -> RoadGraph:
        """The graph whose links are named in answers."""
        return self._graph

    def with_speeds(self, kmh: FloatArray) -> RoadTimes:
        """Return the same graph with fresh speeds, (L,) in km/h: NaN for the free one, 0 or less for closed."""
        return RoadTimes(self._graph, kmh, self._arcs)

    def to_one(self, starts_m: FloatArray, goal_m: FloatArray, limit_s: float = np.inf) -> Travel:
        """Return the time from each of (N, 2) places to one: a single search backwards."""
        return self._between(starts_m, goal_m, limit_s, inward=True)

    def from_one(self, start_m: FloatArray, goals_m: FloatArray, limit_s: float = np.inf) -> Travel:
        """Return the time from one place to each of (N, 2): a single search."""
        return self._between(goals_m, start_m, limit_s, inward=False)

    def _between(self, many_m: FloatArray, one_m: FloatArray, limit_s: float, inward: bool) -> Travel:
        many, one = self._graph.place(many_m), self._graph.place(np.asarray(one_m, np.float64).reshape(1, -1))
        answer = _where(many)
        seconds = np.full(len(answer), np.inf)
        if one.road[0] == NO_LINK:
            answer[:] = _where(one)[0]
            return Travel(seconds, answer)
        cost_s = self._searched(one, limit_s, inward).cost_s
        far_s, node_s = self._ends(cost_s, inward), self._at_nodes(cost_s)
        known = np.flatnonzero(many.road != NO_LINK)
        links = self._graph.links_of[many.road[known]]
        away = (many.away_m[known] + one.away_m[0]) / self._away_mps
        best = np.full(len(known), np.inf)
        for link in links.T:  # as the road is drawn, and against it
            along_m = many.along_m[known]
            best = np.minimum(best, self._by_link(link, along_m, far_s, one, inward))
            best = np.minimum(best, self._by_node(link, along_m, node_s))
        best = best + away
        best[best > limit_s] = np.inf
        seconds[known] = best
        answer[known[~np.isfinite(best)]] = TOO_LONG if np.isfinite(limit_s) else UNREACHABLE
        return Travel(seconds, answer)

    def _by_link(self, link: IntArray, along_m: FloatArray, far_s: FloatArray, one: OnRoad, inward: bool) -> FloatArray:
        """Return the seconds between the one place and others, each through one of its links or along it."""
        usable = (link != NO_LINK) & np.isfinite(self.link_s[link])
        whole_s = np.where(usable, self.link_s[link], 0.0)
        share = self._share(link, along_m)
        mine = 1.0 - share if inward else share  # of the link, between the place and the end that is searched from
        seconds = far_s[link] + mine * whole_s
        there = self._share(link, np.full(len(link), one.along_m[0]))
        ahead = there - share if inward else share - there
        same = (self._graph.road[link] == one.road[0]) & (ahead >= 0)
        seconds = np.where(same, np.minimum(seconds, ahead * whole_s), seconds)
        return np.where(usable, seconds, np.inf)

    def _by_node(self, link: IntArray, along_m: FloatArray, node_s: FloatArray) -> FloatArray:
        """Return the seconds of places that are at a node, from where every road goes on; infinite for the others."""
        share, length = self._share(link, along_m), self._graph.length_m[link]
        tail = np.where(share * length <= AT_NODE_M, node_s[self._graph.tail[link]], np.inf)
        head = np.where((1.0 - share) * length <= AT_NODE_M, node_s[self._graph.head[link]], np.inf)
        return np.where(link != NO_LINK, np.minimum(tail, head), np.inf)

    def _at_nodes(self, cost_s: FloatArray) -> FloatArray:
        """Return the seconds of each node of the graph."""
        node_s = np.full(len(self._graph.node_m), np.inf)
        np.minimum.at(node_s, self._arcs.base, cost_s[:-1])
        return node_s

    def _share(self, link: IntArray, along_m: FloatArray) -> FloatArray:
        """Return how far along each link a place is, 0 to 1."""
        share = np.clip(along_m / self._graph.length_m[link], 0.0, 1.0)
        return np.where(self._graph.forward[link], share, 1.0 - share)

    def _searched(self, one: OnRoad, limit_s: float, inward: bool) -> _Found:
        """Search from a place on a road."""
        links = self._links_at(one)
        share = self._share(links, np.full(len(links), one.along_m[0]))
        share = share if inward else 1.0 - share
        if inward:
            entered = self._entered(one)
            nodes, cost = entered.nodes, entered.cost_s
        else:
            crossing = self._crossing(one)
            nodes = np.concatenate([self._arcs.leave[links], crossing])
            cost = np.concatenate([share * self.link_s[links], np.zeros(len(crossing))])
        costs = self._inward if inward else self._outward
        cost_s, before = dijkstra(
            costs.with_place(nodes, cost), indices=self._arcs.nodes, limit=limit_s, return_predecessors=True
        )
        return _Found(cost_s, before, links, share)

    def _entered(self, one: OnRoad) -> _Entered:
        """Return the nodes from which a place on a road is entered."""
        links = self._links_at(one)
        arc, which = np.nonzero(self._arcs.link[:, None] == links[None, :])
        cost_s = self._share(links, np.full(len(links), one.along_m[0])) * self.link_s[links]
        crossing = self._crossing(one)
        return _Entered(
            np.concatenate([self._arcs.tail[arc], crossing]),
            np.concatenate([cost_s[which], np.zeros(len(crossing))]),
            np.concatenate([links[which], np.full(len(crossing), NO_LINK)]),
        )

    def _links_at(self, one: OnRoad) -> IntArray:
        """Return the open links of the road that a place is on."""
        links = self._graph.links_of[one.road[0]]
        links = links[links != NO_LINK]
        usable: IntArray = links[np.isfinite(self.link_s[links])]
        return usable

    def _crossing(self, one: OnRoad) -> IntArray:
        """Return the nodes that stand for the end of the road at which a place is; none for a place along it."""
        graph, link = self._graph, int(self._graph.links_of[one.road[0]].max())
        ends = np.array(
            [graph.tail[link], graph.head[link]] if graph.forward[link] else [graph.head[link], graph.tail[link]]
        )
        length = graph.length_m[link]
        near = np.array([one.along_m[0] <= AT_NODE_M, one.along_m[0] >= length - AT_NODE_M])
        return np.flatnonzero(np.isin(self._arcs.base, ends[near]))

    def _ends(self, cost_s: FloatArray, inward: bool) -> FloatArray:
        """Return the seconds at the end of each link at which the search comes in: inward the head, else the tail."""
        if inward:
            return cost_s[self._arcs.leave]
        reached = cost_s[self._arcs.tail[: len(self._graph)]]
        more = slice(len(self._graph), None)
        np.minimum.at(reached, self._arcs.link[more], cost_s[self._arcs.tail[more]])
        return reached

    def reach(self, place_m: FloatArray, limit_s: float, inward: bool = False) -> Reach:
        """Return the cost of every link within a time of a place; ``inward`` counts towards it."""
        one = self._graph.place(np.asarray(place_m, np.float64).reshape(1, -1))
        if one.road[0] == NO_LINK:
            nothing = np.full(len(self._graph), np.inf)
            none = np.zeros(0)
            return Reach(int(_where(one)[0]), limit_s, inward, nothing, nothing, _NOTHING, none, none)
        found = self._searched(one, limit_s, inward)
        near_s = self._ends(found.cost_s, inward) + one.away_m[0] / self._away_mps
        used_s = found.share * self.link_s[found.links]
        return Reach(REACHED, limit_s, inward, near_s, near_s + self.link_s, found.links, found.share, used_s)

    def route(self, start_m: FloatArray, goal_m: FloatArray) -> Route:
        """Return the quickest way from one place to another."""
        both = self._graph.place(np.stack([np.asarray(start_m, np.float64)[:2], np.asarray(goal_m, np.float64)[:2]]))
        answer = int(_where(both).max())
        if answer != REACHED:
            return _no_route(answer)
        start, goal = (OnRoad(both.road[[i]], both.along_m[[i]], both.away_m[[i]]) for i in (0, 1))
        found, entered = self._searched(start, np.inf, inward=False), self._entered(goal)
        seconds = found.cost_s[entered.nodes] + entered.cost_s
        best = int(np.argmin(seconds)) if len(seconds) else 0
        away = float(both.away_m.sum()) / self._away_mps
        direct = self._along(start, goal)
        if direct is not None and direct[0] <= seconds.min(initial=np.inf):
            return self._drawn(direct[0] + away, np.array([direct[1]]), start, goal)
        if not np.isfinite(seconds.min(initial=np.inf)):
            return _no_route(UNREACHABLE)
        last = entered.link[best : best + 1]
        path = np.concatenate([self._walked(found, int(entered.nodes[best])), last[last != NO_LINK]])
        return self._drawn(float(seconds[best]) + away, path, start, goal)

    def _along(self, start: OnRoad, goal: OnRoad) -> tuple[float, int] | None:
        """Return seconds and link of the way along the one road that both places are on, if it is open that way."""
        if start.road[0] != goal.road[0]:
            return None
        link = int(self._graph.links_of[start.road[0], 0 if goal.along_m[0] >= start.along_m[0] else 1])
        if link == NO_LINK or not np.isfinite(self.link_s[link]):
            return None
        return abs(goal.along_m[0] - start.along_m[0]) / self._graph.length_m[link] * float(self.link_s[link]), link

    def _walked(self, found: _Found, node: int) -> IntArray:
        """Return the links from the start of a search to a node, along the nodes that the search came by."""
        nodes = [node]
        while found.before[node] != self._arcs.nodes:
            node = int(found.before[node])
            nodes.append(node)
        nodes.reverse()
        share_s = found.share * self.link_s[found.links]
        begun = (self._arcs.leave[found.links] == nodes[0]) & (share_s <= found.cost_s[nodes[0]] + SHORTEST_S)
        return np.concatenate([found.links[begun][:1], self._pairs.along(np.array(nodes))])

    @cached_property
    def _pairs(self) -> Pairs:
        return Pairs.of(self._arcs, self.link_s)

    def _drawn(self, seconds: float, links: IntArray, start: OnRoad, goal: OnRoad) -> Route:
        begin, end = np.zeros(len(links)), np.ones(len(links))
        road = self._graph.road[links]
        if len(links) and road[0] == start.road[0]:
            begin[0] = self._share(links[:1], start.along_m)[0]
        if len(links) and road[-1] == goal.road[0]:
            end[-1] = self._share(links[-1:], goal.along_m)[0]
        line = stretches(self._graph, links, begin, end)
        if not len(line):
            line = shapely.line_interpolate_point(self._graph.lines[start.road], start.along_m)
        joined = shapely.get_coordinates(line)
        fresh = np.append(True, (np.diff(joined, axis=0) != 0).any(axis=1))
        joined = joined[fresh]
        whole = shapely.LineString(joined if len(joined) > 1 else np.repeat(joined, 2, axis=0))
        return Route(REACHED, seconds, float(np.sum((end - begin) * self._graph.length_m[links])), links, whole)


def _where(places: OnRoad) -> NDArray[np.int8]:
    """Return what can be said of places before any search: on a road, too far from all, or not known."""
    return np.where(places.road != NO_LINK, REACHED, np.where(np.isnan(places.away_m), NOWHERE, OFF_ROAD)).astype(
        np.int8
    )


def _no_route(answer: int) -> Route:
    return Route(answer, np.inf, np.inf, _NOTHING, shapely.LineString())
