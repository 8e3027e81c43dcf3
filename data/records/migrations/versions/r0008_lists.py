"""Reference lists and their entries.

A migration stays as it is once it was released; the tables are therefore written out here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "reference_list",
        sa.Column("id", sa.String(64), primary_key=True),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        *(sa.Column(name, sa.Double, nullable=False) for name in ("as_of_s", "good_for_s", "brought_s")),
        sa.Column("watch", sa.Boolean, nullable=False),
        sa.Column("edition", sa.Integer, nullable=False),
    )
    op.create_table(
        "reference_entry",
        sa.Column("list", sa.String(64), primary_key=True),
        sa.Column("key", sa.String(64), primary_key=True),
        sa.Column("note", sa.Text, nullable=False),
        sa.Column("until_s", sa.Double),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("legal_basis", "owner")),
    )


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
