"""The one table of a trail; the same in a desk's own file and in the records database.

``seq`` counts from 0, the entry that begins the trail. ``body`` is what was written, in JSON
(:class:`data.audit.trail.Written`); it is hashed as it stands, so there is no second copy of it that could differ.
``hash`` is the leaf of RFC 6962 over the hash of the entry before and the body: SHA-256 of 0, that hash, ``body``.
"""

from __future__ import annotations

import sqlalchemy as sa

NAME = "audit_entry"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
GUARDS = tuple(
    f"CREATE TRIGGER {NAME}_no_{verb.lower()} BEFORE {verb} ON {NAME} "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
"""SQLite's; PostgreSQL's are in the migration."""


def entries_table(meta: sa.MetaData) -> sa.Table:
    """Return the table as one of ``meta``."""
    return sa.Table(
        NAME,
        meta,
        sa.Column("seq", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )


ENTRIES = entries_table(sa.MetaData())
