"""A rehearsal: ways to run the signals, on the same traffic in simulation, and which of them is best by a rule.

Every way meets the same seeds. Some seeds are for choosing; the others, which nothing is chosen by, are for the
verdict. Both come from the hash of a fixed phrase, so that nobody picks them.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from twin.geo import FloatArray
from twin.words import Said, say

LEAVE, FIXED, COORDINATED, ACTUATED, PRESSURE = "leave", "fixed", "coordinated", "actuated", "pressure"
MODES = (LEAVE, FIXED, COORDINATED, ACTUATED, PRESSURE)
"""Leave it; a new plan; the plan with greens that end early; greens by gaps alone; the longest queues. Simplest first.
"""
ALL, THROUGH, CROSS, WALK = "all_s", "through_s", "cross_s", "walk_s"
FIGURES = (ALL, THROUGH, CROSS, WALK, "stops", "one_stop")
MOST_MORE: Mapping[str, float] = {THROUGH: 0.05, CROSS: 0.05, WALK: 0.25}
"""What a mode may cost those streams at most, as a share of what they lose if all is left as it is."""
PATIENT_S = 45.0
"""People on foot may wait so long on average, however short they wait today."""
WORTH = 0.01
"""A gain of less than this share is none, and a simpler mode within it of the best is taken."""
SURE = 0.95


@dataclass(frozen=True, slots=True)
class Met:
    """What was met in one run; delays are means in seconds, NaN of streams that there are none of.

    Parameters
    ----------
    all_s : float
        Of all vehicles: time lost on the way, and waiting to be let in, of those too that never were.
    through_s, cross_s : float
        Of those who go the whole arterial, and of those who only cross it.
    walk_s : float
        Until a crossing is free, of people who come at any time.
    stops, one_stop : float
        Of through vehicles: mean stops, share with one at most.
    vehicles, outside : int
        All, and those never let in for lack of room.
    """

    all_s: float
    through_s: float = math.nan
    cross_s: float = math.nan
    walk_s: float = math.nan
    stops: float = math.nan
    one_stop: float = math.nan
    vehicles: int = 0
    outside: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """One simulation; ``held_out`` if it is for the verdict."""

    mode: str
    seed: int
    held_out: bool
    met: Met


@dataclass(frozen=True, slots=True)
class Interval:
    """A mean over seeds and the interval in which it lies at 95 %; of one seed alone the interval is not known, NaN."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Moment:
    """Simulated vehicles at one instant, as the map draws them; they stand for no vehicle outside.

    Parameters
    ----------
    mode : str
    time_s : float
        Since the run began.
    position_m : (N, 2) array
        East and north in the local frame.
    heading_deg, speed_mps : (N,) arrays
    vehicle : (N,) int array
        The same number is the same vehicle in all moments of a run.
    """

    mode: str
    time_s: float
    position_m: FloatArray
    heading_deg: FloatArray
    speed_mps: FloatArray
    vehicle: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """All runs of a rehearsal.

    Parameters
    ----------
    name : str
        Of the road.
    runs : tuple of Run
    demand : str
        Where the traffic is from: ``tracks``, ``counts`` or ``assumed``.
    seconds : float
        Simulated time of each run.
    took_s : float
        Real time of all.
    """

    name: str
    runs: tuple[Run, ...]
    demand: str
    seconds: float
    took_s: float = math.nan

    @property
    def modes(self) -> tuple[str, ...]:
        """The modes that were tried, simplest first."""
        there = {run.mode for run in self.runs}
        return tuple(mode for mode in MODES if mode in there)

    @property
    def faster(self) -> float:
        """How many times faster than real time it was."""
        return self.seconds * len(self.runs) / self.took_s

    def values(self, mode: str, figure: str, held_out: bool = True) -> FloatArray:
        """Return a figure of each run of a mode, in the order of seeds."""
        found = [(run.seed, getattr(run.met, figure)) for run in self.runs
                 if run.mode == mode and run.held_out == held_out]  # fmt: skip
        return np.array([value for _, value in sorted(found)], np.float64)

    def figure(self, mode: str, figure: str) -> Interval:
        """Return a figure over the seeds of the verdict."""
        return interval(self.values(mode, figure))

    def change(self, mode: str, figure: str, held_out: bool = True) -> Interval:
        """Return how much more of it there is than if all is left as it is, as a share, seed by seed."""
        before = self.values(LEAVE, figure, held_out)
        after = self.values(mode, figure, held_out)
        mean = float(before.mean()) or math.nan
        return interval((after - before) / mean)

    @property
    def best(self) -> str:
        """The recommended mode."""
        return self.advice[0]

    @property
    def advice(self) -> tuple[str, Said]:
        """The recommended mode and the reason, by the seeds for choosing alone.

        Of all modes that cost neither through traffic, nor cross streets, nor people on foot more than
        :data:`MOST_MORE`, the one with the least delay of all vehicles; or a simpler one that is as good; or none, if
        the gain is not :data:`WORTH` it.
        """
        fit = [mode for mode in self.modes if mode == LEAVE or not self.too_much(mode)]
        delay = {mode: float(self.values(mode, ALL, held_out=False).mean()) for mode in fit}
        fit = [mode for mode in fit if math.isfinite(delay[mode])]
        if LEAVE not in fit:
            return LEAVE, say("no vehicle was seen to arrive: there is nothing to compare")
        best = min(fit, key=delay.__getitem__)
        simple = next(mode for mode in fit if delay[mode] <= delay[best] * (1.0 + WORTH))
        gain = self.change(simple, ALL, held_out=False)
        if simple == LEAVE or not gain.high <= 0.0:  # of one seed alone nothing is sure: the interval is not known
            return LEAVE, say("no mode is surely better than what runs now")
        return simple, say("all vehicles lose {share} less, and nobody much more", share=f"{-gain.mean:.0%}")

    @property
    def borne_out(self) -> bool:
        """Whether the seeds of the verdict say of the recommended mode that all lose less; of leaving it, always."""
        best = self.best
        return best == LEAVE or self.change(best, ALL).mean < 0.0

    def too_much(self, mode: str) -> tuple[str, ...]:
        """Return the streams that a mode costs more than it may, by the seeds for choosing."""
        found = []
        for figure, share in MOST_MORE.items():
            before, after = (self.values(one, figure, held_out=False) for one in (LEAVE, mode))
            most = float(before.mean()) * (1.0 + share)
            if after.mean() > (max(most, PATIENT_S) if figure == WALK else most):
                found.append(figure)
        return tuple(found)


def interval(values: FloatArray) -> Interval:
    """Return the mean of independent values and its interval, by Student's distribution."""
    mean, count = float(values.mean()), len(values)
    if count < 2:
        return Interval(mean, math.nan, math.nan)
    half = float(student.ppf(0.5 + SURE / 2, count - 1) * values.std(ddof=1) / math.sqrt(count))
    return Interval(mean, mean - half, mean + half)


def seeds(purpose: str, count: int) -> tuple[int, ...]:
    """Return seeds that follow from a purpose, such as ``choosing`` or ``verdict``, and from nothing else."""
    digests = (hashlib.sha256(f"zhian rehearsal, {purpose}, {number}".encode()).digest() for number in range(count))
    return tuple(int.from_bytes(digest[:3], "big") for digest in digests)


def pooled(met: Sequence[Met]) -> Met:
    """Return what was met in several runs together, each vehicle counted once."""
    weight = np.array([one.vehicles for one in met], np.float64)
    mean = {name: float(np.average([getattr(one, name) for one in met], weights=weight)) for name in FIGURES}
    return Met(**mean, vehicles=int(weight.sum()), outside=sum(one.outside for one in met))
