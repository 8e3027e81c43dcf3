"""Whose queue alerts and incidents are in, when a round is shown, and when an alert must be answered.

What was there before was the control room's.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Add the columns."""
    for table in ("operation_alert", "operation_incident"):
        op.add_column(table, sa.Column("desk", sa.Text, nullable=False, server_default="control"))
    for name in ("shown_s", "due_s"):
        op.add_column("operation_alert", sa.Column(name, sa.Double, nullable=True, server_default="0"))


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
