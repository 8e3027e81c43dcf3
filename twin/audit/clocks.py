"""Clocks that were moved: the one on the wall against the one that only counts on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STEP_S = 2.0
DRIFT = 1e-3
"""Share of the time between two entries by which an honest clock may be slewed; NTP's limit is half of it."""


@dataclass(frozen=True, slots=True)
class Move:
    """Before this entry the clock of its machine was set by so many seconds; below 0 it was set back."""

    seq: int
    by_s: float


def moves(
    seq: NDArray[np.int64], at_s: NDArray[np.float64], up_s: NDArray[np.float64], boot: NDArray[np.int64],
    seat: NDArray[np.int64],
) -> list[Move]:  # fmt: skip
    """Return where clocks were moved, by the numbers of the entries.

    Between two entries since one start of a machine both clocks go on by the same; across a start only going back
    shows.

    Parameters
    ----------
    seq, at_s, up_s, boot, seat : (N,) arrays
        In the order of the trail: number, wall clock, counted seconds, and codes of the start and of the machine.
    """
    order = np.lexsort((seq, boot, seat))
    same = _same(boot, order) & _same(seat, order)
    passed, counted = np.diff(at_s[order]), np.diff(up_s[order])
    moved = same & (np.abs(passed - counted) > STEP_S + DRIFT * np.abs(counted))
    found = dict(zip(seq[order][1:][moved].tolist(), (passed - counted)[moved].tolist(), strict=True))
    order = np.lexsort((seq, seat))
    passed = np.diff(at_s[order])
    back = _same(seat, order) & ~_same(boot, order) & (passed < -STEP_S)
    for number, by_s in zip(seq[order][1:][back].tolist(), passed[back].tolist(), strict=True):
        found.setdefault(number, by_s)
    return [Move(number, found[number]) for number in sorted(found)]


def _same(codes: NDArray[np.int64], order: NDArray[np.int64]) -> NDArray[np.bool_]:
    return np.equal(codes[order][1:], codes[order][:-1])
