"""The results of the fraud desk, computed from the records by SQL; SQLite and PostgreSQL count the same.

Money is whole fen and is summed, times have a median by nearest rank, as in :mod:`data.operations.results`.
"""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.records.database import answering
from twin.errors import UsageError
from twin.fraud.results import FIGURES
from twin.operations.results import a_year_earlier
from twin.words import say

BY_ID = {figure.id: figure for figure in FIGURES}
_OF_CASE = '{table} t JOIN fraud_case c ON c.number = t."case"'


@dataclass(frozen=True, slots=True)
class _Source:
    """Of which rows a figure is told, when each counts, and what is summed or timed."""

    table: str
    when: str
    value: str = "0"
    only: str = "1 = 1"
    key: str = "c"


_CLOSED = (
    """(SELECT "case", max(at_s) AS at_s FROM fraud_event WHERE kind = 'case' AND after = 'closed' GROUP BY "case")"""
)
SOURCES = {
    "cases": _Source("fraud_case c", "c.opened_at_s", only="c.status NOT IN ('merged', 'withdrawn')"),
    "cleared": _Source(_OF_CASE.format(table=_CLOSED), "t.at_s", only="c.status = 'closed'"),
    "lost": _Source(_OF_CASE.format(table="fraud_payment"), "t.paid_at_s", "t.amount_fen", "t.state = 'entered'"),
    "held": _Source(_OF_CASE.format(table="fraud_measure"), "t.began_s", "t.held_fen", "t.held_fen > 0"),
    "returned": _Source(_OF_CASE.format(table="fraud_measure"), "t.began_s", "t.returned_fen", "t.returned_fen > 0"),
    "stops": _Source(_OF_CASE.format(table="fraud_instruction"), "t.answered_s", "t.answered_s - t.asked_s",
                     "t.verb = 'stop' AND t.state = 'executed'"),
    "warnings": _Source("fraud_warning c", "c.made_s"),
    "dissuaded": _Source("fraud_warning c", "c.closed_s", only="c.outcome = 'dissuaded'"),
    "warned_in_vain": _Source("fraud_warning c", "c.closed_s", only="c.outcome = 'no_fraud'"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class FraudLine:
    """One line of a figure.

    Parameters
    ----------
    key : str
        A type of fraud or a district; empty for all.
    count : int
        How many rows.
    amount : int or float
        Fen of money, the median of seconds; 0 for mere counts.
    before, amount_before : int, int or float
        The same of the same days a year earlier.
    """

    key: str
    count: int
    amount: float
    before: int
    amount_before: float

    @property
    def change(self) -> float | None:
        """Return the change of the count against a year earlier as a share; None if there was nothing then."""
        return (self.count - self.before) / self.before if self.before else None


def question(figure: str, by: str) -> str:
    """Return the SQL of a figure, as it is run and as it is shown; ``:begin`` and ``:end`` are seconds since 1970 UTC.

    Raises
    ------
    twin.errors.UsageError
        If there is no such figure, or it is not split like that.
    """
    if figure not in BY_ID:
        raise UsageError(
            say("there is no figure {figure}; there are {figures}", figure=figure, figures=", ".join(BY_ID))
        )
    if by not in BY_ID[figure].by:
        raise UsageError(say("{figure} is not split by {by}; use one of {ways}", figure=figure, by=by,
                             ways=", ".join(BY_ID[figure].by)))  # fmt: skip
    source = SOURCES[figure]
    key = "''" if by == "all" else f"{source.key}.{by}"
    amount = "max(CASE WHEN place = (n + 1) / 2 THEN value END)" if BY_ID[figure].unit == "s" else "sum(value)"
    return f"""WITH told AS (
  SELECT {key} AS key, {source.value} AS value FROM {source.table}
  WHERE {source.when} >= :begin AND {source.when} < :end AND ({source.only})
), ranked AS (
  SELECT key, value, row_number() OVER (PARTITION BY key ORDER BY value) AS place,
    count(*) OVER (PARTITION BY key) AS n FROM told
)
SELECT key, n, {amount} AS amount FROM ranked GROUP BY key, n ORDER BY n DESC, key"""  # noqa: S608 - all of it is ours


def lines(engine: sa.Engine, figure: str, by: str, begin_s: float, end_s: float) -> tuple[FraudLine, ...]:
    """Return a figure over a time, the most first, with the same days of the year before.

    Raises
    ------
    twin.errors.UsageError, twin.errors.DiskError
    """
    asked = sa.text(question(figure, by))
    with answering(engine), engine.connect() as connection:
        now = _told(connection, asked, begin_s, end_s)
        before = _told(connection, asked, a_year_earlier(begin_s), a_year_earlier(end_s))
    gone = [key for key in before if key not in now]
    none = (0, 0.0)
    return tuple(FraudLine(key, *now.get(key, none), *before.get(key, none)) for key in (*now, *gone))


def _told(
    connection: sa.Connection, asked: sa.TextClause, begin_s: float, end_s: float
) -> dict[str, tuple[int, float]]:
    rows = connection.execute(asked, {"begin": begin_s, "end": end_s})
    return {str(row.key): (int(row.n), float(row.amount or 0)) for row in rows}
