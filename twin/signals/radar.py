"""What radars at the stop lines tell of an arterial: queues, who had to stop, and how many came through with one stop.

A radar knows no vehicle at the next junction again. Vehicles that were seen at the first stop line are therefore sent
on in thought, at the speed that was measured, through the greens that were shown and the queues that were measured.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray
from twin.signals.corridor import Corridor

IntArray = NDArray[np.int64]
VEHICLE_M = 7.5
"""Of a standing vehicle with its gap."""
AGAIN_S, SLOWED_S = 3.0, 2.0
"""What coming up to speed costs; who waits no longer than the second rolls on."""
PLATOON = 0.93
"""Share of the allowed speed at which vehicles run where no speed was measured."""
FASTEST = 1.15
AMBER = 3
"""Who crosses in so many seconds after the green belongs to it."""


@dataclass(frozen=True, slots=True)
class Second:
    """One second of one junction.

    Parameters
    ----------
    junction : int
    at_s : float
    green : frozenset of str
        Movements that its controller says are green.
    passed : (L,) int array
        Vehicles that crossed the stop line of each lane.
    queue_m : (L,) array
        From the stop line to the end of the last vehicle that stands.
    speed_kmh : (L,) array
        Mean of what moves; NaN where nothing does.
    """

    junction: int
    at_s: float
    green: frozenset[str]
    passed: IntArray
    queue_m: FloatArray
    speed_kmh: FloatArray


@dataclass(frozen=True, slots=True)
class Watched:
    """The seconds of one junction, one after the other.

    Parameters
    ----------
    time_s : (T,) array
    green : (T,) bool array
        Of the movement that is asked for.
    passed : (T, L) int array
    standing : (T, L) array
        Vehicles that stand, of the lanes of the movement.
    """

    time_s: FloatArray
    green: BoolArray
    passed: IntArray
    standing: FloatArray


@dataclass(frozen=True, slots=True)
class Greens:
    """The greens of one movement.

    Parameters
    ----------
    begin_s, end_s : (G,) arrays
    clear_s : (G,) array
        When the last one that had stopped was over the line; the beginning where nobody had.
    passed, stopped : (G,) arrays
        Vehicles, on all lanes.
    left : (G,) array
        Vehicles that stood on the fullest lane when the green ended: a split failure where there are any.
    queue : (G,) array
        The longest queue of any lane since the green before, vehicles.
    """

    begin_s: FloatArray
    end_s: FloatArray
    clear_s: FloatArray
    passed: FloatArray
    stopped: FloatArray
    left: FloatArray
    queue: FloatArray

    @property
    def on_green(self) -> float:
        """Return the share that did not have to stop; NaN where nobody passed."""
        total = float(self.passed.sum())
        return 1.0 - float(self.stopped.sum()) / total if total else float("nan")


@dataclass(frozen=True, slots=True)
class Kpi:
    """What a window of time was worth.

    Parameters
    ----------
    one_stop : float
        Share of through trips with one stop at most, both directions by their traffic.
    stops : float
        Mean number of stops.
    trips : int
        That were sent on.
    on_green : float
        Share that passed a stop line of the arterial without stopping.
    """

    one_stop: float
    stops: float
    trips: int
    on_green: float


def standing(queue_m: FloatArray) -> FloatArray:
    """Return the vehicles of queues, (T, L) metres, with single seconds that do not fit their neighbours left out."""
    if len(queue_m) < 3:
        return queue_m / VEHICLE_M
    around = np.stack([queue_m[:-2], queue_m[1:-1], queue_m[2:]])
    calm = np.concatenate([queue_m[:1], np.median(around, axis=0), queue_m[-1:]])
    return np.asarray(calm / VEHICLE_M)


def watched(seconds: Sequence[Second], movement: str, lanes: Mapping[int, str]) -> Watched:
    """Return the lanes of one movement; ``lanes`` says whose each row of a second is."""
    rows = [row for row, name in lanes.items() if name == movement]
    return Watched(
        np.array([second.at_s for second in seconds]),
        np.array([movement in second.green for second in seconds], np.bool_),
        np.array([second.passed[rows] for second in seconds], np.int64).reshape(len(seconds), len(rows)),
        standing(np.array([second.queue_m[rows] for second in seconds]).reshape(len(seconds), len(rows))),
    )


def greens_of(seen: Watched) -> Greens:
    """Return the whole greens of a movement, each with its queue.

    As many stopped on a lane as fit between its stop line and the last one that stood, at most, since the green before.
    """
    edge = np.diff(np.concatenate([[False], seen.green, [False]]).astype(np.int8))
    begin, end = np.flatnonzero(edge == 1), np.flatnonzero(edge == -1)
    whole = (begin > 0) & (end < len(seen.green))
    begin, end = begin[whole], end[whole]
    rows = [_green(seen, int(b), int(e), int(before)) for b, e, before in zip(begin, end, [0, *end[:-1]], strict=False)]
    columns = np.array(rows, np.float64).reshape(len(rows), 5).T
    time = seen.time_s
    return Greens(time[begin], time[end - 1] + 1.0, time[begin] + columns[0], *columns[1:])


def _green(seen: Watched, begin: int, end: int, before: int) -> tuple[float, float, float, float, float]:
    """Return for how long a queue is dissolved, who passed, stopped, was left over, and the longest queue."""
    passed = np.cumsum(seen.passed[begin : end + AMBER], axis=0)
    queue = seen.standing[before:end].max(axis=0)
    stopped = np.minimum(np.round(queue), passed[-1])
    clear = [
        float(np.searchsorted(passed[:, lane], stopped[lane])) + 1.0 if stopped[lane] else 0.0
        for lane in range(passed.shape[1])
    ]
    left = float(seen.standing[end - 1].max(initial=0.0))
    return (
        min(float(np.mean(clear)), float(end - begin)), float(passed[-1].sum()), float(stopped.sum()), left,
        float(queue.max(initial=0.0)),
    )  # fmt: skip


def kpi(corridor: Corridor, seen: Mapping[int, Sequence[Second]], lanes: Mapping[int, Mapping[int, str]]) -> Kpi:
    """Return what a window was worth, from all that radars told in it.

    Parameters
    ----------
    seen : mapping of int to sequence of Second
        By junction.
    lanes : mapping of int to mapping
        By junction the movement of each lane.
    """
    parts, total, clean = [], 0.0, 0.0
    for back in (False, True):
        names = corridor.back if back else corridor.out
        rows = [
            (junction.id, watched(seen[junction.id], name, lanes[junction.id]))
            for junction, name in zip(corridor.junctions, names, strict=True)
        ]
        greens = [greens_of(row) for _, row in rows]
        speeds = [_speed(seen[key], name, lanes[key]) for (key, _), name in zip(rows, names, strict=True)]
        parts.append(_trips(corridor, [row for _, row in rows], greens, np.array(speeds), back))
        total += sum(float(each.passed.sum()) for each in greens)
        clean += sum(float(each.passed.sum() - each.stopped.sum()) for each in greens)
    stops = np.concatenate(parts)
    if not len(stops):
        return Kpi(float("nan"), float("nan"), 0, float("nan"))
    return Kpi(float((stops <= 1).mean()), float(stops.mean()), len(stops), clean / total)


def _speed(seconds: Sequence[Second], movement: str, lanes: Mapping[int, str]) -> float:
    """Return the median speed of what came freely, in green; NaN where nothing did."""
    rows = [row for row, name in lanes.items() if name == movement]
    told = [second.speed_kmh[rows] for second in seconds if movement in second.green and not second.queue_m[rows].any()]
    values = np.concatenate(told) if told else np.zeros(0)
    values = values[values > 0]
    return float(np.median(values)) if len(values) >= 20 else float("nan")


def _trips(
    corridor: Corridor, seen: Sequence[Watched], greens: Sequence[Greens], speed_kmh: FloatArray, back: bool
) -> FloatArray:
    """Return the stops of vehicles that are sent on from the first stop line of their direction.

    Returns
    -------
    (N,) array
        Of those whose whole way lies within what was watched.
    """
    order = list(range(len(seen)))[::-1] if back else list(range(len(seen)))
    gaps = np.diff(corridor.at_m)
    first = seen[order[0]]
    leave = np.repeat(first.time_s, first.passed.sum(axis=1)) + 0.5
    stops = _stopped_there(greens[order[0]], leave).astype(np.float64)
    known = np.isfinite(leave)
    for before, here in pairwise(order):
        gap = min(before, here)
        allowed = float(corridor.kmh[gap])
        free = speed_kmh[here] if np.isfinite(speed_kmh[here]) else PLATOON * allowed
        arrive = leave + gaps[gap] / (np.clip(free, 0.5 * allowed, FASTEST * allowed) / 3.6)
        leave, waits, inside = _through(greens[here], arrive)
        stops += waits
        known &= inside
    return np.asarray(stops[known])


def _stopped_there(greens: Greens, pass_s: FloatArray) -> BoolArray:
    """Tell who was among those that had stopped, by when they passed."""
    if not len(greens.begin_s):
        return np.zeros(len(pass_s), np.bool_)
    row = np.clip(np.searchsorted(greens.begin_s, pass_s, side="right") - 1, 0, len(greens.begin_s) - 1)
    return np.asarray((pass_s >= greens.begin_s[row]) & (pass_s < greens.clear_s[row]))


def _through(greens: Greens, arrive_s: FloatArray) -> tuple[FloatArray, BoolArray, BoolArray]:
    """Return when each leaves, whether it stopped, and whether the green it takes was watched."""
    count = len(greens.begin_s)
    if not count:
        none = np.zeros(len(arrive_s), np.bool_)
        return arrive_s, none, none
    row = np.searchsorted(greens.end_s, arrive_s, side="right")
    inside = (row < count) & (row > 0)
    row = np.clip(row, 1, count - 1) if count > 1 else np.zeros(len(arrive_s), np.int64)
    begin, clear, closed = greens.begin_s[row], greens.clear_s[row], greens.end_s[row - 1]
    share = np.clip((arrive_s - closed) / np.maximum(clear - closed, 1.0), 0.0, 1.0)
    wait = np.where(arrive_s < clear, begin + share * (clear - begin) - arrive_s, 0.0)
    wait = np.maximum(wait, np.where(arrive_s < begin, begin - arrive_s, 0.0))
    stopped = wait > SLOWED_S
    return arrive_s + np.maximum(wait, 0.0) + AGAIN_S * stopped, stopped, inside
