"""What a measure did, from real tracks: the same road at the same times of day, before and after.

Only times of day of which both sides tell something are compared, each as one pair, so that a busy hour that was
measured on one side alone changes nothing. The intervals are bootstrapped over pairs, in blocks of a quarter of an
hour, as traffic now is like traffic a moment ago. Weather is not known here: who compares picks days that were alike.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np

from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray, RoadGraph
from twin.traffic.slots import SLOT_S, Slots

_Figure: TypeAlias = Callable[[FloatArray], FloatArray]
DAY_SLOTS = int(86_400 / SLOT_S)
BLOCK, ROUNDS, SEED = 3, 1000, 1
FEWEST = 6
"""Of fewer pairs, half an hour, nothing is told."""


@dataclass(frozen=True, slots=True)
class Change:
    """One figure before and after, and the 90 % interval of its change as a share of what was."""

    before: float
    after: float
    low: float
    high: float

    @property
    def sure(self) -> bool:
        """Tell whether the interval leaves no change out."""
        return self.low > 0.0 or self.high < 0.0


@dataclass(frozen=True, slots=True)
class Effect:
    """What was found.

    Parameters
    ----------
    pairs : int
        Times of day, five minutes each, that were compared.
    kmh, delay_s, stops : Change
        Mean speed; seconds lost, and stops, a vehicle-kilometre.
    """

    pairs: int
    kmh: Change
    delay_s: Change
    stops: Change


def effect(
    graph: RoadGraph, before: Slots, after: Slots, links: BoolArray, kind: tuple[IntArray, IntArray]
) -> Effect | None:
    """Compare; None where too few times of day tell of both.

    Parameters
    ----------
    links : (L,) bool array
        Those of the road.
    kind : two int arrays
        For each row of either side the kind of its day (such as working days 0, others 1): like is compared with like.
    """
    sides = [_sums(graph, side, links, of) for side, of in zip((before, after), kind, strict=True)]
    both = np.intersect1d(sides[0][0], sides[1][0])
    if len(both) < FEWEST:
        return None
    one, other = (sums[np.searchsorted(key, both)] for key, sums in sides)
    blocks = np.unique(both // BLOCK, return_inverse=True)[1]
    rng = np.random.default_rng(SEED)
    weights = np.array([
        np.bincount(rng.integers(0, blocks.max() + 1, blocks.max() + 1), minlength=blocks.max() + 1)[blocks]
        for _ in range(ROUNDS)
    ], np.float64)  # fmt: skip
    return Effect(len(both), *(_change(one, other, weights, figure) for figure in (_kmh, _delay_s, _stops)))


def _sums(graph: RoadGraph, slots: Slots, links: BoolArray, kind: IntArray) -> tuple[IntArray, FloatArray]:
    """Return the times of day of one side and their sums: metres, seconds, delay, stops."""
    rows = links[slots.link] & (slots.metres > 0)
    part = slots.take(rows)
    key, of = np.unique(kind[rows] * DAY_SLOTS + part.slot % DAY_SLOTS, return_inverse=True)
    columns = (part.metres, part.seconds, part.delay_s(graph), part.stops)
    return key, np.column_stack([np.bincount(of, weights=column, minlength=len(key)) for column in columns])


def _change(one: FloatArray, other: FloatArray, weights: FloatArray, figure: _Figure) -> Change:
    """Return a figure of both sides; each pair counts by what was driven before, on either side alike."""
    share = one[:, :1] / one[:, :1].sum()
    scaled = one / one[:, :1] * share, other / other[:, :1] * share
    values = [figure(each.sum(axis=0)) for each in scaled]
    tried = [figure(weights @ each) for each in scaled]
    with np.errstate(divide="ignore", invalid="ignore"):
        changes = tried[1] / tried[0] - 1.0
    low, high = np.nanquantile(changes, [0.05, 0.95]) if np.isfinite(changes).any() else (np.nan, np.nan)
    return Change(float(values[0]), float(values[1]), float(low), float(high))


def _kmh(sums: FloatArray) -> FloatArray:
    return np.asarray(3.6 * sums[..., 0] / sums[..., 1])


def _delay_s(sums: FloatArray) -> FloatArray:
    return np.asarray(1000.0 * sums[..., 2] / sums[..., 0])


def _stops(sums: FloatArray) -> FloatArray:
    return np.asarray(1000.0 * sums[..., 3] / sums[..., 0])
