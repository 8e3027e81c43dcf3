"""The alerts of scenarios that stand at some time, from the records of the day's work."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from data.home import Home
from data.operations.tables import ALERTS, EVENTS, INCIDENTS
from data.records.database import answering, open_records
from data.rules.files import Folder
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
        return tuple(_standing(row, names) for row in connection.execute(query))


def alerts_of(home: Home, begin_s: float, end_s: float) -> tuple[Standing, ...]:
    """Return the alerts of an installation as :func:`alerts_between`; the records are opened for this one question."""
    engine = open_records(home)
    try:
        return alerts_between(engine, names_of(home), begin_s, end_s)
    finally:
        engine.dispose()


def names_of(home: Home) -> Names:
    """Return what the scenarios of an installation are called."""
    told = Folder.of(home).scenarios
    return {key: (one.scenario.chinese, one.scenario.english) for key, one in told.items()}


def last_event(engine: sa.Engine) -> int:
    """Return the number of the newest event: as long as it is the same, so are the alerts."""
    with answering(engine), engine.connect() as connection:
        return connection.scalar(sa.select(sa.func.max(EVENTS.c.number))) or 0


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
        row = connection.execute(query.limit(1)).first()
    return None if row is None else _standing(row, names)


def _alerts() -> sa.Select[tuple[object, ...]]:
    columns = [ALERTS.c[name] for name in _TOLD]
    return sa.select(*columns, _END_S.label("end_s")).join_from(
        ALERTS, INCIDENTS, ALERTS.c.incident == INCIDENTS.c.id, isouter=True
    )


def _standing(row: Sequence[Any], names: Names) -> Standing:
    id_, scenario, severity, subject, kind, lon_deg, lat_deg, begin_s, end_s = row
    zh, en = names.get(scenario, (scenario, scenario))
    return Standing(
        id_, scenario, zh, en, severity, subject, kind, math.nan if lon_deg is None else lon_deg,
        math.nan if lat_deg is None else lat_deg, begin_s, math.inf if end_s is None else end_s,
    )  # fmt: skip
