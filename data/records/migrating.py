"""Alembic's part of the records database: how one of an older revision becomes one of the newest."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.util import CommandError

from data.records.database import MIGRATIONS


def upgrade(connection: sa.Connection, revision: str = "head") -> None:
    """Bring a database up to a revision, in the transaction of its connection."""
    command.upgrade(_config(connection), revision)


def stamp(connection: sa.Connection, revision: str) -> None:
    """Say which revision a database is of that kept no number."""
    command.stamp(_config(connection), revision)


def downgrade(connection: sa.Connection, revision: str) -> bool:
    """Tell whether a database could be taken back to a revision."""
    try:
        command.downgrade(_config(connection), revision)
    except (NotImplementedError, CommandError):
        return False
    return True


def _config(connection: sa.Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config
