"""The manifest of a ledger: which files it is made of, what was imported, and the accounts' names.

One SQLite file. A piece counts if and only if it is listed here, so whatever is killed in the middle has not happened.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from twin.fraud.tracing.legs import IntArray

FILE_NAME = "manifest.sqlite"
RECORD, INDEX = "record", "index"
TABLES = """
create table if not exists file (
    id integer primary key, name text not null, sha256 text not null, bytes integer not null, at_s real not null,
    lines integer not null, taken integer not null, doubled integer not null, broken integer not null,
    first_number integer not null, begin_s integer not null, end_s integer not null);
create table if not exists piece (
    name text primary key, kind text not null, rows integer not null, base integer not null);
create table if not exists account (id integer primary key, name text not null unique);
create table if not exists hub (account integer primary key, why text not null);
create table if not exists next (number integer not null, file integer not null);
insert into next select 0, 1 where not exists (select * from next);
"""


class File(NamedTuple):
    """A file that was imported; times are those of its transfers."""

    id: int
    name: str
    sha256: str
    bytes: int
    at_s: float
    lines: int
    taken: int
    doubled: int
    broken: int
    first_number: int
    begin_s: int
    end_s: int


class Piece(NamedTuple):
    """A file of the ledger: of records or an index; ``base`` if it was merged."""

    name: str
    kind: str
    rows: int
    base: bool


class Manifest:
    """What counts of a ledger's folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._base = sqlite3.connect(folder / FILE_NAME, timeout=30.0, isolation_level=None, check_same_thread=False)
        self._base.execute("pragma journal_mode = wal")
        self._base.execute("pragma synchronous = full")
        self._base.executescript(TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._base.close()

    @contextmanager
    def change(self) -> Iterator[None]:
        """Have all changes within, or none."""
        self._base.execute("begin immediate")
        try:
            yield
        except BaseException:
            self._base.execute("rollback")
            raise
        self._base.execute("commit")

    def files(self) -> list[File]:
        """Return what was imported, in that order."""
        return [File(*row) for row in self._rows("select * from file order by id")]

    def pieces(self, kind: str) -> list[Piece]:
        """Return the pieces of a kind, what was merged first."""
        found = self._rows("select * from piece where kind = ? order by base desc, name", kind)
        return [Piece(name, kind, rows, bool(base)) for name, kind, rows, base in found]

    def next(self) -> tuple[int, int]:
        """Return the next leg's number, and the next file's."""
        ((number, file),) = self._rows("select number, file from next")
        return number, file

    def set_next(self, number: int, file: int) -> None:
        """Keep what comes next."""
        self._base.execute("update next set number = ?, file = ?", (number, file))

    def add_file(self, file: File) -> None:
        """List a file that was imported."""
        self._base.execute(f"insert into file values ({', '.join('?' * len(file))})", file)  # noqa: S608  # only marks

    def add_pieces(self, pieces: Sequence[Piece]) -> None:
        """List pieces; their files are on the disk."""
        self._base.executemany("insert into piece values (?, ?, ?, ?)", pieces)

    def drop_pieces(self, pieces: Sequence[Piece]) -> None:
        """Take pieces off the list; their files are swept away later."""
        self._base.executemany("delete from piece where name = ?", [(piece.name,) for piece in pieces])

    def accounts(self) -> int:
        """Return how many accounts there are."""
        ((count,),) = self._rows("select coalesce(max(id) + 1, 0) from account")
        return int(count)

    def numbers(self, names: Sequence[str]) -> IntArray:
        """Return accounts by their names; -1 for those that are not known."""
        with closing(self._base.cursor()) as cursor:
            cursor.execute("create temp table if not exists asked (place integer primary key, name text)")
            cursor.execute("delete from asked")
            cursor.executemany("insert into asked values (?, ?)", enumerate(names))
            found = cursor.execute("select place, id from asked join account using (name)").fetchall()
        numbers = np.full(len(names), -1, np.int64)
        if found:
            places, ids = zip(*found, strict=True)
            numbers[list(places)] = ids
        return numbers

    def numbers_made(self, names: pd.Series[str]) -> IntArray:
        """Return accounts by their names, and make those that are new; within :meth:`change`."""
        codes, unique = pd.factorize(names)
        numbers = self.numbers(unique.tolist())
        new = np.flatnonzero(numbers < 0)
        numbers[new] = self.accounts() + np.arange(len(new))
        rows = zip(numbers[new].tolist(), unique[new].tolist(), strict=True)
        self._base.executemany("insert into account (id, name) values (?, ?)", rows)
        made: IntArray = numbers[codes]
        return made

    def names(self, accounts: Sequence[int]) -> dict[int, str]:
        """Return the names of accounts."""
        known = [account for account in set(accounts) if account >= 0]
        found = dict[int, str]()
        for first in range(0, len(known), 500):
            some = known[first : first + 500]
            marks = ", ".join("?" * len(some))
            found.update(self._rows(f"select id, name from account where id in ({marks})", *some))  # noqa: S608  # only marks
        return found

    def hubs(self) -> dict[int, str]:
        """Return the accounts that are not walked through, and why."""
        return dict(self._rows("select account, why from hub"))

    def set_hub(self, account: int, why: str) -> None:
        """List an account as one that is not walked through; an empty reason takes it off."""
        self._base.execute("delete from hub where account = ?", (account,))
        if why:
            self._base.execute("insert into hub values (?, ?)", (account, why))

    def _rows(self, sql: str, *values: object) -> list[tuple]:  # type: ignore[type-arg]  # rows are as the tables are
        return self._base.execute(sql, values).fetchall()
