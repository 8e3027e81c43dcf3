"""Following money: 72 hours, 10 hops, 0.1 % of the loss, pro rata, through ledgers of invented transfers.

``python -m benchmarks.ledger`` asks, over the same transfers and in one run: our index, DuckDB (one recursive statement
of SQL a trace, over a table with balances sorted by payer and time) and networkx (a multigraph in memory under our own
rule). ``--legs 430000000 --alone`` is our index at a country's size, which takes 14 GB below ``--folder``, and some
minutes. Each engine is a process of its own; its peak memory is what the system counts, mapped pages among it. The
first round of ours is with the file dropped from the page cache.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import duckdb
import networkx as nx
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks._transfers import HUB_EVERY, Country
from data.ledger.index import Index, write
from data.ledger.statements import Joined
from twin.fraud.tracing.balances import before_fen
from twin.fraud.tracing.legs import ENTRY_DTYPE, EntryArray, Leg
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import WINDOW_S, Question, trace

AT = (50, 95, 99)
COLD = "ours, cold"
SQL_TRACES = 40
RECURSIVE = """
with recursive moved(hop, account, time_s, number, passed, fen) as (
    select 1, $target, $time_s, $number, null::double, $loss::double
  union all
    select moved.hop + 1, leg.target, leg.time_s, leg.number, leg.number::double,
           moved.fen * leg.ratio * exp(leg.left_before - coalesce(
               (select last.left_after from leg as last
                 where last.source = moved.account and (last.time_s, last.number) < (moved.time_s, moved.number)
                 order by last.time_s desc, last.number desc limit 1), 0))
      from moved join leg on leg.source = moved.account and leg.time_s between moved.time_s and $until
       and (leg.time_s, leg.number) > (moved.time_s, moved.number)
     where moved.hop < $hops and (moved.account % $hub) <> 0 and moved.account <> $victim and moved.fen >= $least
)
select number, sum(fen) as fen from moved group by number having sum(fen) >= $least order by number
"""


class Hubs:
    """The hubs of a country of ours."""

    def __contains__(self, account: object) -> bool:
        return isinstance(account, int) and account % HUB_EVERY == 0


def question(root: Leg) -> Question:
    """Return what is asked of each payment."""
    return Question((root,), root.time_s + WINDOW_S, hubs=Hubs())


def make(folder: Path, legs: int, *, table: bool) -> None:
    """Make the ledger, and for the peers its transfers as Parquet."""
    country = Country(legs)
    begun = time.perf_counter()
    write(folder / "index", country.rows(), country.accounts, 2 * legs)
    size = (folder / "index").stat().st_size
    print(f"{legs:,} transfers between {country.accounts:,} accounts: {size / 1e9:.2f} GB, made and sorted in "
          f"{time.perf_counter() - begun:.0f} s", flush=True)  # fmt: skip
    (folder / "roots.json").write_text(json.dumps(country.roots))
    if table:
        schema = pa.schema([(name, pa.int64()) for name in ("number", "time_s", "source", "target", "amount_fen")])
        with pq.ParquetWriter(folder / "legs.parquet", schema) as writer:
            for part in country.parts():
                writer.write_table(pa.table(part._asdict(), schema))


Ask = Callable[[Leg], dict[int, int]]


@contextmanager
def ours(folder: Path) -> Iterator[Ask]:
    """Ask our index."""
    with closing(Index(folder / "index")) as index:
        ledger = Joined([index])
        yield lambda root: legs_of(ledger, root)


def legs_of(ledger: Any, root: Leg) -> dict[int, int]:
    """Return what each leg of a trace carries."""
    return {leg.number: leg.traced_fen for leg in trace(ledger, question(root), Rule.PRO_RATA).legs}


class Graph:
    """A multigraph of networkx, asked for statements."""

    def __init__(self, path: Path) -> None:
        self._graph: Any = nx.MultiDiGraph()
        columns = pq.read_table(path).to_pydict()
        ends = zip(columns["source"], columns["target"], strict=True)
        rest = zip(columns["number"], columns["time_s"], columns["amount_fen"], strict=True)
        for (source, target), (number, time_s, fen) in zip(ends, rest, strict=True):
            self._graph.add_edge(source, target, number, t=time_s, fen=fen)

    def statement(self, account: int, begin_s: int, end_s: int) -> EntryArray:
        """Gather an account's edges, and work its balances out."""
        lines = [(n, d["t"], v, -d["fen"], 0) for _, v, n, d in self._graph.out_edges(account, keys=True, data=True)]
        lines += [(n, d["t"], u, d["fen"], 0) for u, _, n, d in self._graph.in_edges(account, keys=True, data=True)]
        found = np.array(sorted(lines, key=lambda line: (line[1], line[0])), ENTRY_DTYPE)
        found["before_fen"] = before_fen(found["amount_fen"])
        begin, end = np.searchsorted(found["time_s"], [begin_s, end_s + 1])
        return found[begin:end]

    def count(self, account: int, begin_s: int, end_s: int) -> int:
        """Return how many lines there are."""
        return len(self.statement(account, begin_s, end_s))


@contextmanager
def networkx(folder: Path) -> Iterator[Ask]:
    """Ask networkx."""
    graph = Graph(folder / "legs.parquet")
    yield lambda root: legs_of(graph, root)


@contextmanager
def recursive(folder: Path) -> Iterator[Ask]:
    """Ask DuckDB, which works the balances and what each leg takes of its account out once, when it is loaded."""
    with duckdb.connect(str(folder / "peer.duckdb"), config={"memory_limit": "4GB"}) as base:
        if not base.sql("select 1 from duckdb_tables() where table_name = 'leg'").fetchall():
            base.execute(LOAD, [str(folder / "legs.parquet")])

        def ask(root: Leg) -> dict[int, int]:
            asked = question(root)
            values = {"target": root.target, "time_s": root.time_s, "number": root.number, "loss": root.amount_fen,
                      "until": asked.until_s, "hops": asked.hops, "hub": HUB_EVERY, "victim": root.source,
                      "least": asked.least_fen}  # fmt: skip
            return {number: round(fen) for number, fen in base.execute(RECURSIVE, values).fetchall()}

        yield ask


LOAD = """
create table leg as
with side as (
    select source as account, number, time_s, -amount_fen as fen from read_parquet($1)
    union all select target, number, time_s, amount_fen from read_parquet($1)
), running as (
    select *, sum(fen) over rows_so_far as total from side
    window rows_so_far as (partition by account order by time_s, number rows unbounded preceding)
), reflected as (
    select *, total - least(0, min(total) over rows_so_far) as after_fen from running
    window rows_so_far as (partition by account order by time_s, number rows unbounded preceding)
), held as (
    select *, lag(after_fen, 1, 0) over (partition by account order by time_s, number) as before_fen from reflected
), taken as (
    select account as source, number, time_s, -fen as amount_fen,
           least(1.0, -fen / greatest(before_fen, -fen)::double) as ratio from held where fen < 0
), worn as (
    select *, sum(case when ratio >= 1 then -700 else ln(1 - ratio) end) over rows_so_far as left_after from taken
    window rows_so_far as (partition by source order by time_s, number rows unbounded preceding)
)
select worn.source, peer.target, worn.time_s, worn.number, worn.amount_fen, ratio, left_after,
       lag(left_after, 1, 0) over (partition by worn.source order by worn.time_s, worn.number) as left_before
  from worn join read_parquet($1) as peer using (number)
 order by worn.source, worn.time_s, worn.number
"""
OPEN = {"ours": ours, COLD: ours, "networkx": networkx, "duckdb": recursive}


def peak_mb() -> float:
    """Return the most memory that this process had; getrusage would count what its parent had."""
    lines = Path("/proc/self/status").read_text("ascii").splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM"))


def ask_alone(engine: str, folder: Path) -> None:
    """Be the process of one engine, and print what it took."""
    if engine == COLD:
        with (folder / "index").open("rb") as file:
            os.posix_fadvise(file.fileno(), 0, 0, os.POSIX_FADV_DONTNEED)
    roots = [Leg(*root) for root in json.loads((folder / "roots.json").read_text())]
    if engine == "duckdb":
        roots = roots[:SQL_TRACES]
    before_mb = peak_mb()
    begun = time.perf_counter()
    with OPEN[engine](folder) as ask:
        open_s = time.perf_counter() - begun
        took_ms, cpu_ms, answers = list[float](), list[float](), list[dict[int, int]]()
        for root in roots:
            begun, used = time.perf_counter(), time.process_time()
            answers.append(ask(root))
            took_ms.append((time.perf_counter() - begun) * 1000)
            cpu_ms.append((time.process_time() - used) * 1000)
    told = {"open_s": open_s, "took_ms": took_ms, "cpu_ms": cpu_ms, "before_mb": before_mb,
            "peak_mb": peak_mb(), "answers": [sorted(answer.items()) for answer in answers]}  # fmt: skip
    print(json.dumps(told))


def run(engine: str, folder: Path) -> dict[str, Any]:
    """Run an engine in its process, and print a line."""
    line = [sys.executable, "-m", "benchmarks.ledger", "--ask", engine, "--folder", str(folder)]
    told: dict[str, Any] = json.loads(subprocess.run(line, check=True, capture_output=True, text=True).stdout)
    p50, p95, p99 = np.percentile(told["took_ms"], AT)
    cpu = " / ".join(f"{ms:.2f}" for ms in np.percentile(told["cpu_ms"], AT))
    legs = [len(answer) for answer in told["answers"]]
    print(f"  {engine:10} open {told['open_s']:9.3f} s; peak {told['peak_mb']:8,.0f} MB, {told['before_mb']:.0f} of it "
          f"Python and libraries; a trace p50 {p50:8.2f}, p95 {p95:8.2f}, p99 {p99:8.2f} ms "
          f"(processor {cpu}); {len(legs)} traces, {np.median(legs):.0f} transfers in the middle, {max(legs)} at most",
          flush=True)  # fmt: skip
    return told


def compare(name: str, ours_: dict[str, Any], theirs: dict[str, Any]) -> None:
    """Print ratios, and how far the answers agree."""
    count = len(theirs["took_ms"])
    mine = np.percentile(ours_["cpu_ms"][:count], AT)
    ratios = np.percentile(theirs["cpu_ms"], AT) / mine
    far = 0.0
    for one, other in zip(ours_["answers"][:count], theirs["answers"], strict=True):
        a, b = dict(map(tuple, one)), dict(map(tuple, other))
        loss = max(a.values())
        far = max(far, *(abs(a.get(leg, 0) - b.get(leg, 0)) / loss for leg in a.keys() | b.keys()))
    why = "" if math.isclose(far, 0) else " (chunks, not sums, are cut at 0.1 %, and no fen rounded)"
    print(f"    {name} ÷ ours in processor time: p50 {ratios[0]:.0f}, p95 {ratios[1]:.0f}, p99 {ratios[2]:.0f} ×; "
          f"largest difference of a transfer {far:.1e} of the loss{why}", flush=True)  # fmt: skip


def main() -> int:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--legs", type=int, default=1_000_000, help="transfers (default 1,000,000)")
    parser.add_argument("--peers", default="networkx,duckdb", help="beside which (default both)")
    parser.add_argument("--alone", action="store_true", help="beside none")
    parser.add_argument("--folder", type=Path, help="where the ledger is made (default: a temporary folder)")
    parser.add_argument("--ask", default="", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.ask:
        ask_alone(arguments.ask, arguments.folder)
        return 0
    with tempfile.TemporaryDirectory(prefix="zhian-ledger-", dir=arguments.folder) as name:
        make(Path(name), arguments.legs, table=not arguments.alone)
        run(COLD, Path(name))
        warm = run("ours", Path(name))
        for peer in [] if arguments.alone else arguments.peers.split(","):
            compare(peer, warm, run(peer, Path(name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
