"""The audit record: an append-only table in SQLite, each entry chained to the one before by SHA-256.

The chain shows any change, removal or reordering of what was kept, and names the first entry that does not fit. Only
the removal of the newest entries leaves a chain that fits; it shows against a checkpoint (number and hash of an entry)
that was noted elsewhere, see :func:`verify`.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from twin.access import AuditEntry
from twin.errors import BadInputError, DiskError, IntegrityError
from twin.words import say

FIRST_HASH = "0" * 64
BUSY_S = 20.0

_META = sa.MetaData()
ENTRIES = sa.Table(
    "entries",
    _META,
    sa.Column("seq", sa.Integer, primary_key=True, autoincrement=False),
    sa.Column("at", sa.Text, nullable=False),  # UTC, ISO 8601, microseconds
    sa.Column("actor", sa.Text, nullable=False),
    sa.Column("action", sa.Text, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("object", sa.Text, nullable=False),
    sa.Column("sensitive", sa.Integer, nullable=False),
    sa.Column("purpose", sa.Text),
    sa.Column("reference", sa.Text),
    sa.Column("allowed", sa.Integer, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("unmask", sa.Integer, nullable=False),
    sa.Column("details", sa.Text, nullable=False),
    sa.Column("previous", sa.Text, nullable=False),
    sa.Column("hash", sa.Text, nullable=False),
)
_GUARDS = tuple(
    f"CREATE TRIGGER entries_no_{verb.lower()} BEFORE {verb} ON entries "
    "BEGIN SELECT RAISE(ABORT, 'the audit record is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)


@dataclass(frozen=True, slots=True)
class Verification:
    """What :func:`verify` found.

    Parameters
    ----------
    count : int
        Entries that were read and fit.
    hash : str
        Hash of the last entry that fits; with ``count`` it is the checkpoint to note elsewhere.
    bad_seq : int
        Number of the first entry that does not fit; 0 if all do.
    problem : str
        What is wrong with it; empty if nothing is.
    """

    count: int
    hash: str
    bad_seq: int = 0
    problem: str = ""


class AuditRecord:
    """The sink that keeps audit entries in one SQLite file; several processes and threads may write at once."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._engine = _engine(path)

    def write(self, entry: AuditEntry) -> None:
        """Append one entry and return once it is on disk.

        Raises
        ------
        twin.errors.DiskError
            If it cannot be kept: the action it tells of must not happen.
        """
        try:
            with self._engine.begin() as connection:
                self._append(connection, entry)
        except SQLAlchemyError as error:
            raise DiskError(
                say(
                    "the audit record {path} cannot be written ({error}), so nothing was done: "
                    "free some disk space or mend the file's permissions, then try again",
                    path=self.path,
                    error=_cause(error),
                )
            ) from error

    def close(self) -> None:
        """Let go of the file; a later ``write`` opens it again."""
        self._engine.dispose()

    def __enter__(self) -> AuditRecord:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @staticmethod
    def _append(connection: sa.Connection, entry: AuditEntry) -> None:
        newest = sa.select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)
        seq, previous = connection.execute(newest).one_or_none() or (0, FIRST_HASH)
        row = {"seq": seq + 1, "at": datetime.now(UTC).isoformat(timespec="microseconds"), **_fields(entry)}
        row["previous"] = previous
        connection.execute(sa.insert(ENTRIES), {**row, "hash": _digest(row)})


def open_audit(path: Path) -> AuditRecord:
    """Open the record at ``path``, made if it is not there."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path)
    except (OSError, SQLAlchemyError) as error:
        raise DiskError(
            say("the audit record {path} cannot be made: {error}", path=path, error=_cause(error))
        ) from error
    return AuditRecord(path)


def verify(path: Path, checkpoint: tuple[int, str] | None = None) -> Verification:
    """Follow the chain from its first entry to its last.

    Parameters
    ----------
    checkpoint : tuple of int and str
        Number and hash of an entry as noted earlier; shows whether the newest entries were cut off, or the whole file
        was replaced.

    Raises
    ------
    twin.errors.BadInputError
        If there is no record.
    twin.errors.IntegrityError
        If the file is no longer a readable record.
    """
    last = Verification(0, FIRST_HASH)
    for row in _rows(path, sa.select(ENTRIES).order_by(ENTRIES.c.seq)):
        problem = _misfit(row, last)
        if not problem and checkpoint and row["seq"] == checkpoint[0] and row["hash"] != checkpoint[1]:
            problem = "it is not the entry of the checkpoint"
        if problem:
            return Verification(last.count, last.hash, last.count + 1, problem)
        last = Verification(row["seq"], row["hash"])
    if checkpoint and last.count < checkpoint[0]:
        return Verification(last.count, last.hash, last.count + 1, "entries up to the checkpoint are missing")
    return last


def entries(path: Path, newest: int = 100) -> list[dict[str, Any]]:
    """Return the newest entries, oldest first, as plain values."""
    chosen = sa.select(ENTRIES).order_by(ENTRIES.c.seq.desc()).limit(newest)
    return list(_rows(path, chosen))[::-1]


def _fields(entry: AuditEntry) -> dict[str, Any]:
    purpose = entry.purpose
    return {
        "actor": entry.actor,
        "action": entry.action,
        "kind": entry.resource.kind,
        "object": entry.resource.id,
        "sensitive": int(entry.resource.sensitive),
        "purpose": purpose.text if purpose else None,
        "reference": purpose.reference if purpose else None,
        "allowed": int(entry.decision.allowed),
        "reason": entry.decision.reason,
        "unmask": int(entry.decision.unmask),
        "details": _canonical(dict(entry.details)),
    }


def _canonical(value: Mapping[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _digest(row: Mapping[str, Any]) -> str:
    """SHA-256 over the canonical JSON of everything but the hash itself."""
    return hashlib.sha256(_canonical({k: v for k, v in row.items() if k != "hash"}).encode()).hexdigest()


def _misfit(row: Mapping[str, Any], last: Verification) -> str:
    if row["seq"] != last.count + 1:
        return "it is missing"
    if row["previous"] != last.hash:
        return "it does not follow the entry before it"
    return "" if row["hash"] == _digest(row) else "it was changed"


def _rows(path: Path, query: sa.Select[Any]) -> Iterator[dict[str, Any]]:
    if not path.exists():
        raise BadInputError(str(path), "there is no audit record", "it is made by the first command that is run")
    engine = _engine(path)
    try:
        with engine.connect() as connection:
            for row in connection.execute(query).mappings():
                yield dict(row)
    except DatabaseError as error:
        raise IntegrityError(
            say("the audit record {path} is damaged and cannot be read: {error}", path=path, error=_cause(error))
        ) from error
    finally:
        engine.dispose()


def _engine(path: Path) -> sa.Engine:
    engine = sa.create_engine(f"sqlite:///{path}", connect_args={"timeout": BUSY_S}, pool_size=1)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions of its own
        connection.execute("PRAGMA synchronous=FULL")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        # The write lock is taken before the newest entry is read, so that two writers never chain to the same one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _create(path: Path) -> None:
    """Make an empty record beside ``path`` and link it into place, so that no process ever meets half of one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    engine = _engine(fresh)
    try:
        with engine.begin() as connection:
            _META.create_all(connection)
            for guard in _GUARDS:
                connection.exec_driver_sql(guard)
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=WAL")  # kept in the file; refused inside a transaction
        raw.close()
        engine.dispose()
        with contextlib.suppress(FileExistsError):  # another process was first: its record counts
            path.hardlink_to(fresh)
    finally:
        engine.dispose()
        fresh.unlink(missing_ok=True)


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error)
