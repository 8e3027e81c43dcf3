"""The book that a deed reads, and how what it changed is kept: within one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime

import sqlalchemy as sa

from data.operations.rows import record_of, row_of, select
from data.operations.tables import ALERTS, EVENTS, NUMBERS, TABLE
from twin.operations.draft import LIFE, Change
from twin.operations.records import Alert, Event, Incident, Minutes, Record
from twin.operations.states import NotPossibleError
from twin.operations.store import R
from twin.words import said, say


class OutrunError(Exception):
    """Somebody else changed a record between its being read and its being written: the deed is done anew."""


_WHOSE: dict[type[Record], str] = {Incident: "parent", Minutes: "case"}
"""By which column a record belongs to another."""


class SqlBook:
    """:class:`twin.operations.store.Book` of one transaction."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record."""
        row = self._connection.execute(select(kind).where(TABLE[kind].c.id == id_)).mappings().first()
        if row is None:
            raise NotPossibleError(say("there is no {kind} {id}", kind=said(LIFE[kind].kind), id=id_))
        return record_of(kind, dict(row))

    def has(self, kind: type[R], id_: str) -> bool:
        """Tell whether there is such a record."""
        ids = TABLE[kind].c.id
        return self._connection.execute(sa.select(ids).where(ids == id_)).first() is not None

    def of(self, kind: type[R], incident: str) -> tuple[R, ...]:
        """Return the records of an incident."""
        table = TABLE[kind]
        whose = table.c[_WHOSE.get(kind, "incident")]
        if not incident:
            return ()
        return self._all(kind, select(kind).where(whose == incident).order_by(table.c.id))

    def group(self, group: str) -> tuple[Alert, ...]:
        """Return the new alerts of a group."""
        of_group = (ALERTS.c.group == group) & (ALERTS.c.state == "new")
        return self._all(Alert, select(Alert).where(of_group).order_by(ALERTS.c.id))

    def number(self, letter: str, at_s: float) -> str:
        """Return a fresh id."""
        return self.numbers(letter, at_s, 1)[0]

    def numbers(self, letter: str, at_s: float, count: int) -> list[str]:
        """Return some fresh ids at once."""
        day = datetime.fromtimestamp(at_s, UTC).astimezone().strftime("%Y%m%d")
        last = counted(self._connection, letter, day, count)
        return [f"{letter}{day}-{number:04d}" for number in range(last - count + 1, last + 1)]

    def _all(self, kind: type[R], query: sa.Select[tuple[object, ...]]) -> tuple[R, ...]:
        return tuple(record_of(kind, dict(row)) for row in self._connection.execute(query).mappings())


def counted(connection: sa.Connection, letter: str, day: str, count: int) -> int:
    """Return the last of some fresh numbers; whoever else wants some waits until the transaction ends."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # the same for our words
    statement = (
        insert(NUMBERS)
        .values(letter=letter, day=day, last=count)
        .on_conflict_do_update(index_elements=["letter", "day"], set_={"last": NUMBERS.c.last + count})
        .returning(NUMBERS.c.last)
    )
    return int(connection.execute(statement).scalar_one())


def keep(connection: sa.Connection, changes: Sequence[Change]) -> None:
    """Write what was changed.

    Raises
    ------
    OutrunError
        If a record is no longer of the version that was read.
    """
    for table, rows in _by_table(change.after for change in changes if change.before is None):
        connection.execute(sa.insert(table), rows)
    for statement, rows in _updates(changes):
        if connection.execute(statement, rows).rowcount != len(rows):
            raise OutrunError


def write_events(connection: sa.Connection, changes: Sequence[Change], by: str, deed: str, at_s: float) -> int:
    """Write one event a change and return the number of the last; numbers are given in the order of commits."""
    last = counted(connection, "E", "", len(changes))
    rows = [
        {**_event(change, by, deed, at_s), "number": number}
        for number, change in enumerate(changes, last - len(changes) + 1)
    ]
    if rows:
        connection.execute(sa.insert(EVENTS), rows)
    return last


def _event(change: Change, by: str, deed: str, at_s: float) -> dict[str, object]:
    before, after = change.before, change.after
    incident = after.id if isinstance(after, Incident) else getattr(after, "incident", "")
    return {
        "at_s": at_s, "by": by, "deed": deed, "kind": LIFE[type(after)].kind, "record": after.id, "incident": incident,
        "before": before.state if before is not None else "", "after": after.state, "why": change.why,
    }  # fmt: skip


def event_of(row: sa.RowMapping) -> Event:
    """Return the event of a row."""
    return Event(**row)


def _updates(changes: Sequence[Change]) -> Iterator[tuple[sa.Update, list[dict[str, object]]]]:
    """Yield what changes records of the version that was read: one statement for those of the same columns."""
    alike: dict[tuple[type[Record], tuple[str, ...]], list[dict[str, object]]] = {}
    for change in changes:
        if change.before is not None:
            was, row = row_of(change.before), row_of(change.after)
            names = tuple(name for name, value in row.items() if value != was[name])
            key = {"was_id": was["id"], "was_version": was["version"]}
            alike.setdefault((type(change.after), names), []).append({**key, **{f"to_{n}": row[n] for n in names}})
    for (kind, names), rows in alike.items():
        table = TABLE[kind]
        same = (table.c.id == sa.bindparam("was_id")) & (table.c.version == sa.bindparam("was_version"))
        yield sa.update(table).where(same).values({name: sa.bindparam(f"to_{name}") for name in names}), rows


def _by_table(records: Iterable[Record]) -> list[tuple[sa.Table, list[dict[str, object]]]]:
    tables: dict[type[Record], list[dict[str, object]]] = {}
    for record in records:
        tables.setdefault(type(record), []).append(row_of(record))
    return [(TABLE[kind], rows) for kind, rows in tables.items()]


def as_new(record: Alert) -> Change:
    """Return the change that makes a record."""
    return Change(None, replace(record))
