"""What a deed has changed so far."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from twin.fraud.deeds import NewPayment
from twin.fraud.records import Appeal, FraudCase, Grant, Instruction, Measure, Payment, Record, ReturnPlan
from twin.fraud.states import APPEAL, CASE, GRANT, INSTRUCTION, MEASURE, PAYMENT, RETURNING
from twin.fraud.store import Book, R
from twin.operations.states import Life

LIFE: dict[type[Record], Life] = {
    FraudCase: CASE, Payment: PAYMENT, Measure: MEASURE, Instruction: INSTRUCTION, Appeal: APPEAL, Grant: GRANT,
    ReturnPlan: RETURNING,
}  # fmt: skip
LETTER: dict[type[Record], str] = {
    Payment: "P", Measure: "M", Instruction: "I", Appeal: "A", Grant: "G", ReturnPlan: "R",
}  # fmt: skip
"""What comes in an id between the number of the case and its own."""


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

    @property
    def changes(self) -> tuple[Change, ...]:
        """What was changed, in the order in which it first was."""
        return tuple(self._changes.values())

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record as it is now."""
        changed = self._changes.get((kind, id_))
        if changed is None:
            return self._book.one(kind, id_)
        assert isinstance(changed.after, kind)  # noqa: S101 - kept under its own kind
        return changed.after

    def of(self, kind: type[R], case: str) -> tuple[R, ...]:
        """Return the records of a case as they are now."""
        return self._now(kind, self._book.of(kind, case), lambda record: _case_of(record) == case)

    def within(self, kind: type[R], states: Sequence[str]) -> tuple[R, ...]:
        """Return the records in some states as they are now."""
        return self._now(kind, self._book.within(kind, states), lambda record: record.state in states)

    def _now(self, kind: type[R], found: Sequence[R], fits: Callable[[R], bool]) -> tuple[R, ...]:
        known: dict[str, R] = {record.id: record for record in found}
        for (_, id_), change in self._changes.items():
            if isinstance(change.after, kind):
                known[id_] = change.after
        return tuple(record for record in known.values() if fits(record))

    def next_id(self, kind: type[R], case: str) -> str:
        """Return a fresh id of a record of a case."""
        head = f"{case}-{LETTER[kind]}"
        made = sum(changed.before is None and id_.startswith(head) for (_, id_), changed in self._changes.items())
        return f"{head}{self._book.made(kind, head) + made + 1:02d}"

    def next_case(self, day: str) -> str:
        """Return the next number of a day; only one case is made by a deed."""
        return self._book.next_case(day)

    def stops(self, account: str) -> int:
        """Return how many stops an account has had or has asked for, with those of this deed."""
        fresh = sum(
            isinstance(change.after, Instruction) and change.after.account == account and change.after.nth > 0
            for change in self._changes.values() if change.before is None
        )  # fmt: skip
        return self._book.stops(account) + fresh

    def same(self, payment: NewPayment) -> Payment | None:
        """Return a payment that was entered before."""
        return self._book.same(payment)

    def add(self, record: R, why: str = "") -> R:
        """Make a record."""
        self._changes[type(record), record.id] = Change(None, record, why)
        return record

    def turn(self, record: R, why: str = "") -> R:
        """Change a record to another state; one that is in it already is refused like any other."""
        LIFE[type(record)].check(record.id, self.one(type(record), record.id).state, record.state)
        return self.keep(record, why)

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


def _case_of(record: Record) -> str:
    return record.merged_into if isinstance(record, FraudCase) else record.case
