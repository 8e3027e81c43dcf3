"""A ledger looked at forward, and turned round."""

from __future__ import annotations

import numpy as np

from twin.fraud.tracing.legs import LEG_DTYPE, UNSEEN, EntryArray, IntArray, Leg, LegArray, Moment, Statements


class Forward:
    """Where did the money go: what leaves an account are its payments.

    Parameters
    ----------
    ledger : Statements
    until_s : int
        Nothing later is asked for.
    """

    backward = False

    def __init__(self, ledger: Statements, until_s: int) -> None:
        self._ledger, self._until_s = ledger, until_s
        self._kept: dict[int, tuple[int, EntryArray]] = {}

    def moment(self, leg: Leg) -> Moment:
        """Return where a leg stands: by time, then by number."""
        return Moment(leg.time_s, leg.number)

    def out_legs(self, account: int, after: Moment, until_s: int) -> LegArray:
        """Return the payments after a moment."""
        lines = self._lines(account, after.time_s)
        out = lines[(lines["amount_fen"] < 0) & (lines["time_s"] <= until_s)]
        legs = _legs(out["number"], out["number"], out["other"], out["time_s"], -out["amount_fen"], out["before_fen"])
        return legs[_after(legs, after)]

    def before_fen(self, account: int, arrival: Moment) -> int:
        """Return the balance just before a leg came in."""
        lines = self._lines(account, arrival.time_s)
        (found,) = np.flatnonzero((lines["number"] == arrival.order) & (lines["amount_fen"] > 0))
        return int(lines["before_fen"][found])

    def at_fen(self, account: int, time_s: int) -> int:
        """Return the balance when a second is over, of an account that was asked for before."""
        lines = self._kept[account][1]
        last = lines[int(np.searchsorted(lines["time_s"], time_s, "right")) - 1]
        return max(int(last["before_fen"] + last["amount_fen"]), 0)

    def _lines(self, account: int, begin_s: int) -> EntryArray:
        """Ask for a statement once: a trace comes back to an account only later."""
        kept = self._kept.get(account)
        if kept is None or kept[0] > begin_s:
            kept = self._kept[account] = (begin_s, self._ledger.statement(account, begin_s, self._until_s))
        return kept[1]


class Backward:
    """Where did the money come from: the ledger is turned round, and what leaves an account are its receipts.

    Times and orders are negative here, so that the last leg is the first; what came in unseen for a payment is a leg
    to :data:`~twin.fraud.tracing.legs.UNSEEN` just after that payment, under the payment's number.

    Parameters
    ----------
    ledger : Statements
    since_s : int
        Nothing earlier is asked for.
    """

    backward = True

    def __init__(self, ledger: Statements, since_s: int) -> None:
        self._ledger, self._since_s = ledger, since_s
        self._kept: dict[int, tuple[int, EntryArray]] = {}

    def moment(self, leg: Leg) -> Moment:
        """Return where a leg stands in the ledger that is turned round."""
        return Moment(-leg.time_s, -2 * leg.number)

    def out_legs(self, account: int, after: Moment, until_s: int) -> LegArray:
        """Return the receipts before a moment, the last first."""
        lines = self._lines(account, -after.time_s)
        lines = lines[lines["time_s"] >= -until_s]
        came = lines[lines["amount_fen"] > 0]
        short = lines[lines["before_fen"] + lines["amount_fen"] < 0]
        legs = np.concatenate([
            _legs(-2 * came["number"], came["number"], came["other"], -came["time_s"], came["amount_fen"],
                  came["before_fen"] + came["amount_fen"]),
            _legs(1 - 2 * short["number"], short["number"], np.full(len(short), UNSEEN), -short["time_s"],
                  -(short["before_fen"] + short["amount_fen"]), -short["amount_fen"]),
        ])  # fmt: skip
        legs = legs[np.lexsort((legs["order"], legs["time_s"]))]
        return legs[_after(legs, after)]

    def before_fen(self, account: int, arrival: Moment) -> int:
        """Return what was in the account after it had paid."""
        lines = self._lines(account, -arrival.time_s)
        (found,) = np.flatnonzero((lines["number"] == -arrival.order // 2) & (lines["amount_fen"] < 0))
        return max(int(lines["before_fen"][found] + lines["amount_fen"][found]), 0)

    def at_fen(self, account: int, time_s: int) -> int:
        """Return the balance before a second began, of an account that was asked for before."""
        lines = self._kept[account][1]
        return int(lines[int(np.searchsorted(lines["time_s"], -time_s, "left"))]["before_fen"])

    def _lines(self, account: int, end_s: int) -> EntryArray:
        kept = self._kept.get(account)
        if kept is None or kept[0] < end_s:
            kept = self._kept[account] = (end_s, self._ledger.statement(account, self._since_s, end_s))
        return kept[1]


def _legs(*columns: IntArray) -> LegArray:
    legs = np.empty(len(columns[0]), LEG_DTYPE)
    for name, column in zip(LEG_DTYPE.names or (), columns, strict=True):
        legs[name] = column
    return legs


def _after(legs: LegArray, moment: Moment) -> slice:
    time_s, order = legs["time_s"], legs["order"]
    return slice(int(np.sum((time_s < moment.time_s) | ((time_s == moment.time_s) & (order <= moment.order)))), None)
