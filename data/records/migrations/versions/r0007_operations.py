"""The day's work: alerts, incidents, units, dispatches, tasks, plans, messages, duty, joint cases, and what happened.

A migration stays as it is once it was released; the tables are therefore written out here: each with its texts (``T``),
whole numbers (``I``) and numbers (``F``, which may be NULL), in the order of its columns.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    "operation_alert": (
        "T:id I:version T:state T:scenario T:rule_version I:severity T:subject T:subject_kind T:group "
        "T:place T:district T:street F:lon_deg F:lat_deg F:first_s F:last_s I:hits F:raised_s T:incident "
        "T:reason T:note F:answered_s T:answered_by",
        (
            "group",
            "incident",
            "scenario",
            "state",
        ),
    ),
    "operation_incident": (
        "T:id I:version T:state T:scenario T:form I:severity T:title T:place T:district T:street "
        "F:lon_deg F:lat_deg F:since_s F:opened_s T:opened_by T:owner T:plan T:levels T:parent "
        "T:merged_into I:escalated F:dispatched_s F:on_scene_s F:resolved_s F:closed_s T:outcome T:note "
        "F:changed_s",
        (
            "opened_s",
            "parent",
            "state",
        ),
    ),
    "operation_unit": (
        "T:id I:version T:state T:name T:kind T:agency T:skills T:entity T:channel T:source T:device "
        "T:district T:street F:lon_deg F:lat_deg F:until_s I:load T:dispatch F:changed_s",
        ("state",),
    ),
    "operation_dispatch": (
        "T:id I:version T:state T:incident T:unit T:sent_by F:sent_s F:expected_s F:acknowledged_s "
        "F:en_route_s F:on_scene_s F:ended_s T:reason F:changed_s",
        (
            "incident",
            "state",
        ),
    ),
    "operation_task": (
        "T:id I:version T:state T:incident T:agency T:what T:offered_by F:offered_s F:due_s F:accepted_s "
        "F:ended_s T:answered_by T:note F:changed_s",
        (
            "agency",
            "incident",
            "state",
        ),
    ),
    "operation_step": (
        "T:id I:version T:state T:incident T:plan T:step I:place T:owner T:action F:due_s F:answered_s "
        "T:answered_by T:note",
        (
            "incident",
            "state",
        ),
    ),
    "operation_message": (
        "T:id I:version T:state T:channel T:recipient T:incident T:dispatch T:text T:made_by F:made_s "
        "T:template T:basis T:source T:device I:tries F:ended_s T:answer",
        (
            "incident",
            "state",
        ),
    ),
    "operation_watch": (
        "T:id I:version T:state T:person T:role T:unit F:begin_s F:end_s T:channel T:source T:device "
        "F:on_s F:off_s T:note",
        (
            "begin_s",
            "state",
        ),
    ),
    "operation_patrol": (
        "T:id I:version T:state T:name T:unit F:begin_s F:end_s T:stops F:changed_s",
        ("state",),
    ),
    "operation_joint_case": (
        "T:id I:version T:state T:kind T:title T:parties T:partners T:place T:street F:opened_s "
        "T:opened_by T:called_in T:incident I:amount_fen T:agreement F:agreed_s F:follow_s F:followed_s "
        "F:closed_s T:note F:changed_s",
        (
            "incident",
            "state",
        ),
    ),
    "operation_minutes": (
        "T:id I:version T:state T:case F:held_s T:present T:text T:written_by",
        ("case",),
    ),
}
TYPES: dict[str, sa.types.TypeEngine[str] | sa.types.TypeEngine[int] | sa.types.TypeEngine[float]] = {
    "T": sa.Text(), "I": sa.BigInteger(), "F": sa.Double(),
}  # fmt: skip


def upgrade() -> None:
    """Make the tables."""
    for name, (columns, indexed) in TABLES.items():
        told = [column.split(":") for column in columns.split()]
        op.create_table(
            name,
            *(sa.Column(one, TYPES[kind], primary_key=one == "id", nullable=kind == "F") for kind, one in told),
        )
        for column in indexed:
            op.create_index(f"{name}_{column}", name, [column])
    op.create_table(
        "operation_hit",
        sa.Column("id", sa.Text, primary_key=True),
        sa.Column("alert", sa.Text, nullable=False),
        sa.Column("at_s", sa.Double, nullable=False),
        sa.Column("body", sa.Text, nullable=False),
    )
    op.create_index("ix_operation_hit_alert", "operation_hit", ["alert"])
    op.create_table(
        "operation_event",
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("at_s", sa.Double, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("by", "deed", "kind", "record", "incident", "before", "after", "why")
        ),
    )
    op.create_index("ix_operation_event_incident", "operation_event", ["incident"])
    op.create_table(
        "operation_number",
        sa.Column("letter", sa.Text, primary_key=True),
        sa.Column("day", sa.Text, primary_key=True),
        sa.Column("last", sa.BigInteger, nullable=False),
    )


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
