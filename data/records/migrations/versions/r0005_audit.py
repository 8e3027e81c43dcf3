"""The audit trail of what is kept here: append-only, each entry bound to the one before it.

PostgreSQL numbers and chains the entries itself, so that an account needs no right but to insert bodies, and none can
write an entry that does not fit. A migration stays as it is once it was released; all is therefore written out here.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import time

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"

SQLITE = tuple(
    f"CREATE TRIGGER audit_entry_no_{verb.lower()} BEFORE {verb} ON audit_entry "
    "BEGIN SELECT RAISE(ABORT, 'the audit trail is append-only'); END"
    for verb in ("UPDATE", "DELETE")
)
POSTGRESQL = (
    r"""
    CREATE FUNCTION audit_entry_chain() RETURNS trigger
    LANGUAGE plpgsql SECURITY DEFINER SET search_path FROM CURRENT AS $$
    DECLARE
        newest_seq bigint;
        newest_hash bytea;
    BEGIN
        PERFORM pg_advisory_xact_lock(7204160012);
        SELECT seq, hash INTO newest_seq, newest_hash FROM audit_entry ORDER BY seq DESC LIMIT 1;
        NEW.seq := coalesce(newest_seq, -1) + 1;
        NEW.hash := sha256('\x00'::bytea || coalesce(newest_hash, decode(repeat('00', 32), 'hex'))
                           || convert_to(NEW.body, 'UTF8'));
        RETURN NEW;
    END $$
    """,
    """
    CREATE FUNCTION audit_entry_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        RAISE EXCEPTION 'the audit trail is append-only';
    END $$
    """,
    "CREATE TRIGGER audit_entry_chain BEFORE INSERT ON audit_entry FOR EACH ROW EXECUTE FUNCTION audit_entry_chain()",
    "CREATE TRIGGER audit_entry_refuse BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry "
    "FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_refuse()",
)


def upgrade() -> None:
    """Make the table, its guards, and the entry that begins the trail."""
    entries = op.create_table(
        "audit_entry",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=False),
        sa.Column("body", sa.Text, nullable=False),
        sa.Column("hash", sa.LargeBinary, nullable=False),
    )
    connection = op.get_bind()
    for statement in POSTGRESQL if connection.dialect.name == "postgresql" else SQLITE:
        connection.exec_driver_sql(statement)
    begin = {"at_s": time.time(), "up_s": time.monotonic(), "boot": secrets.token_hex(6), "seat": "", "actor": ""}
    body = json.dumps({**begin, "action": "audit.begin", "kind": "trail", "object": secrets.token_hex(16)})
    digest = hashlib.sha256(b"\0" + bytes(32) + body.encode()).digest()
    connection.execute(sa.insert(entries), {"seq": 0, "body": body, "hash": digest})


def downgrade() -> None:
    """Refuse."""
    raise NotImplementedError
