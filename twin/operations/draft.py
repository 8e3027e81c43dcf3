"""What a deed has changed so far."""

from __future__ import annotations

from dataclasses import dataclass, replace

from twin.operations.records import (
    Alert,
    Dispatch,
    Incident,
    JointCase,
    Message,
    Minutes,
    Patrol,
    Record,
    Step,
    Task,
    Unit,
    Watch,
)
from twin.operations.states import (
    ALERT,
    DISPATCH,
    INCIDENT,
    JOINT,
    MESSAGE,
    MINUTES,
    PATROL,
    STEP,
    TASK,
    UNIT,
    WATCH,
    Life,
)
from twin.operations.store import Book, R

LIFE: dict[type[Record], Life] = {
    Alert: ALERT, Incident: INCIDENT, Unit: UNIT, Dispatch: DISPATCH, Task: TASK, Step: STEP, Message: MESSAGE,
    Watch: WATCH, Patrol: PATROL, JointCase: JOINT, Minutes: MINUTES,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Change:
    """One record before (None for a new one) and after a deed, and what was said about it."""

    before: Record | None
    after: Record
    why: str = ""


class Draft:
    """Reads the book with the deed's own changes in it, and refuses a state that may not follow."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._changes: dict[tuple[type[Record], str], Change] = {}
        self._read: dict[tuple[type[Record], str], Record] = {}

    @property
    def changes(self) -> tuple[Change, ...]:
        """What was changed, in the order in which it first was."""
        return tuple(self._changes.values())

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record as it is now."""
        changed = self._changes.get((kind, id_))
        found = changed.after if changed is not None else self._read.get((kind, id_))
        if found is None:
            return self._noted(self._book.one(kind, id_))
        assert isinstance(found, kind)  # noqa: S101 - kept under its own kind
        return found

    def of(self, kind: type[R], incident: str) -> tuple[R, ...]:
        """Return the records of an incident as they are now."""
        known = {record.id: record for record in map(self._noted, self._book.of(kind, incident))}
        for (_, id_), change in self._changes.items():
            if isinstance(change.after, kind):
                known[id_] = change.after
        return tuple(record for record in known.values() if _belongs_to(record) == incident)

    def has(self, kind: type[R], id_: str) -> bool:
        """Tell whether there is such a record."""
        return (kind, id_) in self._changes or self._book.has(kind, id_)

    def group(self, group: str) -> tuple[Alert, ...]:
        """Return the new alerts of a group."""
        return tuple(map(self._noted, self._book.group(group)))

    def number(self, letter: str, at_s: float) -> str:
        """Return a fresh id."""
        return self._book.number(letter, at_s)

    def _noted(self, record: R) -> R:
        self._read[type(record), record.id] = record
        return record

    def add(self, record: R, why: str = "") -> R:
        """Make a record."""
        self._changes[type(record), record.id] = Change(None, record, why)
        return record

    def keep(self, record: R, why: str = "") -> R:
        """Change a record: it is one version on, however often the deed changes it.

        Raises
        ------
        twin.operations.states.NotPossibleError
            If its state may not follow the one before.
        """
        key = type(record), record.id
        change = self._changes.get(key)
        now = self.one(type(record), record.id)
        if record.state != now.state:
            LIFE[type(record)].check(record.id, now.state, record.state)
        before = change.before if change is not None else now
        fresh = replace(record, version=before.version + 1 if before is not None else record.version)
        self._changes[key] = Change(before, fresh, why or (change.why if change is not None else ""))
        return fresh


def _belongs_to(record: Record) -> str:
    """Return the incident, of minutes the case, that a record is of; empty for none."""
    if isinstance(record, (Unit, Watch, Patrol)):
        return ""
    if isinstance(record, Minutes):
        return record.case
    return record.parent if isinstance(record, Incident) else record.incident
