"""How wide the bands of finished plans are, worked out anew: every green is moved back along the road and what all have
in common is kept. Nothing here knows how the plans were found.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from twin.geo import FloatArray

Greens = Sequence[tuple[float, float]]
"""Begins and ends in one cycle; an end may be past the cycle's."""


def band(greens: Sequence[Greens], arrive_s: FloatArray, cycle_s: float) -> tuple[float, float]:
    """Return the widest band and when it begins at the place that ``arrive_s`` counts from.

    Parameters
    ----------
    greens : sequence of ``n`` sequences of (begin, end)
        Of the direction, at each signal, by one clock.
    arrive_s : (n,) array
        How long a vehicle takes to each signal.

    Returns
    -------
    width, begin : float
        Width 0 where there is no band; the whole cycle where no signal is in the way.
    """
    left = [(0.0, cycle_s)]
    for windows, late in zip(greens, arrive_s, strict=True):
        left = _common(left, [piece for window in windows for piece in _pieces(window, float(late), cycle_s)])
    return _longest(left, cycle_s)


def _pieces(window: tuple[float, float], late_s: float, cycle_s: float) -> list[tuple[float, float]]:
    """Return a green as the road's beginning sees it, cut at the end of the cycle."""
    long = min(window[1] - window[0], cycle_s)
    begin = (window[0] - late_s) % cycle_s
    end = begin + long
    return [(begin, end)] if end <= cycle_s else [(begin, cycle_s), (0.0, end - cycle_s)]


def _common(one: Greens, other: Greens) -> list[tuple[float, float]]:
    both = [(max(a[0], b[0]), min(a[1], b[1])) for a in one for b in other]
    return sorted((begin, end) for begin, end in both if end > begin)


def _longest(pieces: list[tuple[float, float]], cycle_s: float) -> tuple[float, float]:
    """Return the longest piece, one over the end of the cycle in one."""
    joined: list[list[float]] = []
    for begin, end in pieces:
        if joined and begin - joined[-1][1] < 1e-9:
            joined[-1][1] = max(joined[-1][1], end)
        else:
            joined.append([begin, end])
    if not joined:
        return 0.0, 0.0
    if len(joined) > 1 and joined[0][0] < 1e-9 and cycle_s - joined[-1][1] < 1e-9:
        joined[-1][1] += joined.pop(0)[1]
    begin, end = max(joined, key=lambda piece: piece[1] - piece[0])
    return end - begin, begin


def arrivals(travel_s: FloatArray, back: bool) -> FloatArray:
    """Return when a vehicle reaches each signal: out from the first on, back from the last on."""
    run = np.concatenate([[0.0], np.cumsum(travel_s)])
    return run[-1] - run if back else run
