"""How well roads run over a day or a week: travel-time index, reliability, strips by the hour.

The *travel-time index* is time spent to time at free speeds, over all that was driven; the *planning-time index* its
95th percentile over five minutes; the *buffer index* how much longer than the mean that is. The grades are those of
GA/T 115-2020 by speed (``twin/traffic/speeds.py``); the texts of the standards were not at hand.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.slots import Slots
from twin.traffic.speeds import grade


@dataclass(frozen=True, slots=True)
class Indices:
    """Measures of parts of the network, (P,) arrays; NaN where too little was seen.

    Parameters
    ----------
    travel_time, planning_time, buffer : arrays
        1 is free.
    slots : int array
        Five minutes in which it was seen.
    """

    travel_time: FloatArray
    planning_time: FloatArray
    buffer: FloatArray
    slots: IntArray


def _by_part_and_slot(slots: Slots, part: IntArray, free_s: FloatArray) -> tuple[IntArray, IntArray, FloatArray, Slots]:
    """Return part, slot, seconds at free speed, and the sums, one row for each pair, sorted."""
    of = part[slots.link]
    kept = np.flatnonzero(of >= 0)
    kept = kept[np.lexsort((slots.slot[kept], of[kept]))]
    fresh = (np.diff(of[kept], prepend=-1) != 0) | (np.diff(slots.slot[kept], prepend=-1) != 0)
    first = np.flatnonzero(fresh)
    if not len(first):
        return first, first, np.zeros(0), slots.take(kept)
    rows = slots.take(kept)
    sums = [np.add.reduceat(getattr(rows, name), first) for name in ("metres", "seconds", "vehicles")]
    told = rows.take(first)
    told.metres[:], told.seconds[:], told.vehicles[:] = sums
    return of[kept][first], rows.slot[first], np.add.reduceat(free_s[kept], first), told


def indices(graph: RoadGraph, slots: Slots, part: IntArray, count: int) -> Indices:
    """Return the measures of each of ``count`` parts; ``part`` (L,) is that of each link, -1 for none."""
    free_s = 3.6 * np.maximum(slots.metres, 0.0) / graph.free_kmh[slots.link]
    of, _, free, told = _by_part_and_slot(slots, part, free_s)
    ratio = np.divide(told.seconds, free, out=np.full(len(of), np.nan), where=free > 0)
    known = np.isfinite(ratio)
    of, ratio, free, spent = of[known], ratio[known], free[known], told.seconds[known]
    seen = np.bincount(of, minlength=count)
    total = np.bincount(of, weights=free, minlength=count)
    whole = np.bincount(of, weights=spent, minlength=count)
    mean = np.divide(whole, total, out=np.full(count, np.nan), where=total > 0)
    order = np.lexsort((ratio, of))
    at = np.cumsum(seen) - seen + np.ceil(0.95 * seen).astype(np.int64) - 1
    late = np.full(count, np.nan)
    late[seen > 0] = ratio[order][at[seen > 0]]
    return Indices(mean, late, late / mean - 1.0, seen)


def strips(
    graph: RoadGraph, slots: Slots, part: IntArray, count: int, group: NDArray[np.int8], begin: int, length: int
) -> NDArray[np.int8]:
    """Return the grades of each part in each of ``length`` slots from ``begin``: (count, length), 0 where not known.

    Parameters
    ----------
    group : (count,) int8 array
        As in :data:`twin.traffic.speeds.BANDS_KMH`.
    """
    inside = slots.take((slots.slot >= begin) & (slots.slot < begin + length))
    of, slot, _, told = _by_part_and_slot(inside, part, np.zeros(len(inside)))
    found = np.zeros((count, length), np.int8)
    found[of, slot - begin] = grade(told.kmh, group[of], told.vehicles.astype(np.int64))
    return found


def network_index(graph: RoadGraph, slots: Slots) -> float:
    """Return the travel-time index of all that was driven; NaN where nothing was."""
    free = float((3.6 * np.maximum(slots.metres, 0.0) / graph.free_kmh[slots.link]).sum())
    return float(slots.seconds.sum()) / free if free > 0 else float("nan")
