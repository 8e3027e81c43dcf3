"""Happenings: when something began to call for help or to fail, found in what was told of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray
from twin.live.kinds import STATE_CODE

URGENT: tuple[str, ...] = ("alarm", "fault")
"""States that are happenings, the gravest first."""
URGENT_CODES = np.array([STATE_CODE[state] for state in URGENT])
APART_S = 300.0
"""An alarm that is told again after so long is another one."""


@dataclass(frozen=True, slots=True)
class Happening:
    """The beginning of an alarm or a fault.

    Parameters
    ----------
    at_s : float
        Seconds since 1970-01-01 UTC.
    state : str
        One of :data:`URGENT`.
    key, kind : str
        Whose: id of the entity, and one of :data:`twin.live.kinds.KINDS`.
    """

    at_s: float
    state: str
    key: str
    kind: str


def beginnings(whose: NDArray[np.signedinteger], time_s: NDArray[np.float64], state: NDArray[np.integer]) -> BoolArray:
    """Mark the rows with which an urgent state begins.

    Parameters
    ----------
    whose, time_s, state : (N,) arrays
        Of rows in urgent states only, in any order: number of the entity, time, code of the state.

    Returns
    -------
    (N,) bool array
    """
    order = np.lexsort((time_s, state, whose))
    same = (np.diff(whose[order]) == 0) & (np.diff(state[order]) == 0)
    goes_on = same & (np.diff(time_s[order]) <= APART_S)
    begins = np.ones(len(order), np.bool_)
    begins[order[1:]] = ~goes_on
    return begins
