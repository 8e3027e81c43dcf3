"""Opening the records database: SQLite on a desk, PostgreSQL with PostGIS in a command centre, by one setting."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa

from data.home import Home
from data.records.settings import database_url
from data.records.tables import CASES
from data.sealed import sealed_engine, wrong_key
from twin.errors import DiskError, ZhianError
from twin.words import say

BUSY_S = 10.0
CONNECT_S = 5
MIGRATIONS = Path(__file__).parent / "migrations"
REVISION = sa.table("alembic_version", sa.column("version_num", sa.String))
BEFORE_MIGRATIONS = "0001"
"""The revision that a database of the first version is of, which kept no number of one."""


class OldDatabaseError(ZhianError):
    """The database is of another version than the program."""


def open_records(home: Home) -> sa.Engine:
    """Return the records database, brought up to date if it is our own file.

    Raises
    ------
    OldDatabaseError
        If it is a server's and of another version.
    twin.errors.ZhianError
        If the settings are wrong, or it does not answer.
    """
    engine = engine_of(database_url(home))
    try:
        if engine.dialect.name == "sqlite":
            upgrade(engine)
        else:
            _check(engine)
    except BaseException:
        engine.dispose()
        raise
    return engine


def engine_of(url: sa.URL) -> sa.Engine:
    """Return an engine whose commits are on disk when they return."""
    if url.drivername != "sqlite":
        return sa.create_engine(url, connect_args={"connect_timeout": CONNECT_S}, pool_pre_ping=True)
    path = Path(url.database or "")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(0o600)
    engine = sealed_engine(path, url.password or "", timeout=BUSY_S, check_same_thread=False)

    @sa.event.listens_for(engine, "connect")
    def _on_connect(connection: sqlite3.Connection, _: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @sa.event.listens_for(engine, "begin")
    def _on_begin(connection: sa.Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")  # one writer, and tables are made within its transaction

    return engine


@contextlib.contextmanager
def answering(engine: sa.Engine) -> Iterator[None]:
    """Say in a sentence, without a password, when the database does not answer.

    Raises
    ------
    twin.errors.DiskError
    """
    try:
        yield
    except sa.exc.DBAPIError as error:
        raise DiskError(say("the database {name}: {reason}", name=name_of(engine), reason=reason_of(error))) from None


def name_of(engine: sa.Engine) -> str:
    """Return where it is, without a password."""
    return engine.url.render_as_string(hide_password=True)


def reason_of(error: sa.exc.DBAPIError) -> str:
    """Return what the database said, in one line and without the statement, whose values may be names."""
    told = str(error.orig).strip().splitlines()[0] if error.orig is not None else type(error).__name__
    return wrong_key(told) or told


def revisions(engine: sa.Engine) -> tuple[str, str]:
    """Return the revision that a database is of (empty for an empty one) and the newest there is."""
    with answering(engine), engine.connect() as connection:
        return _revision(connection), _known()[-1]


def upgrade(engine: sa.Engine, revision: str = "head") -> None:
    """Bring a database up to date, in one transaction; one that is, is left alone.

    Raises
    ------
    OldDatabaseError
        If it is newer than the program.
    """
    with answering(engine), engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7204160011)"))  # two may begin at once
        found = _revision(connection)
        if found and found not in _known():
            raise OldDatabaseError(
                say("{name} is of a newer version than this program: update the program", name=name_of(engine))
            )
        if found == _known()[-1]:
            return
        from data.records import migrating  # Alembic is loaded for a database that is not up to date alone

        if not found and sa.inspect(connection).has_table(CASES.name):
            migrating.stamp(connection, BEFORE_MIGRATIONS)
        migrating.upgrade(connection, revision)


def downgrade(engine: sa.Engine, revision: str) -> None:
    """Refuse: what a newer version keeps has no place in an older one.

    Raises
    ------
    OldDatabaseError
    """
    from data.records import migrating

    with engine.begin() as connection:
        if not migrating.downgrade(connection, revision):
            raise OldDatabaseError(
                "a database is not taken back to an older version: restore the backup made before it was brought up"
            )


def _check(engine: sa.Engine) -> None:
    found, newest = revisions(engine)
    if found != newest:
        raise OldDatabaseError(
            say("{name} is not of this program's version: run `zhian records upgrade`", name=name_of(engine))
        )


def _revision(connection: sa.Connection) -> str:
    if not sa.inspect(connection).has_table(REVISION.name):
        return ""
    return connection.scalar(sa.select(REVISION.c.version_num)) or ""


def _known() -> list[str]:
    """Return the revisions there are, the newest last."""
    return sorted(path.name[1:5] for path in MIGRATIONS.glob("versions/r[0-9]*_*.py"))
