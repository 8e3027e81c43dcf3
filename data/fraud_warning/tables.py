"""The tables of links between cases, of what is told of persons, and of warnings.

Times are seconds since 1970-01-01 UTC, money is fen. What is told of a person points at a number; the person's name
stands in one table alone, so that it is deleted in one place.
"""

from __future__ import annotations

import sqlalchemy as sa

from data.records.tables import META, NUMBER

LINKS = sa.Table(
    "fraud_link",
    META,
    *(sa.Column(name, sa.String(32), primary_key=True) for name in ("first", "second")),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("strength", sa.Double, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("reasons", "by", "why")),
    sa.Column("at_s", sa.Double, nullable=False),
    sa.CheckConstraint("first < second", name="first_case_first"),
)
"""What a person said of two cases: that they belong together, or not. ``reasons`` is JSON."""

SUBJECTS = sa.Table(
    "fraud_subject",
    META,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("name", sa.Text, nullable=False, unique=True),
    *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("age_band", "sex", "district")),
)

HINTS = sa.Table(
    "fraud_hint",
    META,
    sa.Column("subject", NUMBER, primary_key=True, autoincrement=False),
    sa.Column("fact", sa.String(32), primary_key=True),
    *(sa.Column(name, sa.Double, primary_key=True) for name in ("at_s", "value")),
    sa.Column("feed", sa.String(64), primary_key=True),
    sa.Column("category", sa.String(16), nullable=False),
    sa.Column("until_s", sa.Double, nullable=False, index=True),
)
"""The same fact twice is one row; after ``until_s`` it is deleted."""

WARNINGS = sa.Table(
    "fraud_warning",
    META,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, index=True),
    sa.Column("subject", sa.Text, nullable=False, index=True),
    sa.Column("kind", sa.String(32), nullable=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("risk", "made_s", "closed_s", "paid_s")),
    sa.Column("lost_fen", sa.BigInteger, nullable=False),
    *(sa.Column(name, sa.Text, nullable=False) for name in
      ("reasons", "against", "feed", "age_band", "sex", "district", "contacts", "station", "outcome")),
)  # fmt: skip
"""``reasons``, ``against`` and ``contacts`` are JSON."""
