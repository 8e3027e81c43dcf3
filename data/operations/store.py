"""The day's work in the records database: on a desk's SQLite file, or on PostgreSQL for all desks.

A deed reads, is judged by :func:`twin.operations.doing.do`, and is written with its events and its audit entry in one
transaction: whatever is killed on the way, all of it is there or nothing. A record that somebody else changed meanwhile
is noticed by its version, and the deed is done anew from what is there now; so of two who send one unit one does, and
the other is told who did.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TypeVar

import msgspec
import sqlalchemy as sa

from data.operations.book import OutrunError, SqlBook, as_new, event_of, keep, write_events
from data.operations.rows import record_of, select
from data.operations.tables import ALERTS, EVENTS, HITS, INCIDENTS, TABLE
from data.records.database import answering
from twin.access import AuditEntry, Decision, Resource
from twin.operations.deeds import By, Deed
from twin.operations.doing import do
from twin.operations.draft import LIFE, Change
from twin.operations.grouping import SAME_S, Grouper, Where
from twin.operations.records import Alert, Dispatch, Event, Incident, Message, Record, Step, Task
from twin.operations.states import AT_WORK, NotPossibleError
from twin.operations.store import MOST_IDS, Done, R, Row, Whole
from twin.rules.hit import Hit
from twin.words import say

TRIES = 8
PROGRAM = "rules"
"""Who raises alerts."""
LAST_S = 1e12
"""Later than any time; databases know no infinity."""
DEADLOCKS = ("40P01", "40001")
"""PostgreSQL's words for: one of two who wait for each other must begin again."""
_NEW = ALERTS.c.state == "new"
_GROUPS = sa.select(
    ALERTS.c.group,
    sa.func.count(),
    sa.cast(sa.func.sum(ALERTS.c.hits), sa.BigInteger),
    sa.func.aggregate_strings(ALERTS.c.id, ","),
).group_by(ALERTS.c.group)
"""Of each group of alerts how many there are, how many hits they stand for, and their ids."""
T = TypeVar("T")
_hits = msgspec.json.Decoder(Hit)
Keep = Callable[[sa.Connection, AuditEntry], None]
Locate = Callable[[Sequence[Hit]], Sequence[Where]]


def nowhere(hits: Sequence[Hit]) -> Sequence[Where]:
    """Return no names of places."""
    return [Where()] * len(hits)


class SqlOperations:
    """:class:`twin.operations.store.Operations` of a database.

    Parameters
    ----------
    audit : callable
        Writes an audit entry within the transaction of a connection.
    locate : callable
        Names the places of hits.
    """

    def __init__(self, engine: sa.Engine, audit: Keep, locate: Locate = nowhere) -> None:
        self._engine, self._audit, self._locate = engine, audit, locate

    @property
    def engine(self) -> sa.Engine:
        """The database, for the questions of :mod:`data.operations.results`."""
        return self._engine

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def do(self, deed: Deed, by: By) -> Done:
        """Do it."""
        return self._settled(lambda connection: self._done(connection, deed, by))

    def take(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """Make alerts of hits; those that were taken before are left."""
        return self._settled(lambda connection: self._taken(connection, hits))

    def _settled(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what comes of some work in a transaction of its own, done anew while others come between."""
        with answering(self._engine):
            for _ in range(TRIES):
                try:
                    with self._engine.begin() as connection:
                        return work(connection)
                except (OutrunError, sa.exc.IntegrityError):
                    continue
                except sa.exc.OperationalError as error:
                    if getattr(error.orig, "sqlstate", "") not in DEADLOCKS:
                        raise
        raise NotPossibleError("others are changing the same things: try again")

    def _done(self, connection: sa.Connection, deed: Deed, by: By) -> Done:
        changes = do(SqlBook(connection), deed, by)
        keep(connection, changes)
        event = write_events(connection, changes, by.actor, type(deed).__name__, by.at_s)
        self._audit(connection, _entry(deed, by, changes))
        return Done(tuple(change.after for change in changes), event)

    def _taken(self, connection: sa.Connection, hits: Sequence[Hit]) -> tuple[str, ...]:
        fresh = _not_taken(connection, hits)
        if not fresh:
            return ()
        before, after, of_hit = self._grouped(connection, fresh)
        changes = [
            Change(before[id_], alert, "hit") if id_ in before else as_new(alert) for id_, alert in after.items()
        ]
        keep(connection, changes)
        rows = [
            {"id": hit.id, "alert": alert, "at_s": hit.at_s, "body": msgspec.json.encode(hit).decode()}
            for hit, alert in zip(fresh, of_hit, strict=True)
        ]
        connection.execute(sa.insert(HITS), rows)
        write_events(connection, changes, PROGRAM, "TakeHits", max(hit.seen_s for hit in fresh))
        return tuple(after)

    def _grouped(
        self, connection: sa.Connection, hits: Sequence[Hit]
    ) -> tuple[dict[str, Alert], dict[str, Alert], list[str]]:
        """Return the alerts that grew as they were, all that grew or were raised as they are, and that of each hit."""
        scenarios = {hit.scenario for hit in hits}
        since_s = min(hit.at_s for hit in hits) - SAME_S
        collecting = (ALERTS.c.state == "new") & (ALERTS.c.shown_s > min(hit.seen_s for hit in hits))
        wanted = sa.or_(ALERTS.c.last_s >= since_s, collecting)
        query = select(Alert).where(ALERTS.c.scenario.in_(scenarios), wanted)
        known = {
            row["id"]: record_of(Alert, dict(row)) for row in connection.execute(query.order_by(ALERTS.c.id)).mappings()
        }
        grouper, book = Grouper(known.values()), SqlBook(connection)
        numbers = iter(book.numbers("A", max(hit.seen_s for hit in hits), len(hits)))
        after: dict[str, Alert] = {}
        of_hit: list[str] = []
        for hit, where in zip(hits, self._locate(hits), strict=True):
            alert = grouper.grown(hit, where) or grouper.raised(hit, next(numbers), where)
            after[alert.id] = alert
            of_hit.append(alert.id)
        return {id_: known[id_] for id_ in after if id_ in known}, after, of_hit

    def queue(self, limit: int = 200, at_s: float = math.inf) -> tuple[Row, ...]:
        """Return what needs a hand."""
        due = _NEW & (ALERTS.c.shown_s <= min(at_s, LAST_S))
        work = select(Incident).where(INCIDENTS.c.state.in_((*AT_WORK, "resolved"))).order_by(INCIDENTS.c.id)
        with answering(self._engine), self._engine.connect() as connection:
            groups = {group: told for group, *told in connection.execute(_GROUPS.where(due))}
            shown = connection.execute(_shown(limit, due)).mappings()
            alerts = [record_of(Alert, dict(row)) for row in shown]
            incidents = [record_of(Incident, dict(row)) for row in connection.execute(work).mappings()]
        rows = [
            Row(one.severity, one.first_s, one, count, hits, tuple(sorted(ids.split(","))[:MOST_IDS]))
            for one in alerts
            for count, hits, ids in (groups[one.group],)
        ]
        rows += [Row(incident.severity, incident.since_s, incident=incident) for incident in incidents]
        return tuple(sorted(rows, key=lambda row: (row.severity, row.since_s))[:limit])

    def one(self, kind: type[R], id_: str) -> R:
        """Return one record."""
        with answering(self._engine), self._engine.connect() as connection:
            return SqlBook(connection).one(kind, id_)

    def find(self, kind: type[R], states: Sequence[str] = (), limit: int = 1000, **equal: str) -> tuple[R, ...]:
        """Return records, the newest first."""
        table = TABLE[kind]
        query = select(kind).order_by(table.c.id.desc()).limit(limit)
        if states:
            query = query.where(table.c.state.in_(states))
        for name, value in equal.items():
            query = query.where(table.c[name] == value)
        with answering(self._engine), self._engine.connect() as connection:
            return tuple(record_of(kind, dict(row)) for row in connection.execute(query).mappings())

    def whole(self, incident: str) -> Whole:
        """Return all of an incident."""
        lines = sa.select(EVENTS).where(EVENTS.c.incident == incident).order_by(EVENTS.c.number)
        with answering(self._engine), self._engine.connect() as connection:
            book = SqlBook(connection)
            return Whole(
                book.one(Incident, incident), book.of(Alert, incident), book.of(Dispatch, incident),
                book.of(Task, incident), tuple(sorted(book.of(Step, incident), key=lambda step: step.place)),
                book.of(Message, incident), book.of(Incident, incident),
                tuple(event_of(row) for row in connection.execute(lines).mappings()),
            )  # fmt: skip

    def hits(self, alert: str, limit: int = 100) -> tuple[Hit, ...]:
        """Return what an alert rests on, the newest first."""
        query = sa.select(HITS.c.body).where(HITS.c.alert == alert).order_by(HITS.c.at_s.desc()).limit(limit)
        with answering(self._engine), self._engine.connect() as connection:
            return tuple(_hits.decode(body) for body in connection.scalars(query))

    def events(self, after: int, limit: int = 1000) -> tuple[Event, ...]:
        """Return what happened after an event."""
        query = sa.select(EVENTS).where(EVENTS.c.number > after).order_by(EVENTS.c.number).limit(limit)
        with answering(self._engine), self._engine.connect() as connection:
            return tuple(event_of(row) for row in connection.execute(query).mappings())


def _shown(limit: int, due: sa.ColumnElement[bool]) -> sa.Select[tuple[object, ...]]:
    """Return the question for the alert that stands for each group that is due: the most severe, then the oldest."""
    order = (ALERTS.c.severity, ALERTS.c.first_s, ALERTS.c.id)
    nth = sa.func.row_number().over(partition_by=ALERTS.c.group, order_by=order).label("nth")
    ranked = sa.select(ALERTS, nth).where(due).subquery()
    first = sa.select(ranked).where(ranked.c.nth == 1)
    return first.order_by(ranked.c.severity, ranked.c.first_s, ranked.c.id).limit(limit)


def _not_taken(connection: sa.Connection, hits: Sequence[Hit]) -> list[Hit]:
    """Return each hit once, without those that are kept already."""
    fresh = {hit.id: hit for hit in hits}
    ids = list(fresh)
    for begin in range(0, len(ids), 10_000):
        some = ids[begin : begin + 10_000]
        for known in connection.scalars(sa.select(HITS.c.id).where(HITS.c.id.in_(some))):
            del fresh[known]
    return list(fresh.values())


def _entry(deed: Deed, by: By, changes: Sequence[Change]) -> AuditEntry:
    """Return the audit entry of a deed: what it was done to, by id, and how many records it changed."""
    about: Record | None = changes[0].after if changes else None
    kind = LIFE[type(about)].kind if about is not None else ""
    details = {"deed": type(deed).__name__, "changed": str(len(changes))}
    resource = Resource(kind, about.id if about is not None else "")
    return AuditEntry(by.actor, deed.permission, resource, by.purpose, Decision(True, say("done")), details)
