"""How long money stays on an account it was sent to, learnt from the desk's own cases.

A curve is the chance that money is still there so many seconds after it came in. It begins as a stated prior and is
bent by what was seen: the posterior mean under a Dirichlet process whose base is the prior (Susarla and Van Ryzin 1976,
"Nonparametric Bayesian estimation of survival curves from incomplete observations", JASA 71), on a fixed grid. Without
a prior's weight it is the estimate of Kaplan and Meier (1958). A curve learnt from all banks can be the prior of one.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray

IntArray = NDArray[np.int64]
HOUR_S = 3600.0
GRID_S: FloatArray = np.concatenate([[0.0], np.geomspace(15.0, 30 * 24 * HOUR_S, 160)])
STAYS = 0.01
"""The share that the prior leaves for good, so that old inflows without an answer keep an order among themselves."""
CASES_WORTH = 30.0
"""How many accounts that were seen weigh as much as the prior."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The chance that money is still there.

    Parameters
    ----------
    still_there : (G,) float array
        At each of :data:`GRID_S`; begins with 1 and never rises.
    seen : int
        How many accounts of the desk's own it was learnt from.
    """

    still_there: FloatArray
    seen: int = 0

    def at(self, age_s: FloatArray) -> FloatArray:
        """Return the chance at ages (N,) in seconds; times before the inflow count as the inflow."""
        return np.interp(np.maximum(age_s, 0.0), GRID_S, self.still_there)

    def given(self, age_s: FloatArray, seen_at_age_s: FloatArray) -> FloatArray:
        """Return the chance at ``age_s`` of money that was seen at an earlier age."""
        before = self.at(seen_at_age_s)
        return np.divide(self.at(np.maximum(age_s, seen_at_age_s)), before, out=np.zeros_like(before), where=before > 0)

    def half_left_s(self, age_s: FloatArray) -> FloatArray:
        """Return in how many seconds half of what is there at ``age_s`` is gone; infinite if it is never."""
        half = self.at(age_s) / 2
        falling, first = np.unique(-self.still_there, return_index=True)
        gone_s = np.interp(-half, falling, GRID_S[first], right=np.inf)
        return np.maximum(gone_s - np.maximum(age_s, 0.0), 0.0)


def prior() -> Curve:
    """Return what is assumed before there are cases: 28 % leave within 15 minutes, 53 % within an hour.

    Those two are of one large British bank (RUSI and Lloyds, 2025); that the rest leaves log-uniformly until 72 hours,
    and that :data:`STAYS` of all never does, are assumptions of ours.
    """
    late = np.log(np.maximum(GRID_S, HOUR_S) / HOUR_S) / np.log(72.0)
    early = np.interp(GRID_S, [0.0, 900.0, HOUR_S], [0.0, 0.28, 0.53])
    gone = np.minimum(early + 0.47 * late, 1.0)
    return Curve(1.0 - (1.0 - STAYS) * gone)


@dataclass(frozen=True, slots=True)
class Stays:
    """What was seen of accounts that money came to, a row each.

    Parameters
    ----------
    dwell_s : (N,) float array
        How long it was there: until it left, or until nobody looked any more.
    left : (N,) bool array
        It left; otherwise it was still there when it was stopped or last looked at.
    """

    dwell_s: FloatArray
    left: BoolArray

    def __len__(self) -> int:
        return len(self.dwell_s)


def learn(stays: Stays, before: Curve | None = None, worth: float = CASES_WORTH) -> Curve:
    """Bend a curve by what was seen.

    Parameters
    ----------
    stays : Stays
        Rows without a time, or with one below 0, are left out.
    before : Curve, optional
        The prior; :func:`prior` unless told.
    worth : float
        How many rows the prior weighs; 0 for the rows alone.
    """
    base = (before or prior()).still_there
    known = np.isfinite(stays.dwell_s) & (stays.dwell_s >= 0.0)
    slot = np.minimum(np.searchsorted(GRID_S, stays.dwell_s[known], side="right"), len(GRID_S)) - 1
    left = stays.left[known]
    size = len(GRID_S)
    # what left within a slot is gone at its end; who was last seen within one was there at its beginning
    left = left & (slot < size - 1)
    gone = np.bincount(slot[left], minlength=size)[:-1].astype(float)
    ended = np.bincount(slot[~left], minlength=size).astype(float)
    watched = _from_here_on(np.append(gone, 0.0)) + _from_here_on(np.append(ended[1:], 0.0))
    weight_gone, weight_there = worth * -np.diff(base), worth * base[:-1]
    there = weight_there + watched[:-1]
    hazard = np.divide(weight_gone + gone, there, out=np.zeros(size - 1), where=there > 0)
    return Curve(np.concatenate([[1.0], np.cumprod(1.0 - np.clip(hazard, 0.0, 1.0))]), int(known.sum()))


def _from_here_on(counts: FloatArray) -> FloatArray:
    return np.cumsum(counts[::-1])[::-1]


@dataclass(frozen=True, slots=True)
class Curves:
    """The curve of each bank that has cases of its own, and the one of all for the others."""

    of_all: Curve
    of_bank: Mapping[str, Curve] = field(default_factory=dict)

    def table(self, banks: tuple[str, ...]) -> tuple[Curve, ...]:
        """Return a curve for each bank named."""
        return tuple(self.of_bank.get(bank, self.of_all) for bank in banks)


def learn_by_bank(stays: Stays, bank: IntArray, banks: tuple[str, ...]) -> Curves:
    """Learn one curve of all, and from it one for each bank: few cases stay near all, many speak for themselves.

    Parameters
    ----------
    bank : (N,) int array
        Into ``banks``.
    """
    of_all = learn(stays)
    found = {
        name: learn(Stays(stays.dwell_s[bank == at], stays.left[bank == at]), of_all)
        for at, name in enumerate(banks)
        if np.any(bank == at)
    }
    return Curves(of_all, found)
