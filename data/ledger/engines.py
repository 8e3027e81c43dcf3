"""The same trace over an engine that is there already: one table of statements, asked by account and time.

``export`` writes the table as Parquet; ClickHouse takes it ``order by (account, time_s, number)``, sharded by account,
Spark and DuckDB read it where it lies. A trace then is some tens of point-range reads.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data.ledger.index import LINES_AT_ONCE, Index
from data.ledger.ledger import Ledger
from twin.errors import MissingPieceError, UsageError
from twin.fraud.tracing.balances import before_each
from twin.fraud.tracing.legs import ENTRY_DTYPE, EntryArray
from twin.words import say

COLUMNS = ("account", "time_s", "number", "other", "amount_fen", "before_fen")
Select = Callable[[str], pa.Table]
"""Runs one statement of SQL and returns its answer."""


class Exported(NamedTuple):
    """What an export wrote."""

    lines: int
    files: int


def export(ledger: Ledger, folder: Path) -> Exported:
    """Write all statements, with balances, sorted by account, time and number.

    Raises
    ------
    twin.errors.UsageError
        If the ledger waits for its merge, or the folder is not empty.
    """
    if len(ledger.indexes) != 1:
        raise UsageError("merge the ledger first: `zhian ledger merge`")
    return export_index(ledger.indexes[0], folder)


def export_index(index: Index, folder: Path) -> Exported:
    """Write the statements of one index; see :func:`export`."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise UsageError(say("{folder} is not empty: name a new folder", folder=folder.name))
    lines = files = 0
    for table in _tables(index):
        pq.write_table(table, folder / f"statement-{files:05d}.parquet", compression="zstd", row_group_size=100_000)
        lines, files = lines + table.num_rows, files + 1
    return Exported(lines, files)


def _tables(index: Index) -> Iterator[pa.Table]:
    first = 0
    while first < index.accounts:
        last = min(max(index.after(first, LINES_AT_ONCE), first + 1), index.accounts)
        rows = index.rows(first, last)
        starts = np.flatnonzero(np.diff(rows.account, prepend=-1))
        before = before_each(rows.amount_fen, starts, index.opening.of(rows.account[starts]))
        columns = (rows.account, *(rows.line[name].astype(np.int64) for name in ("time_s", "number", "other")),
                   rows.amount_fen, before)  # fmt: skip
        yield pa.table(dict(zip(COLUMNS, columns, strict=True)))
        first = last


class OverSql:
    """A ledger in any engine of SQL, as :class:`~twin.fraud.tracing.legs.Statements`.

    Parameters
    ----------
    select : callable
    table : str
        With the columns of :data:`COLUMNS`.
    """

    def __init__(self, select: Select, table: str = "statement") -> None:
        self._select, self._table = select, table
        self.count = lru_cache(maxsize=10_000)(self._count)

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Return the lines of an account between two times, in their order."""
        names = ENTRY_DTYPE.names or ()
        found = self._asked(", ".join(names), account, begin_s, end_s, "order by time_s, number")
        lines = np.empty(found.num_rows, ENTRY_DTYPE)
        for name in names:
            lines[name] = found.column(name).to_numpy()
        return lines

    def _count(self, account: int, begin_s: int, end_s: int) -> int:
        return int(self._asked("count(*) as lines", account, begin_s, end_s, "").column("lines")[0].as_py())

    def _asked(self, what: str, account: int, begin_s: int, end_s: int, order: str) -> pa.Table:
        asked = f"account = {account:d} and time_s between {begin_s:d} and {end_s:d}"
        return self._select(f"select {what} from {self._table} where {asked} {order}")  # noqa: S608  # numbers and names of ours


@contextmanager
def over_duckdb(folder: Path) -> Iterator[OverSql]:
    """Ask exported statements through DuckDB, where they lie."""
    import duckdb

    with duckdb.connect(config={"memory_limit": "1GB"}) as base:
        base.read_parquet(str(folder / "*.parquet")).create_view("statement")
        yield OverSql(lambda sql: base.sql(sql).to_arrow_table())


@contextmanager
def over_spark(folder: Path, remote: str) -> Iterator[OverSql]:
    """Ask exported statements through a cluster that speaks Spark Connect and sees the folder at this path.

    Raises
    ------
    twin.errors.MissingPieceError
        If the client is not installed.
    """
    try:
        from pyspark.sql import SparkSession
    except ImportError:
        raise MissingPieceError(
            say("the client of Spark is not installed: {line}", line="pip install 'pyspark[connect]<4.2'")
        ) from None
    session = SparkSession.builder.remote(remote).getOrCreate()
    try:
        session.read.parquet(str(folder)).createOrReplaceTempView("statement")
        yield OverSql(lambda sql: session.sql(sql).toArrow())
    finally:
        session.stop()
