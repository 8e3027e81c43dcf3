"""What to stop first: the accounts of all open cases, by the money that is still there.

The order is the one that no published method is known to beat: rank by what can still be caught, ties by what is gone
sooner. What can be caught on an account is the bank's last answer, aged since; where the bank has said nothing, what
came in and the chance that it is still there. It is never more than what came in from the cases: the rest is somebody
else's money. A queue
proposes: a stop still needs two officers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from twin.fraud.dwell import Curve, IntArray
from twin.geo import BoolArray, FloatArray

STOP, FREEZE, CHECK, WATCH, WAIT = "stop", "freeze", "check", "watch", "wait"
"""Send a stop; only a freeze can hold it; put right what does not match; be told what comes; it is held already."""
ACTIONS = (STOP, FREEZE, CHECK, WATCH, WAIT)
MOST_STOPS = 2
"""Of an account; the law knows no third."""
TextArray = NDArray[np.str_]
NOT_ASKED = -1
Number = TypeVar("Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True)
class Held:
    """What is known of an account in an open case, a row each; an account in two cases has two rows.

    Parameters
    ----------
    case, account : (N,) text arrays
    level : (N,) int array
        1 for where the victim paid to.
    inflow_fen : (N,) int array
        What came in from the case.
    inflow_s : (N,) float array
        When, seconds since 1970-01-01 UTC; NaN if nobody knows, which counts as just now.
    answer_fen : (N,) int array
        What the bank said is there; :data:`NOT_ASKED` if it has said nothing.
    answer_s : (N,) float array
        When it said so.
    stops : (N,) int array
        How many stops there were, the live one among them.
    stopped, watched, matching, listed : (N,) bool arrays
        A stop or a freeze is live; a watch is set; name, account, amount and time agree, as a stop needs; it is on the
        shared list of accounts known from other cases.
    curve : (N,) int array
        Into the curves of :func:`order`: whose dwell it has.
    """

    case: TextArray
    account: TextArray
    level: IntArray
    inflow_fen: IntArray
    inflow_s: FloatArray
    answer_fen: IntArray
    answer_s: FloatArray
    stops: IntArray
    stopped: BoolArray
    watched: BoolArray
    matching: BoolArray
    listed: BoolArray
    curve: IntArray

    def __len__(self) -> int:
        return len(self.account)


@dataclass(frozen=True, slots=True)
class Queue:
    """The accounts in the order in which to take them, the first first.

    Parameters
    ----------
    held : Held
        What it was made of.
    curves : tuple of Curve
    row : (M,) int array
        The account's row in ``held``; of several the one with the largest inflow.
    cases, level : (M,) int arrays
        In how many rows the account stands, and the lowest level it has in any.
    inflow_fen : (M,) int array
        Of all its cases.
    answer_fen, answer_age_s : (M,) int and float arrays
        The bank's last answer, or :data:`NOT_ASKED`, and how old it is.
    still_fen : (M,) int array
        What is expected to be there of the cases' money when it can be stopped.
    chance : (M,) float array
        That what came in, or what the bank saw, is there then.
    half_left_s : (M,) float array
        Until half of it is gone, by the dwell curve; infinite if it is not expected to go.
    listed : (M,) bool array
    action : (M,) int array
        Into :data:`ACTIONS`.
    """

    held: Held
    curves: tuple[Curve, ...]
    row: IntArray
    cases: IntArray
    level: IntArray
    inflow_fen: IntArray
    inflow_age_s: FloatArray
    answer_fen: IntArray
    answer_age_s: FloatArray
    still_fen: IntArray
    chance: FloatArray
    half_left_s: FloatArray
    listed: BoolArray
    action: IntArray

    def __len__(self) -> int:
        return len(self.row)

    @property
    def account(self) -> TextArray:
        """The accounts."""
        return self.held.account[self.row]

    def of(self, action: str) -> IntArray:
        """Return the places of those for which this is to be done, the most urgent first."""
        return np.flatnonzero(self.action == ACTIONS.index(action))

    def batch(self) -> IntArray:
        """Return the places of the stops that go out as one batch: where victims paid to, and what is listed."""
        stops = self.of(STOP)
        at_once: BoolArray = (self.level == 1) | self.listed
        return stops[at_once[stops]]

    def to_watch(self) -> IntArray:
        """Return the places that a watch is still to be set on: all that the batch does not stop."""
        batch = np.zeros(len(self), np.bool_)
        batch[self.batch()] = True
        held = self.action == ACTIONS.index(WAIT)
        return np.flatnonzero(~batch & ~held & ~self.held.watched[self.row])


def order(held: Held, curves: tuple[Curve, ...], now_s: float, act_s: float = 0.0) -> Queue:
    """Order the accounts of all open cases; the same rows in any order give the same queue.

    Parameters
    ----------
    curves : tuple of Curve
        What ``held.curve`` points into.
    act_s : float
        How long it takes from now until a bank has stopped an account: what leaves meanwhile cannot be caught.
    """
    by = _Accounts(held)
    came_s = np.where(np.isfinite(held.inflow_s), np.minimum(held.inflow_s, now_s), now_s)
    answer_fen, answer_s = by.newest_answer(now_s)
    asked = answer_fen != NOT_ASKED
    seen_s = np.where(asked, answer_s, -np.inf)[by.account_of]
    age_s, acted_s = now_s - came_s, now_s + act_s - came_s
    fen = held.inflow_fen
    chance = _each(curves, held.curve, lambda curve, at: curve.given(acted_s[at], np.maximum(seen_s - came_s, 0.0)[at]))
    inflow = by.total(fen)
    pot = np.where(asked, np.minimum(answer_fen + by.total(np.where(came_s > seen_s, fen, 0)), inflow), inflow)
    chance = by.total(fen * chance) / np.maximum(inflow, 1)
    stopped, row = by.any(held.stopped), by.largest(fen)
    chance = np.where(stopped & asked, 1.0, np.minimum(chance, 1.0))
    still = np.floor(pot * chance).astype(np.int64)
    half_s = _each(curves, held.curve[row], lambda curve, at: curve.half_left_s(age_s[row][at]))
    action = _actions(by, still)
    place = np.lexsort((held.account[row], half_s, -still, action == ACTIONS.index(WAIT)))
    return Queue(
        held, curves, row[place], by.total(np.ones(len(held), np.int64))[place], by.least(held.level)[place],
        inflow[place], age_s[row][place], answer_fen[place], np.where(asked, now_s - answer_s, np.nan)[place],
        still[place], chance[place], half_s[place], by.any(held.listed)[place], action[place],
    )  # fmt: skip


def _actions(by: _Accounts, still_fen: IntArray) -> IntArray:
    """Return what is to be done with each account; the first rule that holds."""
    held = by.held
    rules = (
        (by.any(held.stopped), WAIT),
        (~by.any(held.matching), CHECK),
        (by.most(held.stops) >= MOST_STOPS, FREEZE),
        (still_fen <= 0, WATCH),
    )
    return np.select([rule for rule, _ in rules], [ACTIONS.index(to) for _, to in rules], ACTIONS.index(STOP))


class _Accounts:
    """Rows put together by account, in the order of their names."""

    def __init__(self, held: Held) -> None:
        self.held = held
        names, self.account_of = np.unique(held.account, return_inverse=True)
        self._rows = np.lexsort((held.case, self.account_of))
        self._begin = np.searchsorted(self.account_of[self._rows], np.arange(len(names)))

    def total(self, values: NDArray[Number]) -> NDArray[Number]:
        """Return the sum of each account's rows."""
        return np.add.reduceat(values[self._rows], self._begin) if len(self._begin) else values[:0]

    def least(self, values: IntArray) -> IntArray:
        """Return the smallest of each account's rows."""
        return np.minimum.reduceat(values[self._rows], self._begin) if len(self._begin) else values[:0]

    def most(self, values: IntArray) -> IntArray:
        """Return the largest of each account's rows."""
        return -self.least(-values)

    def any(self, values: BoolArray) -> BoolArray:
        """Return whether any of each account's rows says so."""
        return self.most(values.astype(np.int64)) > 0

    def largest(self, values: NDArray[Number]) -> IntArray:
        """Return the row of each account where this is largest; of equals the one whose case comes first."""
        order = np.lexsort((self.held.case, -values, self.account_of))
        return order[self._begin] if len(self._begin) else order

    def newest_answer(self, now_s: float) -> tuple[IntArray, FloatArray]:
        """Return what the bank said last of each account, and when; of two answers of one time the smaller."""
        asked = (self.held.answer_fen != NOT_ASKED) & np.isfinite(self.held.answer_s)
        when = np.where(asked, self.held.answer_s, -np.inf)
        order = np.lexsort((self.held.answer_fen, -when, self.account_of))
        row = order[self._begin] if len(self._begin) else order
        return np.where(asked[row], self.held.answer_fen[row], NOT_ASKED), np.minimum(when[row], now_s)


def _each(curves: tuple[Curve, ...], which: IntArray, ask: Callable[[Curve, BoolArray], FloatArray]) -> FloatArray:
    """Ask each curve for its own rows."""
    told = np.zeros(len(which))
    for number, curve in enumerate(curves):
        mine = which == number
        told[mine] = ask(curve, mine)
    return told
