"""A journal that was damaged: set aside, and what can be read of it taken over."""

from __future__ import annotations

import contextlib
import sqlite3
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from data.sync.held import DEFAULT_CAP, Cap
from data.sync.journal import Journal
from data.sync.tables import CHUNKS, META, RECORDS, open_engine

CHECKED_BYTES = 500_000_000
"""A file up to this size is checked as a whole on opening (about a second); of a longer one only the head is."""
SUMMED = {RECORDS: "raw", CHUNKS: "body"}
"""Tables whose rows have a check sum, and of which column."""
SKIPPED = 10**9
"""Offsets left out after damage: those of rows that were lost may be known to followers, and must not come again."""
_STEP = 500
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
    """
    try:
        _check(path)
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


def _check(path: Path) -> None:
    if not path.exists():
        return
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
    _fill_up(aside)
    engine = open_engine(fresh)
    META.create_all(engine)
    with contextlib.closing(sqlite3.connect(aside)) as damaged, engine.begin() as connection:
        for table in META.sorted_tables:
            names = [column.name for column in table.columns]
            insert = sa.insert(table).prefix_with("OR IGNORE")
            for rows in _readable(damaged, table.name, names):
                sound = [row for row in rows if _is_sound(table, names, row)]
                if sound:
                    connection.execute(insert, [dict(zip(names, row, strict=True)) for row in sound])
        for table in SUMMED:
            _skip_offsets(connection, table)
        taken = connection.scalar(sa.select(sa.func.count()).select_from(RECORDS)) or 0
    engine.dispose()
    with contextlib.closing(sqlite3.connect(fresh)) as connection_alone:
        connection_alone.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
    fresh.replace(path)
    return taken


def _skip_offsets(connection: sa.Connection, table: sa.Table) -> None:
    last = connection.scalar(sa.select(sa.func.max(table.c.at))) or 0
    for sql in ("DELETE FROM sqlite_sequence WHERE name = ?", "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"):
        connection.exec_driver_sql(sql, (table.name, last + SKIPPED)[: sql.count("?")])


def _readable(damaged: sqlite3.Connection, table: str, names: list[str]) -> Iterator[list[tuple[object, ...]]]:
    """Yield rows from both ends of a table, up to where it cannot be read; a row may come twice."""
    listed = ", ".join(f'"{name}"' for name in names)
    for order, beyond in (("ASC", ">"), ("DESC", "<")):
        sql = f'SELECT rowid, {listed} FROM "{table}" NOT INDEXED WHERE rowid {beyond} ? ORDER BY rowid {order} LIMIT ?'  # noqa: S608
        at = -1 if order == "ASC" else 2**62
        step = _STEP
        while step:
            try:
                rows = damaged.execute(sql, (at, step)).fetchall()
            except sqlite3.DatabaseError:
                step //= 8  # ever closer to the damage
                continue
            if not rows:
                return
            if (rows[-1][0] - at) * (1 if order == "ASC" else -1) <= 0:
                break  # damaged pages may lead in a circle
            at = rows[-1][0]
            yield [tuple(row[1:]) for row in rows]


def _is_sound(table: sa.Table, names: list[str], row: tuple[object, ...]) -> bool:
    if table not in SUMMED:
        return True
    values = dict(zip(names, row, strict=True))
    raw = values[SUMMED[table]]
    return isinstance(raw, bytes) and zlib.crc32(raw) == values["crc"]
