"""What is in the records database, in numbers."""

from __future__ import annotations

import sqlalchemy as sa

from data.records.database import answering, name_of, revisions
from data.records.tables import CASES, ENTITIES, POSITIONS


def totals(engine: sa.Engine) -> dict[str, str | int]:
    """Return where it is, its revision and the newest, and how many rows there are (-1 for a table not made yet).

    Raises
    ------
    twin.errors.DiskError
        If it does not answer.
    """
    found, newest = revisions(engine)
    told: dict[str, str | int] = {"database": name_of(engine), "revision": found, "newest": newest}
    with answering(engine), engine.connect() as connection:
        there = set(sa.inspect(connection).get_table_names())
        for name, table in (("cases", CASES), ("entities", ENTITIES), ("positions", POSITIONS)):
            counted = connection.scalar(sa.select(sa.func.count()).select_from(table)) if table.name in there else -1
            told[name] = counted or 0
    return told
