"""Who stops how often: probes of every arrival phase, several speeds and places in the queue, sent through an arterial.

The widest band is not the fewest stops. The optimiser changes offsets and the order of left turns at one signal after
another for as long as more probes come through with one stop at most.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import FloatArray
from twin.signals.band import Choice

IntArray = NDArray[np.int64]
SPEEDS = (0.85, 0.95, 1.0, 1.1)
"""Of the speed that is allowed; drivers differ by about a tenth."""
QUEUES = (0, 1, 3)
"""Vehicles that stand before a probe when its light turns green."""
PHASE_S = 2.5
START_S, HEADWAY_S = 1.5, 2.0
AGAIN_S = 3.0
"""What coming up to speed again costs."""
SLOWED_S = 2.0
"""Who has to wait no longer than this rolls on."""
LOSS_WEIGHT = 0.001
"""A second of mean loss counts as so much of the share with one stop at most: only where that share is the same."""


@dataclass(frozen=True, slots=True)
class Way:
    """An arterial at one cycle.

    Parameters
    ----------
    cycle_s : float
    begin_s, long_s : (n, P, 2) arrays
        Greens of each choice at each signal, out and back.
    travel_s : (n - 1,) array
        Between signals at the speed that is allowed.
    weights : (float, float)
        Traffic of the two directions.
    """

    cycle_s: float
    begin_s: FloatArray
    long_s: FloatArray
    travel_s: FloatArray
    weights: tuple[float, float]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What probes met, one row for each of ``K`` candidates.

    Parameters
    ----------
    one_stop : (K,) array
        Share that came through with one stop at most.
    stops, loss_s : (K,) arrays
        Means over all probes.
    """

    one_stop: FloatArray
    stops: FloatArray
    loss_s: FloatArray

    @property
    def score(self) -> FloatArray:
        """Return what is better the higher it is."""
        return self.one_stop - LOSS_WEIGHT * self.loss_s


def way_of(
    cycle_s: float, choices: Sequence[Sequence[Choice]], travel_s: FloatArray, weights: tuple[float, float]
) -> Way:
    """Return the arrays of an arterial; signals with fewer choices have their last one again."""
    most = max(len(each) for each in choices)
    full = [[*each, *[each[-1]] * (most - len(each))] for each in choices]
    windows = np.array([[(choice.out, choice.back) for choice in each] for each in full], np.float64)
    return Way(cycle_s, windows[..., 0], windows[..., 1], np.asarray(travel_s, np.float64), weights)


def probe(way: Way, offset_s: FloatArray, chosen: IntArray) -> Outcome:
    """Send the probes through ``K`` candidates.

    Parameters
    ----------
    offset_s, chosen : (K, n) arrays
    """
    parts = [_through(way, offset_s, chosen, back) for back in (0, 1)]
    weights = np.asarray(way.weights) / sum(way.weights)
    mean = [sum(weight * part[row] for weight, part in zip(weights, parts, strict=True)) for row in range(3)]
    return Outcome(*(np.asarray(value, np.float64) for value in mean))


def _through(way: Way, offset_s: FloatArray, chosen: IntArray, back: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return the share with one stop at most, the mean of stops and the mean loss of one direction."""
    phase, speed, queue = (axis.ravel() for axis in np.meshgrid(
        np.arange(0.0, way.cycle_s, PHASE_S), np.array(SPEEDS), np.array(QUEUES), indexing="ij"
    ))  # fmt: skip
    now = np.broadcast_to(phase, (len(offset_s), len(phase))).copy()
    stops = np.zeros_like(now)
    cleared = START_S * (queue > 0) + HEADWAY_S * queue
    order = range(offset_s.shape[1])
    travel = way.travel_s[::-1] if back else way.travel_s
    for step, signal in enumerate(reversed(order) if back else order):
        begin = (offset_s[:, signal] + way.begin_s[signal, chosen[:, signal], back])[:, None]
        long = way.long_s[signal, chosen[:, signal], back][:, None]
        into = now - begin
        into -= way.cycle_s * np.floor(into / way.cycle_s)  # np.mod takes five times as long
        wait = np.maximum(cleared - into, 0.0)
        red = into >= long
        np.copyto(wait, way.cycle_s + START_S + cleared - into, where=red)
        stopped = wait > SLOWED_S
        stops += stopped
        now += wait
        now += AGAIN_S * stopped
        if step < len(travel):
            now += travel[step] / speed
    loss = now - phase - travel.sum() / speed
    return (stops <= 1).mean(axis=1), stops.mean(axis=1), loss.mean(axis=1)


def fewest_stops(
    way: Way,
    offset_s: FloatArray,
    chosen: IntArray,
    sweeps: int = 6,
    cancelled: Callable[[], bool] = lambda: False,
) -> tuple[FloatArray, IntArray, Outcome]:
    """Improve a candidate signal by signal, in whole seconds, until a sweep finds nothing better.

    A signal is moved with all that follow it, then alone; first in steps of a twelfth of the cycle, then finer.

    Parameters
    ----------
    offset_s, chosen : (n,) arrays
    """
    at, choice = np.round(offset_s) % way.cycle_s, chosen.copy()
    best = probe(way, at[None], choice[None])
    step = max(1.0, round(way.cycle_s / 12))
    for _ in range(sweeps):
        before = float(best.score[0])
        for signal in range(len(at)):
            if cancelled():
                return at, choice, best
            at, choice, best = _better(way, at, choice, best, signal, step)
        if float(best.score[0]) <= before + 1e-9:
            if step == 1.0:
                break
            step = max(1.0, step // 3)
    return at, choice, best


def _better(
    way: Way, at: FloatArray, choice: IntArray, best: Outcome, signal: int, step: float
) -> tuple[FloatArray, IntArray, Outcome]:
    """Try one signal at all steps of its cycle (or near its place, with fine steps), in each order of left turns."""
    reach = way.cycle_s / 2 if step > 3 else 4 * step
    moves = np.arange(-np.floor(reach / step), np.floor(reach / step) + 1) * step
    count = way.begin_s.shape[1]
    tails = [np.arange(len(at)) >= signal, np.arange(len(at)) == signal]
    offsets = np.concatenate([at + moves[:, None] * tail for tail in tails]) % way.cycle_s
    offsets = np.repeat(offsets, count, axis=0)
    choices = np.repeat(choice[None], len(offsets), axis=0)
    choices[:, signal] = np.tile(np.arange(count), len(offsets) // count)
    found = probe(way, offsets, choices)
    row = int(np.argmax(found.score))
    if found.score[row] <= best.score[0] + 1e-9:
        return at, choice, best
    pick = slice(row, row + 1)
    return offsets[row], choices[row], Outcome(found.one_stop[pick], found.stops[pick], found.loss_s[pick])
