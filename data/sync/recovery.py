"""A journal that was damaged: set aside, and what can be read of it taken over."""

from __future__ import annotations

import contextlib
import mmap
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from sqlalchemy.exc import DBAPIError

from data.sealed import NOT_OURS, SECRET, errors, faults, home_of, key_at, opened, wrong_key
from data.secrets import secret, settings_of
from data.sync.cover import BARE, PAGE, Cover, Numbered, sealed_by
from data.sync.held import DEFAULT_CAP, Cap
from data.sync.journal import Journal
from data.sync.log_file import Log, log_of, with_log_applied
from data.sync.pages import Found, Pages, Values, same_shape
from data.sync.settling import settle
from data.sync.sums import is_sound
from data.sync.tables import CHUNKS, META, QUARANTINE, RECORDS, ensure_tables, lenient_text, open_engine
from data.sync.witness import missing, noted_id
from twin.errors import MissingPieceError

CHECKED_BYTES = 500_000_000
"""A file up to this size is checked as a whole on opening (about a second); of a longer one only the head is."""
SKIPPED = 10**9
"""Offsets left out after damage: those of rows that were lost may be known to followers, and must not come again."""
SUMMED_BYTES = 50_000_000
"""Of one up to this size every row is held against its sum as well (about a second)."""
ALIKE = same_shape(META.sorted_tables)
_COLUMNS = {name: table.columns.keys() for name, table in META.tables.items()}
_SOURCE_INDEX = "INDEXED BY sqlite_autoindex_source_1"
"""It holds all columns: a second copy of the names."""
_STEP = 1000
_DAMAGE = ("malformed", "not a database", "disk image", "unsupported file format", "corrupt")

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
    twin.errors.MissingPieceError
        If it is encrypted, and the key is not here; it is left as it is.
    """
    try:
        _check(path)
        gone = _skip_what_was_cut(path)
        if gone:
            tell("error", "journal_cut", {"path": str(path), "messages": str(gone)})
        return Journal(path, clock, cap)
    except faults(DBAPIError) as error:
        if not is_damage(error):
            raise
        cover = _cover(path)
        aside = _set_aside(path, clock())
        taken = _take_over(aside, path, cover)
        tell(
            "error",
            "journal_damaged",
            {
                "path": str(aside),
                "reason": str(error).splitlines()[0],
                "records": str(taken.records),
                "destroyed": str(taken.destroyed),
            },
        )
        return Journal(path, clock, cap)


def mend(path: Path) -> list[tuple[str, str, dict[str, str]]]:
    """Mend a journal if it is damaged, before anything opens it, and return what is to be told.

    Whoever opens a file with a broken log and closes it again has SQLite throw away the log behind the break.
    """
    lines: list[tuple[str, str, dict[str, str]]] = []
    try:
        if path.exists():
            open_or_recover(path, lambda *line: lines.append(line)).close()
    except faults(DBAPIError, OSError):
        return lines  # a full disk is told with the first message
    return lines


def _check(path: Path) -> None:
    if not path.exists():
        return
    if Log(log_of(path)).broken:
        raise sqlite3.DatabaseError("malformed: its log is broken in the middle")
    with opened(path, key_at(path)) as connection:
        connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
        if path.stat().st_size <= CHECKED_BYTES:
            (answer,) = connection.execute("PRAGMA quick_check(1)").fetchone()
            if answer != "ok":
                raise sqlite3.DatabaseError(f"malformed: {answer}")
        if path.stat().st_size <= SUMMED_BYTES and _changed(connection):
            raise sqlite3.DatabaseError("malformed: some of its rows are not what was kept")


def _changed(connection: sqlite3.Connection) -> bool:
    """Tell whether any row is not what was kept, in a file whose pages are in order."""
    connection.text_factory = lenient_text
    there = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return any(
        is_sound(Found(table.name, row)) is False
        for table in (RECORDS, QUARANTINE, CHUNKS)
        if table.name in there
        for row in connection.execute(f'SELECT * FROM "{table.name}"')  # noqa: S608
        if len(row) == len(table.columns)  # else of an older version
    )


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


def _cover(path: Path) -> Cover:
    """Return how the pages of a damaged journal stand in it: its first bytes, which would tell, may have been hit."""
    home = home_of(path.parent)
    key = (secret(home, SECRET) or b"").decode() if home is not None else ""
    for cover in ([sealed_by(key)] if key else []) + [BARE]:
        if cover.fits(_pages(path)):
            return cover
    if home is not None and (key or settings_of(home).encrypt) and any(any(page) for _, page in _pages(path)):
        raise MissingPieceError(wrong_key(NOT_OURS))
    return BARE


def _pages(path: Path) -> Iterator[Numbered]:
    with path.open("rb") as file:
        for number, page in enumerate(iter(partial(file.read, PAGE), b"")):
            yield number, page.ljust(PAGE, b"\0")
    yield from Log(log_of(path)).pages()


def _fill_up(torn: Path, cover: Cover) -> None:
    """Give a file that was cut off its length again: SQLite reads nothing of one that is shorter than it says."""
    with torn.open("r+b") as file:
        head = cover.opened(0, file.read(PAGE).ljust(PAGE, b"\0"))
        page_bytes = int.from_bytes(head[16:18], "big")
        said = int.from_bytes(head[28:32], "big") * (65536 if page_bytes == 1 else page_bytes)
        if torn.stat().st_size < said <= 1 << 40:
            file.truncate(said)


class _Taken(NamedTuple):
    """How many records came over, and how many messages were destroyed."""

    records: int
    destroyed: int


def _take_over(aside: Path, path: Path, cover: Cover) -> _Taken:
    """Put the rows that can be read into a new file and make its balance exact."""
    fresh, copy = path.with_name(path.name + ".recovering"), aside.with_name(aside.name + ".copy")
    _remove(fresh)
    loose = with_log_applied(aside, copy)
    _fill_up(copy, cover)
    engine = open_engine(fresh)
    ensure_tables(engine)
    engine.dispose()
    with opened(fresh, key_at(fresh)) as raw:
        with raw:
            raw.execute("BEGIN")
            for table, rows in _in_groups(_found(copy, loose, cover)):
                raw.executemany(_insert(table), rows)
            _take_alike(copy, cover, raw)
            raw.execute("INSERT OR IGNORE INTO about (name, value) SELECT 'id', ? WHERE ? != ''", (noted_id(path),) * 2)
            destroyed = settle(raw)
            (records,) = raw.execute("SELECT count(*) FROM record").fetchone()
            _skip_offsets(raw)
        raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    _remove(copy)
    fresh.replace(path)
    return _Taken(records, destroyed)


def _remove(path: Path) -> None:
    for ending in ("", "-wal", "-shm"):
        path.with_name(path.name + ending).unlink(missing_ok=True)


def _found(copy: Path, loose: Sequence[Numbered], cover: Cover) -> Iterator[Found]:
    """Yield the rows of all tables that are known by their shape."""
    with copy.open("rb") as file:
        data = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) if copy.stat().st_size else b""
        tables = [table for table in META.sorted_tables if table not in ALIKE]
        yield from Pages(data, tables, is_sound, cover).rows([cover.opened(*page) for page in loose])
        del data


def _in_groups(found: Iterable[Found]) -> Iterator[tuple[str, list[Values]]]:
    groups: dict[str, list[Values]] = {}
    for table, values in found:
        group = groups.setdefault(table, [])
        group.append(values)
        if len(group) == _STEP:
            yield table, groups.pop(table)
    yield from groups.items()


def _insert(table: str) -> str:
    columns = META.tables[table].columns
    return (
        f'INSERT OR IGNORE INTO "{table}" ({", ".join(column.name for column in columns)}) '  # noqa: S608
        f"VALUES ({', '.join('?' * len(columns))})"
    )


def _take_alike(copy: Path, cover: Cover, raw: sqlite3.Connection) -> None:
    """Take over the tables that only SQLite can tell apart, and lost sources from their index, if it still can."""
    key = cover.key.hex()
    with opened(copy, key) as damaged:
        for table, where in (*((table.name, "NOT INDEXED") for table in ALIKE), ("source", _SOURCE_INDEX)):
            with contextlib.suppress(errors(key)):
                columns = ", ".join(f'"{name}"' for name in _COLUMNS[table])
                for row in damaged.execute(f'SELECT {columns} FROM "{table}" {where}'):  # noqa: S608
                    raw.execute(_insert(table), row)


def _skip_what_was_cut(path: Path) -> int:
    """Return how many messages a journal lost at its end, of which it knows nothing itself; go on well after them."""
    if not path.exists():
        return 0
    with opened(path, key_at(path)) as raw, raw:
        raw.execute("BEGIN")
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
