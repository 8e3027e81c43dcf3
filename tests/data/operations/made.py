"""A desk's day's work for tests: one SQLite file."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa

from data.audit.trail import append
from data.operations.store import Locate, SqlOperations, nowhere
from data.records.database import engine_of, upgrade


def opened(folder: Path, locate: Locate = nowhere) -> SqlOperations:
    """Return the day's work in a folder, made if it is not there; to be closed."""
    engine = engine_of(sa.URL.create("sqlite", database=str(folder / "records.sqlite")))
    upgrade(engine)
    return SqlOperations(engine, append, locate)
