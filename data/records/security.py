"""Row-level security on PostgreSQL: the rules of access again, in the database itself, for a credential an account.

:func:`secure` writes what the rules grant into a schema that accounts cannot write, and puts policies on every table:
one that the rules do not name is closed to all accounts. :func:`give_credential` makes an account a login role of its
own, ``zhian_<account>``. The owner of the database stands above it all, as ever in PostgreSQL, and is no account.

A session states its purpose by ``SET zhian.purpose = '…'``.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import resources

import sqlalchemy as sa

from data.accounts.passwords import first_password
from data.records.database import answering
from data.records.tables import ACCOUNTS
from twin.access import Permission, Rules, TableRule
from twin.accounts import can_name
from twin.errors import UsageError
from twin.words import say

DESK = "zhian_desk"
"""The role that all accounts' credentials have in common; what it may is narrowed by the policies."""
PREFIX = "zhian_"
CONFIRMS = "confirm:"
"""Begins what is granted to a second person."""
DEEDS = {"SELECT": "read", "INSERT": "add", "UPDATE": "change", "DELETE": "remove"}
OWN = {"account": "id", "account_seat": "account", "account_request": "asked_by", "standing_order": "account"}
"""Tables in which an account sees its own rows whatever it may, by the column that names it."""
OWN_WRITES = {
    "account": ("UPDATE",),
    "account_seat": ("INSERT", "UPDATE", "DELETE"),
    "account_request": ("INSERT", "UPDATE"),
}
"""What it may do to them; triggers keep it from giving itself rights."""
REACHES = {"district": "districts", "street": "streets", "agency": "agencies"}
"""By which part of an account's scope rows with a column are narrowed."""

TOLD_BY = ("entity", "position")
"""Tables whose column `source` is the number of one, which has the network and the classification of their rows."""

_COLUMNS = sa.text(
    "SELECT column_name FROM information_schema.columns WHERE table_schema = current_schema() AND table_name = :name"
)


def secure(engine: sa.Engine, rules: Rules) -> int:
    """Make the policies say what the rules say now, and return how many there are; all or none of it.

    Raises
    ------
    twin.errors.UsageError
        If the database is not PostgreSQL, which alone can do this.
    twin.errors.DiskError
        If the database refuses: the credential must be its owner's, and may create roles.
    """
    if engine.dialect.name != "postgresql":
        raise UsageError("only PostgreSQL limits rows by account: on SQLite who owns the file reads it all")
    with answering(engine), engine.begin() as connection:
        connection.exec_driver_sql((resources.files("data.records") / "security.sql").read_text("utf-8"))
        _grant(connection, rules)
        there = {*sa.inspect(connection).get_table_names()} - {"spatial_ref_sys"}  # PostGIS's own, for everybody
        policies = [statement for table in sorted(there) for statement in _policies(table, rules, connection)]
        for statement in policies:
            connection.exec_driver_sql(statement)
        return sum(statement.startswith("CREATE POLICY") for statement in policies)


def give_credential(engine: sa.Engine, account: str) -> tuple[str, str]:
    """Make an account its login role, or give it another password; returns both, to be told once.

    Raises
    ------
    twin.errors.UsageError
        If there is no such account, or the database was not secured before.
    """
    role, password = PREFIX + account, first_password()
    with answering(engine), engine.begin() as connection:
        known = can_name(account) and connection.scalar(sa.select(ACCOUNTS.c.id).where(ACCOUNTS.c.id == account))
        if not known:
            raise UsageError(say("there is no account {name}", name=account))
        if not _has_role(connection, DESK):
            raise UsageError("run `zhian records secure` first")
        quoted = connection.dialect.identifier_preparer.quote_identifier(role)
        verb = "ALTER" if _has_role(connection, role) else "CREATE"
        hashed = _scram(connection, password)
        connection.exec_driver_sql(
            f"{verb} ROLE {quoted} LOGIN NOSUPERUSER NOCREATEROLE NOBYPASSRLS PASSWORD '{hashed}'"
        )
        connection.exec_driver_sql(f"GRANT {DESK} TO {quoted}")
    return role, password


def _scram(connection: sa.Connection, password: str) -> str:
    """Return what the server keeps of a password, so that the password itself never travels or is logged."""
    driver = connection.connection.driver_connection
    assert driver is not None  # noqa: S101 - connected
    return bytes(driver.pgconn.encrypt_password(password.encode(), b"zhian", b"scram-sha-256")).decode()


def _has_role(connection: sa.Connection, role: str) -> bool:
    found = sa.text("SELECT 1 FROM pg_roles WHERE rolname = :role")
    return connection.scalar(found, {"role": role}) is not None


def _grant(connection: sa.Connection, rules: Rules) -> None:
    """Write down which role may which action; what needs a second person none may by SQL alone."""
    named = {getattr(rule, deed) for rule in rules.tables.values() for deed in DEEDS.values()} - {""}
    actions = named | {"account.manage", "measure.approve"}
    granted = [
        (name, action, asked)
        for action in sorted(actions)
        for asked in (rules.permission(action),)
        for name, role in rules.roles.items()
        if role.allows(action) and not role.invented and not asked.confirmed_by
    ]
    confirmers = [
        (name, CONFIRMS + action, Permission(anywhere=True))
        for action, asked in rules.permissions.items()
        for name in sorted(asked.confirmed_by)
    ]
    rows = [
        {
            "role": name,
            "action": action,
            "purpose": asked.purpose,
            "anywhere": asked.anywhere,
            "off_duty": asked.off_duty,
        }
        for name, action, asked in granted + confirmers
    ]
    connection.exec_driver_sql("DELETE FROM zhian_access.granted")
    insert = sa.text("INSERT INTO zhian_access.granted VALUES (:role, :action, :purpose, :anywhere, :off_duty)")
    connection.execute(insert, rows)
    connection.exec_driver_sql("DELETE FROM zhian_access.classification")
    ranked = [{"name": name, "rank": rank} for rank, name in enumerate(rules.classifications)]
    if ranked:
        connection.execute(sa.text("INSERT INTO zhian_access.classification VALUES (:name, :rank)"), ranked)


def _policies(name: str, rules: Rules, connection: sa.Connection) -> Iterator[str]:
    """Yield what closes a table and opens it for whom the rules name."""
    quoted = connection.dialect.identifier_preparer.quote_identifier(name)
    yield f"ALTER TABLE {quoted} ENABLE ROW LEVEL SECURITY"
    for deed in DEEDS:
        yield f"DROP POLICY IF EXISTS zhian_{deed.lower()} ON {quoted}"
    yield f"GRANT SELECT, INSERT, UPDATE, DELETE ON {quoted} TO {DESK}"
    if name == "alembic_version":
        yield _policy(quoted, "SELECT", "true")
        return
    columns = set(connection.scalars(_COLUMNS, {"name": name}))
    rule = rules.tables.get(name, TableRule())
    for deed, which in DEEDS.items():
        told = rule.purpose and deed == "SELECT"
        tests = [_test(name, action, columns, told)] if (action := getattr(rule, which)) else []
        if name == "account_request" and deed in ("SELECT", "UPDATE"):
            tests.append(f"zhian_access.may('{CONFIRMS}' || action)")
        if name in OWN and (deed == "SELECT" or deed in OWN_WRITES.get(name, ())):
            tests.append(f"{OWN[name]} = zhian_access.me()")
        if tests:
            yield _policy(quoted, deed, " OR ".join(tests))


def _policy(table: str, deed: str, test: str) -> str:
    head = f"CREATE POLICY zhian_{deed.lower()} ON {table} FOR {deed} TO {DESK}"
    return f"{head} WITH CHECK ({test})" if deed == "INSERT" else f"{head} USING ({test})"


def _test(table: str, action: str, columns: set[str], purpose: bool) -> str:
    """Return what must hold of a row; what does not depend on the row is asked once a statement."""
    test = f"(SELECT zhian_access.may('{action}'))"
    if purpose:
        test += " AND (SELECT zhian_access.states_purpose())"
    for kind, reaches in REACHES.items():
        if kind in columns:
            reach = f"(SELECT zhian_access.reach('{action}', '{reaches}'))"
            test += f" AND ({kind} = '' OR {reach} IS NULL OR {kind} = ANY ({reach}::text[]))"
    for kind, reaches in (("zone", "zones"), ("classification", "classifications")):
        if kind in columns:
            reach = f"(SELECT zhian_access.{reaches}())"
            test += f" AND ({kind} = '' OR {reach} IS NULL OR {kind} = ANY ({reach}::text[]))"
    if table in TOLD_BY:
        reach = "(SELECT zhian_access.sources())"
        test += f" AND ({reach} IS NULL OR source = ANY ({reach}::bigint[]))"
    return f"({test})"
