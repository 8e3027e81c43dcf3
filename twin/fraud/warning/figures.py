"""How good warnings are, and who pays for the bad ones: precision, lead time, false alarms by group, with intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from twin.geo import BoolArray, FloatArray

LEVEL = 0.95
_Z = float(ndtri(0.5 + LEVEL / 2))
FAIR = (0.8, 1.25)
"""Between these a ratio of two groups is taken for equal."""


@dataclass(frozen=True, slots=True)
class Share:
    """A share and its 95 % interval."""

    share: float
    low: float
    high: float
    of: int


def share(hits: int, of: int) -> Share:
    """Return a share with Wilson's interval (1927); NaN of nothing."""
    if of == 0:
        return Share(np.nan, 0.0, 1.0, 0)
    p, z2 = hits / of, _Z**2
    middle, half = p + z2 / (2 * of), _Z * np.sqrt(p * (1 - p) / of + z2 / (4 * of**2))
    return Share(p, float((middle - half) / (1 + z2 / of)), float((middle + half) / (1 + z2 / of)), of)


def precision_at(score: FloatArray, true: BoolArray, most: int) -> Share:
    """Return how many of the ``most`` highest were right; of equal scores those that come first count."""
    first = np.argsort(-score, kind="stable")[:most]
    return share(int(true[first].sum()), len(first))


@dataclass(frozen=True, slots=True)
class Lead:
    """How long before the payment a warning came: median with a bootstrap interval, and the share above 10 minutes."""

    median_s: float
    low_s: float
    high_s: float
    above_10_min: Share


def lead(warned_s: FloatArray, paid_s: FloatArray, draws: int = 1000) -> Lead:
    """Return the lead of warnings that came true; those after the payment count with what they are late by."""
    ahead = paid_s - warned_s
    if not len(ahead):
        return Lead(np.nan, np.nan, np.nan, share(0, 0))
    rng = np.random.default_rng(20_261_123)
    medians = np.median(ahead[rng.integers(len(ahead), size=(draws, len(ahead)))], axis=1)
    low, high = np.quantile(medians, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Lead(float(np.median(ahead)), float(low), float(high), share(int((ahead > 600.0).sum()), len(ahead)))


@dataclass(frozen=True, slots=True)
class Group:
    """False alarms of one group.

    Parameters
    ----------
    rate : Share
        Of its people to whom nothing happened, the share that was warned.
    ratio, low, high : float
        To all others, with the interval of Katz and others (1978) for a ratio of two shares.
    """

    name: str
    rate: Share
    ratio: float
    low: float
    high: float

    @property
    def fair(self) -> bool | None:
        """Return whether the ratio is told to lie within :data:`FAIR`; None where the interval leaves it open."""
        if self.low >= FAIR[0] and self.high <= FAIR[1]:
            return True
        return False if self.high < FAIR[0] or self.low > FAIR[1] else None


def false_alarms(warned: BoolArray, true: BoolArray, group: Sequence[str]) -> tuple[Group, ...]:
    """Return the false alarms of each group beside all others.

    Parameters
    ----------
    warned, true : (N,) bool arrays
        Who was warned, and to whom it would have happened.
    group : sequence of str
        Age band, sex or district of each; used for counting alone.
    """
    names: NDArray[np.str_] = np.asarray(group, np.str_)
    return tuple(_group(str(name), warned[~true], names[~true] == name) for name in np.unique(names))


def _group(name: str, warned: BoolArray, mine: BoolArray) -> Group:
    own, own_of = int(warned[mine].sum()), int(mine.sum())
    other, other_of = int(warned[~mine].sum()), int((~mine).sum())
    if not own_of or not other_of:
        return Group(name, share(own, own_of), np.nan, 0.0, np.inf)
    # half an alarm more on either side, so that none is no division by none
    ratio = ((own + 0.5) / (own_of + 0.5)) / ((other + 0.5) / (other_of + 0.5))
    error = np.sqrt(max(1 / (own + 0.5) - 1 / (own_of + 0.5) + 1 / (other + 0.5) - 1 / (other_of + 0.5), 0.0))
    return Group(name, share(own, own_of), ratio, float(ratio * np.exp(-_Z * error)), float(ratio * np.exp(_Z * error)))
