"""The alerts of scenarios that stand at some time, from the records of the day's work."""

from __future__ import annotations

import math
from collections.abc import Mapping

import sqlalchemy as sa

from data.operations.tables import ALERTS, INCIDENTS
from data.records.database import answering
from twin.operations.standing import Standing
from twin.operations.states import INCIDENT

MOST = 20_000
_DONE_S = sa.case(
    (INCIDENTS.c.resolved_s > 0.0, INCIDENTS.c.resolved_s), (INCIDENTS.c.closed_s > 0.0, INCIDENTS.c.closed_s),
    else_=INCIDENTS.c.changed_s,
)  # fmt: skip
_END_S = sa.case(
    (ALERTS.c.state == "dismissed", ALERTS.c.answered_s),
    (INCIDENTS.c.state.in_(("resolved", *INCIDENT.ends)), _DONE_S),
    else_=None,
)
"""When nothing remained to be done about an alert: it was dismissed, or its incident is over; NULL before."""
_TOLD = ("id", "scenario", "severity", "subject", "subject_kind", "lon_deg", "lat_deg", "first_s")
Names = Mapping[str, tuple[str, str]]
"""Of each scenario what it is called, in Chinese and in English."""


def alerts_between(engine: sa.Engine, names: Names, begin_s: float, end_s: float) -> tuple[Standing, ...]:
    """Return the alerts that stood at some instant from ``begin_s`` to ``end_s``, oldest first, :data:`MOST` at most.

    Raises
    ------
    twin.errors.DiskError
        If the database does not answer.
    """
    query = (
        _alerts()
        .where(ALERTS.c.first_s <= end_s, sa.or_(_END_S.is_(None), begin_s < _END_S))
        .order_by(ALERTS.c.first_s)
        .limit(MOST)
    )
    with answering(engine), engine.connect() as connection:
        return tuple(_standing(row, names) for row in connection.execute(query).mappings())


def next_alert(engine: sa.Engine, names: Names, at_s: float, way: int) -> Standing | None:
    """Return the first alert that began after an instant, or with ``way`` -1 the last one before it.

    Raises
    ------
    twin.errors.DiskError
        If the database does not answer.
    """
    first = ALERTS.c.first_s
    later = _alerts().where(first > at_s).order_by(first)
    query = later if way > 0 else _alerts().where(first < at_s).order_by(first.desc())
    with answering(engine), engine.connect() as connection:
        row = connection.execute(query.limit(1)).mappings().first()
    return None if row is None else _standing(row, names)


def _alerts() -> sa.Select[tuple[object, ...]]:
    columns = [ALERTS.c[name] for name in _TOLD]
    return sa.select(*columns, _END_S.label("end_s")).join_from(
        ALERTS, INCIDENTS, ALERTS.c.incident == INCIDENTS.c.id, isouter=True
    )


def _standing(row: sa.RowMapping, names: Names) -> Standing:
    scenario, end_s = str(row["scenario"]), row["end_s"]
    zh, en = names.get(scenario, (scenario, scenario))
    lon_deg, lat_deg = (math.nan if row[name] is None else float(row[name]) for name in ("lon_deg", "lat_deg"))
    return Standing(
        str(row["id"]), scenario, zh, en, int(row["severity"]), str(row["subject"]), str(row["subject_kind"]),
        lon_deg, lat_deg, float(row["first_s"]), math.inf if end_s is None else float(end_s),
    )  # fmt: skip
