"""What stands on the accounts of all open cases, and how long money stayed on those of the past, from the records."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import sqlalchemy as sa

from data.fraud.tables import INSTRUCTIONS, MEASURES, PAYMENTS
from data.records.database import answering
from data.records.tables import CASES
from data.rules.tables import ENTRIES as LISTED
from twin.fraud.account import bank_and_number
from twin.fraud.dwell import Curve, Curves, IntArray, Stays, learn_by_bank
from twin.fraud.ordering import NOT_ASKED, Held
from twin.fraud.states import IN_FORCE

OPEN = ("open", "filed")
SHARED_LIST = "fraud-accounts"
"""The reference list of accounts known from elsewhere."""


class Money(NamedTuple):
    """One sum that came to an account: who said so, and what was done about it."""

    case: str
    account: str
    level: int
    fen: int
    came_s: float
    matching: bool
    state: str
    held_fen: int
    began_s: float
    open: bool


def held(engine: sa.Engine, banks: tuple[str, ...]) -> Held:
    """Return the accounts of all open cases as columns; the curve of each is that of its bank, or the last one.

    A sum and the measure against it are one row: a payment of the victim is of level 1, what a trace found further on
    stands in its measure.
    """
    with answering(engine), engine.connect() as connection:
        rows = [one for one in _money(connection) if one.open]
        stops = {str(row[0]): int(row[1]) for row in connection.execute(_STOPS)}
        listed = set(connection.scalars(sa.select(LISTED.c.key).where(LISTED.c.list == SHARED_LIST)))
    number = {bank: at for at, bank in enumerate(banks)}
    stopped = [one.state in IN_FORCE for one in rows]
    return Held(
        case=np.array([one.case for one in rows], np.str_), account=np.array([one.account for one in rows], np.str_),
        level=np.array([one.level for one in rows], np.int64), inflow_fen=np.array([one.fen for one in rows], np.int64),
        inflow_s=np.array([one.came_s or np.nan for one in rows], np.float64),
        answer_fen=np.array([one.held_fen if one.state in IN_FORCE else NOT_ASKED for one in rows], np.int64),
        answer_s=np.array([one.began_s for one in rows], np.float64),
        stops=np.array([stops.get(one.account, 0) for one in rows], np.int64), stopped=np.array(stopped, np.bool_),
        watched=np.zeros(len(rows), np.bool_), matching=np.array([one.matching for one in rows], np.bool_),
        listed=np.array([one.account in listed for one in rows], np.bool_),
        curve=np.array([number.get(bank_and_number(one.account)[0], len(banks)) for one in rows], np.int64),
    )  # fmt: skip


def curves(engine: sa.Engine) -> tuple[tuple[str, ...], tuple[Curve, ...]]:
    """Return the banks that have a curve of their own, and their curves; one more for all others."""
    with answering(engine), engine.connect() as connection:
        stays, bank, banks = _stays(_money(connection))
    learnt: Curves = learn_by_bank(stays, bank, banks)
    return banks, (*learnt.table(banks), learnt.of_all)


def _stays(rows: list[Money]) -> tuple[Stays, IntArray, tuple[str, ...]]:
    """Return how long money stayed where a bank has answered.

    Held in full, or in part: it was there until then. Nothing held: it had left by then, at the latest.
    """
    known = [one for one in rows if one.came_s > 0 and one.began_s > one.came_s]
    names = [bank_and_number(one.account)[0] for one in known]
    banks = tuple(sorted(set(names)))
    dwell_s = np.array([one.began_s - one.came_s for one in known], np.float64)
    left = np.array([one.held_fen * 2 < one.fen for one in known], np.bool_)
    return Stays(dwell_s, left), np.array([banks.index(name) for name in names], np.int64), banks


def _money(connection: sa.Connection) -> list[Money]:
    of_measure = {(row.case, row.account): row for row in connection.execute(_MEASURES)}
    rows = []
    for row in connection.execute(_PAYMENTS):
        measure = of_measure.pop((row.case, row.to_account), None)
        matching = bool(row.to_holder) and row.doubts == "[]"
        rows.append(_row(row.case, row.to_account, 1, row.amount_fen, row.paid_at_s, matching, row.status, measure))
    rows += [
        _row(one.case, one.account, one.layer, one.amount_fen, one.paid_at_s, bool(one.holder), one.status, one)
        for one in of_measure.values()
    ]
    return [one for one in rows if ":" in one.account]


def _row(
    case: str, account: str, level: int, fen: int, came_s: float, matching: bool, status: str,
    measure: sa.Row[tuple[object, ...]] | None,
) -> Money:  # fmt: skip
    if measure is None:
        return Money(case, account, level, fen, came_s, matching, "", 0, 0.0, status in OPEN)
    held_fen, began_s = int(measure.held_fen), float(measure.began_s)
    return Money(case, account, level, fen, came_s, matching, str(measure.state), held_fen, began_s, status in OPEN)


_PAYMENTS = (
    sa.select(
        PAYMENTS.c.case, PAYMENTS.c.to_account, sa.func.sum(PAYMENTS.c.amount_fen).label("amount_fen"),
        sa.func.max(PAYMENTS.c.paid_at_s).label("paid_at_s"), sa.func.min(PAYMENTS.c.to_holder).label("to_holder"),
        sa.func.max(PAYMENTS.c.doubts).label("doubts"), CASES.c.status,
    )
    .join(CASES, CASES.c.number == PAYMENTS.c.case)
    .where(PAYMENTS.c.state == "entered")
    .group_by(PAYMENTS.c.case, PAYMENTS.c.to_account, CASES.c.status)
    .order_by(PAYMENTS.c.case, PAYMENTS.c.to_account)
)  # fmt: skip
_MEASURES = (
    sa.select(MEASURES, CASES.c.status)
    .join(CASES, CASES.c.number == MEASURES.c.case)
    .where(MEASURES.c.state.not_in(("withdrawn", "failed")))
    .order_by(MEASURES.c.case, MEASURES.c.id)
)
_STOPS = (
    sa.select(INSTRUCTIONS.c.account, sa.func.max(INSTRUCTIONS.c.nth))
    .where(INSTRUCTIONS.c.nth > 0, INSTRUCTIONS.c.state.not_in(("failed", "withdrawn")))
    .group_by(INSTRUCTIONS.c.account)
)
