"""Links between cases, what is told of persons, warnings and their outcome.

A migration stays as it is once it was released; the tables are therefore written out here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
NUMBER = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "fraud_link",
        *(sa.Column(name, sa.String(32), primary_key=True) for name in ("first", "second")),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("strength", sa.Double, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("reasons", "by", "why")),
        sa.Column("at_s", sa.Double, nullable=False),
        sa.CheckConstraint("first < second", name="first_case_first"),
    )
    op.create_table(
        "fraud_subject",
        sa.Column("number", NUMBER, primary_key=True),
        sa.Column("name", sa.Text, nullable=False, unique=True),
        *(sa.Column(name, sa.Text, nullable=False, server_default="") for name in ("age_band", "sex", "district")),
    )
    op.create_table(
        "fraud_hint",
        sa.Column("subject", NUMBER, primary_key=True, autoincrement=False),
        sa.Column("fact", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.Double, primary_key=True) for name in ("at_s", "value")),
        sa.Column("feed", sa.String(64), primary_key=True),
        sa.Column("category", sa.String(16), nullable=False),
        sa.Column("until_s", sa.Double, nullable=False, index=True),
    )
    op.create_table(
        "fraud_warning",
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


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
