"""Reading trails, without a way to write."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from data.audit.trail import newest
from data.audit.verify import Mark, Verification, verify
from data.sealed import sealed_engine, wrong_key
from twin.errors import BadInputError, IntegrityError
from twin.words import say


def entries(path: Path, count: int = 100, key: str = "") -> list[dict[str, Any]]:
    """Return the newest entries of a file, oldest first, as plain values."""
    with reading(path, key) as connection:
        return [kept.plain() for kept in newest(connection, count)]


def verify_file(path: Path, marks: dict[int, Mark] | None = None) -> Verification:
    """Follow the trail in a file."""
    with reading(path) as connection:
        return verify(connection, marks)


@contextlib.contextmanager
def reading(path: Path, key: str = "") -> Iterator[sa.Connection]:
    """Open a file of SQLite for reading alone.

    Raises
    ------
    twin.errors.BadInputError
        If there is none.
    twin.errors.IntegrityError
        If it is no longer a readable trail.
    """
    if not path.exists():
        raise BadInputError(str(path), "there is no audit record", "it is made by the first command that is run")
    engine = sealed_engine(path, key, f"{path.absolute().as_uri()}?mode=rw&uri=true")
    sa.event.listen(engine, "connect", lambda connection, _: connection.execute("PRAGMA query_only=ON"))
    try:
        with engine.connect() as connection:
            yield connection
    except (DBAPIError, sqlite3.DatabaseError, msgspec.MsgspecError) as error:
        raise _damaged(path, getattr(error, "orig", error)) from error
    finally:
        engine.dispose()


def _damaged(path: Path, error: object) -> IntegrityError:
    reason = wrong_key(error) or error
    return IntegrityError(say("the audit record {path} cannot be read: {error}", path=path, error=reason))
