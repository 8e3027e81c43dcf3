"""Requests, standing orders, cards of accounts, and where a case belongs.

A migration stays as it is once it was released; the tables are therefore written out here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables and columns."""
    op.create_table(
        "account_request",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("asked_by", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("mark", "action", "deed", "state", "reason")),
        sa.Column("decided_by", sa.String(32), nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("asked_at_s", "expires_at_s", "decided_at_s")),
        sa.Column("done_at_s", sa.Double, nullable=False),
        sa.CheckConstraint("decided_by <> asked_by", name="second_person"),
    )
    op.create_index("ix_account_request_asked_by", "account_request", ["asked_by"])
    op.create_table(
        "standing_order",
        sa.Column("id", sa.String(16), primary_key=True),
        sa.Column("account", sa.String(32), nullable=False),
        sa.Column("terms", sa.Text, nullable=False),
        *(sa.Column(name, sa.String(32), nullable=False) for name in ("made_by", "approved_by", "ended_by")),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("made_at_s", "expires_at_s", "ended_at_s")),
        sa.CheckConstraint("made_by <> approved_by", name="two_persons"),
    )
    op.create_index("ix_standing_order_account", "standing_order", ["account"])
    op.add_column("account", sa.Column("card", sa.Text, nullable=False, server_default=""))
    for name in ("district", "street"):
        op.add_column("fraud_case", sa.Column(name, sa.String(64), nullable=False, server_default=""))


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
