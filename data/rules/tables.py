"""The tables of reference lists, as the newest migration leaves them; times are seconds since 1970-01-01 UTC."""

from __future__ import annotations

import sqlalchemy as sa

from data.records.tables import META

LISTS = sa.Table(
    "reference_list",
    META,
    sa.Column("id", sa.String(64), primary_key=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("owner", sa.Text, nullable=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("as_of_s", "good_for_s", "brought_s")),
    sa.Column("watch", sa.Boolean, nullable=False),
    sa.Column("edition", sa.Integer, nullable=False),
)
ENTRIES = sa.Table(
    "reference_entry",
    META,
    sa.Column("list", sa.String(64), primary_key=True),
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("note", sa.Text, nullable=False),
    sa.Column("until_s", sa.Double),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("legal_basis", "owner")),
)
"""``key`` as :func:`twin.rules.lists.plain` makes it; without ``until_s`` it does not end."""
