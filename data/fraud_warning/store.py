"""Warnings, and what they rest on, in the records database; each change with its audit entry in one transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime

import msgspec
import numpy as np
import sqlalchemy as sa

from data.audit.trail import append
from data.forms import learn
from data.fraud_warning.tables import HINTS, SUBJECTS, WARNINGS
from data.home import Home
from data.records.database import answering, open_records
from twin.access import AuditEntry, Decision, Purpose, Resource
from twin.fraud.dwell import Curve, Stays
from twin.fraud.dwell import learn as learn_curve
from twin.fraud.warning.categories import CATEGORY, FACT, FACTS
from twin.fraud.warning.feeds import Alarm, Hint
from twin.fraud.warning.hints import Hints
from twin.fraud.warning.warning import KEEP_S, Contact, Warned, not_open, raised
from twin.operations.states import NotPossibleError
from twin.words import say

learn(Warned, Contact)
LISTS = {"reasons": tuple[str, ...], "against": tuple[str, ...], "contacts": tuple[Contact, ...]}
COLUMNS = tuple(field.name for field in fields(Warned))
FACT_AT = {fact.id: at for at, fact in enumerate(FACTS)}
AT_ONCE = 5000
PROGRAM = "warnings"


@dataclass(frozen=True, slots=True)
class Who:
    """Who does something, when and for what."""

    actor: str
    at_s: float
    purpose: Purpose | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """How good one source of warnings is, on what is known of its warnings.

    Parameters
    ----------
    closed : int
        Warnings that were ended with an outcome that is known.
    right : int
        Of these, those where money was lost or a loss was averted.
    """

    feed: str
    made: int
    closed: int
    right: int


FEEDS_SQL = """SELECT feed, count(*) AS made,
  sum(CASE WHEN outcome IN ('dissuaded', 'lost', 'no_fraud') THEN 1 ELSE 0 END) AS closed,
  sum(CASE WHEN outcome IN ('dissuaded', 'lost') THEN 1 ELSE 0 END) AS "right"
FROM fraud_warning GROUP BY feed ORDER BY feed"""
"""The query behind :class:`Record`."""


class SqlWarnings:
    """Warnings of a database."""

    def __init__(self, engine: sa.Engine) -> None:
        self.engine = engine

    @classmethod
    def of(cls, home: Home) -> SqlWarnings:
        """Open those of an installation; errors as of :func:`data.records.database.open_records`."""
        return cls(open_records(home))

    def close(self) -> None:
        """Let go of the database."""
        self.engine.dispose()

    def take(self, told: Sequence[Hint | Alarm], now_s: float) -> tuple[int, tuple[Warned, ...]]:
        """Keep facts, raise a warning of each alarm; return how many facts were new, and the new warnings.

        A person about whom the same feed warned of the same fraud, and whose warning is open, is not warned of again.
        """
        hints = [one for one in told if isinstance(one, Hint)]
        alarms = [one for one in told if isinstance(one, Alarm)]
        with answering(self.engine), self.engine.begin() as connection:
            new = self._facts(connection, hints)
            made = [one for one in (self._alarm(connection, alarm, now_s) for alarm in alarms) if one is not None]
            counted = {"facts": str(new), "warnings": str(len(made))}
            append(connection, _entry("warning.take", Who(PROGRAM, now_s), "", counted))
        return new, tuple(made)

    def raise_(self, warnings: Sequence[Warned], who: Who) -> tuple[Warned, ...]:
        """Keep fresh warnings under ids of the day; persons that have an open one of the same fraud are left out."""
        with answering(self.engine), self.engine.begin() as connection:
            kept = [one for one in (self._kept(connection, warned) for warned in warnings) if one is not None]
            append(connection, _entry("warning.raise", who, "", {"warnings": str(len(kept))}))
        return tuple(kept)

    def change(self, id_: str, change: Callable[[Warned], Warned], action: str, who: Who) -> Warned:
        """Change a warning as a person did.

        Raises
        ------
        twin.operations.states.NotPossibleError
            If there is none, its state does not allow it, or somebody else was faster.
        """
        with answering(self.engine), self.engine.begin() as connection:
            before = self._one(connection, id_)
            after = change(before)
            mine = (WARNINGS.c.id == id_) & (WARNINGS.c.version == before.version)
            if connection.execute(sa.update(WARNINGS).where(mine).values(_row(after))).rowcount != 1:
                raise NotPossibleError("others are changing the same things: try again")
            append(connection, _entry(action, who, id_, {"state": after.state, "outcome": after.outcome}))
        return after

    def one(self, id_: str) -> Warned:
        """Return a warning."""
        with answering(self.engine), self.engine.connect() as connection:
            return self._one(connection, id_)

    def all(self) -> tuple[Warned, ...]:
        """Return all that are kept, the oldest first."""
        asked = sa.select(WARNINGS).order_by(WARNINGS.c.made_s, WARNINGS.c.id)
        with answering(self.engine), self.engine.connect() as connection:
            return tuple(_warned(row) for row in connection.execute(asked).mappings())

    def forget(self, now_s: float, who: Who) -> tuple[int, int]:
        """Delete warnings without an outcome and facts whose time is over; return how many of each."""
        old = (WARNINGS.c.state != "closed") & (WARNINGS.c.made_s <= now_s - KEEP_S)
        with answering(self.engine), self.engine.begin() as connection:
            warnings = connection.execute(sa.delete(WARNINGS).where(old)).rowcount
            facts = connection.execute(sa.delete(HINTS).where(HINTS.c.until_s <= now_s)).rowcount
            named = sa.select(HINTS.c.subject).union(
                sa.select(SUBJECTS.c.number).where(SUBJECTS.c.name.in_(sa.select(WARNINGS.c.subject)))
            )
            connection.execute(sa.delete(SUBJECTS).where(SUBJECTS.c.number.not_in(named)))
            append(connection, _entry("warning.forget", who, "", {"warnings": str(warnings), "facts": str(facts)}))
        return warnings, facts

    def hints(self, since_s: float) -> tuple[Hints, tuple[str, ...]]:
        """Return all facts after a time, and the names of persons that their numbers point into."""
        asked = sa.select(HINTS.c.subject, HINTS.c.fact, HINTS.c.at_s, HINTS.c.value).where(HINTS.c.at_s > since_s)
        with answering(self.engine), self.engine.connect() as connection:
            rows = connection.execute(asked.order_by(HINTS.c.subject, HINTS.c.at_s)).all()
            known = connection.execute(sa.select(SUBJECTS.c.number, SUBJECTS.c.name))
            names = {row.number: row.name for row in known}
        numbers, subject = np.unique(np.array([row.subject for row in rows], np.int64), return_inverse=True)
        facts = np.array([FACT_AT[row.fact] for row in rows], np.int64)
        at_s, value = (np.array([row[at] for row in rows], np.float64) for at in (2, 3))
        return Hints(subject.astype(np.int64), facts, at_s, value), tuple(names[number] for number in numbers.tolist())

    def feeds(self) -> tuple[Record, ...]:
        """Return how good each source was; of scorecards of ours the name is empty."""
        with answering(self.engine), self.engine.connect() as connection:
            return tuple(
                Record(row.feed, row.made, row.closed, row.right) for row in connection.execute(sa.text(FEEDS_SQL))
            )

    def curve(self) -> Curve:
        """Return how long it takes from a warning to a payment, learnt from those that came true."""
        ended = [one for one in self.all() if one.outcome in ("lost", "dissuaded")]
        until_s = np.array([one.paid_s or one.closed_s for one in ended])
        dwell_s = until_s - np.array([one.made_s for one in ended])
        return learn_curve(Stays(dwell_s, np.array([one.outcome == "lost" for one in ended], np.bool_)))

    def _facts(self, connection: sa.Connection, hints: Sequence[Hint]) -> int:
        numbers = _numbers(connection, sorted({hint.subject for hint in hints}))
        rows = {
            (numbers[hint.subject], hint.fact, hint.at_s, hint.value, hint.feed): {
                "subject": numbers[hint.subject], "fact": hint.fact, "at_s": hint.at_s, "value": hint.value,
                "feed": hint.feed, "category": FACT[hint.fact].category,
                "until_s": hint.at_s + CATEGORY[FACT[hint.fact].category].keep_s,
            }
            for hint in hints
        }  # fmt: skip
        before = connection.scalar(sa.select(sa.func.count()).select_from(HINTS)) or 0
        some = list(rows.values())
        for begin in range(0, len(some), AT_ONCE):
            connection.execute(_unless_there(connection, HINTS), some[begin : begin + AT_ONCE])
        return (connection.scalar(sa.select(sa.func.count()).select_from(HINTS)) or 0) - before

    def _alarm(self, connection: sa.Connection, alarm: Alarm, now_s: float) -> Warned | None:
        warned = raised("new", alarm.subject, alarm.kind, alarm.risk, min(alarm.at_s, now_s))
        return self._kept(connection, replace(warned, feed=alarm.feed))

    def _kept(self, connection: sa.Connection, warned: Warned) -> Warned | None:
        _numbers(connection, [warned.subject])
        same = (WARNINGS.c.subject == warned.subject) & (WARNINGS.c.kind == warned.kind)
        open_one = same & (WARNINGS.c.feed == warned.feed) & (WARNINGS.c.state != "closed")
        if connection.execute(sa.select(WARNINGS.c.id).where(open_one)).first() is not None:
            return None
        told = connection.execute(sa.select(SUBJECTS).where(SUBJECTS.c.name == warned.subject)).mappings().one()
        group = {name: getattr(warned, name) or told[name] for name in ("age_band", "sex", "district")}
        kept = replace(warned, id=_next_id(connection, warned.made_s), **group)
        connection.execute(sa.insert(WARNINGS).values(_row(kept)))
        return kept

    def _one(self, connection: sa.Connection, id_: str) -> Warned:
        row = connection.execute(sa.select(WARNINGS).where(WARNINGS.c.id == id_)).mappings().first()
        if row is None:
            raise not_open(id_)
        return _warned(row)


def _next_id(connection: sa.Connection, at_s: float) -> str:
    head = f"W{datetime.fromtimestamp(at_s).astimezone():%Y%m%d}-"
    last = connection.scalar(sa.select(sa.func.max(WARNINGS.c.id)).where(WARNINGS.c.id.startswith(head)))
    return f"{head}{int(str(last).removeprefix(head)) + 1 if last else 1:05d}"


def _numbers(connection: sa.Connection, names: Sequence[str]) -> dict[str, int]:
    """Return the numbers of persons; those nobody told of yet get one."""
    for begin in range(0, len(names), AT_ONCE):
        rows = [{"name": name} for name in names[begin : begin + AT_ONCE]]
        connection.execute(_unless_there(connection, SUBJECTS), rows)
    found: dict[str, int] = {}
    for begin in range(0, len(names), AT_ONCE):
        asked = sa.select(SUBJECTS.c.name, SUBJECTS.c.number).where(SUBJECTS.c.name.in_(names[begin : begin + AT_ONCE]))
        found |= {row.name: row.number for row in connection.execute(asked)}
    return found


def _unless_there(connection: sa.Connection, table: sa.Table) -> sa.Executable:
    """Return the insertion that leaves what is there already."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_there

        return insert_there(table).on_conflict_do_nothing()
    return sa.insert(table).prefix_with("OR IGNORE")


def _row(warned: Warned) -> dict[str, object]:
    row: dict[str, object] = {name: getattr(warned, name) for name in COLUMNS}
    return row | {name: msgspec.json.encode(row[name]).decode() for name in LISTS}


def _warned(row: sa.RowMapping) -> Warned:
    plain = {name: row[name] for name in COLUMNS}
    return Warned(**plain | {name: msgspec.json.decode(plain[name], type=kind) for name, kind in LISTS.items()})


def _entry(action: str, who: Who, id_: str, details: dict[str, str]) -> AuditEntry:
    resource = Resource("warning", id_, sensitive=True)
    return AuditEntry(who.actor, action, resource, who.purpose, Decision(True, say("done")), details)
