"""The records on a database server: out and in by PostgreSQL's own programs, the password never on a command line."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import sqlalchemy as sa

from data.records.database import answering, engine_of
from data.records.tables import META
from twin.errors import MissingPieceError, UsageError, ZhianError
from twin.words import say


def dump(url: sa.URL, file: Path) -> None:
    """Write the database into a file.

    Raises
    ------
    twin.errors.ZhianError
        If `pg_dump` is missing, or says why it cannot.
    """
    _run("pg_dump", url, "--format=custom", "--no-owner", "--no-privileges", f"--file={file}")


def load(url: sa.URL, file: Path) -> None:
    """Read such a file into an empty database, all of it or nothing.

    Raises
    ------
    twin.errors.UsageError
        If there are records in the database.
    twin.errors.ZhianError
        As :func:`dump`.
    """
    must_be_empty(url)
    name = url.database or ""
    _run("pg_restore", url, "--single-transaction", "--no-owner", "--no-privileges", f"--dbname={name}", str(file))


def must_be_empty(url: sa.URL) -> None:
    """Refuse to write over records.

    Raises
    ------
    twin.errors.UsageError, twin.errors.DiskError
    """
    engine = engine_of(url)
    try:
        with answering(engine), engine.connect() as connection:
            there = set(sa.inspect(connection).get_table_names()) & set(META.tables)
    finally:
        engine.dispose()
    if there:
        name = url.render_as_string(hide_password=True)
        raise UsageError(say("{name} holds records already: give an empty database in records.toml", name=name))


def _run(program: str, url: sa.URL, *arguments: str) -> None:
    found = shutil.which(program)
    if found is None:
        raise MissingPieceError(say("{program} is missing: apt-get install postgresql-client", program=program))
    given = {"PGHOST": url.host, "PGPORT": url.port and str(url.port), "PGUSER": url.username}
    given |= {"PGDATABASE": url.database, "PGPASSWORD": url.password and str(url.password)}
    environment = {**os.environ, **{name: value for name, value in given.items() if value}}
    done = subprocess.run([found, *arguments], env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        reason = done.stderr.strip().splitlines()[0] if done.stderr.strip() else str(done.returncode)
        raise ZhianError(say("{program}: {reason}", program=program, reason=reason))
