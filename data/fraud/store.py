"""The fraud desk in the records database: on a desk's SQLite file, or on PostgreSQL for all desks.

A deed reads, is judged by :func:`twin.fraud.doing.do`, and is written with its events and its audit entry in one
transaction, as in :mod:`data.operations.store`. What must never be is refused by the database itself as well.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import TypeVar

import sqlalchemy as sa

from data.fraud.book import SqlBook, event_of, keep, key_of, state_of, write_events
from data.fraud.tables import EVENTS, MESSAGES, TABLE
from data.operations.book import OutrunError
from data.operations.store import DEADLOCKS, TRIES
from data.records.database import answering, reason_of
from data.records.tables import CASES
from twin.access import AuditEntry, Decision, Resource
from twin.errors import ZhianError
from twin.fraud.asking import approvers
from twin.fraud.clocks import Deadline, appeal_deadlines, deadlines, return_deadlines
from twin.fraud.deeds import By, Deed
from twin.fraud.doing import do
from twin.fraud.draft import LIFE, Change
from twin.fraud.records import (
    Appeal,
    Event,
    FraudCase,
    Grant,
    Instruction,
    Measure,
    Payment,
    ReturnPlan,
)
from twin.fraud.sharing import reach
from twin.fraud.states import APPEAL, IN_FORCE, OUT
from twin.fraud.store import Done, Due, Message, R, Whole
from twin.operations.states import NotPossibleError
from twin.words import say

T = TypeVar("T")
Keep = Callable[[sa.Connection, AuditEntry], None]
OWED = ("papers", "lift", "appeal_heard", "appeal_decided", "return", "answer")
"""What the desk or a bank must do; the others end by themselves."""
ANSWER_S = 1800.0
"""A bank that has not finally answered for so long is on the red list."""
CHECKS = ("23514", "23000")
"""PostgreSQL's words for: a check of the table, or a trigger of ours, refuses it."""


class SqlFraud:
    """:class:`twin.fraud.store.FraudStore` of a database.

    Parameters
    ----------
    audit : callable
        Writes an audit entry within the transaction of a connection.
    """

    def __init__(self, engine: sa.Engine, audit: Keep) -> None:
        self._engine, self._audit = engine, audit

    @property
    def engine(self) -> sa.Engine:
        """The database."""
        return self._engine

    def close(self) -> None:
        """Let go of the database."""
        self._engine.dispose()

    def do(self, deed: Deed, by: By) -> Done:
        """Do it."""
        return self._settled(lambda connection: self._done(connection, deed, by))

    def _settled(self, work: Callable[[sa.Connection], T]) -> T:
        """Return what comes of some work in a transaction of its own, done anew while others come between."""
        with answering(self._engine):
            for _ in range(TRIES):
                try:
                    with self._engine.begin() as connection:
                        return work(connection)
                except OutrunError:
                    continue
                except sa.exc.IntegrityError as error:
                    if _is_check(error):
                        raise NotPossibleError(say("the database refuses it: {why}", why=reason_of(error))) from None
                except sa.exc.OperationalError as error:
                    if getattr(error.orig, "sqlstate", "") not in DEADLOCKS:
                        raise
        raise NotPossibleError("others are changing the same things: try again")

    def _done(self, connection: sa.Connection, deed: Deed, by: By) -> Done:
        changes = do(SqlBook(connection), deed, by)
        keep(connection, changes)
        event = write_events(connection, changes, by.actor, type(deed).__name__, by.at_s)
        if changes:
            self._audit(connection, _entry(deed, by, changes))
        return Done(tuple(change.after for change in changes), event)

    def why_not(self, deed: Deed, by: By) -> str:
        """Return why a deed would be refused, as a sentence; empty if it would be done. Nothing is changed."""
        with answering(self._engine), self._engine.connect() as connection:
            try:
                do(SqlBook(connection), deed, by)
            except ZhianError as error:
                return error.sentence
        return ""

    def one(self, kind: type[R], id_: str) -> R:
        """Return one record."""
        with answering(self._engine), self._engine.connect() as connection:
            return SqlBook(connection).one(kind, id_)

    def find(self, kind: type[R], states: Sequence[str] = (), limit: int = 1000, **equal: str) -> tuple[R, ...]:
        """Return records, the newest first."""
        query = sa.select(TABLE[kind]).order_by(key_of(kind).desc()).limit(limit)
        if states:
            query = query.where(state_of(kind).in_(states))
        for name, value in equal.items():
            query = query.where(TABLE[kind].c[name] == value)
        with answering(self._engine), self._engine.connect() as connection:
            return SqlBook(connection).all(kind, query)

    def cases(self, by: By, states: Sequence[str] = (), limit: int = 200) -> tuple[FraudCase, ...]:
        """Return the cases somebody may see."""
        query = sa.select(CASES).order_by(CASES.c.opened_at_s.desc(), CASES.c.number.desc())
        if states:
            query = query.where(CASES.c.status.in_(states))
        with answering(self._engine), self._engine.connect() as connection:
            book = SqlBook(connection)
            grants: dict[str, list[Grant]] = {}
            for grant in book.within(Grant, ("given",)):
                grants.setdefault(grant.case, []).append(grant)
            found = book.all(FraudCase, query)
        return tuple(case for case in found if reach(case, grants.get(case.number, ()), by))[:limit]

    def whole(self, case: str) -> Whole:
        """Return all of a case."""
        with answering(self._engine), self._engine.connect() as connection:
            book = SqlBook(connection)
            parts = book.of(FraudCase, case)
            numbers = (case, *(part.number for part in parts))

            def of(kind: type[R]) -> tuple[R, ...]:
                query = sa.select(TABLE[kind]).where(TABLE[kind].c.case.in_(numbers)).order_by(key_of(kind))
                return book.all(kind, query)

            lines = sa.select(EVENTS).where(EVENTS.c.case.in_(numbers)).order_by(EVENTS.c.number)
            return Whole(
                book.one(FraudCase, case), parts, of(Payment), of(Measure), of(Instruction), of(Appeal), of(Grant),
                of(ReturnPlan), tuple(event_of(row) for row in connection.execute(lines).mappings()),
            )  # fmt: skip

    def stops(self, account: str) -> int:
        """Return how many of its two stops an account has had or has asked for."""
        with answering(self._engine), self._engine.connect() as connection:
            return SqlBook(connection).stops(account)

    def to_approve(self, by: By) -> tuple[Instruction, ...]:
        """Return what waits for somebody's approval."""
        with answering(self._engine), self._engine.connect() as connection:
            book = SqlBook(connection)
            measures = {one.id: one for one in book.within(Measure, ("asked", *IN_FORCE, "expired"))}
            waiting = [
                one for one in book.within(Instruction, ("submitted",))
                if by.actor not in (one.asked_by, one.second) and one.measure in measures
                and by.roles.intersection(approvers(one, measures[one.measure]))
            ]  # fmt: skip
        return tuple(sorted(waiting, key=lambda one: one.submitted_s))

    def due(self, now_s: float, within_s: float = 30 * 86_400.0) -> tuple[Due, ...]:
        """Return the clocks that end within a time or have ended."""
        with answering(self._engine), self._engine.connect() as connection:
            book = SqlBook(connection)
            measures = {one.id: one for one in book.within(Measure, IN_FORCE)}
            appeals, plans = book.within(Appeal, APPEAL.open), book.within(ReturnPlan, ("noticed", "approved"))
            out = book.within(Instruction, OUT)
        lines: list[tuple[Deadline, Measure | None]]
        lines = [(one, measure) for measure in measures.values() for one in deadlines(measure)]
        lines += [(one, measures.get(appeal.measure)) for appeal in appeals for one in appeal_deadlines(appeal)]
        lines += [(one, measures.get(plan.measure)) for plan in plans for one in return_deadlines(plan)]
        found = [
            Due(one, one.tone(now_s), measure.account if measure else "", measure.state if measure else "", one.case)
            for one, measure in lines
        ]
        found += [
            Due(line, line.tone(now_s), one.account, one.state, one.case) for one in out for line in (_answer(one),)
        ]
        shown = [one for one in found if one.deadline.at_s - now_s <= within_s]
        return tuple(sorted(shown, key=lambda one: (one.deadline.at_s, one.deadline.record)))

    def red_list(self, now_s: float) -> tuple[Due, ...]:
        """Return what was owed and not done in time."""
        return tuple(one for one in self.due(now_s, 0.0) if one.deadline.kind in OWED and one.tone == "late")

    def record(self, instruction: str, at_s: float, way: str, bank: str, body: bytes, note: str = "") -> None:
        """Keep what goes out to a bank, or came in, byte for byte; on disk when it returns."""
        row = {
            "instruction": instruction, "at_s": at_s, "way": way, "bank": bank, "body": body, "note": note,
            "sha256": hashlib.sha256(body).hexdigest(),
        }  # fmt: skip
        with answering(self._engine), self._engine.begin() as connection:
            connection.execute(sa.insert(MESSAGES).values(row))

    def messages(self, instruction: str) -> tuple[Message, ...]:
        """Return what went out for an instruction and came in."""
        query = sa.select(MESSAGES).where(MESSAGES.c.instruction == instruction).order_by(MESSAGES.c.number)
        with answering(self._engine), self._engine.connect() as connection:
            return tuple(Message(**row) for row in connection.execute(query).mappings())

    def events(self, after: int, limit: int = 1000) -> tuple[Event, ...]:
        """Return what happened after an event."""
        query = sa.select(EVENTS).where(EVENTS.c.number > after).order_by(EVENTS.c.number).limit(limit)
        with answering(self._engine), self._engine.connect() as connection:
            return tuple(event_of(row) for row in connection.execute(query).mappings())


def _is_check(error: sa.exc.IntegrityError) -> bool:
    """Tell whether a rule of the table refuses it, which another attempt would not change."""
    told = str(error.orig)
    return getattr(error.orig, "sqlstate", "") in CHECKS or "CHECK constraint" in told or "stays as it was" in told


def _answer(instruction: Instruction) -> Deadline:
    at_s = instruction.sent_s + ANSWER_S
    return Deadline("answer", at_s, instruction.id, instruction.case, ())


def _entry(deed: Deed, by: By, changes: Sequence[Change]) -> AuditEntry:
    """Return the audit entry of a deed: what it was done to, by id, how much it changed, and on what evidence."""
    about = changes[0].after
    details = {"deed": type(deed).__name__, "changed": str(len(changes))}
    shown = "".join(change.after.shown for change in changes if isinstance(change.after, Instruction))
    resource = Resource(LIFE[type(about)].kind, about.id)
    seen = hashlib.sha256(shown.encode()).hexdigest() if shown else ""
    return AuditEntry(by.actor, deed.permission, resource, by.purpose, Decision(True, say("done")), details, seen)
