"""The orders that are compared: those of every desk, and ours."""

from __future__ import annotations

import numpy as np

from benchmarks.fraud_desk.playing import NOT_ASKED, Order, View
from data.simulate.fraud.laws import Laws

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


def _still_there(view: View) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return np.array([_LAWS.still_there(age_s) for age_s in view.now_s - view.inflow_s])
