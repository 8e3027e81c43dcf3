"""What a day was to a thing: where it was and stood, or who came by."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import FloatArray

STOP_M, STOP_S = 40.0, 180.0
"""Within so far for so long is a stop."""
GAP_S = 600.0
"""What was silent for longer was not driving as far as anybody knows."""
MOST = 8


@dataclass(frozen=True, slots=True)
class Moment:
    """A time of the day that can be gone back to: a stop, or the first and last word of a thing."""

    what: str
    begin_s: float
    end_s: float
    east_m: float = np.nan
    north_m: float = np.nan
    count: int = 0


@dataclass(frozen=True, slots=True)
class Day:
    """A day in short: ``metres`` driven (NaN for a place), and the moments of it in the order of time."""

    metres: float
    states: int
    moments: tuple[Moment, ...]


NOTHING = Day(np.nan, 0, ())


def day_of_track(time_s: FloatArray, position_m: FloatArray) -> Day:
    """Return the day of one thing.

    Parameters
    ----------
    time_s : (N,) array
        Not decreasing.
    position_m : (N, 2) array
        Local frame.
    """
    known = np.isfinite(position_m).all(axis=1)
    time_s, position_m = time_s[known], position_m[known]
    if not len(time_s):
        return NOTHING
    step_m, step_s = np.hypot(*np.diff(position_m, axis=0).T), np.diff(time_s)
    metres = float(step_m[step_s <= GAP_S].sum())
    first, last = (
        Moment(what, float(time_s[i]), float(time_s[i]), float(position_m[i, 0]), float(position_m[i, 1]))
        for what, i in (("first", 0), ("last", -1))
    )
    stops = _stops(time_s, position_m, step_m, step_s)
    longest = sorted(
        sorted(stops, key=lambda stop: stop.begin_s - stop.end_s)[: MOST - 2], key=lambda stop: stop.begin_s
    )
    return Day(metres, len(time_s), (first, *longest, last))


def _stops(time_s: FloatArray, position_m: FloatArray, step_m: FloatArray, step_s: FloatArray) -> list[Moment]:
    """Return where it stayed: runs of slow steps, those that follow each other nearby taken together."""
    slow = (step_m <= np.maximum(STOP_M / STOP_S * step_s, 5.0)) & (step_s <= GAP_S)
    edges = np.diff(np.pad(slow, 1).astype(np.int8))
    begins, ends = np.flatnonzero(edges == 1), np.flatnonzero(edges == -1)
    long = time_s[ends] - time_s[begins] >= STOP_S
    return [
        _stop(time_s[begin : end + 1], position_m[begin : end + 1])
        for begin, end in zip(begins[long], ends[long], strict=True)
    ]


def _stop(time_s: FloatArray, position_m: FloatArray) -> Moment:
    east, north = np.median(position_m, axis=0)
    return Moment("stop", float(time_s[0]), float(time_s[-1]), float(east), float(north))


def day_of_place(time_s: FloatArray, ids: NDArray[np.bytes_], day_begin_s: float) -> Day:
    """Return how many different things were told of at a place in each hour.

    Parameters
    ----------
    time_s : (N,) array
    ids : (N,) array
        Anything that tells things apart.
    """
    if not len(time_s):
        return NOTHING
    hour = ((time_s - day_begin_s) // 3600).astype(np.int64)
    pairs = np.unique(np.rec.fromarrays([hour, ids]))
    hours, counts = np.unique(pairs["f0"], return_counts=True)
    busiest = np.sort(np.argsort(-counts, kind="stable")[:MOST])
    moments = tuple(
        Moment(
            "hour",
            day_begin_s + 3600.0 * int(hours[i]),
            day_begin_s + 3600.0 * (int(hours[i]) + 1),
            count=int(counts[i]),
        )
        for i in busiest
    )
    return Day(np.nan, len(time_s), moments)
