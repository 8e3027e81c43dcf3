"""The cases, as the first version made them."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "fraud_case",
        sa.Column("number", sa.String(32), primary_key=True),
        sa.Column("day", sa.String(10), nullable=False),
        sa.Column("title", sa.String(120), nullable=False),
        sa.Column("amount_fen", sa.BigInteger, nullable=False),
        sa.Column("opened_at_s", sa.Float, nullable=False),
        sa.Column("status", sa.String(16), nullable=False),
        sa.Column("opened_by", sa.String(64), nullable=False),
    )
    op.create_index("ix_fraud_case_day", "fraud_case", ["day"])


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
