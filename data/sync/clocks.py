"""Clocks that run ahead of ours: learnt per entity, and taken back by what was learnt.

How far a source's clock is ahead of ours is known from each message, less the time it took to come. Of the newest
eight readings the third highest counts: at least three messages said so, a message that came late only reads lower, and
two with a wrong date change nothing.

What is not more than five minutes ahead is taken as it was told. What is, is taken back by what was learnt if that
brings it down to now, and kept out otherwise. So of a terminal whose clock is a day ahead two messages are kept out and
all others pass in their right order; the journal keeps its clock and ours beside each. A clock that is behind cannot
be told from a message that comes late, so it is shown and never corrected.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.sync.devices import SAMPLES, Devices, IntArray, Runs
from twin.geo import BoolArray, FloatArray

AHEAD_S = 300.0
"""A clock may run ahead of ours by so much."""
AGREED = 3
"""So many readings must say that a clock is ahead."""


@dataclass(frozen=True, slots=True)
class ClockReport:
    """How the clocks of a source's entities stand against ours.

    ``median_s`` and ``worst_s`` are source clock minus ours, of the entities heard often enough to tell (``told``);
    ``ahead`` of them are so far ahead that their times are corrected.
    """

    told: int
    ahead: int
    median_s: float
    worst_s: float

    def median(self) -> float | None:
        """Return the median where it is known."""
        return self.median_s if self.told else None


NO_CLOCKS = ClockReport(0, 0, math.nan, math.nan)


def take_back(devices: Devices, slots: IntArray, time_s: FloatArray, now_s: float) -> tuple[FloatArray, BoolArray]:
    """Learn the clocks; return the times as they are to be taken, and which rows are ahead and cannot be taken back.

    Parameters
    ----------
    slots : (N,) int array
        Where in ``devices`` the rows' entities are.
    time_s : (N,) float array
        As the source told.
    """
    ahead_s = time_s - now_s
    runs, refused = Runs(slots), np.zeros(len(slots), np.bool_)
    sorted_s = ahead_s[runs.order]
    odd = runs.any(sorted_s > AHEAD_S)
    _note(devices.state, runs, sorted_s, ~odd)
    if odd.any():
        time_s = time_s.copy()
        for place, slot in zip(runs.order[odd].tolist(), runs.slots[odd].tolist(), strict=True):
            learnt = _note_one(devices.state, slot, float(ahead_s[place]))
            if ahead_s[place] > AHEAD_S:
                refused[place] = ahead_s[place] - learnt > AHEAD_S
                time_s[place] -= learnt
    return time_s, refused


def _note(state: NDArray[np.void], runs: Runs, ahead_s: FloatArray, chosen: BoolArray) -> None:
    """Note the readings of the chosen entities; of many rows of one entity the newest fill its ring."""
    if not len(ahead_s):
        return
    lengths = runs.lengths()
    rank = np.arange(len(ahead_s)) - np.repeat(runs.begin, lengths)
    kept = chosen & (rank >= np.repeat(lengths, lengths) - SAMPLES)
    slots = runs.slots[kept]
    state["ahead_s"][slots, (state["readings"][slots] + rank[kept]) % SAMPLES] = ahead_s[kept]
    ends = runs.last & chosen
    state["readings"][runs.slots[ends]] += rank[ends] + 1


def _note_one(state: NDArray[np.void], slot: int, ahead_s: float) -> float:
    """Note a reading and return how far ahead the clock is by now, 0 if it is not."""
    ring = state["ahead_s"][slot]
    ring[state["readings"][slot] % SAMPLES] = ahead_s
    state["readings"][slot] += 1
    learnt = sorted(ring.tolist())[-AGREED]
    return float(learnt) if learnt > AHEAD_S else 0.0


def report(devices: Devices) -> ClockReport:
    """Tell how the clocks of a source stand."""
    learnt = np.sort(devices.heard_state()["ahead_s"], axis=1)[:, -AGREED]
    learnt = learnt[np.isfinite(learnt)]
    if not len(learnt):
        return NO_CLOCKS
    worst = float(learnt[np.argmax(np.abs(learnt))])
    return ClockReport(len(learnt), int(np.count_nonzero(learnt > AHEAD_S)), float(np.median(learnt)), worst)
