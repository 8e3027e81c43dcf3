"""The tables of the journal; their rows are told in docs/decisions/journal.md."""

from __future__ import annotations

import sqlalchemy as sa

META = sa.MetaData()

SOURCES = sa.Table(
    "source",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("classification", sa.Text, nullable=False),
    sa.UniqueConstraint("name", "zone", "classification"),
)
"""Where records come from; a source that moves to another network zone gets a new row."""

RECORDS = sa.Table(
    "record",
    META,
    sa.Column("at", sa.Integer, primary_key=True),  # the offset: grows with each record, never used twice
    sa.Column("key", sa.LargeBinary, nullable=False),
    sa.Column("name", sa.Integer, nullable=False),  # the first source row of that name: keys are unique to a name
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("source_s", sa.Float, nullable=False),
    sa.Column("arrival_s", sa.Float, nullable=False),
    sa.Column("commit_s", sa.Float, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("crc", sa.Integer, nullable=False),
    sa.Index("record_key", "key", "name", unique=True),
    sqlite_autoincrement=True,
)

QUARANTINE = sa.Table(
    "quarantine",
    META,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("source", sa.Integer, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("message", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("source_s", sa.Float, nullable=False),
    sa.Column("arrival_s", sa.Float, nullable=False),
    sa.Column("commit_s", sa.Float, nullable=False),
    sa.Column("raw", sa.LargeBinary, nullable=False),
    sa.Column("replayed_s", sa.Float),  # when it was mended and taken after all; its row stays as a record of that
    sqlite_autoincrement=True,
)

BALANCE = sa.Table(
    "balance",
    META,
    sa.Column("source", sa.Integer, primary_key=True),
    sa.Column("minute", sa.Integer, primary_key=True),  # of the arrival, minutes since 1970
    sa.Column("received", sa.Integer, nullable=False),
    sa.Column("stored", sa.Integer, nullable=False),
    sa.Column("duplicate", sa.Integer, nullable=False),
    sa.Column("quarantined", sa.Integer, nullable=False),
)

GAPS = sa.Table(
    "gap",
    META,
    sa.Column("name", sa.Integer, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("first", sa.Integer, primary_key=True),
    sa.Column("begin_s", sa.Float, primary_key=True),
    sa.Column("end_s", sa.Float, nullable=False),
    sa.Column("count", sa.Integer, nullable=False),
    sa.Column("missing", sa.Integer, nullable=False),
)

DEVICES = sa.Table(
    "device",
    META,
    sa.Column("name", sa.Integer, primary_key=True),
    sa.Column("device", sa.Text, primary_key=True),
    sa.Column("label", sa.Text, nullable=False),
)
"""The words that devices gave for themselves: a vehicle's plate."""
