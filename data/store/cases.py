"""Fraud cases, kept in the records database."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from data.records.database import answering
from data.records.tables import CASES
from twin.fraud.case import Case, NewCase, case_number

TRIES = 20
"""Desks that share a database may take the same number at once."""


class CaseStore:
    """The cases of one desk, or of all desks on one database; may be asked from any thread.

    Parameters
    ----------
    opened : callable
        Opens the records database; called once, when it is first needed.
    """

    def __init__(self, opened: Callable[[], sa.Engine]) -> None:
        self._opened = opened
        self._engine: sa.Engine | None = None
        self._opening = threading.Lock()

    def add(self, fresh: NewCase, opened_by: str) -> Case:
        """Keep a new case under the next number of its day and return it.

        Raises
        ------
        twin.errors.ZhianError
            If the database cannot be opened or does not answer.
        """
        day = fresh.opened_at.astimezone().date()
        values = {
            "day": day.isoformat(), "title": fresh.title, "amount_fen": int(fresh.amount_yuan * 100),
            "opened_at_s": fresh.opened_at.timestamp(), "status": "open", "opened_by": opened_by,
        }  # fmt: skip
        engine = self._database()
        with answering(engine):
            for ahead in range(1, TRIES + 1):
                try:
                    with engine.begin() as connection:
                        query = sa.select(sa.func.count()).select_from(CASES).where(CASES.c.day == values["day"])
                        number = case_number(day, (connection.scalar(query) or 0) + 1)
                        connection.execute(sa.insert(CASES).values(number=number, **values))
                    return _case({"number": number, **values})
                except sa.exc.IntegrityError:
                    if ahead == TRIES:
                        raise
        raise AssertionError  # the loop returns or raises

    def all(self) -> tuple[Case, ...]:
        """Return every case, newest first; errors as of :meth:`add`."""
        engine = self._database()
        query = sa.select(CASES).order_by(CASES.c.opened_at_s.desc(), CASES.c.number.desc())
        with answering(engine), engine.connect() as connection:
            return tuple(_case(row) for row in connection.execute(query).mappings())

    def close(self) -> None:
        """Let go of the database."""
        if self._engine is not None:
            self._engine.dispose()

    def _database(self) -> sa.Engine:
        with self._opening:
            if self._engine is None:
                self._engine = self._opened()
            return self._engine


def _case(row: Any) -> Case:
    amount, opened = Decimal(row["amount_fen"]) / 100, datetime.fromtimestamp(row["opened_at_s"], UTC)
    return Case(row["number"], row["title"], amount, opened, row["status"], row["opened_by"])
