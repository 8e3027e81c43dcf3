"""What damage to the journal's disk took, as a column of the balance."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add the column."""
    op.add_column("balance", sa.Column("destroyed", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
