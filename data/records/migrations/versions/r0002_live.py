"""What lives: sources, the newest state of each entity, positions by day, balance, gaps, checkpoints.

A migration stays as it is once it was released; the tables are therefore written out here.
"""

from __future__ import annotations

from collections.abc import Iterator

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def _state() -> Iterator[sa.Column[float]]:
    for name in ("height_m", "heading_deg", "speed_mps", "value", "accuracy_m"):
        yield sa.Column(name, sa.Float)


def _place() -> Iterator[sa.Column[float]]:
    for name in ("time_s", "commit_s", "lon_deg", "lat_deg"):
        yield sa.Column(name, sa.Double, nullable=False)


def upgrade() -> None:
    """Make the tables; on PostgreSQL positions lie in a partition a day, and entities have a place."""
    postgres = op.get_bind().dialect.name == "postgresql"
    op.create_table(
        "source",
        sa.Column("number", NUMBER, primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("twin", "name", "zone", "classification")),
        sa.UniqueConstraint("twin", "name", "zone", "classification", name="source_once"),
    )
    op.create_table(
        "entity",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("twin", sa.Text, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("kind", "label", "state")),
        *_place(),
        *_state(),
        sa.UniqueConstraint("twin", "id", name="entity_once"),
    )
    op.create_table(
        "position",
        sa.Column("entity", NUMBER, nullable=False),
        sa.Column("source", NUMBER, nullable=False),
        *_place(),
        sa.Column("state", sa.Text, nullable=False),
        *_state(),
        postgresql_partition_by="RANGE (time_s)",
    )
    op.create_index("position_entity", "position", ["entity", "time_s"])
    op.create_index("position_time", "position", ["time_s"], postgresql_using="brin")
    op.create_table(
        "balance",
        sa.Column("twin", sa.Text, primary_key=True),
        sa.Column("source", sa.Text, primary_key=True),
        sa.Column("minute", sa.BigInteger, primary_key=True),
        *(
            sa.Column(name, sa.BigInteger, nullable=False)
            for name in ("received", "stored", "duplicate", "quarantined")
        ),
    )
    op.create_table(
        "gap",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("twin", "source", "device")),
        *(sa.Column(name, sa.BigInteger, nullable=False) for name in ("first", "count", "missing")),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("begin_s", "end_s")),
    )
    op.create_index("ix_gap_twin", "gap", ["twin"])
    op.create_table(
        "checkpoint",
        sa.Column("twin", sa.Text, primary_key=True),
        sa.Column("journal", sa.Text, primary_key=True),
        sa.Column("at", sa.BigInteger, nullable=False),
    )
    if postgres:
        op.execute("CREATE EXTENSION IF NOT EXISTS postgis")
        op.execute(
            "ALTER TABLE entity ADD COLUMN place geometry(Point, 4326) "
            "GENERATED ALWAYS AS (ST_SetSRID(ST_MakePoint(lon_deg, lat_deg), 4326)) STORED"
        )
        op.execute("CREATE INDEX entity_place ON entity USING gist (place)")


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
