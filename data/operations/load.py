"""How many alarms an operator is given: rows that began in the queue, in steps of ten minutes (EEMUA 191)."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from data.records.database import answering
from twin.rules.hit import CONTROL

STEP_S = 600.0
LIMIT = 1.0
"""At most so many in ten minutes are manageable for one operator in quiet times."""
OPERATORS = 2
"""So many share the queue."""
QUERY = """WITH told AS (
  SELECT min(CASE WHEN shown_s > raised_s THEN shown_s ELSE raised_s END) AS at_s FROM operation_alert
  WHERE desk = :desk GROUP BY "group"
), steps AS (
  SELECT CAST((at_s - :begin) / 600 AS integer) AS step, count(*) AS n FROM told
  WHERE at_s >= :begin AND at_s < :end GROUP BY CAST((at_s - :begin) / 600 AS integer)
)
SELECT coalesce(sum(n), 0) AS alarms, coalesce(max(n), 0) AS worst,
  coalesce(sum(CASE WHEN n > 2 THEN 1 ELSE 0 END), 0) AS over FROM steps"""
"""A storm is one alarm: alerts of one group are one row of the queue, from when it is shown."""


@dataclass(frozen=True, slots=True)
class Load:
    """The alarms of a time: how many, in its worst ten minutes, and in how many steps more than one an operator."""

    alarms: int
    worst: int
    over: int
    steps: int

    @property
    def mean(self) -> float:
        """Return how many there were in ten minutes."""
        return self.alarms / self.steps

    @property
    def an_hour(self) -> float:
        """Return how many one of the operators is given in an hour."""
        return self.mean * 3600.0 / STEP_S / OPERATORS

    @property
    def manageable(self) -> bool:
        """Tell whether that is no more than one person can carry."""
        return self.mean <= LIMIT * OPERATORS


def alarm_load(engine: sa.Engine, begin_s: float, end_s: float, desk: str = CONTROL) -> Load:
    """Return the load of a desk between two times; errors as of :func:`data.operations.results.lines`."""
    with answering(engine), engine.connect() as connection:
        row = connection.execute(sa.text(QUERY), {"begin": begin_s, "end": end_s, "desk": desk}).one()
    return Load(int(row.alarms), int(row.worst), int(row.over), max(round((end_s - begin_s) / STEP_S), 1))
