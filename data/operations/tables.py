"""The tables of the day's work; each of :mod:`twin.operations.records` is one, column by column.

Lists are JSON. What is not known of a number is NULL, since SQLite has no NaN. Times are seconds since 1970-01-01 UTC.
"""

from __future__ import annotations

from dataclasses import fields

import sqlalchemy as sa

from data.records.tables import META
from twin.operations.records import (
    Alert,
    Dispatch,
    Incident,
    JointCase,
    Message,
    Minutes,
    Patrol,
    Record,
    Step,
    Task,
    Unit,
    Watch,
)

_TYPES: dict[str, sa.types.TypeEngine[object]] = {"str": sa.Text(), "int": sa.BigInteger(), "float": sa.Double()}  # type: ignore[dict-item]  # each is an engine of its own type


def _table(name: str, kind: type[Record], *indexed: str) -> sa.Table:
    columns = [
        sa.Column(
            field.name, _TYPES.get(str(field.type), sa.Text()), primary_key=field.name == "id",
            nullable=str(field.type) == "float",
        )
        for field in fields(kind)
    ]  # fmt: skip
    indexes = [sa.Index(f"{name}_{column}", column) for column in indexed]
    return sa.Table(name, META, *columns, *indexes)


ALERTS = _table("operation_alert", Alert, "state", "incident", "scenario", "group")
INCIDENTS = _table("operation_incident", Incident, "state", "parent", "opened_s")
UNITS = _table("operation_unit", Unit, "state")
DISPATCHES = _table("operation_dispatch", Dispatch, "state", "incident")
TASKS = _table("operation_task", Task, "state", "incident", "agency")
STEPS = _table("operation_step", Step, "state", "incident")
MESSAGES = _table("operation_message", Message, "state", "incident")
WATCHES = _table("operation_watch", Watch, "state", "begin_s")
PATROLS = _table("operation_patrol", Patrol, "state")
JOINT_CASES = _table("operation_joint_case", JointCase, "state", "incident")
MINUTES = _table("operation_minutes", Minutes, "case")

TABLE: dict[type[Record], sa.Table] = {
    Alert: ALERTS, Incident: INCIDENTS, Unit: UNITS, Dispatch: DISPATCHES, Task: TASKS, Step: STEPS, Message: MESSAGES,
    Watch: WATCHES, Patrol: PATROLS, JointCase: JOINT_CASES, Minutes: MINUTES,
}  # fmt: skip

HITS = sa.Table(
    "operation_hit",
    META,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("alert", sa.Text, nullable=False, index=True),
    sa.Column("at_s", sa.Double, nullable=False),
    sa.Column("body", sa.Text, nullable=False),
)
"""What each alert rests on; ``body`` is the hit as JSON, with plates and names as they came."""

EVENTS = sa.Table(
    "operation_event",
    META,
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("at_s", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("by", "deed", "kind", "record")),
    sa.Column("incident", sa.Text, nullable=False, index=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("before", "after", "why")),
)

NUMBERS = sa.Table(
    "operation_number",
    META,
    sa.Column("letter", sa.Text, primary_key=True),
    sa.Column("day", sa.Text, primary_key=True),
    sa.Column("last", sa.BigInteger, nullable=False),
)
"""The last number that was given, of each letter and day."""
