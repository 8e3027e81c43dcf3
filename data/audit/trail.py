"""A trail: entries in a table of a database, each bound to the one before it by its hash.

Who keeps something in a database writes the deed and its entry in one transaction, the entry last, since others who
write to the trail wait from there until the commit::

    with answering(engine), engine.begin() as connection:
        connection.execute(sa.update(...))
        append(connection, AuditEntry(...))

Whatever is killed on the way, both are there or neither.
"""

from __future__ import annotations

import contextlib
import platform
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
import sqlalchemy as sa

from data.audit.clock import CLOCK, Clock
from data.audit.tables import ENTRIES, GUARDS, NAME
from twin.access import AuditEntry, Decision, Resource
from twin.audit.merkle import HASH_BYTES, leaf

BEFORE_ALL = bytes(HASH_BYTES)
"""What stands before the entry that begins a trail."""
BEGIN = "audit.begin"
PAGE = 20_000
SEAT = platform.node()
Page = list[tuple[int, str, bytes]]
"""Number, body and hash of some entries, one after another."""


class Written(msgspec.Struct, frozen=True, omit_defaults=True):
    """What is written of an entry.

    Parameters
    ----------
    at_s, up_s, boot
        See :class:`data.audit.clock.Clock`.
    seat : str
        Name of the machine.
    shown : str
        SHA-256 of what was shown, in hex; see :func:`twin.audit.shown.digest`.
    """

    at_s: float
    up_s: float
    boot: str
    seat: str
    actor: str
    action: str
    kind: str
    object: str = ""
    sensitive: bool = False
    purpose: str | None = None
    reference: str = ""
    allowed: bool = True
    reason: str = ""
    unmask: bool = False
    details: dict[str, str] = {}
    shown: str = ""


@dataclass(frozen=True, slots=True)
class Kept:
    """An entry as it is found: its number, what was written, its hash."""

    seq: int
    written: Written
    hash: bytes

    def plain(self) -> dict[str, Any]:
        """Return it as plain values."""
        told = msgspec.structs.asdict(self.written)
        at = datetime.fromtimestamp(self.written.at_s, UTC).isoformat(timespec="microseconds")
        return {"seq": self.seq, "at": at, **told, "hash": self.hash.hex()}


decode = msgspec.json.Decoder(Written).decode


def append(connection: sa.Connection, *entries: AuditEntry, clock: Clock = CLOCK) -> None:
    """Write entries within the transaction of ``connection``.

    On SQLite the transaction must have begun as IMMEDIATE, as those of :mod:`data.records.database` do. On PostgreSQL
    the database itself numbers and chains, so an account needs no more than the right to insert bodies.
    """
    bodies = [_body(entry, clock) for entry in entries]
    if connection.dialect.name == "postgresql":
        rows = [{"seq": 0, "body": body, "hash": b""} for body in bodies]
    else:
        rows = _chained(bodies, *_newest(connection))
    if rows:
        connection.execute(sa.insert(ENTRIES), rows)


def make(connection: sa.Connection) -> None:
    """Make the table of a trail in SQLite, with the entry that begins it; it has a random name."""
    ENTRIES.create(connection)
    for guard in GUARDS:
        connection.exec_driver_sql(guard)
    append(connection, AuditEntry("", BEGIN, Resource("trail", secrets.token_hex(16)), None, Decision(True, "")))


def pages(connection: sa.Connection, after: int = -1) -> Iterator[Page]:
    """Yield number, body and hash of all entries after one, some thousands at a time, by their numbers."""
    query = f"SELECT seq, body, hash FROM {NAME} WHERE seq > {{}} ORDER BY seq LIMIT {PAGE}"  # noqa: S608
    while True:
        cursor = connection.connection.cursor()  # plain tuples: SQLAlchemy's rows take longer than to hash them
        with contextlib.closing(cursor):
            cursor.execute(query.format(int(after)))
            page: Page = [*cursor.fetchall()]
        if not page:
            return
        yield page
        after = page[-1][0]


def newest(connection: sa.Connection, count: int) -> list[Kept]:
    """Return the newest entries, oldest first; that which begins the trail is none of them."""
    query = sa.select(ENTRIES).where(ENTRIES.c.seq > 0).order_by(ENTRIES.c.seq.desc()).limit(count)
    return [Kept(row.seq, decode(row.body), row.hash) for row in connection.execute(query)][::-1]


def _body(entry: AuditEntry, clock: Clock) -> str:
    resource, purpose, decision = entry.resource, entry.purpose, entry.decision
    written = Written(
        at_s=clock.wall_s(), up_s=clock.up_s(), boot=clock.boot, seat=SEAT,
        actor=_clean(entry.actor), action=entry.action, kind=resource.kind, object=_clean(resource.id),
        sensitive=resource.sensitive,
        purpose=_clean(purpose.text) if purpose else None, reference=_clean(purpose.reference) if purpose else "",
        allowed=decision.allowed, reason=_clean(decision.reason), unmask=decision.unmask,
        details={name: _clean(value) for name, value in entry.details.items()}, shown=entry.shown,
    )  # fmt: skip
    return msgspec.json.encode(written).decode()


def _clean(text: str) -> str:
    """Return a text that every database takes: what is no character is spelt out."""
    return text.encode("utf-8", "backslashreplace").decode()


def _newest(connection: sa.Connection) -> tuple[int, bytes]:
    query = sa.select(ENTRIES.c.seq, ENTRIES.c.hash).order_by(ENTRIES.c.seq.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return (-1, BEFORE_ALL) if row is None else (row.seq, row.hash)


def _chained(bodies: list[str], seq: int, before: bytes) -> list[dict[str, Any]]:
    rows = []
    for number, body in enumerate(bodies, seq + 1):
        before = leaf(before + body.encode())
        rows.append({"seq": number, "body": body, "hash": before})
    return rows
