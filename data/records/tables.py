"""The tables of the records database, as the newest migration leaves them; told in docs/decisions/records.md.

Times are seconds since 1970-01-01 UTC, units as in :data:`twin.live.observation.OBSERVATION_DTYPE`. What PostgreSQL has
beside (days as partitions, a place for PostGIS) is made by the migrations and needs no word here.
"""

from __future__ import annotations

import sqlalchemy as sa

from data.audit.tables import entries_table
from data.sync.tables import COUNTS

META = sa.MetaData()
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")
"""SQLite counts by itself in columns of the type INTEGER alone."""
STATES = ("height_m", "heading_deg", "speed_mps", "value", "accuracy_m")

CASES = sa.Table(
    "fraud_case",
    META,
    sa.Column("number", sa.String(32), primary_key=True),
    sa.Column("day", sa.String(10), nullable=False, index=True),
    sa.Column("title", sa.String(120), nullable=False),
    sa.Column("amount_fen", sa.BigInteger, nullable=False),
    sa.Column("opened_at_s", sa.Float, nullable=False),
    sa.Column("status", sa.String(16), nullable=False),
    sa.Column("opened_by", sa.String(64), nullable=False),
    *(sa.Column(name, sa.String(64), nullable=False, server_default="") for name in ("district", "street")),
    sa.Column("kind", sa.Text, nullable=False, server_default="other"),
    sa.Column("level", sa.Text, nullable=False, server_default="county"),
    *(
        sa.Column(name, sa.Text, nullable=False, server_default="")
        for name in ("victim", "victim_phone", "victim_account", "story")
    ),
    sa.Column("merged_into", sa.Text, nullable=False, server_default="", index=True),
    sa.Column("split_from", sa.Text, nullable=False, server_default=""),
    *(sa.Column(name, sa.Text, nullable=False, server_default="[]") for name in ("reports", "origins")),
    sa.Column("version", sa.BigInteger, nullable=False, server_default="0"),
    *(sa.Column(name, sa.Double, nullable=False, server_default="0") for name in ("happened_s", "changed_s")),
)
"""Fraud cases, as of :class:`twin.fraud.records.FraudCase`; their other tables are in :mod:`data.fraud.tables`."""

SOURCES = sa.Table(
    "source",
    META,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("twin", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("zone", sa.Text, nullable=False),
    sa.Column("classification", sa.Text, nullable=False),
    sa.UniqueConstraint("twin", "name", "zone", "classification", name="source_once"),
)

ENTITIES = sa.Table(
    "entity",
    META,
    sa.Column("number", NUMBER, primary_key=True),
    sa.Column("twin", sa.Text, nullable=False),
    sa.Column("id", sa.Text, nullable=False),
    sa.Column("source", NUMBER, nullable=False),
    sa.Column("kind", sa.Text, nullable=False),
    sa.Column("label", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("time_s", sa.Double, nullable=False),
    sa.Column("commit_s", sa.Double, nullable=False),
    sa.Column("lon_deg", sa.Double, nullable=False),
    sa.Column("lat_deg", sa.Double, nullable=False),
    *(sa.Column(name, sa.Float) for name in STATES),
    sa.UniqueConstraint("twin", "id", name="entity_once"),
)
"""The newest state of each entity."""

POSITIONS = sa.Table(
    "position",
    META,
    sa.Column("entity", NUMBER, nullable=False),
    sa.Column("source", NUMBER, nullable=False),
    sa.Column("time_s", sa.Double, nullable=False),
    sa.Column("commit_s", sa.Double, nullable=False),
    sa.Column("lon_deg", sa.Double, nullable=False),
    sa.Column("lat_deg", sa.Double, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    *(sa.Column(name, sa.Float) for name in STATES),
    sa.Index("position_entity", "entity", "time_s"),
)

BALANCE = sa.Table(
    "balance",
    META,
    sa.Column("twin", sa.Text, primary_key=True),
    sa.Column("source", sa.Text, primary_key=True),
    sa.Column("minute", sa.BigInteger, primary_key=True),
    *(sa.Column(name, sa.BigInteger, nullable=False) for name in COUNTS),
    sa.Column("destroyed", sa.BigInteger, nullable=False, server_default="0"),
)

GAPS = sa.Table(
    "gap",
    META,
    sa.Column("twin", sa.Text, nullable=False, index=True),
    sa.Column("source", sa.Text, nullable=False),
    sa.Column("device", sa.Text, nullable=False),
    sa.Column("first", sa.BigInteger, nullable=False),
    sa.Column("count", sa.BigInteger, nullable=False),
    sa.Column("missing", sa.BigInteger, nullable=False),
    sa.Column("begin_s", sa.Double, nullable=False),
    sa.Column("end_s", sa.Double, nullable=False),
)

CHECKPOINTS = sa.Table(
    "checkpoint",
    META,
    sa.Column("twin", sa.Text, primary_key=True),
    sa.Column("journal", sa.Text, primary_key=True),
    sa.Column("at", sa.BigInteger, nullable=False),
)
"""Up to which chunk each journal is in here."""

ACCOUNTS = sa.Table(
    "account",
    META,
    sa.Column("id", sa.String(32), primary_key=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "roles", "scope", "shift", "password")),
    *(sa.Column(name, sa.Boolean, nullable=False) for name in ("service", "enabled", "must_change")),
    sa.Column("failures", sa.Integer, nullable=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("locked_until_s", "changed_at_s", "expires_at_s")),
    sa.Column("card", sa.Text, nullable=False, server_default=""),
)
"""Who may sign in. ``roles`` and ``scope`` are JSON, ``password`` is an argon2id hash, ``card`` the name on a card."""

SEATS = sa.Table(
    "account_seat",
    META,
    sa.Column("account", sa.String(32), primary_key=True),
    sa.Column("seat", sa.Text, nullable=False),
    sa.Column("at_s", sa.Double, nullable=False),
)
"""Where each account is signed in, and when that was last said."""

REQUESTS = sa.Table(
    "account_request",
    META,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("asked_by", sa.String(32), nullable=False, index=True),
    *(sa.Column(name, sa.Text, nullable=False) for name in ("mark", "action", "deed", "state", "reason")),
    sa.Column("decided_by", sa.String(32), nullable=False),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("asked_at_s", "expires_at_s", "decided_at_s")),
    sa.Column("done_at_s", sa.Double, nullable=False),
    sa.CheckConstraint("decided_by <> asked_by", name="second_person"),
)
"""What one person asks for and another confirms. ``deed`` is JSON, ``mark`` its hash."""

ORDERS = sa.Table(
    "standing_order",
    META,
    sa.Column("id", sa.String(16), primary_key=True),
    sa.Column("account", sa.String(32), nullable=False, index=True),
    sa.Column("terms", sa.Text, nullable=False),
    *(sa.Column(name, sa.String(32), nullable=False) for name in ("made_by", "approved_by", "ended_by")),
    *(sa.Column(name, sa.Double, nullable=False) for name in ("made_at_s", "expires_at_s", "ended_at_s")),
    sa.CheckConstraint("made_by <> approved_by", name="two_persons"),
)
"""What a script may export without anybody present. ``terms`` is JSON."""

AUDIT = entries_table(META)
"""What was done to all of the above; written by :func:`data.audit.trail.append` alone."""
