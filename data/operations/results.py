"""The results, computed from the records by SQL; the same question counts on SQLite and PostgreSQL.

Percentiles are by nearest rank: of ``n`` values the median is the ``(n + 1) / 2``-th, the 90th percentile the
``ceil(0.9 n)``-th, in whole numbers, so that every database agrees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import sqlalchemy as sa

from data.records.database import answering
from twin.errors import UsageError
from twin.operations.results import FIGURES, Figure, Line, a_year_earlier
from twin.words import say

BY_ID = {figure.id: figure for figure in FIGURES}
LEVELS = {
    "sqlite": """(SELECT i.*, json_extract(l.value, '$.within_s') AS within_s,
  CASE json_extract(l.value, '$.state') {cases} END AS reached_s FROM operation_incident i, json_each(i.levels) l)""",
    "postgresql": """(SELECT i.*, CAST(l.value ->> 'within_s' AS double precision) AS within_s,
  CASE l.value ->> 'state' {cases} END AS reached_s
  FROM operation_incident i, jsonb_array_elements(CAST(i.levels AS jsonb)) AS l(value))""",
}
CASES = (
    "WHEN 'confirmed' THEN i.opened_s WHEN 'dispatched' THEN i.dispatched_s "
    "WHEN 'on_scene' THEN i.on_scene_s WHEN 'resolved' THEN i.resolved_s"
)


@dataclass(frozen=True, slots=True)
class _Source:
    """Where a figure is counted: of which rows, when they count, and what is measured."""

    table: str
    when: str
    value: str = "0.0"
    only: str = "TRUE"


SOURCES: dict[str, _Source] = {
    "alerts": _Source("operation_alert", "raised_s"),
    "dismissed": _Source("operation_alert", "answered_s", "answered_s - raised_s", "state = 'dismissed'"),
    "confirmed": _Source("operation_alert", "answered_s", "answered_s - raised_s", "state = 'confirmed'"),
    "opened": _Source("operation_incident", "opened_s"),
    "handled": _Source("operation_incident", "resolved_s", "resolved_s - since_s", "state IN ('resolved', 'closed')"),
    "response": _Source("operation_incident", "on_scene_s", "on_scene_s - since_s", "on_scene_s > 0"),
    "levels_met": _Source("{levels}", "opened_s", only="reached_s > 0 AND reached_s <= since_s + within_s"),
    "levels_missed": _Source(
        "{levels}", "opened_s", only="reached_s > since_s + within_s OR (reached_s = 0 AND state = 'closed')"
    ),
    "dispatches": _Source("operation_dispatch", "on_scene_s", "on_scene_s - sent_s", "on_scene_s > 0"),
    "unanswered": _Source("operation_dispatch", "ended_s", only="state = 'silent'"),
    "tasks": _Source("operation_task", "ended_s", "ended_s - offered_s", "state = 'finished'"),
    "tasks_returned": _Source("operation_task", "ended_s", only="state = 'returned'"),
    "joint_cases": _Source("operation_joint_case", "agreed_s", "agreed_s - opened_s", "agreed_s > 0"),
}


def question(figure: str, by: str, dialect: str) -> str:
    """Return the SQL of a figure, as it is run and as it is shown; ``:begin`` and ``:end`` are seconds since 1970 UTC.

    Raises
    ------
    twin.errors.UsageError
        If there is no such figure, or it is not split like that.
    """
    found = _figure(figure, by)
    source = SOURCES[found.id]
    table = source.table.replace("{levels}", LEVELS[dialect].replace("{cases}", CASES))
    key = "''" if by == "all" else by
    return f"""WITH told AS (
  SELECT {key} AS key, {source.value} AS value FROM {table} AS counted
  WHERE {source.when} >= :begin AND {source.when} < :end AND ({source.only})
), ranked AS (
  SELECT key, value, row_number() OVER (PARTITION BY key ORDER BY value) AS place,
    count(*) OVER (PARTITION BY key) AS n FROM told
)
SELECT key, n, max(CASE WHEN place = (n + 1) / 2 THEN value END) AS median,
  max(CASE WHEN place = (9 * n + 9) / 10 THEN value END) AS p90
FROM ranked GROUP BY key, n ORDER BY n DESC, key"""  # noqa: S608 - all of it is ours


def lines(engine: sa.Engine, figure: str, by: str, begin_s: float, end_s: float) -> tuple[Line, ...]:
    """Return a figure over a time, the most first, with the same days of the year before.

    Raises
    ------
    twin.errors.UsageError, twin.errors.DiskError
    """
    asked = sa.text(question(figure, by, engine.dialect.name))
    unit = _figure(figure, by).unit
    before_s = {"begin": a_year_earlier(begin_s), "end": a_year_earlier(end_s)}
    with answering(engine), engine.connect() as connection:
        now = list(connection.execute(asked, {"begin": begin_s, "end": end_s}))
        before = {row.key: int(row.n) for row in connection.execute(asked, before_s)}
    told = [_line(row, unit, before.pop(row.key, 0)) for row in now]
    return (*told, *(Line(key, 0, math.nan, math.nan, count) for key, count in sorted(before.items())))


def _line(row: sa.Row[tuple[object, ...]], unit: str, before: int) -> Line:
    median, p90 = (float(row.median), float(row.p90)) if unit else (math.nan, math.nan)
    return Line(str(row.key), int(row.n), median, p90, before)


def _figure(figure: str, by: str) -> Figure:
    found = BY_ID.get(figure)
    if found is None:
        raise UsageError(
            say("there is no figure {figure}; there are {figures}", figure=figure, figures=", ".join(BY_ID))
        )
    if by not in found.by:
        raise UsageError(say("{figure} is not split by {by}; use one of {ways}", figure=figure, by=by,
                             ways=", ".join(found.by)))  # fmt: skip
    return found
