"""The tables of the journal and how its file is opened; the rows are told in docs/decisions/journal.md."""

from __future__ import annotations

import sqlite3
import struct
import time
import zlib
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from data.sealed import faults, key_at, sealed_engine

LOG_KEPT_BYTES = 64_000_000
BUSY_S = 10.0

META = sa.MetaData()

SOURCES = sa.Table(
    "source",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("classification", sa.Text, nullable=False),
    sa.UniqueConstraint("name", "zone", "classification"),
)
"""Where records come from; a source that moves to another network zone gets a new row."""

RECORDS = sa.Table(
    "record",
    META,
    sa.Column("at", sa.Integer, primary_key=True),  # the offset: grows with each record, never used twice
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Integer, nullable=False),  # the first source row of that name: keys are unique to a name
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("source_s", sa.Float, nullable=False),
    sa.Column("arrival_s", sa.Float, nullable=False),
    sa.Column("commit_s", sa.Float, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("crc", sa.Integer, nullable=False),
    sa.Index("record_key", "key", "name", unique=True),
    sqlite_autoincrement=True,
)

SUMMED = ("key", "device", "message", "source_s", "arrival_s", "source", "raw")
"""Columns of a record that its check sum covers."""


def record_sum(
    key: bytes, device: str, message: str, source_s: float, arrival_s: float, source: int, raw: bytes
) -> int:
    """Return the check sum of a record: a changed device would be as wrong as changed bytes."""
    told = f"{device}\0{message}\0".encode() + struct.pack("<ddq", source_s, arrival_s, source)
    return zlib.crc32(raw, zlib.crc32(key, zlib.crc32(told)))


def is_record_sound(values: Sequence[object], crc: object) -> bool:
    """Tell whether the columns :data:`SUMMED` are what was kept, whatever damage made of them."""
    try:
        return record_sum(*values) == crc  # type: ignore[arg-type]  # what cannot be summed was changed
    except (TypeError, struct.error):
        return False


QUARANTINE = sa.Table(
    "quarantine",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("source_s", sa.Float, nullable=False),
    sa.Column("arrival_s", sa.Float, nullable=False),
    sa.Column("commit_s", sa.Float, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("replayed_s", sa.Float),  # when it was mended and taken after all; its row stays as a record of that
    sa.Column("crc", sa.Integer),  # none in rows of older versions
    sqlite_autoincrement=True,
)


def held_sum(reason: str, device: str, message: str, source_s: float, arrival_s: float, source: int, raw: bytes) -> int:
    """Return the check sum of a message in quarantine."""
    return record_sum(reason.encode(), device, message, source_s, arrival_s, source, raw)


HELD_SUMMED = ("reason", "device", "message", "source_s", "arrival_s", "source", "raw")


def is_held_sound(values: Sequence[object], crc: object) -> bool | None:
    """Tell whether the columns :data:`HELD_SUMMED` are what was kept; None where no sum was kept."""
    if crc is None:
        return None
    reason, *rest = values
    return isinstance(reason, str) and is_record_sound((reason.encode(), *rest), crc)


COUNTS = ("received", "stored", "duplicate", "quarantined")
"""What the balance counts of a source and minute; also in the records database."""

BALANCE = sa.Table(
    "balance",
    META,
    sa.Column("source", sa.Integer, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True),  # of the arrival, minutes since 1970
    *(sa.Column(name, sa.Integer, nullable=False) for name in COUNTS),
)

CAPPED = sa.Table(
    "capped",
    META,
    sa.Column("source", sa.Integer, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True),  # of the arrival, as in the balance
    sa.Column("messages", sa.Integer, nullable=False),
)
"""Messages that were quarantined and had to make room since; see :mod:`data.sync.held`."""

PRUNED = sa.Table(
    "pruned",
    META,
    sa.Column("source", sa.Integer, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True),  # of the arrival, as in the balance
    sa.Column("messages", sa.Integer, nullable=False),
)
"""Messages that were stored and have been kept as long as they had to be; see :mod:`data.history.pruning`."""


DESTROYED = sa.Table(
    "destroyed",
    META,
    sa.Column("source", sa.Integer, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True),  # of the arrival, as in the balance
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
)
"""Messages that were kept and are no more, since the disk did not give them back; see :mod:`data.sync.settling`."""

FERRY_TAKEN = sa.Table(
    "ferry_taken",
    META,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("number", sa.Integer, primary_key=True),
    sa.Column("digest", sa.LargeBinary, nullable=False),
    sa.Column("taken_s", sa.Float, nullable=False),
)
"""The bundles that came by the ferry, each written in the transaction of its records; see :mod:`data.ferry`."""

FERRY_LINES = sa.Table(
    "ferry_line",
    META,
    sa.Column("line", sa.Text, primary_key=True),
    sa.Column("zone", sa.Text, nullable=False),  # of the sender
    sa.Column("known", sa.Integer, nullable=False),  # the highest number that is known to have been sent
)

GAPS = sa.Table(
    "gap",
    META,
    sa.Column("name", sa.Integer, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("first", sa.Integer, primary_key=True),
    sa.Column("begin_s", sa.Float, primary_key=True),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
)

DEVICES = sa.Table(
    "device",
    META,
    sa.Column("name", sa.Integer, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
)
"""The words that devices gave for themselves: a vehicle's plate."""

CHUNKS = sa.Table(
    "chunk",
    META,
    sa.Column("at", sa.Integer, primary_key=True),  # the offset: grows with each chunk, never used twice
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("commit_s", sa.Float, nullable=False),
    sa.Column("begin_s", sa.Float, nullable=False),  # by the senders' clocks
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("layout", sa.Integer, nullable=False),
    sa.Column("body", sa.LargeBinary, nullable=False),
    sa.Column("crc", sa.Integer, nullable=False),
    sqlite_autoincrement=True,
)
"""The rows that passed the gate, decoded; see :mod:`data.sync.chunks`."""

ABOUT = sa.Table(
    "about",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("value", sa.Text, nullable=False),
)
"""``id``: which journal this is; offsets mean nothing in another."""

FOLLOWERS = sa.Table(
    "follower",
    META,
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("at", sa.Integer, nullable=False),
    sa.Column("heard_s", sa.Float, nullable=False),
)
"""How far those who read chunks have them safely in stores of their own."""


def lenient_text(text: bytes) -> str:
    """Read a word that damage made no text of: its record's sum tells, where failing would hide the rest."""
    return text.decode("utf-8", "replace")


def ensure_tables(engine: sa.Engine) -> None:
    """Give a journal its tables; one of an older version gets what it lacks."""
    create_tables(engine, META)
    with engine.begin() as connection:
        columns = connection.exec_driver_sql("SELECT name FROM pragma_table_info('quarantine')").scalars()
        if "crc" not in columns.all():
            connection.exec_driver_sql("ALTER TABLE quarantine ADD COLUMN crc INTEGER")


def create_tables(engine: sa.Engine, tables: sa.MetaData) -> None:
    """Create those of some tables that are not there, while others may be doing the same."""
    if not tables.tables.keys() <= set(sa.inspect(engine).get_table_names()):
        with engine.connect().execution_options(begin="BEGIN IMMEDIATE") as connection, connection.begin():
            tables.create_all(connection)


def open_engine(path: Path) -> sa.Engine:
    """Return an engine whose commits are on disk when they return; the log is only checkpointed by the writer."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)  # it holds who was where
    engine = sealed_engine(path, key_at(path), timeout=BUSY_S, check_same_thread=False)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        connection.text_factory = lenient_text
        _keep_log(connection)
        for pragma in (
            *("synchronous=FULL", "wal_autocheckpoint=0", "cache_size=-64000"),
            f"journal_size_limit={LOG_KEPT_BYTES}",
            "secure_delete=ON",  # what was deleted is gone from the disk, and recovery cannot take it for a row
        ):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql(connection.get_execution_options().get("begin", "BEGIN"))

    return engine


def _keep_log(connection: sqlite3.Connection) -> None:
    """Switch to a write-ahead log; SQLite does not wait by itself for another who is switching."""
    until = time.monotonic() + BUSY_S
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except faults(names=["OperationalError"]) as error:
            if getattr(error, "sqlite_errorcode", 0) != sqlite3.SQLITE_BUSY or time.monotonic() > until:
                raise
            time.sleep(0.01)
        else:
            return
