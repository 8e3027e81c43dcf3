"""Which links a track was on: a hidden Markov model over the road graph.

After Newson and Krumm, "Hidden Markov map matching through noise and sparseness" (ACM SIGSPATIAL 2009): how far a point
is from a link against the noise, and how much longer the way between two points is than the straight line. Distances
are searched in the part of the network around a few points at a time, so a long track costs no more a point than a
short one.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from data.router.arcs import SHORTEST_S, Arcs, Pairs, arcs_of
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import NO_LINK, IntArray, RoadGraph
from twin.traffic.travel import Match

MOST = 6
"""Roads that are looked at for one point."""
AT_ONCE = 24
"""Points whose surroundings are searched together."""
AROUND_M = 400.0
BACK_M = 8.0
"""A vehicle that stands still may seem to roll back so far."""
DETOUR, DETOUR_M = 3.0, 200.0
"""A way between two points is at most so many times longer than the straight line, and so much more."""


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Links that points may be on, sorted by point: ``first`` (N + 1,) tells where each point's begin."""

    link: IntArray
    along_m: FloatArray
    away_m: FloatArray
    first: IntArray

    def of(self, point: int) -> slice:
        """Return where a point's candidates are."""
        return slice(int(self.first[point]), int(self.first[point + 1]))


class HmmMatcher:
    """:class:`twin.traffic.travel.Matcher` for one graph; may be asked from any thread.

    Parameters
    ----------
    noise_m : float
        Standard deviation of positions.
    reach_m : float
        Links farther away than this do not explain a point.
    wander_m : float
        By how much the way between two points usually differs from the straight line.
    """

    def __init__(self, graph: RoadGraph, noise_m: float = 10.0, reach_m: float = 60.0, wander_m: float = 25.0) -> None:
        self._graph, self._noise_m, self._reach_m, self._wander_m = graph, noise_m, reach_m, wander_m
        self._arcs = arcs_of(graph)
        self._pairs = Pairs.of(self._arcs, graph.length_m)

    @property
    def graph(self) -> RoadGraph:
        """The graph whose links are named in answers."""
        return self._graph

    def match(self, position_m: FloatArray, time_s: FloatArray) -> Match:
        """Match the points of one vehicle; points that no road explains keep no link, and the rest goes on."""
        at = np.asarray(position_m, np.float64)[:, :2]
        when = np.asarray(time_s, np.float64)
        known = np.flatnonzero(np.isfinite(at).all(axis=1) & np.isfinite(when))
        known = known[np.argsort(when[known], kind="stable")]
        found = self._candidates(at[known])
        near = np.diff(found.first) > 0
        known, at_known = known[near], at[known[near]]
        found = _Candidates(found.link, found.along_m, found.away_m, np.append(found.first[:-1][near], len(found.link)))
        chosen, piece, path = self._decode(at_known, found)
        link, pieces = np.full(len(at), NO_LINK), np.full(len(at), -1)
        along, away = np.full(len(at), np.nan), np.full(len(at), np.nan)
        link[known], along[known], away[known] = found.link[chosen], found.along_m[chosen], found.away_m[chosen]
        pieces[known] = piece
        return Match(link, along, away, pieces, path)

    def _candidates(self, at: FloatArray) -> _Candidates:
        """Return the links near each point, those of the nearest roads only."""
        graph = self._graph
        points = np.asarray(shapely.points(at + np.asarray(graph.origin_m)), dtype=object)
        point, near = graph.tree.query(points, predicate="dwithin", distance=self._reach_m)
        road = graph.usable[near]
        away = shapely.distance(graph.lines[road], points[point])
        order = np.lexsort((road, away, point))
        point, road, away = point[order], road[order], away[order]
        rank = np.arange(len(point)) - np.searchsorted(point, point)
        point, road, away = (values[rank < MOST] for values in (point, road, away))
        along = shapely.line_locate_point(graph.lines[road], points[point])
        link = graph.links_of[road]
        against = np.column_stack([along, shapely.length(graph.lines[road]) - along])
        there = link != NO_LINK
        owner = np.repeat(point, 2)[there.ravel()]
        return _Candidates(
            link[there],
            against[there],
            np.repeat(away, 2)[there.ravel()],
            np.searchsorted(owner, np.arange(len(at) + 1)),
        )

    def _decode(self, at: FloatArray, found: _Candidates) -> tuple[IntArray, IntArray, tuple[IntArray, ...]]:
        """Return the likeliest candidate of each point, its piece, and the links of each piece (Viterbi's way)."""
        score = -0.5 * (found.away_m / self._noise_m) ** 2
        back = np.full(len(found.link), -1)
        starts = [0] if len(at) else []
        hops: list[_Near] = []
        for near in self._surroundings(at, found):
            hops.append(near)
            for point in range(near.begin, near.end):
                one, two = found.of(point), found.of(point + 1)
                step = score[one, None] + self._step(
                    near, found, one, two, float(np.hypot(*(at[point + 1] - at[point])))
                )
                if not np.isfinite(step).any():
                    starts.append(point + 1)
                    continue
                back[two] = int(found.first[point]) + np.argmax(step, axis=0)
                score[two] += step.max(axis=0)
                score[two] -= score[two].max()
        return self._traced(found, score, back, starts, hops)

    def _step(self, near: _Near, found: _Candidates, one: slice, two: slice, straight_m: float) -> FloatArray:
        """Return the log likelihood of going from each candidate of a point to each of the next."""
        way_m = near.way_m(self._graph, found, one, two)
        likely = -np.abs(way_m - straight_m) / self._wander_m
        return np.where(way_m <= DETOUR * straight_m + DETOUR_M, likely, -np.inf)

    def _surroundings(self, at: FloatArray, found: _Candidates) -> Iterator[_Near]:
        """Yield the part of the network around some points at a time, with all distances in it."""
        for begin in range(0, len(at) - 1, AT_ONCE):
            end = min(begin + AT_ONCE, len(at) - 1)
            yield _Near.around(self._graph, self._arcs, at[begin : end + 1], found, begin, end)

    def _traced(
        self, found: _Candidates, score: FloatArray, back: IntArray, starts: list[int], hops: list[_Near]
    ) -> tuple[IntArray, IntArray, tuple[IntArray, ...]]:
        count = len(found.first) - 1
        ends = [*starts[1:], count][: len(starts)]
        chosen, piece = np.zeros(count, np.int64), np.zeros(count, np.int64)
        for number, (begin, end) in enumerate(zip(starts, ends, strict=True)):
            last = found.of(end - 1)
            chosen[end - 1] = last.start + int(np.argmax(score[last]))
            for point in range(end - 1, begin, -1):
                chosen[point - 1] = back[chosen[point]]
            piece[begin:end] = number
        paths = []
        for begin, end in zip(starts, ends, strict=True):
            parts = [found.link[chosen[begin : begin + 1]]]
            parts += [
                hops[point // AT_ONCE].links(
                    self._graph, self._pairs, found, int(chosen[point]), int(chosen[point + 1])
                )
                for point in range(begin, end - 1)
            ]
            paths.append(np.concatenate(parts))
        return chosen, piece, tuple(paths)


@dataclass(frozen=True, slots=True)
class _Near:
    """Distances between the nodes around the points ``begin`` to ``end``.

    Parameters
    ----------
    row : (nodes,) int array
        Row of ``far_m`` for each node that some candidate leaves by; -1 for the others.
    column : (nodes,) int array
        Column of ``far_m``; -1 for nodes farther off.
    far_m, before : (S, T) arrays
        Distance, and the column before on the way.
    inside : (T,) int array
        The node of each column.
    """

    begin: int
    end: int
    arcs: Arcs
    row: IntArray
    column: IntArray
    far_m: FloatArray
    before: NDArray[np.int32]
    inside: IntArray
    enter: tuple[IntArray, IntArray]

    @classmethod
    def around(cls, graph: RoadGraph, arcs: Arcs, at: FloatArray, found: _Candidates, begin: int, end: int) -> _Near:
        """Search the surroundings of some points from every candidate."""
        links = np.unique(found.link[found.first[begin] : found.first[end + 1]])
        low, high = at.min(axis=0) - AROUND_M, at.max(axis=0) + AROUND_M
        local = graph.node_m[arcs.base] - np.asarray(graph.origin_m)
        within: BoolArray = ((local >= low) & (local <= high)).all(axis=1)
        within[arcs.leave[links]] = within[graph.tail[links]] = True
        inside = np.flatnonzero(within)
        column = np.full(arcs.nodes, -1)
        column[inside] = np.arange(len(inside))
        kept = np.flatnonzero(within[arcs.tail] & within[arcs.head])
        sources = np.unique(arcs.leave[links])
        row = np.full(arcs.nodes, -1)
        row[sources] = np.arange(len(sources))
        shape = (len(inside), len(inside))
        order = kept[np.lexsort((-graph.length_m[arcs.link[kept]], arcs.head[kept], arcs.tail[kept]))]
        cost = np.maximum(graph.length_m[arcs.link[order]], SHORTEST_S)
        indptr = np.searchsorted(column[arcs.tail[order]], np.arange(len(inside) + 1))
        web = csr_array((cost, column[arcs.head[order]].astype(np.int32), indptr.astype(np.int32)), shape=shape)
        gap_m = np.hypot(*np.diff(at, axis=0).T).max(initial=0.0)
        far_m, before = dijkstra(
            web, indices=column[sources], limit=DETOUR * gap_m + DETOUR_M, return_predecessors=True
        )
        more = np.arange(len(graph), len(arcs.link))
        extra = more[np.isin(arcs.link[more], links) & within[arcs.tail[more]]]
        return cls(begin, end, arcs, row, column, far_m, before, inside, (arcs.link[extra], arcs.tail[extra]))

    def way_m(self, graph: RoadGraph, found: _Candidates, one: slice, two: slice) -> FloatArray:
        """Return the length of the way from each candidate to each other; infinite where there is none."""
        here, there = found.link[one], found.link[two]
        between = self._entered(graph, self.row[self.arcs.leave[here]], there)[0]
        rest = graph.length_m[here] - found.along_m[one]
        way = rest[:, None] + between + found.along_m[two][None, :]
        ahead = found.along_m[two][None, :] - found.along_m[one][:, None]
        same = (here[:, None] == there[None, :]) & (ahead >= -BACK_M)
        return np.where(same, np.maximum(ahead, 0.0), way)

    def _entered(self, graph: RoadGraph, row: IntArray, links: IntArray) -> tuple[FloatArray, IntArray]:
        """Return the distance to where each link is entered, and at which node."""
        node = np.broadcast_to(graph.tail[links], (len(row), len(links))).copy()
        far = self.far_m[row[:, None], self.column[graph.tail[links]][None, :]].copy()
        for link, tail in zip(*self.enter, strict=True):  # the few links that follow a forbidden turn
            at = np.flatnonzero(links == link)
            other = self.far_m[row, self.column[tail]][:, None]
            nearer = other < far[:, at]
            far[:, at], node[:, at] = np.where(nearer, other, far[:, at]), np.where(nearer, tail, node[:, at])
        return far, node

    def links(self, graph: RoadGraph, pairs: Pairs, found: _Candidates, one: int, two: int) -> IntArray:
        """Return the links after that of one candidate, up to and with that of the other."""
        here, there = int(found.link[one]), int(found.link[two])
        if here == there and found.along_m[two] - found.along_m[one] >= -BACK_M:
            return np.zeros(0, np.int64)
        row = self.row[self.arcs.leave[[here]]]
        _, node = self._entered(graph, row, np.array([there]))
        column, nodes = int(self.column[node[0, 0]]), []
        while column >= 0:
            nodes.append(int(self.inside[column]))
            column = int(self.before[row[0], column])
        nodes.reverse()
        return np.append(pairs.along(np.array(nodes)), there)
