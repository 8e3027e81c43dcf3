"""The engines that can be asked: DuckDB in this process, and the distributed ones that speak Spark Connect."""

from __future__ import annotations

import atexit
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING
from weakref import WeakSet

import pyarrow as pa

from data.history.lean import LEAN_DTYPE, NAMES
from data.history.policy import Asking
from data.history.sealing import is_sealed, read_by
from twin.errors import MissingPieceError, UsageError
from twin.words import say

if TYPE_CHECKING:
    import duckdb

MEMORY = "1GB"
_OF_SPARK = {"i1": "TINYINT", "i2": "SMALLINT", "i4": "INT", "i8": "BIGINT", "f4": "FLOAT"}
DDL = ", ".join(f"{name} {_OF_SPARK[LEAN_DTYPE[name].str[1:]]}" for name in NAMES)
"""Lean rows in the words of Spark: given, so that no file is opened just to learn them."""


class DuckDB:
    """Reads Parquet in this process; keeps nothing on disk.

    Parameters
    ----------
    threads : int
        0 for as many as the machine has cores.
    """

    def __init__(self, threads: int = 0) -> None:
        import duckdb  # here, as loading it takes as long as all else a command does, and few commands ask the lake

        self._torn = duckdb.IOException
        limits: dict[str, str | bool | int | float | list[str]] = {
            "memory_limit": MEMORY,
            **({"threads": threads} if threads else {}),
        }
        self._connection: duckdb.DuckDBPyConnection | None = duckdb.connect(config=limits)
        _OPEN.add(self)

    def close(self) -> None:
        """Let go of the memory."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()

    def select(self, sql: str, paths: Sequence[str], tail: pa.Table) -> pa.Table:
        """Return the answer of one statement over ``told``."""
        connection = self._connection
        if connection is None:
            raise ValueError("the engine is closed")
        try:
            told = connection.from_arrow(tail)
            if paths:
                files = read_by(connection, paths)
                told = files.union(told) if tail.num_rows else files
            told.create_view("told", replace=True)
            return connection.sql(sql).to_arrow_table()
        except self._torn as error:
            raise FileNotFoundError(str(error)) from error


_OPEN: WeakSet[DuckDB] = WeakSet()


@atexit.register
def _close_all() -> None:
    """Let go of every connection: of one that a thread keeps alive until Python ends DuckDB tells that it leaked."""
    for engine in list(_OPEN):
        engine.close()


class Spark:
    """Reads Parquet in a cluster that speaks Spark Connect; the packages for it are not in the installers.

    Parameters
    ----------
    remote : str
        As ``sc://host:15002``. The cluster must see the lake at the path at which it lies here.

    Raises
    ------
    twin.errors.MissingPieceError
        If the client is not installed.
    """

    def __init__(self, remote: str) -> None:
        try:
            from pyspark.sql import SparkSession
        except ImportError:
            raise MissingPieceError(
                say("the client of Spark is not installed: {line}", line="pip install 'pyspark[connect]<4.2'")
            ) from None
        self._session = SparkSession.builder.remote(remote).getOrCreate()

    def select(self, sql: str, paths: Sequence[str], tail: pa.Table) -> pa.Table:
        """Return the answer of one statement over ``told``.

        Raises
        ------
        twin.errors.UsageError
            If the lake is encrypted.
        """
        if any(is_sealed(Path(path)) for path in paths):
            raise UsageError("the history is encrypted, and Spark is not given its key: ask DuckDB")
        names = tail.column_names
        parts = [self._session.createDataFrame(tail)] if tail.num_rows or not paths else []
        if paths:
            parts.append(self._session.read.schema(DDL).parquet(*paths).select(*names))
        told = parts[0] if len(parts) == 1 else parts[0].union(parts[1])
        told.createOrReplaceTempView("told")
        return self._session.sql(sql).toArrow()

    def close(self) -> None:
        """End the session."""
        self._session.stop()


def engine_of(asking: Asking) -> DuckDB | Spark:
    """Return the engine that the policy names."""
    return Spark(asking.remote) if asking.engine == "spark" else DuckDB(asking.threads)
