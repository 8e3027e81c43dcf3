"""The trails of an installation: the desk's own, and that of the records database."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from data.audit.desk import FILE
from data.audit.reading import reading
from data.audit.tables import NAME
from data.home import Home
from data.records.settings import database_url
from data.sealed import key_of

DESK, RECORDS = "desk", "records"


@dataclass(frozen=True, slots=True)
class Trail:
    """A trail by its name, and how it is opened for reading."""

    name: str
    reading: Callable[[], AbstractContextManager[sa.Connection]]


def desk_file(home: Home) -> Path:
    """Return where the desk's own trail is."""
    return home.state / FILE


def trails(home: Home) -> list[Trail]:
    """Return those there are.

    Raises
    ------
    twin.errors.BadInputError
        If the settings of the records cannot be read.
    """
    desk = desk_file(home)
    found = [Trail(DESK, lambda: reading(desk, key_of(home, desk)))] if desk.exists() else []
    url = database_url(home)
    if url.drivername != "sqlite":
        return [*found, Trail(RECORDS, lambda: _reading_server(url))]
    path, key = Path(url.database or ""), url.password or ""
    if path.exists() and _has_trail(path, key):
        found.append(Trail(RECORDS, lambda: reading(path, key)))
    return found


def _has_trail(path: Path, key: str) -> bool:
    with reading(path, key) as connection:
        return sa.inspect(connection).has_table(NAME)


@contextlib.contextmanager
def _reading_server(url: sa.URL) -> Iterator[sa.Connection]:
    from data.records.database import answering, engine_of  # takes a while to import

    engine = engine_of(url)
    try:
        with answering(engine), engine.connect() as connection:
            connection.exec_driver_sql("SET TRANSACTION READ ONLY")
            yield connection
    finally:
        engine.dispose()
