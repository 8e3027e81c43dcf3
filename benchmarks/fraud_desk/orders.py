"""The orders that are compared: those of every desk, and ours."""

from __future__ import annotations

import numpy as np

from benchmarks.fraud_desk.playing import NOT_ASKED, Order, View
from data.simulate.fraud.laws import Laws
from twin.geo import FloatArray

_LAWS = Laws()


def first_come(view: View) -> int:
    """Take what has waited longest."""
    return int(np.argmin(view.known_s))


def newest(view: View) -> int:
    """Take what came in last."""
    return int(np.argmax(view.known_s))


def biggest_inflow(view: View) -> int:
    """Take where most came in."""
    return int(np.argmax(view.inflow_fen))


def inflow_times_survival(view: View) -> int:
    """Take where most is expected to be, by the very law that the money follows: no desk knows it so well."""
    return int(np.argmax(view.inflow_fen * _still_there(view)))


def live_balance(view: View) -> int:
    """Take where the bank says that most is; before it said anything, where most is expected."""
    expected = view.inflow_fen * _still_there(view)
    return int(np.argmax(np.where(view.answer_fen == NOT_ASKED, expected, view.answer_fen)))


def at_random(seed: int) -> Order:
    """Return an order that throws dice."""
    chance = np.random.default_rng(seed)
    return lambda view: int(chance.integers(len(view.account)))


def _still_there(view: View) -> FloatArray:
    """Return :meth:`Laws.still_there` of all rows."""
    points = np.array([(0.0, 0.0), *_LAWS.dwell])
    age_s = np.maximum(view.now_s - view.inflow_s, 1.0)
    early = 1.0 - np.interp(age_s, points[:-1, 0], points[:-1, 1])
    (from_s, gone), (until_s, _) = points[-2:]
    late = (1.0 - gone) * np.clip(1.0 - np.log(age_s / from_s) / np.log(until_s / from_s), 0.0, 1.0)
    there: FloatArray = np.where(age_s <= from_s, early, late)
    return there
