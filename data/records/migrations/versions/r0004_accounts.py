"""Accounts and their seats.

A migration stays as it is once it was released; the tables are therefore written out here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "account",
        sa.Column("id", sa.String(32), primary_key=True),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("name", "roles", "scope", "shift", "password")),
        *(sa.Column(name, sa.Boolean, nullable=False) for name in ("service", "enabled", "must_change")),
        sa.Column("failures", sa.Integer, nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("locked_until_s", "changed_at_s", "expires_at_s")),
    )
    op.create_table(
        "account_seat",
        sa.Column("account", sa.String(32), primary_key=True),
        sa.Column("seat", sa.Text, nullable=False),
        sa.Column("at_s", sa.Double, nullable=False),
    )


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
