"""The engines that can be asked: DuckDB in this process, and the distributed ones that speak Spark Connect."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import duckdb
import pyarrow as pa

from data.history.policy import Asking

MEMORY = "1GB"


class DuckDB:
    """Reads Parquet in this process; keeps nothing.

    Parameters
    ----------
    threads : int
        0 for as many as the machine has cores.
    """

    def __init__(self, threads: int = 0) -> None:
        self._threads = threads

    def close(self) -> None:
        """Hold nothing."""

    def select(self, sql: str, paths: Sequence[str], tail: pa.Table) -> pa.Table:
        """Return the answer of one statement over ``told``."""
        with contextlib.closing(duckdb.connect(config={"memory_limit": MEMORY})) as connection:
            if self._threads:
                connection.execute(f"SET threads = {self._threads}")
            try:
                told = connection.from_arrow(tail)
                if paths:
                    told = connection.read_parquet(list(paths), hive_partitioning=False).union(told)
                told.create_view("told")
                return connection.sql(sql).to_arrow_table()
            except duckdb.IOException as error:
                raise FileNotFoundError(str(error)) from error


def engine_of(asking: Asking) -> DuckDB:
    """Return the engine that the policy names."""
    return DuckDB(asking.threads)
