"""The manifest: which files the lake holds, what the entities' numbers mean, and up to where each journal is sealed.

One SQLite file beside the Parquet. A file counts if and only if it is listed here; who asks reads the list in one
transaction and never lists a folder.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import sqlalchemy as sa

from data.history.files import Written
from data.home import Home
from data.sealed import kept_by
from data.sync.tables import create_tables, open_engine
from twin.errors import DiskError, IntegrityError
from twin.words import say

MANIFEST = "manifest.sqlite"
META = sa.MetaData()
FILES = sa.Table(
    "file",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("day", sa.Integer, nullable=False),  # UTC, since 1970-01-01
    sa.Column("order", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("part", sa.Boolean, nullable=False),
    *(sa.Column(name, sa.Integer, nullable=False) for name in Written._fields[4:-2]),
    sa.Column("gone_s", sa.Float),  # when it was replaced; it is removed a while later, for those who still read it
    sa.Index("file_day", "day", "order"),
    sqlite_autoincrement=True,
)
MINUTES = sa.Table(
    "minute",
    META,
    sa.Column("minute", sa.Integer, primary_key=True),
    sa.Column("file", sa.Integer, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
    sqlite_with_rowid=False,
)
TALLIES = sa.Table(
    "tally",
    META,
    sa.Column("file", sa.Integer, primary_key=True),
    sa.Column("layer", sa.Text, primary_key=True),
    sa.Column("classification", sa.Text, primary_key=True),
    sa.Column("rows", sa.Integer, nullable=False),
)
"""Of what a file in the order of entities holds rows."""
ENTITIES = sa.Table(
    "entity",
    META,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("classification", sa.Text, nullable=False),
    sa.Column("id", sa.LargeBinary, nullable=False),
    sa.Column("kind", sa.Integer, nullable=False),
    sa.Column("label", sa.LargeBinary, nullable=False),
    sa.Index("entity_id", "id"),
    sa.Index("entity_label", "label"),
    sqlite_autoincrement=True,
)
"""An entity that changes its label or kind, or is told of by another source, gets another number."""
SEALED = sa.Table(
    "sealed",
    META,
    sa.Column("journal", sa.Text, primary_key=True),
    sa.Column("at", sa.Integer, nullable=False),
)
DELETIONS = sa.Table(
    "deletion",
    META,
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("at_s", sa.Float, nullable=False),
    sa.Column("day", sa.Integer, nullable=False),
    sa.Column("layer", sa.Text, nullable=False),
    sa.Column("classification", sa.Text, nullable=False),
    sa.Column("rows", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sqlite_autoincrement=True,
)


ABOUT = sa.Table(
    "about",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Float, nullable=False),
)
"""``seen_s`` and ``jumped_s``: the clock of the last run, and when it last was another than it could be."""


class File(NamedTuple):
    """A file of the lake; lengths in the units of :mod:`data.history.lean`."""

    id: int
    day: int
    order: str
    name: str
    part: bool
    rows: int
    bytes: int
    begin_ms: int
    end_ms: int
    west: int
    south: int
    east: int
    north: int
    first_entity: int
    last_entity: int


class Tally(NamedTuple):
    """How many rows a day holds of a layer of a classification."""

    day: int
    layer: str
    classification: str
    rows: int


class Entity(NamedTuple):
    """What a number in the lake means."""

    number: int
    source: str
    zone: str
    classification: str
    id: bytes
    kind: int
    label: bytes


def lake_path(home: Home, twin: str) -> Path:
    """Return the folder of a twin's lake; its files are opened by the key of its home."""
    home.twin(twin)  # refuses what cannot name a twin
    return kept_by(home, home.data / "history" / twin / MANIFEST).parent


class Manifest:
    """The list of one lake.

    Raises
    ------
    twin.errors.IntegrityError
        From any method, if the file is damaged.
    twin.errors.DiskError
        If the disk is full or does not answer.
    """

    def __init__(self, folder: Path) -> None:
        self.folder, self.path = folder, folder / MANIFEST
        self._engine = open_engine(self.path)
        with self._faults():
            create_tables(self._engine, META)

    def close(self) -> None:
        """Let go of the file."""
        self._engine.dispose()

    @contextlib.contextmanager
    def change(self) -> Iterator[sa.Connection]:
        """Give a connection whose changes are kept all together, or not at all; one writer at a time."""
        with self._faults(), self._engine.begin() as connection:
            connection.execute(
                sa.update(SEALED).where(sa.false()).values(at=0)
            )  # take the lock before anything is read
            yield connection
        self._shorten_log()

    @contextlib.contextmanager
    def look(self) -> Iterator[sa.Connection]:
        """Give a connection that sees one state of the manifest."""
        with self._faults(), self._engine.begin() as connection:
            yield connection

    @contextlib.contextmanager
    def _faults(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.OperationalError as error:
            raise DiskError(say("the history's list {path}: {reason}", path=self.path, reason=error.orig)) from error
        except sa.exc.DatabaseError as error:
            raise IntegrityError(
                say(
                    "the history's list {path} is damaged: {reason}; put it back from a backup",
                    path=self.path, reason=error.orig,
                )
            ) from error  # fmt: skip

    def _shorten_log(self) -> None:
        with self._faults(), contextlib.closing(self._engine.raw_connection()) as connection:
            connection.cursor().execute("PRAGMA wal_checkpoint(PASSIVE)")


def files(
    connection: sa.Connection, order: str, begin_ms: int = -(2**62), end_ms: int = 2**62, day: int | None = None
) -> list[File]:
    """Return the files of an order that touch a time (both ends included)."""
    found = FILES.c
    query = sa.select(*(found[name] for name in File._fields)).where(
        found.gone_s.is_(None), found.order == order, found.end_ms >= begin_ms, found.begin_ms <= end_ms
    )
    if day is not None:
        query = query.where(found.day == day)
    return [File(*row) for row in connection.execute(query.order_by(found.day, found.begin_ms, found.id))]


def signature(connection: sa.Connection) -> tuple[int, int, int]:
    """Return numbers that are others as soon as other files count."""
    found = FILES.c
    row = connection.execute(sa.select(sa.func.max(found.id), sa.func.count(), sa.func.count(found.gone_s))).one()
    return row[0] or 0, row[1], row[2]


def add_files(connection: sa.Connection, written: Iterable[Written]) -> None:
    """List files; from now on they count."""
    for one in written:
        values = {name: getattr(one, name) for name in Written._fields[:-2]}
        number = connection.execute(sa.insert(FILES).values(values)).inserted_primary_key[0]  # type: ignore[index]  # there is one
        if one.order == "a" and one.minutes:
            rows = [{"minute": minute, "file": number, "rows": count} for minute, count in one.minutes.items()]
            connection.execute(sa.insert(MINUTES), rows)
        if one.tally:
            kept = [
                {"file": number, "layer": layer, "classification": classification, "rows": count}
                for (layer, classification), count in one.tally.items()
            ]
            connection.execute(sa.insert(TALLIES), kept)


def drop_files(connection: sa.Connection, ids: Sequence[int], now_s: float) -> None:
    """Take files off the list; they no longer count, and are removed later."""
    connection.execute(sa.update(FILES).where(FILES.c.id.in_(ids)).values(gone_s=now_s))
    for table in (MINUTES, TALLIES):
        connection.execute(sa.delete(table).where(table.c.file.in_(ids)))


def tallies(connection: sa.Connection) -> list[Tally]:
    """Return how many rows each day holds of each layer and classification, oldest day first."""
    query = (
        sa.select(FILES.c.day, TALLIES.c.layer, TALLIES.c.classification, sa.func.sum(TALLIES.c.rows))
        .join(TALLIES, TALLIES.c.file == FILES.c.id)
        .where(FILES.c.gone_s.is_(None))
        .group_by(FILES.c.day, TALLIES.c.layer, TALLIES.c.classification)
        .order_by(FILES.c.day, TALLIES.c.layer, TALLIES.c.classification)
    )
    return [Tally(*row) for row in connection.execute(query)]


def sealed_upto(connection: sa.Connection, journal: str) -> int:
    """Return the offset of the last chunk of a journal that is in the lake."""
    return connection.scalar(sa.select(SEALED.c.at).where(SEALED.c.journal == journal)) or 0


def set_sealed(connection: sa.Connection, journal: str, at: int) -> None:
    """Note that a journal's chunks are in the lake up to an offset."""
    connection.execute(sa.delete(SEALED).where(SEALED.c.journal == journal))
    connection.execute(sa.insert(SEALED).values(journal=journal, at=at))


def entities(connection: sa.Connection, after: int = 0) -> list[Entity]:
    """Return the entities with higher numbers than ``after``."""
    query = sa.select(*(ENTITIES.c[name] for name in Entity._fields)).where(ENTITIES.c.number > after)
    return [Entity(*row) for row in connection.execute(query.order_by(ENTITIES.c.number))]


def add_entities(connection: sa.Connection, fresh: Sequence[Entity]) -> None:
    """Keep new entities under the numbers they have."""
    if fresh:
        connection.execute(sa.insert(ENTITIES), [entity._asdict() for entity in fresh])


def activity(connection: sa.Connection, first: int, last: int) -> dict[int, int]:
    """Return how many rows each minute holds (minutes since 1970, ``last`` not included)."""
    query = (
        sa.select(MINUTES.c.minute, sa.func.sum(MINUTES.c.rows))
        .where(MINUTES.c.minute >= first, MINUTES.c.minute < last)
        .group_by(MINUTES.c.minute)
    )
    return {row.minute: row[1] for row in connection.execute(query)}
