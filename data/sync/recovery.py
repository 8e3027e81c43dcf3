"""A journal that was damaged: set aside, and what can be read of it taken over."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import zlib
from collections import deque
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from data.sync.held import DEFAULT_CAP, Cap
from data.sync.journal import Journal
from data.sync.log_file import Log, log_of, with_log_applied
from data.sync.tables import CHUNKS, META, RECORDS, SUMMED, is_record_sound, lenient_text, open_engine
from data.sync.witness import missing

CHECKED_BYTES = 500_000_000
"""A file up to this size is checked as a whole on opening (about a second); of a longer one only the head is."""
SKIPPED = 10**9
"""Offsets left out after damage: those of rows that were lost may be known to followers, and must not come again."""
_STEP = 500
_LOOKS = 600
"""Places between damaged pages that are tried: a torn end is mostly holes, and the engine waits for this."""
_SMALLEST_ROW = 20
_DAMAGE = ("malformed", "not a database", "disk image", "unsupported file format", "corrupt")

Rows = list[tuple[object, ...]]
Tell = Callable[[str, str, dict[str, str]], None]


def is_damage(error: Exception) -> bool:
    """Tell damage of the file from a disk that is full or busy."""
    return any(word in str(error) for word in _DAMAGE)


def open_or_recover(path: Path, tell: Tell, clock: Callable[[], float] = time.time, cap: Cap = DEFAULT_CAP) -> Journal:
    """Open a journal; a damaged one becomes ``<name>.damaged-<time>`` and a new one gets what can be read of it.

    Raises
    ------
    sqlalchemy.exc.DBAPIError, sqlite3.Error, OSError
        If the disk does not let it.
    """
    try:
        _check(path)
        gone = _skip_what_was_cut(path)
        if gone:
            tell("error", "journal_cut", {"path": str(path), "messages": str(gone)})
        return Journal(path, clock, cap)
    except (sqlite3.Error, DBAPIError) as error:
        if not is_damage(error):
            raise
        aside = _set_aside(path, clock())
        taken = _take_over(aside, path)
        tell(
            "error",
            "journal_damaged",
            {"path": str(aside), "reason": str(error).splitlines()[0], "records": str(taken)},
        )
        return Journal(path, clock, cap)


def mend(path: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Mend a journal if it is damaged, before anything opens it, and return what is to be told.

    Whoever opens a file with a broken log and closes it again has SQLite throw away the log behind the break.
    """
    lines: list[tuple[str, str, dict[str, str]]] = []
    if path.exists():
        with contextlib.suppress(sqlite3.Error, DBAPIError, OSError):  # a full disk is told with the first message
            open_or_recover(path, lambda *line: lines.append(line)).close()
    return lines


def _check(path: Path) -> None:
    if not path.exists():
        return
    if Log(log_of(path)).broken:
        raise sqlite3.DatabaseError("malformed: its log is broken in the middle")
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if path.stat().st_size <= CHECKED_BYTES:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if answer != "ok":
                raise sqlite3.DatabaseError(f"malformed: {answer}")


def _set_aside(path: Path, now_s: float) -> Path:
    aside = path.with_name(f"{path.name}.damaged-{time.strftime('%Y%m%dT%H%M%S', time.gmtime(now_s))}")
    number = 1
    while aside.exists():
        number += 1
        aside = aside.with_name(f"{aside.name.split('~')[0]}~{number}")
    for ending in ("", "-wal", "-shm"):
        part = path.with_name(path.name + ending)
        if part.exists():
            part.replace(aside.with_name(aside.name + ending))
    return aside


def _fill_up(torn: Path) -> None:
    """Give a file that was cut off its length again: SQLite reads nothing of one that is shorter than it says."""
    with torn.open("r+b") as file:
        head = file.read(100)
        page_bytes = int.from_bytes(head[16:18], "big")
        said = int.from_bytes(head[28:32], "big") * (65536 if page_bytes == 1 else page_bytes)
        if torn.stat().st_size < said <= 1 << 40:
            file.truncate(said)


def _take_over(aside: Path, path: Path) -> int:
    """Copy the rows that can be read into a new file and return how many records came over."""
    fresh = path.with_name(path.name + ".recovering")
    for ending in ("", "-wal", "-shm"):
        fresh.with_name(fresh.name + ending).unlink(missing_ok=True)
    copy = aside.with_name(aside.name + ".copy")
    with_log_applied(aside, copy)
    _fill_up(copy)
    engine = open_engine(fresh)
    META.create_all(engine)
    with contextlib.closing(sqlite3.connect(copy)) as damaged, engine.begin() as connection:
        damaged.text_factory = lenient_text
        for table in META.sorted_tables:
            names = [column.name for column in table.columns]
            insert = sa.insert(table).prefix_with("OR IGNORE")
            for rows in _readable(damaged, table.name, names, copy.stat().st_size):
                sound = [row for row in rows if _is_sound(table, names, row)]
                if sound:
                    connection.execute(insert, [dict(zip(names, row, strict=True)) for row in sound])
        taken = connection.scalar(sa.select(sa.func.count()).select_from(RECORDS)) or 0
    engine.dispose()
    for ending in ("", "-wal", "-shm"):
        copy.with_name(copy.name + ending).unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(fresh)) as connection_alone:
        with connection_alone:
            _skip_offsets(connection_alone)
        connection_alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    fresh.replace(path)
    return taken


def _skip_what_was_cut(path: Path) -> int:
    """Return how many messages a journal lost at its end, of which it knows nothing itself; go on well after them."""
    if not path.exists():
        return 0
    with contextlib.closing(sqlite3.connect(path)) as raw, raw:
        known = raw.execute("SELECT 1 FROM sqlite_master WHERE name = 'about'").fetchone()
        gone = missing(path, raw) if known else 0
        if gone:
            _skip_offsets(raw)
        return gone


def _skip_offsets(raw: sqlite3.Connection) -> None:
    for table in (RECORDS, CHUNKS):
        (last,) = raw.execute(f'SELECT coalesce(max(at), 0) FROM "{table.name}"').fetchone()  # noqa: S608
        raw.execute("DELETE FROM sqlite_sequence WHERE name = ?", (table.name,))
        raw.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (table.name, last + SKIPPED))


def _readable(damaged: sqlite3.Connection, table: str, names: list[str], bytes_in_all: int) -> Iterator[Rows]:
    """Yield the rows of a table that can be read, from both ends and then from between what cannot; one may come
    twice.
    """
    listed = ", ".join(f'"{name}"' for name in names)
    sql = f'SELECT rowid, {listed} FROM "{table}" NOT INDEXED WHERE rowid > ? AND rowid < ? ORDER BY rowid {{}} LIMIT ?'  # noqa: S608
    try:
        damaged.execute(sql.format("ASC"), (0, 0, 0)).fetchall()
    except sqlite3.DatabaseError:
        return  # what tells where its rows are is gone
    spans, looks = deque([(-1, 2**62)]), 0
    while spans and looks < _LOOKS:
        low, high = spans.popleft()
        looks += 1
        low = yield from _from_end(damaged, sql.format("ASC"), low, high)
        high = yield from _from_end(damaged, sql.format("DESC"), low, high)
        high = min(high, low + bytes_in_all // _SMALLEST_ROW)
        if high - low > _STEP // 64:  # both ends are shut: look into the halves, the largest first
            middle = (low + high) // 2
            spans += [(low, middle), (middle - 1, high)]


def _from_end(damaged: sqlite3.Connection, sql: str, low: int, high: int) -> Generator[Rows, None, int]:
    """Yield rows between two offsets from one end up to where they cannot be read, and return that place."""
    upward, step = "ASC" in sql, _STEP
    while step and high - low > 1:
        try:
            rows = damaged.execute(sql, (low, high, step)).fetchall()
        except sqlite3.DatabaseError:
            step //= 8  # ever closer to the damage
            continue
        inside = [row for row in rows if low < row[0] < high]  # damaged pages may lead anywhere
        if not inside:
            return high if upward else low
        low, high = (inside[-1][0], high) if upward else (low, inside[-1][0])
        yield [tuple(row[1:]) for row in inside]
    return low if upward else high


def _is_sound(table: sa.Table, names: list[str], row: tuple[object, ...]) -> bool:
    values = dict(zip(names, row, strict=True))
    if table is RECORDS:
        return is_record_sound([values[name] for name in SUMMED], values["crc"])
    body = values.get("body")
    return table is not CHUNKS or (isinstance(body, bytes) and zlib.crc32(body) == values["crc"])
