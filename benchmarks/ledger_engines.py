"""The same traces over our index, DuckDB on Parquet, ClickHouse (chdb) and Spark, answers compared to the fen.

chdb and Spark are asked if they are installed (``pip install chdb``; Spark as for ``make test-lake``), else that is
said. All rules are asked, forward and backward, of planted payments among invented transfers.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.ipc

from benchmarks._transfers import HUB_EVERY, Country
from data.ledger.engines import OverSql, export_index, over_duckdb, over_spark
from data.ledger.index import Index, write
from data.ledger.statements import Joined
from twin.fraud.tracing.legs import Leg, Statements
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import Question, Trace, after_roots, side_by_side

LOCAL = "local[2]"
CREATE = """
create table ledger.statement (
    account Int64, time_s Int64, number Int64, other Int64, amount_fen Int64, before_fen Int64)
engine = MergeTree order by (account, time_s, number)
"""
FILL = "insert into ledger.statement select * from file('{folder}/out/*.parquet', Parquet)"


class Hubs:
    """The hubs of a country of ours."""

    def __contains__(self, account: object) -> bool:
        return isinstance(account, int) and account % HUB_EVERY == 0


@contextmanager
def over_clickhouse(folder: Path) -> Iterator[OverSql]:
    """Ask ClickHouse in this process, over a table of its own in the order of accounts and times."""
    base: Any = importlib.import_module("chdb.session").Session(str(folder / "clickhouse"))
    try:
        base.query("create database if not exists ledger engine = Atomic")
        base.query(CREATE)
        base.query(FILL.format(folder=folder))
        yield OverSql(lambda sql: _arrow(base.query(sql, "ArrowStream").bytes()), "ledger.statement")
    finally:
        base.close()


def _arrow(content: bytes) -> pa.Table:
    if not content:  # no rows come without a schema
        return pa.table(
            {name: pa.array([], pa.int64()) for name in ("number", "time_s", "other", "amount_fen", "before_fen")}
        )
    table: pa.Table = pa.ipc.open_stream(content).read_all()
    return table


def ask(ledger: Statements, roots: list[Leg]) -> tuple[list[dict[Rule, Trace]], list[float]]:
    """Ask for every root all rules both ways; return the answers and what each root took in milliseconds."""
    answers, took_ms = list[dict[Rule, Trace]](), list[float]()
    for root in roots:
        begun = time.perf_counter()
        for backward in (False, True):
            until = after_roots([root], backward=backward)
            answers.append(side_by_side(ledger, Question((root,), until, backward, Hubs())))
        took_ms.append((time.perf_counter() - begun) * 1000)
    return answers, took_ms


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--legs", type=int, default=1_000_000)
    parser.add_argument("--roots", type=int, default=20)
    parser.add_argument("--remote", default=LOCAL, help=f"where Spark is (default {LOCAL})")
    arguments = parser.parse_args()
    os.environ.setdefault("SPARK_LOCAL_IP", "127.0.0.1")
    with tempfile.TemporaryDirectory(prefix="zhian-engines-") as name:
        folder, country = Path(name), Country(arguments.legs)
        write(folder / "index", country.rows(), country.accounts, 2 * arguments.legs)
        roots = country.roots[: arguments.roots]
        with closing(Index(folder / "index")) as index:
            export_index(index, folder / "out")
            wanted, took_ms = ask(Joined([index]), roots)
        legs = sum(len(trace.legs) for answer in wanted for trace in answer.values())
        print(f"{arguments.legs:,} transfers, {len(roots)} payments, five rules, both ways: {legs:,} legs")
        print(f"  {'our index':12} p50 {np.median(took_ms):9.1f} ms a payment (ten traces)", flush=True)
        engines: dict[str, tuple[str, Callable[[], AbstractContextManager[OverSql]]]] = {
                   "DuckDB": ("duckdb", lambda: over_duckdb(folder / "out")),
                   "ClickHouse": ("chdb", lambda: over_clickhouse(folder)),
                   "Spark": ("pyspark", lambda: over_spark(folder / "out", arguments.remote))}  # fmt: skip
        for engine, (module, opened) in engines.items():
            if importlib.util.find_spec(module) is None:
                print(f"  {engine:12} is not installed: {module}")
                continue
            with opened() as ledger:
                found, took_ms = ask(ledger, roots)
            assert found == wanted, f"the answers of {engine} differ"
            print(f"  {engine:12} p50 {np.median(took_ms):9.1f} ms a payment, answers equal to the fen", flush=True)
        shutil.rmtree(folder / "clickhouse", ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
