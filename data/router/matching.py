"""Which links tracks were on: a hidden Markov model over the road graph.

After Newson and Krumm, "Hidden Markov map matching through noise and sparseness" (ACM SIGSPATIAL 2009): how far a point
is from a link against the noise, and how much longer the way between two points is than the straight line. Many tracks
go forward together, a point of each at a time, so that the work is on whole arrays.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import shapely

from data.router.arcs import arcs_of
from data.router.ways import Ways
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import NO_LINK, IntArray, RoadGraph
from twin.traffic.travel import Match, Matches, runs

MOST = 6
"""Roads that are looked at for one point."""
AT_ONCE = 40_000
"""Points that are matched together."""
BACK_SIGMAS = 2.5
"""A vehicle that stands still may seem to roll back so many times the noise."""
DETOUR, DETOUR_M = 3.0, 200.0
"""A way between two points is at most so many times longer than the straight line, and so much more."""
HOPELESS = 9.0
"""Links that explain a point so much worse than the best one does (in logarithms) are left out."""
ABOUT_TURN = 4.0
"""What turning round on the spot costs, in logarithms: few drivers do."""
FASTEST_MPS, SLACK_M = 55.0, 60.0


@dataclass(frozen=True, slots=True)
class _Candidates:
    """Links that points may be on, sorted by point: ``first`` (N + 1,) tells where each point's begin."""

    link: IntArray
    along_m: FloatArray
    away_m: FloatArray
    first: IntArray


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
        self._ways = Ways(graph, arcs_of(graph))

    @property
    def graph(self) -> RoadGraph:
        """The graph whose links are named in answers."""
        return self._graph

    def match(self, position_m: FloatArray, time_s: FloatArray) -> Match:
        """Match the points of one vehicle; points that no road explains keep no link, and the rest goes on."""
        found = self.match_many(position_m, time_s, np.array([0, len(time_s)]))
        order = np.lexsort((np.asarray(time_s, np.float64), found.piece))
        order = order[found.piece[order] >= 0]
        path = found.way[runs(found.first[order], found.first[order + 1])]
        size = np.bincount(found.piece[order], weights=np.diff(found.first)[order]).astype(np.int64)
        parts = np.split(path, np.cumsum(size)[:-1]) if len(size) else []
        return Match(found.link, found.along_m, found.away_m, found.piece, tuple(parts))

    def match_many(self, position_m: FloatArray, time_s: FloatArray, first: IntArray) -> Matches:
        """Match the points of many vehicles, some ten thousand points together."""
        at, when = np.asarray(position_m, np.float64)[:, :2], np.asarray(time_s, np.float64)
        track = np.repeat(np.arange(len(first) - 1), np.diff(first))
        known = np.flatnonzero(np.isfinite(at).all(axis=1) & np.isfinite(when))
        known = known[np.lexsort((when[known], track[known]))]
        count = len(at)
        link, piece = np.full(count, NO_LINK), np.full(count, -1)
        along, away = np.full(count, np.nan), np.full(count, np.nan)
        owners, links, pieces = [np.zeros(0, np.int64)], [np.zeros(0, np.int64)], 0
        for some in _batches(known, track):
            found = self._candidates(at[some])
            near = np.diff(found.first) > 0
            some = some[near]
            found = _Candidates(
                found.link, found.along_m, found.away_m, np.append(found.first[:-1][near], len(found.link))
            )
            if not len(some):
                continue
            decoded = _Decoding(
                self._graph, self._ways, found, at[some], when[some], track[some], self._wander_m, self._noise_m
            )
            chosen, begins = decoded.chosen()
            link[some], along[some], away[some] = found.link[chosen], found.along_m[chosen], found.away_m[chosen]
            piece[some] = np.cumsum(begins) - 1 + pieces
            pieces += int(begins.sum())
            owner, way = decoded.ways(chosen, begins)
            owners.append(some[owner])
            links.append(way)
        owner, way = np.concatenate(owners), np.concatenate(links)
        order = np.argsort(owner, kind="stable")
        return Matches(link, along, away, piece, way[order], np.searchsorted(owner[order], np.arange(count + 1)))

    def _candidates(self, at: FloatArray) -> _Candidates:
        """Return the links near each point, those of the nearest roads only."""
        graph = self._graph
        points = np.asarray(shapely.points(at + np.asarray(graph.origin_m)), dtype=object)
        point, near = graph.tree.query(points, predicate="dwithin", distance=self._reach_m)
        road = graph.usable[near]
        away = shapely.distance(graph.lines[road], points[point])
        order = np.lexsort((road, away, point))
        point, road, away = point[order], road[order], away[order]
        begin = np.searchsorted(point, point)
        worse = 0.5 * (away**2 - away[begin] ** 2) / self._noise_m**2
        kept = (np.arange(len(point)) - begin < MOST) & (worse < HOPELESS)
        point, road, away = point[kept], road[kept], away[kept]
        along = shapely.line_locate_point(graph.lines[road], points[point])
        link = graph.links_of[road]
        length = graph.length_m[link.max(axis=1)]
        against = np.column_stack([along, length - along])
        there = link != NO_LINK
        owner = np.repeat(point, 2)[there.ravel()]
        return _Candidates(
            link[there],
            against[there],
            np.repeat(away, 2)[there.ravel()],
            np.searchsorted(owner, np.arange(len(at) + 1)),
        )


def _batches(rows: IntArray, track: IntArray) -> Iterator[IntArray]:
    """Yield the rows of whole tracks, about :data:`AT_ONCE` together."""
    begins = np.flatnonzero(np.diff(track[rows], prepend=-1))
    begin = 0
    while begin < len(rows):
        later = begins[begins >= begin + AT_ONCE]
        end = int(later[0]) if len(later) else len(rows)
        yield rows[begin:end]
        begin = end


class _Decoding:
    """Viterbi's way through the candidates of many tracks, whose points stand one track after the other.

    A *hop* is from a point to the next of its track; a *step* from a candidate to one of the next point.
    """

    def __init__(
        self, graph: RoadGraph, ways: Ways, found: _Candidates, at: FloatArray, when: FloatArray, track: IntArray,
        wander_m: float, noise_m: float,
    ) -> None:  # fmt: skip
        self._graph, self._ways, self._found, self._noise_m = graph, ways, found, noise_m
        self._size = np.diff(found.first)
        hop = np.flatnonzero(np.diff(track) == 0)
        starts = np.flatnonzero(np.diff(track, prepend=-1))
        rank = hop - starts[np.cumsum(np.diff(track, prepend=-1) != 0)[hop] - 1]
        self._hop = hop[np.argsort(rank, kind="stable")]  # the first hops of all tracks, then the second ones
        self._turns = np.cumsum(np.append(0, np.bincount(rank)))
        hop = self._hop
        self._many = self._size[hop] * self._size[hop + 1]
        self._steps_at = np.append(0, np.cumsum(self._many))
        owner = np.repeat(np.arange(len(hop)), self._many)
        inner = np.arange(self._steps_at[-1]) - self._steps_at[owner]
        before = self._size[hop][owner]
        self._one = found.first[hop][owner] + inner % before
        self._two = found.first[hop + 1][owner] + inner // before
        straight = np.hypot(*(at[hop + 1] - at[hop]).T)
        most = np.minimum(
            DETOUR * straight + DETOUR_M, FASTEST_MPS * (when[hop + 1] - when[hop]) + SLACK_M + straight * 0.0
        )
        way = self._way_m()
        self._likely = np.where(way <= most[owner], -np.abs(way - straight[owner]) / wander_m, -np.inf)
        self._likely -= ABOUT_TURN * self._turns_round()

    def _same(self, one: IntArray, two: IntArray) -> BoolArray:
        """Mark the steps that stay on a link."""
        found = self._found
        ahead = found.along_m[two] - found.along_m[one]
        same: BoolArray = (found.link[one] == found.link[two]) & (ahead >= -BACK_SIGMAS * self._noise_m)
        return same

    def _way_m(self) -> FloatArray:
        found, one, two = self._found, self._one, self._two
        rest = self._graph.length_m[found.link] - found.along_m
        way: FloatArray = rest[one] + found.along_m[two]
        same = self._same(one, two)
        way[same] = np.maximum(found.along_m[two[same]] - found.along_m[one[same]], 0.0)
        far = np.flatnonzero(~same & (way < self._ways.reach_m))
        way[far] += self._ways.between(found.link[one[far]], found.link[two[far]])
        way[~same & (way >= self._ways.reach_m)] = np.inf
        return way

    def _turns_round(self) -> BoolArray:
        """Mark the steps from a link to the other direction of its road."""
        graph, link = self._graph, self._found.link
        turns: BoolArray = (graph.road[link[self._one]] == graph.road[link[self._two]]) & (
            link[self._one] != link[self._two]
        )
        return turns

    def chosen(self) -> tuple[IntArray, BoolArray]:
        """Return the likeliest candidate of each point, and whether a piece begins with it."""
        found = self._found
        told = -0.5 * (found.away_m / self._noise_m) ** 2
        score, back = told.copy(), np.full(len(told), -1)
        begins = np.ones(len(self._size), np.bool_)
        for turn in range(len(self._turns) - 1):
            self._go_on(slice(int(self._turns[turn]), int(self._turns[turn + 1])), told, score, back, begins)
        best = _first_best(score, found.first[:-1])
        chosen = best.copy()
        for turn in range(len(self._turns) - 2, -1, -1):
            hop = self._hop[self._turns[turn] : self._turns[turn + 1]]
            hop = hop[~begins[hop + 1]]
            chosen[hop] = back[chosen[hop + 1]]
        return chosen, begins

    def _go_on(self, hops: slice, told: FloatArray, score: FloatArray, back: IntArray, begins: BoolArray) -> None:
        """Let each track go one point on."""
        steps = slice(int(self._steps_at[hops.start]), int(self._steps_at[hops.stop]))
        one, two, hop = self._one[steps], self._two[steps], self._hop[hops]
        value = score[one] + self._likely[steps]
        first = np.flatnonzero(np.diff(two, prepend=-1))
        arg = _first_best(value, first)
        to, best = two[first], value[arg]
        targets = self._size[hop + 1]
        target_at = np.cumsum(targets) - targets
        top = np.maximum.reduceat(best, target_at)
        alive = np.isfinite(top)
        begins[hop + 1] = ~alive
        going = np.repeat(alive, targets)
        back[to[going]] = one[arg[going]]
        score[to[going]] = told[to[going]] + best[going] - np.repeat(top, targets)[going]

    def ways(self, chosen: IntArray, begins: BoolArray) -> tuple[IntArray, IntArray]:
        """Return the links driven to each point since the one before, and whose they are."""
        link = self._found.link[chosen]
        after = np.flatnonzero(~begins)
        moved = after[~self._same(chosen[after - 1], chosen[after])]
        pair, between = self._ways.links_between(link[moved - 1], link[moved])
        own = np.concatenate([np.flatnonzero(begins), moved])
        owner, way = np.concatenate([moved[pair], own]), np.concatenate([between, link[own]])
        order = np.argsort(owner, kind="stable")
        return owner[order], way[order]


def _first_best(value: FloatArray, first: IntArray) -> IntArray:
    """Return where each run's greatest value is; runs begin at ``first`` and none is empty."""
    best = np.maximum.reduceat(value, first)
    size = np.diff(np.append(first, len(value)))
    hit = np.flatnonzero(value == np.repeat(best, size))
    run = np.searchsorted(first, hit, side="right") - 1
    arg: IntArray = hit[np.diff(run, prepend=-1) != 0]
    return arg
