"""Traces of the ledger for the window: the victim's payments are found in it, and all rules are asked."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import closing

import numpy as np

from app.workbenches.fraud.money import Source
from data.home import Home
from data.ledger.ledger import END_S, Ledger, ledger_path
from twin.errors import BadInputError, UsageError
from twin.fraud.chart.around import MOST_BROUGHT, Counts
from twin.fraud.chart.board import Flow
from twin.fraud.chart.traced import traced
from twin.fraud.records import Payment
from twin.fraud.tracing.expand import MOST_COUNTED, expand
from twin.fraud.tracing.hubs import HUB_LINES, Hubs
from twin.fraud.tracing.legs import UNSEEN, EntryArray, Leg
from twin.fraud.tracing.trace import Question, after_roots, side_by_side

SAME_S = 300
"""The bank's time of a payment and the victim's may differ by so much."""
UNSEEN_NAME = "–:unseen"


class LedgerAround:
    """Counts and brings what stands around accounts, in the time of a trace."""

    def __init__(self, home: Home, begin_s: int, end_s: int) -> None:
        self._home, self._begin_s, self._end_s = home, begin_s, end_s

    def counts(self, account: str) -> Counts:
        """Return how many transfers and accounts there are; of one that is too large, only how many lines."""
        with closing(Ledger(ledger_path(self._home))) as ledger:
            number = ledger.account(account)
            lines = ledger.count(number, self._begin_s, self._end_s)
            if lines > MOST_COUNTED:
                return Counts(lines, 0, lines, 0, hub=True)
            statement = ledger.statement(number, self._begin_s, self._end_s)
            hub = lines > HUB_LINES or number in ledger.hubs
        out = statement["amount_fen"] < 0
        others = [len(np.unique(statement["other"][side])) for side in (out, ~out)]
        return Counts(int(out.sum()), others[0], int((~out).sum()), others[1], hub)

    def flows(self, account: str, outward: bool, most: int = MOST_BROUGHT) -> tuple[Flow, ...]:
        """Return the largest transfers that leave it, or come to it."""
        with closing(Ledger(ledger_path(self._home))) as ledger:
            number = ledger.account(account)
            lines: EntryArray = expand(ledger, number, self._begin_s, self._end_s, most=MOST_COUNTED)
            lines = lines[(lines["amount_fen"] < 0) == outward]
            lines = lines[np.argsort(-np.abs(lines["amount_fen"]), kind="stable")[:most]]
            names = ledger.names(lines["other"].tolist())
        return tuple(
            Flow(str(leg), account if outward else names[other], names[other] if outward else account, float(at_s),
                 abs(fen), 0, 0)
            for leg, at_s, other, fen, _ in lines.tolist()
        )  # fmt: skip


def trace_case(home: Home, case: str, payments: Sequence[Payment]) -> Source:
    """Trace the payments of a case by all rules, through the ledger of this home.

    Raises
    ------
    twin.errors.BadInputError
        If there is no ledger, or none of the payments is in it.
    """
    with closing(Ledger(ledger_path(home))) as ledger:
        roots = tuple(leg for leg in (_root(ledger, one) for one in payments if one.state == "entered") if leg)
        if not roots:
            raise UsageError("none of the payments of the case is in the ledger: import the bank's transfers first")
        begin_s, until_s = min(root.time_s for root in roots), after_roots(roots)
        hubs = Hubs(ledger, begin_s, until_s, ledger.hubs)
        question = Question(roots, until_s, hubs=hubs)
        answers = side_by_side(ledger, question)
        accounts = sorted({end for one in answers.values() for leg in one.legs for end in (leg.source, leg.target)})
        names = {**ledger.names([one for one in accounts if one != UNSEEN]), UNSEEN: UNSEEN_NAME}
        busy = {one for one in accounts if one != UNSEEN and one in hubs}
        holders = {payment.to_account: payment.to_holder for payment in payments}
        holders |= {payment.from_account: payment.from_holder for payment in payments}
        mark = _mark(ledger)
        told = traced(
            case, question, answers, names.__getitem__, mark, lambda one: "hub" if one in busy else "account",
            lambda one: holders.get(names[one], ""),
        )  # fmt: skip
    return Source(told, LedgerAround(home, begin_s, until_s))


def _root(ledger: Ledger, payment: Payment) -> Leg | None:
    """Return the transfer that a payment is: from the account, if it is known, of the amount, at about the time."""
    try:
        target = ledger.account(payment.to_account)
    except BadInputError:
        return None
    at_s = int(payment.paid_at_s)
    legs: Iterable[Leg] = ledger.legs(target, max(at_s - SAME_S, 0), min(at_s + SAME_S, END_S), incoming=True)
    source = ledger.names([leg.source for leg in legs]) if payment.from_account else {}
    fit = [leg for leg in legs if leg.amount_fen == payment.amount_fen
           and (not payment.from_account or source[leg.source] == payment.from_account)]  # fmt: skip
    return min(fit, key=lambda leg: (abs(leg.time_s - at_s), leg.number), default=None)


def _mark(ledger: Ledger) -> str:
    """Return what names the ledger as it is: its files by their own hashes."""
    files = [(file.name, file.sha256) for file in ledger.state().files]
    return hashlib.sha256(repr(files).encode()).hexdigest()
