"""The book that a deed of the fraud desk reads, and how what it changed is kept: within one transaction."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields

import msgspec
import sqlalchemy as sa

from data.forms import learn
from data.fraud.tables import EVENTS, INSTRUCTIONS, PAYMENTS, TABLE
from data.operations.book import OutrunError
from data.records.tables import CASES
from twin.fraud.deeds import NewPayment
from twin.fraud.draft import LIFE, Change
from twin.fraud.records import Event, FraudCase, Payment, Record
from twin.fraud.same import is_same
from twin.fraud.store import R
from twin.operations.states import NotPossibleError
from twin.words import said, say

learn(*TABLE)


def key_of(kind: type[Record]) -> sa.ColumnElement[str]:
    """Return the column of a kind's id."""
    return CASES.c.number if kind is FraudCase else TABLE[kind].c.id


def state_of(kind: type[Record]) -> sa.ColumnElement[str]:
    """Return the column of a kind's state."""
    return CASES.c.status if kind is FraudCase else TABLE[kind].c.state


def row_of(record: Record) -> dict[str, object]:
    """Return a record's columns."""
    row = {field.name: getattr(record, field.name) for field in fields(record)}
    return {
        name: msgspec.json.encode(value).decode() if isinstance(value, tuple) else value for name, value in row.items()
    }


def record_of(kind: type[R], row: Mapping[str, object]) -> R:
    """Return the record of a row."""
    plain = {
        field.name: msgspec.json.decode(str(row[field.name]))
        if str(field.type).startswith("tuple")
        else row[field.name]
        for field in fields(kind)
    }
    return msgspec.convert(plain, kind)


class SqlBook:
    """:class:`twin.fraud.store.Book` of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record."""
        found = self.all(kind, sa.select(TABLE[kind]).where(key_of(kind) == id_))
        if not found:
            raise NotPossibleError(say("there is no {kind} {id}", kind=said(LIFE[kind].kind), id=id_))
        return found[0]

    def of(self, kind: type[R], case: str) -> tuple[R, ...]:
        """Return the records of a case."""
        whose = CASES.c.merged_into if kind is FraudCase else TABLE[kind].c.case
        return self.all(kind, sa.select(TABLE[kind]).where(whose == case).order_by(key_of(kind)))

    def within(self, kind: type[R], states: Sequence[str]) -> tuple[R, ...]:
        """Return the records in some states."""
        return self.all(kind, sa.select(TABLE[kind]).where(state_of(kind).in_(states)).order_by(key_of(kind)))

    def made(self, kind: type[R], head: str) -> int:
        """Return how many ids begin with some letters."""
        query = sa.select(sa.func.count()).select_from(TABLE[kind])
        return int(self._connection.scalar(query.where(key_of(kind).startswith(head, autoescape=True))) or 0)

    def next_case(self, day: str) -> str:
        """Return the next number of a day, after the highest there is."""
        newest = self._connection.scalar(sa.select(sa.func.max(CASES.c.number)).where(CASES.c.day == day))
        serial = int(str(newest).rpartition("-")[2]) + 1 if newest else 1
        return f"FZ{day.replace('-', '')}-{serial:04d}"

    def stops(self, account: str) -> int:
        """Return how many stops of an account are spent."""
        spent = (INSTRUCTIONS.c.account == account) & (INSTRUCTIONS.c.nth > 0)
        query = sa.select(sa.func.count()).select_from(INSTRUCTIONS)
        return int(
            self._connection.scalar(query.where(spent & INSTRUCTIONS.c.state.not_in(("failed", "withdrawn")))) or 0
        )

    def same(self, payment: NewPayment) -> Payment | None:
        """Return a payment that was entered before."""
        alike = (PAYMENTS.c.to_account == payment.to_account) & (PAYMENTS.c.state == "entered")
        known = self.all(Payment, sa.select(PAYMENTS).where(alike).order_by(PAYMENTS.c.id))
        return next((one for one in known if is_same(payment, one)), None)

    def all(self, kind: type[R], query: sa.Select[tuple[object, ...]]) -> tuple[R, ...]:
        """Return the records that a question finds."""
        return tuple(record_of(kind, dict(row)) for row in self._connection.execute(query).mappings())


def keep(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Write what was changed.

    Raises
    ------
    data.operations.book.OutrunError
        If a record is no longer of the version that was read.
    """
    for change in changes:
        kind, row = type(change.after), row_of(change.after)
        if change.before is None:
            connection.execute(sa.insert(TABLE[kind]).values(row))
            continue
        was = row_of(change.before)
        same = (key_of(kind) == change.before.id) & (TABLE[kind].c.version == was["version"])
        fresh = {name: value for name, value in row.items() if value != was[name]}
        if connection.execute(sa.update(TABLE[kind]).where(same).values(fresh)).rowcount != 1:
            raise OutrunError


def write_events(connection: sa.Connection, changes: Sequence[Change], by: str, deed: str, at_s: float) -> int:
    """Write one event a change and return the number of the last."""
    last = int(connection.scalar(sa.select(sa.func.max(EVENTS.c.number))) or 0)
    rows = list(_events(changes, by, deed, at_s, last))
    if rows:
        connection.execute(sa.insert(EVENTS), rows)
    return last + len(rows)


def _events(
    changes: Sequence[Change], by: str, deed: str, at_s: float, last: int
) -> Iterator[dict[str, object]]:  # fmt: skip
    for number, change in enumerate(changes, last + 1):
        before, after = change.before, change.after
        yield {
            "number": number, "at_s": at_s, "by": by, "deed": deed, "kind": LIFE[type(after)].kind, "record": after.id,
            "case": after.case, "before": before.state if before is not None else "", "after": after.state,
            "why": change.why,
        }  # fmt: skip


def event_of(row: sa.RowMapping) -> Event:
    """Return the event of a row."""
    return Event(**row)
