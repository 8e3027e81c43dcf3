"""Databases for tests: an empty one of each kind."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from data.records.database import engine_of
from tests.services import HOST, Service, postgres

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    with postgres(tmp_path_factory.mktemp("postgres")) as server:
        yield server


def fresh_database(server: Service) -> sa.URL:
    """Make an empty database in a server."""
    name = f"records_{next(_NUMBERS)}"
    url = sa.URL.create("postgresql+psycopg", "postgres", host=HOST, port=server.port)
    engine = sa.create_engine(url.set(database="postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"CREATE DATABASE {name}")
    engine.dispose()
    return url.set(database=name)


@pytest.fixture(params=["sqlite", "postgresql"])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[sa.Engine]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        engine = engine_of(sa.URL.create("sqlite", database=str(tmp_path / "records.sqlite")))
    else:
        engine = engine_of(fresh_database(request.getfixturevalue("server")))
    yield engine
    engine.dispose()
