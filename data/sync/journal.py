"""The journal: every message that was acknowledged, on disk before it was.

One SQLite file in WAL mode with ``synchronous=FULL``: a commit is on disk when it returns. Records go in through the
raw ``sqlite3`` connection, many rows a statement: through SQLAlchemy's Core they take several times as long, and one
statement gives up Python's lock once instead of once a row. All else goes through Core.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np
import sqlalchemy as sa

from data.connectors.contract import Gap, Record
from data.home import Home
from data.sealed import kept_by
from data.sync.chunks import ensure_id, insert_chunk
from data.sync.held import DEFAULT_CAP, Cap, Hold
from data.sync.tables import RECORDS, SUMMED, ensure_tables, is_record_sound, open_engine, record_sum
from data.sync.witness import Witness
from twin.geo import BoolArray
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

CHECKPOINT_PAGES = 8000
"""The write-ahead log is copied into the file once it holds so many (32 MB), which takes about 50 ms; a reader that
stays open for long lets it grow. SQLite counts them: the log's file keeps its size when it is begun anew."""
ROWS_AT_ONCE = 1000

_RECORD_SQL = (
    "INSERT INTO record (key, name, source, device, message, source_s, arrival_s, commit_s, raw, crc) VALUES {} "
    "ON CONFLICT (key, name) DO NOTHING"
)
_BALANCE_SQL = (
    "INSERT INTO balance (source, minute, received, stored, duplicate, quarantined) VALUES (?, ?, ?, ?, ?, ?) "
    "ON CONFLICT (source, minute) DO UPDATE SET received = received + excluded.received, "
    "stored = stored + excluded.stored, duplicate = duplicate + excluded.duplicate, "
    "quarantined = quarantined + excluded.quarantined"
)
_SOURCE_SQL = "INSERT INTO source (name, zone, classification) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
_FIND_SOURCE_SQL = (
    "SELECT id, (SELECT min(id) FROM source WHERE name = ?1) FROM source "
    "WHERE (name, zone, classification) = (?1, ?2, ?3)"
)
_GAP_SQL = (
    "INSERT INTO gap (name, device, first, begin_s, end_s, count, missing) VALUES (?, ?, ?, ?, ?, ?, ?) "
    "ON CONFLICT DO UPDATE SET end_s = excluded.end_s, count = excluded.count, missing = excluded.missing"
)
_FILLED_SQL = "DELETE FROM gap WHERE (name, device, first, begin_s) = (?, ?, ?, ?)"
_DEVICE_SQL = (
    "INSERT INTO device (name, device, label) VALUES (?, ?, ?) ON CONFLICT DO UPDATE SET label = excluded.label"
)


class Origin(NamedTuple):
    """Where an entry comes from: the source's name, its network zone, the classification of what it tells."""

    name: str
    zone: str = ""
    classification: str = ""


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be kept as one: its records, what of it was quarantined and why, and what its devices are known by.

    ``received`` is counted where the messages came in; the balance shows where it differs from the rest.

    Parameters
    ----------
    rows : (N,) structured array
        What the first N records tell; or, if there are no records, what a source told that is not acknowledged.
    """

    origin: Origin
    arrival_s: float
    received: int
    records: Sequence[Record]
    refused: Sequence[tuple[Record, str]] = ()
    gaps: Sequence[Gap] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    rows: ObservationArray = field(default_factory=lambda: np.empty(0, OBSERVATION_DTYPE))


@dataclass(frozen=True, slots=True)
class Kept:
    """What became of an entry.

    Parameters
    ----------
    new : (N,) bool array
        Which of its records were new; the others are there already.
    commit_s : float
    """

    new: BoolArray
    commit_s: float


class Stored(NamedTuple):
    """A record as it is read back; ``at`` is its offset."""

    at: int
    key: bytes
    source: int
    device: str
    message: str
    source_s: float
    arrival_s: float
    commit_s: float
    raw: bytes


def journal_path(home: Home, twin: str) -> Path:
    """Return where the journal of a twin lies; it is opened by the key of its home."""
    return kept_by(home, home.state / f"journal-{twin}.sqlite")


class Journal:
    """One connection that writes.

    Raises
    ------
    sqlalchemy.exc.DatabaseError
        From any method: the file is full, locked or damaged; nothing of the call is kept then.
    """

    def __init__(self, path: Path, clock: Callable[[], float] = time.time, cap: Cap = DEFAULT_CAP) -> None:
        self.path = path
        self._clock = clock
        self._engine = open_engine(path)
        try:
            ensure_tables(self._engine)
            self._connection = self._engine.raw_connection()
            self._raw = _sqlite(self._connection)
            self._raw.execute(f"PRAGMA wal_autocheckpoint={CHECKPOINT_PAGES}")
            ensure_id(self._raw)
            self._witness = Witness(path)
            self._hold = Hold(self._raw, cap)
        except BaseException:
            self._engine.dispose()
            raise
        self._names: dict[str, int] = {}
        self._sources: dict[Origin, tuple[int, int]] = {}

    def append(
        self, entries: Sequence[Entry], within: Callable[[sqlite3.Connection], object] = lambda _: None
    ) -> list[Kept]:
        """Keep all entries, or none of them; on disk when this returns.

        ``within`` is called first in the same transaction; if it raises, nothing is kept.
        """
        raw = self._raw
        try:
            raw.execute("BEGIN IMMEDIATE")
            within(raw)
            commit_s = self._clock()
            kept = [self._append(entry, commit_s) for entry in entries]
            self._keep_chunks(entries, kept)
            raw.execute("COMMIT")
        except BaseException:
            self._sources.clear()
            self._hold.forget_sizes()
            if raw.in_transaction:
                raw.execute("ROLLBACK")
            raise
        self._witness.note(raw)
        return kept

    def _append(self, entry: Entry, commit_s: float) -> Kept:
        source, name = self._source(entry.origin)
        new = self._insert(entry, source, name, commit_s)
        self._hold.keep(source, entry.refused, entry.arrival_s, commit_s)
        stored = int(np.count_nonzero(new))
        counts = (entry.received, stored, len(new) - stored, len(entry.refused))
        if any(counts):
            self._raw.execute(_BALANCE_SQL, (source, int(entry.arrival_s // 60), *counts))
        self._keep_gaps(entry.gaps, name)
        self._raw.executemany(_DEVICE_SQL, [(name, device, label) for device, label in entry.labels.items()])
        return Kept(new, commit_s)

    def _keep_chunks(self, entries: Sequence[Entry], kept: Sequence[Kept]) -> None:
        """Keep the new rows of each source as one chunk."""
        fresh: dict[Origin, list[ObservationArray]] = {}
        for entry, outcome in zip(entries, kept, strict=True):
            rows = entry.rows[outcome.new[: len(entry.rows)]] if entry.records else entry.rows
            if len(rows):
                fresh.setdefault(entry.origin, []).append(rows)
        for origin, parts in fresh.items():
            insert_chunk(self._raw, self._source(origin)[0], np.concatenate(parts), kept[0].commit_s)

    def _keep_gaps(self, gaps: Sequence[Gap], name: int) -> None:
        for gap in gaps:
            if gap.missing:
                values = (name, gap.device, gap.first, gap.begin_s, gap.end_s, gap.count, gap.missing)
                self._raw.execute(_GAP_SQL, values)
            else:
                self._raw.execute(_FILLED_SQL, (name, gap.device, gap.first, gap.begin_s))

    def _insert(self, entry: Entry, source: int, name: int, commit_s: float) -> BoolArray:
        """Insert the records; the plain case, in which all are new, is told by the count alone."""
        (before,) = self._raw.execute("SELECT max(at) FROM record").fetchone()
        inserted = 0
        for at in range(0, len(entry.records), ROWS_AT_ONCE):
            some = entry.records[at : at + ROWS_AT_ONCE]
            values = chain.from_iterable(
                (
                    r.key,
                    name,
                    source,
                    r.device,
                    r.message,
                    r.source_s,
                    entry.arrival_s,
                    commit_s,
                    r.raw,
                    record_sum(r.key, r.device, r.message, r.source_s, entry.arrival_s, source, r.raw),
                )
                for r in some
            )
            sql = _RECORD_SQL.format(", ".join(["(?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"] * len(some)))
            inserted += self._raw.execute(sql, tuple(values)).rowcount
        if inserted == len(entry.records):
            return np.ones(inserted, np.bool_)
        fresh = {key for (key,) in self._raw.execute("SELECT key FROM record WHERE at > ?", (before or 0,))}
        new = np.zeros(len(entry.records), np.bool_)
        for i, record in enumerate(entry.records):
            if record.key in fresh:
                new[i] = True
                fresh.remove(record.key)
        return new

    def _source(self, origin: Origin) -> tuple[int, int]:
        """Return the row of an origin and the first row of its name."""
        if origin not in self._sources:
            self._raw.execute(_SOURCE_SQL, origin)
            self._sources[origin] = self._raw.execute(_FIND_SOURCE_SQL, origin).fetchone()
        return self._sources[origin]

    def checkpoint(self) -> None:
        """Copy the write-ahead log into the file, as far as no reader needs it."""
        self._raw.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchall()

    def close(self) -> None:
        """Let go of the file."""
        self._witness.close()
        self._connection.close()
        self._engine.dispose()


def _sqlite(connection: sa.PoolProxiedConnection) -> sqlite3.Connection:
    return cast("sqlite3.Connection", connection.driver_connection)  # or that of SQLCipher, which is alike


def read(path: Path, after: int = 0, limit: int = 10_000) -> Iterator[Stored]:
    """Yield the records after an offset, in the order in which they were kept.

    Raises
    ------
    DamagedRecordError
        At a record whose bytes are not those that were kept.
    """
    columns = [RECORDS.c[name] for name in (*Stored._fields, "crc")]
    query = sa.select(*columns).where(RECORDS.c.at > after).order_by(RECORDS.c.at).limit(limit)
    engine = open_engine(path)
    try:
        with engine.connect() as connection:
            for *fields, crc in connection.execute(query):
                stored = Stored(*fields)
                if not is_record_sound([getattr(stored, name) for name in SUMMED], crc):
                    raise DamagedRecordError(f"{path}: the record at {stored.at} was changed")
                yield stored
    finally:
        engine.dispose()


class DamagedRecordError(ValueError):
    """A record is not what was kept."""
