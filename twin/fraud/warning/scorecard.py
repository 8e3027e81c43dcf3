"""A scorecard: points for each sign, which add up; so what spoke for and against can be said exactly.

Each sign is cut into a few steps; a step is worth the log of how much more often it is seen before a loss than
otherwise (weight of evidence), pooled until it never falls where it must not (isotonic, by pooling adjacent violators),
and a logistic regression with weights that are never negative says how much each sign counts beside the others. A sign
nobody knows is worth nothing. Points are log-odds.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression, minimize
from scipy.special import expit

from twin.fraud.warning.hints import SIGNS, IntArray
from twin.geo import BoolArray, FloatArray

STEPS = 6
DRAG = 2.0
"""How many rows of each kind are added to a step before its worth is told: rare steps are not trusted."""
RIDGE = 1.0
MOST_POINTS = 4.0
"""No sign is worth more than this: none alone decides."""


@dataclass(frozen=True, slots=True)
class Scorecard:
    """What signs are worth for one type of fraud.

    Parameters
    ----------
    kind : str
    base : float
        Log-odds of somebody nothing is known of.
    signs : tuple of int
        Into :data:`twin.fraud.warning.hints.SIGNS`.
    cuts : tuple of (S,) float arrays
        Of each sign: where a step ends, itself not included.
    points : tuple of (S + 1,) float arrays
        Of each sign and step.
    rows : int
        From how many rows it was learnt.
    """

    kind: str
    base: float
    signs: tuple[int, ...]
    cuts: tuple[FloatArray, ...]
    points: tuple[FloatArray, ...]
    rows: int

    def told(self, value: FloatArray) -> FloatArray:
        """Return the (M, signs) points of rows of signs (M, len(SIGNS)); 0 where nobody knows."""
        columns = [
            _worth(value[:, sign], cut, points)
            for sign, cut, points in zip(self.signs, self.cuts, self.points, strict=True)
        ]
        return np.stack(columns, axis=1) if columns else np.zeros((len(value), 0))

    def risk(self, value: FloatArray) -> FloatArray:
        """Return the (M,) chance of a loss, as it was among the rows it was learnt from."""
        return np.asarray(expit(self.base + self.told(value).sum(axis=1)))

    def known(self, value: FloatArray) -> FloatArray:
        """Return which share of all points it could give rests on signs that are known, (M,) from 0 to 1."""
        reach = np.array([float(np.ptp(points)) for points in self.points])
        there = ~np.isnan(value[:, list(self.signs)])
        return np.asarray(there @ reach / max(float(reach.sum()), 1e-9))


def learn(kind: str, value: FloatArray, lost: BoolArray, signs: tuple[str, ...] = ()) -> Scorecard:
    """Learn a scorecard.

    Parameters
    ----------
    value : (M, len(SIGNS)) float array
    lost : (M,) bool array
        Whether a loss of this kind followed.
    signs : tuple of str
        Which signs it may use; all unless told.
    """
    usable = tuple(at for at, sign in enumerate(SIGNS) if not signs or sign.id in signs)
    cuts = tuple(_cuts(value[:, at]) for at in usable)
    worth = tuple(_evidence(value[:, at], cut, lost, SIGNS[at].rises) for at, cut in zip(usable, cuts, strict=True))
    told = np.stack([_worth(value[:, at], cut, one) for at, cut, one in zip(usable, cuts, worth, strict=True)], axis=1)
    base, weight = _weights(told, lost)
    points = tuple(np.clip(one * by, -MOST_POINTS, MOST_POINTS) for one, by in zip(worth, weight, strict=True))
    return Scorecard(kind, base, usable, cuts, points, len(lost))


def _worth(column: FloatArray, cuts: FloatArray, points: FloatArray) -> FloatArray:
    return np.where(np.isnan(column), 0.0, points[np.searchsorted(cuts, np.nan_to_num(column), side="right")])


def _cuts(column: FloatArray) -> FloatArray:
    """Return where to cut: between nothing and something, and what there is into parts of one size."""
    there = column[np.isfinite(column) & (column > 0)]
    if not len(there):
        return np.empty(0)
    inner = np.unique(np.quantile(there, np.linspace(0.0, 1.0, STEPS)[1:-1]))
    return np.unique(np.concatenate([[np.nextafter(0.0, 1.0)], inner[inner > there.min()]]))


def _evidence(column: FloatArray, cuts: FloatArray, lost: BoolArray, rises: bool) -> FloatArray:
    """Return the weight of evidence of each step, never falling (or never rising)."""
    known = np.isfinite(column)
    step: IntArray = np.searchsorted(cuts, column[known], side="right")
    size, hit = len(cuts) + 1, lost[known]
    yes, no = np.bincount(step[hit], minlength=size), np.bincount(step[~hit], minlength=size)
    share = max(float(hit.mean()), 1e-6) if len(hit) else 0.5
    rate = (yes + 2 * DRAG * share) / (yes + no + 2 * DRAG)
    smooth = isotonic_regression(rate, weights=yes + no + 2 * DRAG, increasing=rises).x
    return np.asarray(np.log(smooth / (1 - np.minimum(smooth, 1 - 1e-9))) - np.log(share / (1 - min(share, 1 - 1e-9))))


def _weights(told: FloatArray, lost: BoolArray) -> tuple[float, FloatArray]:
    """Return the base and the weights, none below 0, that fit best (logistic regression with a ridge)."""
    goal = lost.astype(float)

    def miss(weights: FloatArray) -> tuple[float, FloatArray]:
        odds = weights[0] + told @ weights[1:]
        off = expit(odds) - goal
        cost = float(np.sum(np.logaddexp(0.0, odds) - goal * odds) + RIDGE / 2 * np.sum(weights[1:] ** 2))
        return cost, np.concatenate([[off.sum()], told.T @ off + RIDGE * weights[1:]])

    share = min(max(float(goal.mean()), 1e-6), 1 - 1e-6)
    begin = np.concatenate([[np.log(share / (1 - share))], np.full(told.shape[1], 0.5)])
    bounds = [(None, None)] + [(0.0, None)] * told.shape[1]
    found = minimize(miss, begin, jac=True, method="L-BFGS-B", bounds=bounds)
    return float(found.x[0]), np.asarray(found.x[1:])
