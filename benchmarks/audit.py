"""The audit trail: what an entry costs its deed, and how fast a trail is followed.

``python -m benchmarks.audit [--entries N] [--database URL]``. A deed (a case is opened, one transaction, on disk when
it returns) is done with and without its entry, in turns; the database is a new file of SQLite, or one that is named.
Then a trail of N entries is followed in one pass: chain, tree against a checkpoint, clocks. Its limit is hashing the
same bytes by hashlib, and nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa

from data.audit.desk import open_audit
from data.audit.reading import reading
from data.audit.report import followed
from data.audit.trail import append, pages
from data.audit.verify import Mark, verify
from data.records.database import engine_of, upgrade
from data.records.tables import CASES
from twin.access import AuditEntry, Decision, Purpose, Resource

DEEDS = 400
ENTRIES = 300_000
ENTRY = AuditEntry(
    "wang", "case.open", Resource("fraud.open_case", "20261122-0001", True), Purpose("核查涉案车辆", "J-2026-0117"),
    Decision(True, "purpose stated", True),
)  # fmt: skip


def deeds(engine: sa.Engine) -> dict[str, list[tuple[float, float]]]:
    """Return wall and processor seconds of each deed, with its entry and without."""
    took: dict[str, list[tuple[float, float]]] = {"deed": [], "deed and entry": []}
    for number in range(DEEDS):
        for what, times in took.items():
            case = {"number": f"{what[-5:]}-{number}", "day": "2026-11-22", "title": "冒充客服", "amount_fen": 1,
                    "opened_at_s": 0.0, "status": "open", "opened_by": "wang"}  # fmt: skip
            wall, busy = time.perf_counter(), time.process_time()
            with engine.begin() as connection:
                connection.execute(sa.insert(CASES), case)
                if what != "deed":
                    append(connection, ENTRY)
            times.append((time.perf_counter() - wall, time.process_time() - busy))
    return took


def tell_deeds(url: sa.URL) -> None:
    """Print what an entry costs."""
    engine = engine_of(url)
    upgrade(engine)
    took = deeds(engine)
    engine.dispose()
    alone, both = (statistics.median(wall for wall, _ in took[name]) for name in took)
    cpu = [statistics.median(busy for _, busy in took[name]) for name in took]
    ratios = f"× {both / alone:.2f} of the time, × {cpu[1] / cpu[0]:.2f} of the processor ({cpu[1] * 1e3:.2f} ms)"
    print(f"{url.drivername}: deed alone {1 / alone:,.0f}/s; with its entry {1 / both:,.0f}/s, {ratios}")


def rate(act: Callable[[], object], count: int) -> float:
    """Return how many a second, by processor time, the best of three."""
    best = 0.0
    for _ in range(3):
        begun = time.process_time()
        act()
        best = max(best, count / (time.process_time() - begun))
    return best


def tell_verification(path: Path, count: int) -> None:
    """Print how fast a trail is followed."""
    with open_audit(path) as trail, trail._engine.begin() as connection:
        for _ in range(count // 10_000):
            append(connection, *[ENTRY] * 10_000)
    with reading(path) as connection:
        held = [(body.encode(), kept) for page in pages(connection) for _, body, kept in page]
        mark = {len(held) - 1: Mark(held[-1][1])}
        limit = rate(lambda: [hashlib.sha256(body).digest() for body, _ in held], len(held))
        chain = rate(lambda: verify(connection), len(held))
        whole = rate(lambda: followed(connection, mark, lambda _done, _of: None), len(held))
    mean = sum(len(body) for body, _ in held) / len(held)
    print(f"{len(held):,} entries of {mean:.0f} bytes; hashlib alone {limit:,.0f}/s")
    print(f"chain: {chain:,.0f} entries/s, {chain / limit:.2f} of the limit")
    print(f"chain, tree and clocks: {whole:,.0f} entries/s, {whole / limit:.2f} of the limit")


def main() -> int:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--entries", type=int, default=ENTRIES)
    parser.add_argument("--database", default="", help="of records, to be written to: postgresql+psycopg://…")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        url = sa.make_url(arguments.database or f"sqlite:///{folder}/records.sqlite")
        tell_deeds(url)
        tell_verification(Path(folder) / "trail.sqlite", arguments.entries)
    return 0


if __name__ == "__main__":
    sys.exit(main())
