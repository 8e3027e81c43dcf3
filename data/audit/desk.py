"""The desk's own trail: what was asked of this program and decided, in one SQLite file of the state folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.exc import SQLAlchemyError

from data.audit.trail import append, make
from data.home import Home
from data.sealed import Key, key_of, no_key, sealed_engine, wrong_key
from twin.access import AuditEntry
from twin.errors import DiskError
from twin.words import say

BUSY_S = 20.0
FILE = "trail.sqlite"


class DeskTrail:
    """The sink that keeps entries in one file; several processes and threads may write at once."""

    def __init__(self, path: Path, key: Key = no_key) -> None:
        self.path, self._key = path, key
        self._open: sa.Engine | None = None

    def write(self, entry: AuditEntry) -> None:
        """Append one entry and return once it is on disk.

        Raises
        ------
        twin.errors.DiskError
            If it cannot be kept: the action it tells of must not happen.
        """
        try:
            with self._engine.begin() as connection:
                append(connection, entry)
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
        """Let go of the file; a later ``write`` opens what is there then."""
        if self._open is not None:
            self._open.dispose()
            self._open = None

    @property
    def _engine(self) -> sa.Engine:
        if self._open is None:
            self._open = _engine(self.path, self._key())
        return self._open

    def __enter__(self) -> DeskTrail:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_desk(home: Home) -> DeskTrail:
    """Open the trail of this desk, made if it is not there; as :func:`open_audit`."""
    path = home.state / FILE
    return open_audit(path, lambda: key_of(home, path))


def open_audit(path: Path, key: Key = no_key) -> DeskTrail:
    """Open the trail at ``path``, made if it is not there.

    Raises
    ------
    twin.errors.DiskError
        If it cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            _create(path, key())
    except (OSError, SQLAlchemyError) as error:
        raise DiskError(
            say("the audit record {path} cannot be made: {error}", path=path, error=_cause(error))
        ) from error
    return DeskTrail(path, key)


def _engine(path: Path, key: str) -> sa.Engine:
    engine = sealed_engine(path, key, timeout=BUSY_S)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: Any, _: object) -> None:
        connection.isolation_level = None  # sqlite3 must not begin transactions of its own
        connection.execute("PRAGMA synchronous=FULL")  # an entry that was told to be kept outlives a power cut

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        # The write lock is taken before the newest entry is read, so that two writers never chain to the same one.
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _create(path: Path, key: str) -> None:
    """Make a trail beside ``path`` and link it into place, so that no process ever meets half of one."""
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    os.close(handle)
    fresh = Path(name)
    engine = _engine(fresh, key)
    try:
        with engine.begin() as connection:
            make(connection)
        raw = engine.raw_connection()
        raw.cursor().execute("PRAGMA journal_mode=WAL")  # kept in the file; refused inside a transaction
        raw.close()
        engine.dispose()
        with contextlib.suppress(FileExistsError):  # another process was first: its trail counts
            path.hardlink_to(fresh)
    finally:
        engine.dispose()
        fresh.unlink(missing_ok=True)


def _cause(error: Exception) -> str:
    told = str(getattr(error, "orig", None) or error)
    return wrong_key(told) or told
