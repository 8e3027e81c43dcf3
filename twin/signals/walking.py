"""How long people wait before they may cross, from what the lights showed."""

from __future__ import annotations

import math

import numpy as np

from twin.geo import BoolArray

BEGIN_S = 5
"""A crossing must stay free for so long for people to set out; who is on it finishes in the clearance."""


def wait_s(free: BoolArray, begin_s: int = BEGIN_S) -> float:
    """Return the mean wait of people who come at any second; infinite if they may never cross.

    Parameters
    ----------
    free : (T,) bool array
        Whether the crossing was free in each second. Who would still wait at the end is left out.
    """
    if len(free) < begin_s:
        return math.inf
    starts = np.lib.stride_tricks.sliding_window_view(free, begin_s).all(axis=1)
    at = np.flatnonzero(starts)
    if not len(at):
        return math.inf
    seconds = np.arange(at[-1] + 1)
    return float((at[np.searchsorted(at, seconds)] - seconds).mean())
