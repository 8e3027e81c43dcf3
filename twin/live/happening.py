"""Happenings: when something began to call for help or to fail, or a scenario found something."""

from __future__ import annotations

import math
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
    """The beginning of an alarm, a fault or an alert.

    Parameters
    ----------
    at_s : float
        Seconds since 1970-01-01 UTC.
    state : str
        One of :data:`URGENT`, or ``alert``.
    key, kind : str
        Whose: id of the entity, and one of :data:`twin.live.kinds.KINDS`.
    severity : int
        Of an alert: 1 to 4.
    title : tuple of str
        Of an alert: what its scenario is called in Chinese and in English.
    lonlat_deg : tuple of float
        Of an alert: where it was observed; NaN for nowhere.
    """

    at_s: float
    state: str
    key: str
    kind: str
    severity: int = 0
    title: tuple[str, str] = ("", "")
    lonlat_deg: tuple[float, float] = (math.nan, math.nan)


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
