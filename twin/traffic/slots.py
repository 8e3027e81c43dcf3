"""What matched trips tell of each link in each five minutes: sums that add up, whoever tells them and whenever.

Speed is the mean over space (all metres by all seconds), as a road authority measures a stretch. All columns are sums,
or greatest values, over vehicles: parts of a slot that were worked out apart are put together by :func:`together`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.speeds import BANDS_KMH, CLASS_GROUP, FEW, OTHER, grade
from twin.traffic.travel import Matches, runs
from twin.traffic.trips import Trips

SLOT_S = 300.0
SMOOTH_S = 12.0
"""Positions along the way are averaged over so long before stops are looked for."""
STOP_MPS = 1.5
LONG_STOP_S = 10.0


@dataclass(frozen=True, slots=True)
class Slots:
    """Links in five minutes, one row for each pair in which a vehicle was seen.

    Parameters
    ----------
    slot : (K,) int array
        Number of the five minutes since 1970-01-01 UTC.
    link : (K,) int array
        Row of the graph.
    metres, seconds : (K,) arrays
        Driven, and spent, by all that were seen.
    vehicles : (K,) int array
    seconds2, both, metres2 : (K,) arrays
        Sums over vehicles of seconds², seconds times metres, metres²: how much they differ.
    stops : (K,) int array
        Beginnings of halts.
    again : (K,) int array
        Vehicles that halted more than once on the link: they did not get through with the first green.
    stopped_s : (K,) array
    queue_m : (K,) array
        How far from the end of the link the farthest halt was.
    halted : (K,) int array
        Vehicles that halted.
    """

    slot: IntArray
    link: IntArray
    metres: FloatArray
    seconds: FloatArray
    vehicles: FloatArray
    seconds2: FloatArray
    both: FloatArray
    metres2: FloatArray
    stops: FloatArray
    again: FloatArray
    stopped_s: FloatArray
    queue_m: FloatArray
    halted: FloatArray

    def __len__(self) -> int:
        return len(self.slot)

    @property
    def kmh(self) -> FloatArray:
        """Mean speed; NaN where nobody drove a metre."""
        driven = np.maximum(self.metres, 0.0)
        kmh: FloatArray = np.divide(3.6 * driven, self.seconds, out=np.full(len(self), np.nan), where=self.seconds > 0)
        return kmh

    @property
    def unsure(self) -> FloatArray:
        """Half the width of the 90 % interval of the speed, as a share of it; NaN for fewer than two vehicles.

        The usual interval of a ratio of means, by Student's distribution, as vehicles are few: they are taken as drawn
        independently.
        """
        pace = self.seconds / np.maximum(self.metres, 1.0)
        spread = np.maximum(self.seconds2 - 2 * pace * self.both + pace**2 * self.metres2, 0.0)
        few = self.vehicles < 2
        count = np.where(few, 2.0, self.vehicles)
        error = np.sqrt(spread * count / (count - 1.0)) / np.maximum(self.seconds, 1e-9)
        share: FloatArray = np.where(few, np.nan, student.ppf(0.95, count - 1.0) * error)
        return share

    def between_kmh(self) -> tuple[FloatArray, FloatArray]:
        """Return the 90 % interval of the mean speed, wider to the faster side: it is the pace that is averaged."""
        share = self.unsure
        with np.errstate(invalid="ignore"):
            return self.kmh / (1.0 + share), np.where(share < 1.0, self.kmh / np.maximum(1.0 - share, 1e-9), np.inf)

    def sure(self, graph: RoadGraph, classes: NDArray[np.object_]) -> BoolArray:
        """Mark the rows whose 90 % interval of the speed lies within one grade."""
        bands = BANDS_KMH[groups_of(graph, classes)[self.link]]
        low, high = self.between_kmh()
        with np.errstate(invalid="ignore"):
            same = (low[:, None] <= bands).sum(axis=1) == (high[:, None] <= bands).sum(axis=1)
        return np.asarray(same & np.isfinite(low) & (self.vehicles >= FEW))

    def delay_s(self, graph: RoadGraph) -> FloatArray:
        """Return the seconds lost by all that were seen, against the free speed of the link."""
        lost: FloatArray = np.maximum(
            self.seconds - 3.6 * np.maximum(self.metres, 0.0) / graph.free_kmh[self.link], 0.0
        )
        return lost

    def grades(self, graph: RoadGraph, classes: NDArray[np.object_]) -> NDArray[np.int8]:
        """Grade the links; ``classes`` (R,) are those of the city's roads. Of few vehicles none is told."""
        return grade(self.kmh, groups_of(graph, classes)[self.link], self.vehicles.astype(np.int64))

    def queue_between_m(self, graph: RoadGraph) -> tuple[FloatArray, FloatArray]:
        """Return the least and the greatest length of the queue: 90 % if halts are spread evenly over it.

        Of n even draws up to L the greatest is M; L is then below M · 0.1^(-1/n) in nine of ten cases.
        """
        upper = self.queue_m * 0.1 ** (-1.0 / np.maximum(self.halted, 1.0))
        return self.queue_m, np.minimum(upper, graph.length_m[self.link])

    def take(self, rows: NDArray[np.int64] | NDArray[np.bool_]) -> Slots:
        """Return some rows."""
        return Slots(*(getattr(self, field.name)[rows] for field in fields(self)))


def groups_of(graph: RoadGraph, classes: NDArray[np.object_]) -> NDArray[np.int8]:
    """Return by which bands each link is graded: its class's, or the next where its sign is below them, as on ramps."""
    group = np.array([CLASS_GROUP.get(name, OTHER) for name in classes], np.int8)[graph.road]
    for _ in range(OTHER):
        group = np.where((group < OTHER) & (graph.free_kmh <= BANDS_KMH[group, 0]), group + 1, group).astype(np.int8)
    return group


GREATEST = ("queue_m",)


def together(parts: Sequence[Slots]) -> Slots:
    """Put parts into one, sorted by slot and link, each pair once."""
    told = {field.name: np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Slots)}
    order = np.lexsort((told["link"], told["slot"]))
    told = {name: values[order] for name, values in told.items()}
    fresh = (np.diff(told["slot"], prepend=-1) != 0) | (np.diff(told["link"], prepend=-1) != 0)
    first = np.flatnonzero(fresh)
    if not len(first):
        return Slots(**told)
    keys = {name: told.pop(name)[first] for name in ("slot", "link")}
    sums = {name: (np.maximum if name in GREATEST else np.add).reduceat(values, first) for name, values in told.items()}
    return Slots(**keys, **sums)


def no_slots() -> Slots:
    """Return no rows."""
    whole, real = np.zeros(0, np.int64), np.zeros(0)
    return Slots(whole, whole, *(real for _ in fields(Slots)[2:]))


@dataclass(frozen=True, slots=True)
class _Shares:
    """How the time between two fixes is spent on links: one row for each link of each hop."""

    fix: IntArray
    """The later fix of the hop."""
    link: IntArray
    metres: FloatArray
    seconds: FloatArray


def slots_of(graph: RoadGraph, trips: Trips, found: Matches, begin_s: float = -np.inf, end_s: float = np.inf) -> Slots:
    """Return what matched trips tell.

    Parameters
    ----------
    begin_s, end_s : float
        Only what ends later than the one and not later than the other is counted: the same fixes may be given again
        with newer ones without being counted twice.
    """
    shares = _shares(graph, trips, found)
    counts = (trips.time_s[shares.fix] > begin_s) & (trips.time_s[shares.fix] <= end_s)
    fix, link = shares.fix[counts], shares.link[counts]
    slot = np.floor((trips.time_s[fix] - 0.5 * shares.seconds[counts]) / SLOT_S).astype(np.int64)
    halt = _Halts.of(graph, trips, found, begin_s, end_s)
    trip = np.concatenate([trips.trip[fix], halt.trip])
    slot, link = np.concatenate([slot, halt.slot]), np.concatenate([link, halt.link])
    none = np.zeros(len(halt.trip))
    columns = {
        "metres": np.concatenate([shares.metres[counts], none]),
        "seconds": np.concatenate([shares.seconds[counts], none]),
        "stops": _after(fix, halt.begins),
        "stopped_s": _after(fix, halt.seconds),
        "queue_m": _after(fix, halt.queue_m),
    }
    return _by_vehicle(trip, slot, link, columns)


def _after(before: IntArray, values: FloatArray) -> FloatArray:
    return np.concatenate([np.zeros(len(before)), values])


def _by_vehicle(trip: IntArray, slot: IntArray, link: IntArray, columns: dict[str, FloatArray]) -> Slots:
    """Sum over each vehicle's time on a link first, as vehicles are what is sampled."""
    order = np.lexsort((trip, link, slot))
    trip, slot, link = trip[order], slot[order], link[order]
    fresh = np.logical_or.reduce([np.diff(key, prepend=-1) != 0 for key in (trip, slot, link)])
    first = np.flatnonzero(fresh)
    if not len(first):
        return no_slots()
    one = {
        name: (np.maximum if name in GREATEST else np.add).reduceat(values[order], first)
        for name, values in columns.items()
    }
    metres, seconds, stops = one["metres"], one["seconds"], one["stops"]
    return together([
        Slots(
            slot[first], link[first], metres, seconds, (seconds > 0).astype(np.float64), seconds**2, seconds * metres,
            metres**2, stops, (stops >= 2).astype(np.float64), one["stopped_s"], one["queue_m"],
            (stops >= 1).astype(np.float64),
        )
    ])  # fmt: skip


def _shares(graph: RoadGraph, trips: Trips, found: Matches) -> _Shares:
    fix = _hops(trips, found)
    links_after = found.first[fix + 1] - found.first[fix]
    size = links_after + 1
    owner = np.repeat(np.arange(len(fix)), size)
    begin = np.cumsum(size) - size
    link = np.empty(len(owner), np.int64)
    link[begin] = found.link[fix - 1]
    later = np.ones(len(owner), np.bool_)
    later[begin] = False
    link[later] = found.way[runs(found.first[fix], found.first[fix + 1])]
    metres = graph.length_m[link].copy()
    metres[begin] -= found.along_m[fix - 1]
    end = begin + size - 1
    metres[end] += found.along_m[fix] - graph.length_m[link[end]]
    weight = np.maximum(np.abs(metres), 0.1) / graph.free_kmh[link]
    total = np.bincount(owner, weights=weight, minlength=len(fix))
    hop_s = trips.time_s[fix] - trips.time_s[fix - 1]
    return _Shares(fix[owner], link, metres, hop_s[owner] * weight / total[owner])


def _hops(trips: Trips, found: Matches) -> IntArray:
    """Return the fixes that have one before them in the same piece of the same trip."""
    piece = found.piece
    hops: IntArray = 1 + np.flatnonzero((piece[1:] == piece[:-1]) & (piece[1:] >= 0))
    return hops


@dataclass(frozen=True, slots=True)
class _Halts:
    """Hops during which a vehicle stood."""

    trip: IntArray
    slot: IntArray
    link: IntArray
    begins: FloatArray
    """1 where the halt begins, 0 where it goes on."""
    seconds: FloatArray
    queue_m: FloatArray

    @classmethod
    def of(cls, graph: RoadGraph, trips: Trips, found: Matches, begin_s: float, end_s: float) -> _Halts:
        fix = _hops(trips, found)
        shares = _shares(graph, trips, found)
        hop_m = np.bincount(shares.fix, weights=shares.metres, minlength=len(trips.time_s))
        smooth = _smoothed(trips.time_s, np.cumsum(hop_m), found.piece)
        seconds = trips.time_s[fix] - trips.time_s[fix - 1]
        stands = (smooth[fix] - smooth[fix - 1]) < STOP_MPS * np.maximum(seconds, 1e-3)
        number = np.cumsum(~stands | np.append(True, np.diff(fix) != 1)[: len(fix)])
        lasts = np.bincount(number[stands], weights=seconds[stands], minlength=int(number.max(initial=0)) + 1)
        stands &= lasts[number] >= LONG_STOP_S
        rows = np.flatnonzero(stands)
        begins = np.diff(number[rows], prepend=-1) != 0
        kept = (trips.time_s[fix[rows]] > begin_s) & (trips.time_s[fix[rows]] <= end_s)
        rows, begins = rows[kept], begins[kept]
        at, link = fix[rows], found.link[fix[rows]]
        slot = np.floor((trips.time_s[at] - 0.5 * seconds[rows]) / SLOT_S).astype(np.int64)
        queue_m = graph.length_m[link] - found.along_m[at]
        return cls(trips.trip[at], slot, link, begins.astype(np.float64), seconds[rows], queue_m)


def _smoothed(time_s: FloatArray, run_m: FloatArray, piece: IntArray) -> FloatArray:
    """Return positions along the way, each the mean of those around it in its piece."""
    if not len(time_s):
        return run_m
    span = float(np.ptp(time_s)) + 10.0 * SMOOTH_S
    back = np.diff(time_s, prepend=time_s[:1]) < 0  # two trips of which no road is known share no piece, but its -1
    number = np.cumsum((np.diff(piece, prepend=-2) != 0) | back)
    key = (time_s - time_s.min()) + number * span
    low, high = np.searchsorted(key, key - SMOOTH_S / 2), np.searchsorted(key, key + SMOOTH_S / 2, side="right")
    total = np.append(0.0, np.cumsum(run_m))
    mean: FloatArray = (total[high] - total[low]) / (high - low)
    return mean
