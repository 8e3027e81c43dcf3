"""The traffic of an area as streams: ways through it, each with its vehicles an hour.

Ways come from matched tracks where there are any; else from counts, turning at each junction as the roads ahead are
used; else from what is taken for granted at the signals. Counts then bend the streams with the least change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import shapely
from scipy.optimize import lsq_linear
from scipy.sparse import coo_array, eye_array, vstack

from twin.geo import BoolArray, FloatArray
from twin.signals.corridor import Corridor
from twin.signals.stages import Flows
from twin.traffic.graph import IntArray, RoadGraph

TRACKS, COUNTS, ASSUMED = "tracks", "counts", "assumed"
REACH_M = 300.0
"""So far around an arterial's signals a rehearsal reaches, and to the far end of each leg."""
WALKS = 3000
"""Ways that are drawn where no tracks tell any."""
LONGEST = 60
STRAY = 0.5
"""A stream is known from tracks to about so much of itself; a count to its square root."""
THROUGH_KIND, CROSS_KIND, TURN_KIND = "through", "cross", "turn"


@dataclass(frozen=True, slots=True)
class Streams:
    """Ways and how many go there.

    Parameters
    ----------
    ways : tuple of (K,) int arrays
        Links in the order of travel.
    vph : (S,) array
    origin : str
        ``tracks``, ``counts`` or ``assumed``.
    """

    ways: tuple[IntArray, ...]
    vph: FloatArray
    origin: str

    def __len__(self) -> int:
        return len(self.ways)

    def departures(self, seconds: float, seed: int) -> tuple[IntArray, FloatArray]:
        """Return the stream and the time of each vehicle, in the order of time; they come independently.

        Returns
        -------
        stream : (N,) int array
        depart_s : (N,) array
        """
        rng = np.random.default_rng([seed, 7])
        many = rng.poisson(self.vph * seconds / 3600.0)
        stream = np.repeat(np.arange(len(self)), many)
        depart = rng.uniform(0.0, seconds, len(stream))
        order = np.argsort(depart, kind="stable")
        return stream[order], depart[order]


def area(graph: RoadGraph, corridor: Corridor) -> IntArray:
    """Return the links of a rehearsal: those around the signals of an arterial, and all legs of these."""
    points = np.array([junction.position_m for junction in corridor.junctions])
    line = shapely.LineString(points) if len(points) > 1 else shapely.Point(points[0])
    at = graph.node_m - np.asarray(graph.origin_m)
    near = shapely.dwithin(shapely.points(at), line, REACH_M)
    lit = np.isin(np.arange(len(graph)), list(_legs(graph, corridor)))
    return np.flatnonzero((near[graph.tail] & near[graph.head]) | lit)


def _legs(graph: RoadGraph, corridor: Corridor) -> set[int]:
    """Return the links that begin or end at a signal of an arterial."""
    row = link_rows(graph)
    heads = {int(graph.head[row[m.come]]) for junction in corridor.junctions for m in junction.movements if m.come}
    nodes = np.array(sorted(heads))
    return set(np.flatnonzero(np.isin(graph.head, nodes) | np.isin(graph.tail, nodes)).tolist())


def link_rows(graph: RoadGraph) -> dict[str, int]:
    """Return the row of each link by its id."""
    return {name: row for row, name in enumerate(graph.names(np.arange(len(graph))))}


def of_tracks(paths: Iterable[IntArray], links: IntArray, hours: float, share: float) -> Streams:
    """Return the streams that matched tracks tell.

    Parameters
    ----------
    paths : iterable of (K,) int arrays
        Of each track all links it was on.
    links : (M,) int array
        Of the area; a path that leaves it and comes back is two.
    hours, share : float
        In how long they were seen, and which share of all vehicles tells.
    """
    inside = set(links.tolist())
    many: dict[tuple[int, ...], int] = {}
    for path in paths:
        for way in _cut(path.tolist(), inside):
            many[way] = many.get(way, 0) + 1
    found = sorted(many)
    vph = np.array([many[way] for way in found], np.float64) / (hours * share)
    return Streams(tuple(np.array(way) for way in found), vph, TRACKS)


def _cut(path: Sequence[int], inside: set[int]) -> list[tuple[int, ...]]:
    parts: list[list[int]] = [[]]
    for link in path:
        if link not in inside:
            parts.append([])
        elif not parts[-1] or parts[-1][-1] != link:
            parts[-1].append(link)
    return [tuple(part) for part in parts if len(part) > 1]


@dataclass(frozen=True, slots=True)
class Turns:
    """Which link of an area may follow which, how often, and where vehicles come in.

    Parameters
    ----------
    one, other : (P,) int arrays
        Links.
    weight : (P,) array
    enter : (E,) int array
        Links where vehicles come in.
    enter_vph : (E,) array
    """

    one: IntArray
    other: IntArray
    weight: FloatArray
    enter: IntArray
    enter_vph: FloatArray

    def streams(self, origin: str, seed: int = 1) -> Streams:
        """Draw ways from where vehicles come in, each turn by its weight, until they leave or have gone in a circle."""
        rng = np.random.default_rng(seed)
        total = float(self.enter_vph.sum())
        if total <= 0:
            return Streams((), np.zeros(0), origin)
        order = np.argsort(self.one, kind="stable")
        one, other = self.one[order], self.other[order]
        edge = np.cumsum(self.weight[order])
        at = rng.choice(self.enter, WALKS, p=self.enter_vph / total)
        path = np.full((WALKS, LONGEST), -1)
        for step in range(LONGEST):
            path[:, step] = at
            first, last = np.searchsorted(one, at), np.searchsorted(one, at, side="right")
            low = np.where(first > 0, edge[first - 1], 0.0)
            high = np.where(last > first, edge[np.maximum(last - 1, 0)], low)
            drawn = np.searchsorted(edge, low + rng.random(WALKS) * (high - low), side="right")
            going = (at >= 0) & (high > low)
            after = np.where(going, other[np.minimum(drawn, len(other) - 1)], -1)
            at = np.where((path[:, : step + 1] == after[:, None]).any(axis=1), -1, after)
            if (at < 0).all():
                break
        ways, many = np.unique(path, axis=0, return_counts=True)
        return Streams(tuple(way[way >= 0] for way in ways), many * total / WALKS, origin)


def turns_in(graph: RoadGraph, links: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the pairs of an area's links that may follow each other, and by how many degrees each turns right."""
    one, other = np.nonzero(graph.head[links][:, None] == graph.tail[links][None, :])
    one, other = links[one], links[other]
    banned = {(int(a), int(b)) for a, b in graph.bans}
    good: BoolArray = graph.road[one] != graph.road[other]
    good &= np.array([(a, b) not in banned for a, b in zip(one.tolist(), other.tolist(), strict=True)], np.bool_)
    one, other = one[good], other[good]
    right: FloatArray = (_bearing(graph, other, end=False) - _bearing(graph, one, end=True) + 180.0) % 360.0 - 180.0
    return one, other, right


def _bearing(graph: RoadGraph, links: IntArray, end: bool) -> FloatArray:
    """Return in which direction one drives at the beginning or the end of links, degrees."""
    lines, forward = graph.lines[graph.road[links]], graph.forward[links]
    near = np.minimum(20.0, 0.5 * graph.length_m[links])
    at_drawn_end = forward == end
    outer = np.where(at_drawn_end, -1e-9, 0.0)
    inner = np.where(at_drawn_end, -near, near)
    tip, back = (shapely.get_coordinates(shapely.line_interpolate_point(lines, at)) for at in (outer, inner))
    ahead = (tip - back) if end else (back - tip)
    degrees: FloatArray = np.degrees(np.arctan2(ahead[:, 0], ahead[:, 1]))
    return degrees


def assumed(graph: RoadGraph, links: IntArray, corridor: Corridor, flows: Sequence[Flows]) -> Streams:
    """Return the streams that the flows at each signal of an arterial stand for; elsewhere all go straight on."""
    row, inside = link_rows(graph), set(links.tolist())
    weight: dict[tuple[int, int], float] = {}
    entering: dict[int, float] = {}
    for junction, flow in zip(corridor.junctions, flows, strict=True):
        for movement in junction.movements:
            if movement.come and row[movement.come] in inside and row[movement.go] in inside:
                pair = (row[movement.come], row[movement.go])
                weight[pair] = weight.get(pair, 0.0) + flow.get(movement.name, 0.0)
                entering[pair[0]] = entering.get(pair[0], 0.0) + flow.get(movement.name, 0.0)
    one, other, right = turns_in(graph, links)
    straight = _straight(one, other, np.abs(right))
    share = np.array([weight.get((a, b), 0.0) if a in entering else float(on)
                      for a, b, on in zip(one.tolist(), other.tolist(), straight.tolist(), strict=True)])  # fmt: skip
    fed = _fed(one, other, straight, set(entering))
    enter = sorted(link for link in entering if link not in fed)
    return Turns(one, other, share, np.array(enter, np.int64), np.array([entering[link] for link in enter])).streams(
        ASSUMED
    )


def _straight(one: IntArray, other: IntArray, off: FloatArray) -> BoolArray:
    """Mark of each link's followers the one that turns least."""
    order = np.lexsort((off, one))
    best = np.zeros(len(one), np.bool_)
    best[order[np.diff(one[order], prepend=-1) != 0]] = True
    return best


def _fed(one: IntArray, other: IntArray, straight: BoolArray, lit: set[int]) -> set[int]:
    """Return the lit approaches that somebody reaches who left another signal and went straight on."""
    ahead = {a: b for a, b in zip(one[straight].tolist(), other[straight].tolist(), strict=True) if a not in lit}
    starts = {b for a, b in zip(one.tolist(), other.tolist(), strict=True) if a in lit}
    found: set[int] = set()
    for link in starts:
        for _ in range(LONGEST):
            if link in lit:
                found.add(link)
                break
            if link not in ahead:
                break
            link = ahead[link]
    return found


def of_counts(graph: RoadGraph, links: IntArray, vph: FloatArray) -> Streams:
    """Return the streams of counted links: who enters where nothing comes from, and turns as the roads ahead are used.

    Parameters
    ----------
    vph : (M,) array
        Of each of ``links``; 0 where nobody was seen.
    """
    on = np.zeros(len(graph))
    on[links] = vph
    one, other, _ = turns_in(graph, links)
    enter = links[~np.isin(links, other) & (vph > 0)]
    return Turns(one, other, on[other], enter, on[enter]).streams(COUNTS)


def fitted(streams: Streams, links: IntArray, vph: FloatArray) -> Streams:
    """Return streams that agree with counts on links as far as the ways allow, with the least change.

    Least squares, none below zero: (A x - c) / sqrt(c) and (x - before) / (0.5 before). After van
    Zuylen and Willumsen, "The most likely trip matrix estimated from traffic counts" (Transportation Research B 14,
    1980), with squares in place of entropy.
    """
    if not len(streams) or not len(links):
        return streams
    place = {int(link): row for row, link in enumerate(links)}
    pairs = [(place[link], stream) for stream, way in enumerate(streams.ways) for link in way.tolist() if link in place]
    if not pairs:
        return streams
    row, column = np.array(pairs).T
    near = 1.0 / np.sqrt(np.maximum(vph, 1.0))
    stay = 1.0 / (STRAY * np.maximum(streams.vph, 1.0))
    used = coo_array((near[row], (row, column)), shape=(len(links), len(streams))).tocsr()
    system = vstack([used, eye_array(len(streams)).multiply(stay[:, None]).tocsr()])
    wanted = np.concatenate([vph * near, streams.vph * stay])
    found = lsq_linear(system, wanted, bounds=(0.0, np.inf), max_iter=200)
    return replace(streams, vph=np.maximum(found.x, 0.0))


def kinds(streams: Streams, graph: RoadGraph, corridor: Corridor) -> list[str]:
    """Return of each stream whether it goes through all signals of an arterial, only crosses it, or is another."""
    row = link_rows(graph)
    mains = {row[junction.movement(name).come]: (number, back)
             for back, names in ((0, corridor.out), (1, corridor.back))
             for number, (junction, name) in enumerate(zip(corridor.junctions, names, strict=True))}  # fmt: skip
    every = {row[m.come] for junction in corridor.junctions for m in junction.movements if m.come}
    found = []
    for way in streams.ways:
        met = [mains[link] for link in way[:-1].tolist() if link in mains]
        lit = sum(link in every for link in way[:-1].tolist())
        whole = {number for number, back in met if back == 0}, {number for number, back in met if back == 1}
        through = any(len(side) == len(corridor.junctions) for side in whole)
        found.append(THROUGH_KIND if through else CROSS_KIND if lit and not met else TURN_KIND)
    return found


def counted(links: IntArray, seen: IntArray, vehicles: FloatArray, hours: float, share: float) -> FloatArray:
    """Return the vehicles an hour of an area's links from counts of those that tell, ``seen`` with ``vehicles``."""
    place: Mapping[int, int] = {int(link): row for row, link in enumerate(links)}
    inside = np.isin(seen, links)
    rows = np.array([place[int(link)] for link in seen[inside]], np.int64)
    total = np.bincount(rows, weights=vehicles[inside], minlength=len(links))
    vph: FloatArray = total / (hours * share)
    return vph
