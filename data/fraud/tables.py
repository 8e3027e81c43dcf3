"""The tables of the fraud desk; each of :mod:`twin.fraud.records` is one, column by column, lists as JSON.

The checks and the index of instructions, and the triggers of the migration, are what nobody gets round: who asked
does not approve, no freeze without the head of a county-level organ, no third stop of an account.
"""

from __future__ import annotations

from dataclasses import fields

import sqlalchemy as sa

from data.records.tables import CASES, META, NUMBER
from twin.fraud.records import Appeal, FraudCase, Grant, Instruction, Measure, Payment, Record, ReturnPlan

_TYPES: dict[str, sa.types.TypeEngine[object]] = {
    "str": sa.Text(), "int": sa.BigInteger(), "float": sa.Double(), "bool": sa.Boolean(),  # type: ignore[dict-item]  # each is an engine of its own type
}  # fmt: skip
_SPENT = sa.text("nth > 0 AND state NOT IN ('failed', 'withdrawn')")


def _table(name: str, kind: type[Record], *indexed: str) -> sa.Table:
    columns = [
        sa.Column(
            field.name, _TYPES.get(str(field.type), sa.Text()), primary_key=field.name == "id", nullable=False,
            index=field.name in indexed,
        )
        for field in fields(kind)
    ]  # fmt: skip
    return sa.Table(name, META, *columns)


PAYMENTS = _table("fraud_payment", Payment, "case", "to_account", "bank_reference")
MEASURES = _table("fraud_measure", Measure, "case", "state", "account")
INSTRUCTIONS = _table("fraud_instruction", Instruction, "case", "state", "account")
APPEALS = _table("fraud_appeal", Appeal, "case", "state")
GRANTS = _table("fraud_grant", Grant, "case", "state")
PLANS = _table("fraud_return_plan", ReturnPlan, "case", "state")
sa.Index(
    "fraud_instruction_no_third_stop", INSTRUCTIONS.c.account, INSTRUCTIONS.c.nth, unique=True, sqlite_where=_SPENT,
    postgresql_where=_SPENT,
)  # fmt: skip

TABLE: dict[type[Record], sa.Table] = {
    FraudCase: CASES, Payment: PAYMENTS, Measure: MEASURES, Instruction: INSTRUCTIONS, Appeal: APPEALS, Grant: GRANTS,
    ReturnPlan: PLANS,
}  # fmt: skip

EVENTS = sa.Table(
    "fraud_event",
    META,
    sa.Column("number", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("at_s", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "deed", "kind", "record")),
    sa.Column("case", sa.Text, nullable=False, index=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("before", "after", "why")),
)
MESSAGES = sa.Table(
    "fraud_message",
    META,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("at_s", sa.Double, nullable=False),
    sa.Column("instruction", sa.Text, nullable=False, index=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("way", "bank", "sha256", "note")),
    sa.Column("body", sa.LargeBinary, nullable=False),
)
"""What went out to banks and came in, byte for byte; added to alone."""
