"""The fraud desk: what is known of a case, payments, measures, instructions of two officers, what banks were told.

The database itself refuses who approves what they asked for, a freeze without the head of a county-level organ and a
third stop of an account; what was asked for stays as it was asked, and what went to a bank is added to alone.
A migration stays as it is once it was released; all is therefore written out here.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"

TEXTS = {
    "fraud_payment": ("id", "state", "case", "from_account", "from_holder", "to_account", "to_holder", "bank_reference",
                      "receipt", "doubts", "origins"),
    "fraud_measure": ("id", "state", "case", "account", "holder", "evidence", "trace_hash", "earlier", "reason",
                      "cleared_why", "warned"),
    "fraud_instruction": ("id", "state", "case", "measure", "account", "verb", "to_account", "to_holder", "basis",
                          "reason", "asked_by", "second", "approved_by", "approver_role", "shown", "sent_back_why",
                          "signed_by", "failed_why", "note", "bank"),
    "fraud_appeal": ("id", "state", "case", "measure", "by_whom", "grounds", "decided_by", "decision", "warned"),
    "fraud_grant": ("id", "state", "case", "to", "may", "given_by", "ended_by", "why"),
    "fraud_return_plan": ("id", "state", "case", "measure", "basis", "shares", "proposed_by", "approved_by",
                          "objections", "why"),
}  # fmt: skip
NUMBERS = {
    "fraud_payment": ("version", "amount_fen"),
    "fraud_measure": ("version", "amount_fen", "layer", "stops", "held_fen", "returned_fen"),
    "fraud_instruction": ("version", "nth", "months", "amount_fen", "tries"),
    "fraud_appeal": ("version",),
    "fraud_grant": ("version",),
    "fraud_return_plan": ("version",),
}
TIMES = {
    "fraud_payment": ("paid_at_s",),
    "fraud_measure": ("paid_at_s", "began_s", "ends_s", "papers_s", "cleared_s", "ended_s"),
    "fraud_instruction": ("asked_s", "submitted_s", "approved_s", "signed_s", "sent_s", "tried_s", "answered_s"),
    "fraud_appeal": ("received_s", "acknowledged_s", "decided_s"),
    "fraud_grant": ("begins_s", "ends_s"),
    "fraud_return_plan": ("proposed_s", "noticed_s", "approved_s"),
}
INDEXED = {
    "fraud_payment": ("case", "to_account", "bank_reference"),
    "fraud_measure": ("case", "state", "account"),
    "fraud_instruction": ("case", "state", "account"),
    "fraud_appeal": ("case", "state"),
    "fraud_grant": ("case", "state"),
    "fraud_return_plan": ("case", "state"),
}
CHECKS = {
    "second_officer": "second <> '' AND second <> asked_by",
    "own_approval": "approved_by <> asked_by AND approved_by <> second",
    "own_signature": "signed_by <> asked_by AND signed_by <> second",
    "approved_first": "approved_by <> '' OR state IN ('draft', 'submitted', 'sent_back', 'withdrawn')",
    "county_head": "approved_by = '' OR verb NOT IN ('freeze', 'renew', 'return') OR approver_role = 'municipal_head'"
                   " OR (approver_role = 'county_head' AND months <= 6)",
    "two_stops": "(verb IN ('stop', 'extend') AND nth IN (1, 2)) OR (verb NOT IN ('stop', 'extend') AND nth = 0)",
}  # fmt: skip
STANDS = ("asked_by", "second", "account", "verb", "nth", "months", "amount_fen", "to_account", "asked_s")
SPENT = "nth > 0 AND state NOT IN ('failed', 'withdrawn')"
SAME = " OR ".join(f"NEW.{name} <> OLD.{name}" for name in STANDS)
REWRITTEN = f"{SAME} OR (OLD.approved_by <> '' AND NEW.approved_by <> OLD.approved_by)"
ASKED = "what was asked for and approved stays as it was"
APPENDED = "this record is append-only"


def upgrade() -> None:
    """Make the columns, tables and guards."""
    for name in ("kind", "level"):
        default = {"kind": "other", "level": "county"}[name]
        op.add_column("fraud_case", sa.Column(name, sa.Text, nullable=False, server_default=default))
    for name in ("victim", "victim_phone", "victim_account", "story", "merged_into", "split_from"):
        op.add_column("fraud_case", sa.Column(name, sa.Text, nullable=False, server_default=""))
    for name in ("reports", "origins"):
        op.add_column("fraud_case", sa.Column(name, sa.Text, nullable=False, server_default="[]"))
    op.add_column("fraud_case", sa.Column("version", sa.BigInteger, nullable=False, server_default="0"))
    for name in ("happened_s", "changed_s"):
        op.add_column("fraud_case", sa.Column(name, sa.Double, nullable=False, server_default="0"))
    op.create_index("ix_fraud_case_merged_into", "fraud_case", ["merged_into"])
    for table, texts in TEXTS.items():
        checks = CHECKS if table == "fraud_instruction" else {}
        booleans = ("urgent",) if table == "fraud_measure" else ()
        op.create_table(
            table,
            *(sa.Column(name, sa.Text, primary_key=name == "id", nullable=False) for name in texts),
            *(sa.Column(name, sa.BigInteger, nullable=False) for name in NUMBERS[table]),
            *(sa.Column(name, sa.Double, nullable=False) for name in TIMES[table]),
            *(sa.Column(name, sa.Boolean, nullable=False) for name in booleans),
            *(sa.CheckConstraint(test, name=name) for name, test in checks.items()),
        )
        for column in INDEXED[table]:
            op.create_index(f"ix_{table}_{column}", table, [column])
    op.create_index(
        "fraud_instruction_no_third_stop", "fraud_instruction", ["account", "nth"], unique=True,
        sqlite_where=sa.text(SPENT), postgresql_where=sa.text(SPENT),
    )  # fmt: skip
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    op.create_table(
        "fraud_event",
        sa.Column("number", number, primary_key=True, autoincrement=False),
        sa.Column("at_s", sa.Double, nullable=False),
        *(
            sa.Column(name, sa.Text, nullable=False)
            for name in ("by", "deed", "kind", "record", "case", "before", "after", "why")
        ),
    )
    op.create_index("ix_fraud_event_case", "fraud_event", ["case"])
    op.create_table(
        "fraud_message",
        sa.Column("number", number, primary_key=True),
        sa.Column("at_s", sa.Double, nullable=False),
        *(sa.Column(name, sa.Text, nullable=False) for name in ("instruction", "way", "bank", "sha256", "note")),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_index("ix_fraud_message_instruction", "fraud_message", ["instruction"])
    connection = op.get_bind()
    for statement in _postgresql() if connection.dialect.name == "postgresql" else _sqlite():
        connection.exec_driver_sql(statement)


def _sqlite() -> list[str]:
    guards = [
        f"CREATE TRIGGER fraud_instruction_stands BEFORE UPDATE ON fraud_instruction WHEN {REWRITTEN} "
        f"BEGIN SELECT RAISE(ABORT, '{ASKED}'); END",
        "CREATE TRIGGER fraud_instruction_no_delete BEFORE DELETE ON fraud_instruction "
        f"BEGIN SELECT RAISE(ABORT, '{ASKED}'); END",
    ]
    return guards + [
        f"CREATE TRIGGER {table}_no_{verb.lower()} BEFORE {verb} ON {table} "
        f"BEGIN SELECT RAISE(ABORT, '{APPENDED}'); END"
        for table in ("fraud_event", "fraud_message")
        for verb in ("UPDATE", "DELETE")
    ]


def _postgresql() -> list[str]:
    refuse = "RAISE integrity_constraint_violation USING MESSAGE"
    return [
        f"CREATE FUNCTION fraud_instruction_stands() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"IF TG_OP = 'DELETE' OR {REWRITTEN} THEN {refuse} = '{ASKED}'; END IF; RETURN NEW; END $$",
        "CREATE TRIGGER fraud_instruction_stands BEFORE UPDATE OR DELETE ON fraud_instruction "
        "FOR EACH ROW EXECUTE FUNCTION fraud_instruction_stands()",
        f"CREATE FUNCTION fraud_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        f"{refuse} = '{APPENDED}'; END $$",
        *(
            f"CREATE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION fraud_append_only()"
            for table in ("fraud_event", "fraud_message")
        ),
    ]


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
