"""What encryption on disk costs: the same files, plain and encrypted, in one run and in turns.

``python -m benchmarks.at_rest``. A deed with its audit entry (one transaction, on disk when it returns), cases written
in one transaction, all of them read, an audit trail followed, and a whole file turned; the journal's commits of 4,000
messages and their reading; a day of a lake written and asked. The peers are plain SQLite and plain Parquet.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections import deque
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path

import sqlalchemy as sa

from benchmarks.audit import ENTRY
from data.audit.desk import open_audit
from data.audit.reading import reading
from data.audit.trail import append
from data.audit.verify import verify
from data.connectors.contract import Record
from data.history.engines import DuckDB
from data.history.manifest import lake_path
from data.history.questions import Questions
from data.history.reader import History
from data.home import Home
from data.records.database import engine_of, upgrade
from data.records.tables import CASES
from data.sealed import turn
from data.secrets import set_encrypt
from data.sync.commits import RECORDS_AT_ONCE
from data.sync.journal import Entry, Journal, Origin, journal_path
from data.sync.journal import read as stored
from tests.data.history.factory import LATER, NOON, compact, walk
from tests.data.history.factory import record as keep_chunks

KEY = "5a" * 32
DEEDS, ROWS, ENTRIES, ROUNDS = 200, 100_000, 60_000, 3
COMMITS = 40
KEYS = {"plain": "", "encrypted": KEY}


def row(number: str) -> dict[str, object]:
    """Return a case."""
    return {"number": number, "day": "2026-11-22", "title": "冒充客服退款", "amount_fen": 1_234_500, "opened_at_s": 0.0,
            "status": "open", "opened_by": "wang"}  # fmt: skip


def deed(engine: sa.Engine, number: str) -> None:
    """Keep one case and its entry."""
    with engine.begin() as connection:
        connection.execute(sa.insert(CASES), row(number))
        append(connection, ENTRY)


def written(engine: sa.Engine, begin: int) -> None:
    """Keep many cases in one transaction."""
    with engine.begin() as connection:
        connection.execute(sa.insert(CASES), [row(f"B-{begin + number}") for number in range(ROWS)])


def read(engine: sa.Engine) -> None:
    """Read every case from the file."""
    engine.dispose()
    with engine.connect() as connection:
        connection.execute(
            sa.select(sa.func.count(), sa.func.sum(CASES.c.amount_fen), sa.func.max(CASES.c.title))
        ).all()


def followed(path: Path, key: str) -> None:
    """Follow a trail."""
    with reading(path, key) as connection:
        verify(connection)


def took(act: Callable[[], object]) -> tuple[float, float]:
    """Return seconds and processor seconds."""
    wall, busy = time.perf_counter(), time.process_time()
    act()
    return time.perf_counter() - wall, time.process_time() - busy


def in_turns(act: Callable[[str, int], object], count: int) -> dict[str, list[tuple[float, float]]]:
    """Return the times of both, plain and encrypted one after the other."""
    times: dict[str, list[tuple[float, float]]] = {name: [] for name in KEYS}
    for at in range(count):
        for name in KEYS:
            times[name].append(took(partial(act, name, at)))
    return times


def tell(what: str, times: dict[str, list[tuple[float, float]]]) -> None:
    """Print how the two compare, by their medians."""
    wall, busy = ([statistics.median(one[which] for one in times[name]) for name in KEYS] for which in (0, 1))
    print(f"{what}: × {wall[1] / wall[0]:.2f} of the time, × {busy[1] / busy[0]:.2f} of the processor "
          f"({busy[0] * 1e3:.2f} and {busy[1] * 1e3:.2f} ms)")  # fmt: skip


def home_below(folder: Path, encrypted: bool) -> Home:
    """Make a home whose new files are encrypted or not."""
    home = Home(*(folder / name for name in ("data", "cache", "state", "runtime")))
    for part in (home.data, home.cache, home.state, home.runtime):
        part.mkdir(parents=True)
    set_encrypt(home, encrypted)
    return home


def journal_turns(homes: dict[str, Home]) -> None:
    """Commit messages to a journal in groups as large as the engine's, and read them back."""
    journals = {name: Journal(journal_path(home, "small")) for name, home in homes.items()}
    body = bytes(60)

    def commit(name: str, turn: int) -> None:
        begin = turn * RECORDS_AT_ONCE
        numbers = range(begin, begin + RECORDS_AT_ONCE)
        records = [Record(n.to_bytes(16, "big"), "013912345678", "0200", NOON + n, body) for n in numbers]
        journals[name].append([Entry(Origin("vans"), NOON, len(records), records)])

    tell(f"a commit of {RECORDS_AT_ONCE:,} messages", in_turns(commit, COMMITS))
    for journal in journals.values():
        journal.close()
    paths = {name: journal.path for name, journal in journals.items()}
    tell("messages read back", in_turns(lambda name, _: deque(stored(paths[name], limit=100_000), maxlen=0), ROUNDS))


def lake_turns(homes: dict[str, Home]) -> None:
    """Seal a day into a lake, and ask it by PyArrow and by DuckDB."""
    rows = walk(800, 7200)
    for home in homes.values():
        (home.data / "twins" / "small").mkdir(parents=True)
        keep_chunks(journal_path(home, "small"), rows, lump=50_000)
    lakes = {name: lake_path(home, "small") for name, home in homes.items()}
    times: dict[str, list[tuple[float, float]]] = {
        name: [took(partial(compact, lake, journal_path(homes[name], "small"), LATER))] for name, lake in lakes.items()
    }
    tell(f"{len(rows):,} rows sealed into a lake", times)

    def asked(name: str, _: int) -> None:
        with closing(History.of(homes[name], "small")) as history, closing(DuckDB(1)) as engine:
            Questions(history, engine).heat(NOON, NOON + 7200)

    def looked(name: str, turn: int) -> None:
        with closing(History.of(homes[name], "small")) as history:
            history.rows_between(NOON + 60 * turn, NOON + 60 * turn + 1800)

    tell("half an hour of it looked at", in_turns(looked, ROUNDS))
    tell("rows counted by cells, by DuckDB", in_turns(asked, ROUNDS))


def main() -> int:
    """Print the ratios."""
    with tempfile.TemporaryDirectory() as folder:
        files = {name: Path(folder) / f"{name}.sqlite" for name in KEYS}
        engines = {name: engine_of(sa.URL.create("sqlite", password=KEYS[name] or None, database=str(path)))
                   for name, path in files.items()}  # fmt: skip
        for engine in engines.values():
            upgrade(engine)
        turns: list[tuple[str, int, Callable[[str, int], object]]] = [
            ("a deed with its entry", DEEDS, lambda name, turn: deed(engines[name], f"A-{turn}")),
            (f"{ROWS:,} cases in one transaction", ROUNDS, lambda name, turn: written(engines[name], turn * ROWS)),
            ("all of them read", ROUNDS, lambda name, _: read(engines[name])),
        ]
        for what, count, act in turns:
            tell(what, in_turns(act, count))
        for engine in engines.values():
            engine.dispose()
        sizes = {name: path.stat().st_size for name, path in files.items()}
        print(f"the file: × {sizes['encrypted'] / sizes['plain']:.3f} of {sizes['plain'] / 1e6:.0f} MB")
        seconds, _ = took(lambda: turn(files["plain"], "", KEY))
        print(f"turned: {sizes['plain'] / 1e6 / seconds:.0f} MB/s")
        trails = {name: Path(folder) / f"trail-{name}.sqlite" for name in KEYS}
        for name, path in trails.items():
            with open_audit(path, partial(KEYS.__getitem__, name)) as trail, trail._engine.begin() as connection:
                append(connection, *[ENTRY] * ENTRIES)
        tell(f"{ENTRIES:,} entries followed", in_turns(lambda name, _: followed(trails[name], KEYS[name]), ROUNDS))
        homes = {name: home_below(Path(folder) / name, bool(key)) for name, key in KEYS.items()}
        journal_turns(homes)
        lake_turns(homes)
    return 0


if __name__ == "__main__":
    sys.exit(main())
