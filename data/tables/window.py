"""Tables of millions of rows, looked at through a window: DuckDB keeps them, a page at a time is read.

A question (filter and order) is answered once, into a table of its own whose row numbers are the places on the screen;
from then on any page is a range of row numbers, which DuckDB finds without looking at the others.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from twin.errors import BadInputError
from twin.words import say, why

MOST_ROWS = 80_000_000
"""As many as a view of 24 pixels a row can scroll over; of more the first are shown, and the count of all told."""


@dataclass(frozen=True, slots=True)
class Question:
    """Which rows, in which order: ``where`` is a condition in SQL with ``?`` for each of ``values``."""

    where: str = ""
    values: tuple[object, ...] = ()
    order: str = ""
    falling: bool = False


class Window:
    """Rows of Parquet files, or of a table of a DuckDB database, by their place.

    Parameters
    ----------
    relation : str
        What stands after ``FROM``: a table's name or ``read_parquet([...])``; from :func:`parquet`, never from a user.
    columns : sequence of str
        Which to read.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read.
    """

    def __init__(
        self, relation: str, columns: Sequence[str], connection: duckdb.DuckDBPyConnection | None = None
    ) -> None:
        self.columns = tuple(columns)
        self._relation = relation
        self._lock = threading.Lock()
        self._base = connection or duckdb.connect()
        self._number = 0

    def ask(self, question: Question) -> int:
        """Answer a question and return how many rows there are; pages are of this answer from then on."""
        wanted = ", ".join(f'"{name}"' for name in self.columns)
        where = f" WHERE {question.where}" if question.where else ""
        if question.order and question.order not in self.columns:
            raise BadInputError(question.order, "there is no such column", "choose one of the table's columns")
        order = f' ORDER BY "{question.order}" {"DESC" if question.falling else "ASC"}' if question.order else ""
        sql = f"CREATE TEMP TABLE shown_{self._number + 1} AS SELECT {wanted} FROM {self._relation}{where}{order}"  # noqa: S608 - names are ours, values are bound
        with self._lock:
            try:
                self._base.execute(f"{sql} LIMIT {MOST_ROWS}", list(question.values))
            except duckdb.Error as error:
                raise BadInputError(say("table"), why(error), "check the file and the filter") from error
            self._base.execute(f"DROP TABLE IF EXISTS shown_{self._number}")
            self._number += 1
            (count,) = self._base.execute(f"SELECT count(*) FROM shown_{self._number}").fetchall()[0]  # noqa: S608 - ours
        return int(count)

    def page(self, first: int, count: int) -> list[tuple[object, ...]]:
        """Return the rows from a place on; fewer at the end."""
        sql = f"SELECT * FROM shown_{self._number} WHERE rowid BETWEEN ? AND ? ORDER BY rowid"  # noqa: S608 - ours
        with self._lock:
            return self._base.execute(sql, [first, first + count - 1]).fetchall()

    def close(self) -> None:
        """Let go of the rows."""
        with self._lock:
            self._base.close()


def parquet(files: Sequence[Path]) -> str:
    """Return the relation of Parquet files."""
    quoted = ", ".join("'" + str(file).replace("'", "''") + "'" for file in files)
    return f"read_parquet([{quoted}])"
