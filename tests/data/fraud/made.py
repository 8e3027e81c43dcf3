"""A fraud desk for tests: on one SQLite file, with a case, a measure that waits, and one in force."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from data.audit.trail import append
from data.fraud.store import SqlFraud
from data.records.database import engine_of, upgrade
from tests.twin.fraud.book import NOW_S, PAID, by, head, lead
from twin.fraud.asking import evidence_mark
from twin.fraud.deeds import AskMeasure, By, Decide, NewPayment, OpenCase, Submit, Verdict
from twin.fraud.records import FraudCase, Instruction, Measure


def opened(folder: Path) -> SqlFraud:
    """Return the desk in a folder, made if it is not there; to be closed."""
    engine = engine_of(sa.URL.create("sqlite", database=str(folder / "records.sqlite")))
    upgrade(engine)
    return SqlFraud(engine, append)


def case_of(store: SqlFraud, *payments: NewPayment, district: str = "") -> FraudCase:
    """Open the cashier's case."""
    deed = OpenCase(
        "冒充老板", 190_000_000, "boss", victim="李四", payments=payments or (PAID,), report="110-1", district=district
    )
    return store.do(deed, by("ann")).of(FraudCase)[0]


def submitted(store: SqlFraud, case: str, payment: str = "P01", **other: object) -> Instruction:
    """Ask for the stop of a payment's account and put it before who approves."""
    told: dict[str, object] = {"payment": f"{case}-{payment}", "basis": "止付审批表", "reason": "被骗资金", **other}
    done = store.do(AskMeasure(case, "bob", **told), by("ann"))  # type: ignore[arg-type]  # by name
    (instruction,) = done.of(Instruction)
    return store.do(Submit((instruction.id,)), by("ann")).of(Instruction)[0]


def tick(store: SqlFraud, instruction: str) -> Verdict:
    """Return the tick of who has looked at the evidence."""
    found = store.one(Instruction, instruction)
    return Verdict(instruction, evidence_mark(found, store.one(Measure, found.measure)))


def signed(store: SqlFraud, instruction: str, who: By | None = None) -> Instruction:
    """Approve and sign."""
    return store.do(Decide((tick(store, instruction),)), who or lead()).of(Instruction)[0]


__all__ = ["NOW_S", "PAID", "by", "case_of", "head", "lead", "opened", "signed", "submitted", "tick"]
