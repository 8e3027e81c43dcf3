"""What the fraud desk asks of where its work is kept; ``data/fraud`` answers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from twin.fraud.clocks import Deadline
from twin.fraud.deeds import By, Deed, NewPayment
from twin.fraud.records import (
    Appeal,
    Event,
    FraudCase,
    Grant,
    Instruction,
    Measure,
    Payment,
    Record,
    ReturnPlan,
)

R = TypeVar("R", FraudCase, Payment, Measure, Instruction, Appeal, Grant, ReturnPlan)


class Book(Protocol):
    """The records as a deed finds them; if one of them changes before the deed is kept, it is done anew."""

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record; :class:`twin.operations.states.NotPossibleError` if there is none."""
        ...

    def of(self, kind: type[R], case: str) -> tuple[R, ...]:
        """Return the records of a case, in the order of their ids; of cases those that were merged into it."""
        ...

    def within(self, kind: type[R], states: Sequence[str]) -> tuple[R, ...]:
        """Return the records in some states, of all cases."""
        ...

    def made(self, kind: type[R], head: str) -> int:
        """Return how many records of a kind were ever made whose ids begin with ``FZ20261123-0001-M``."""
        ...

    def next_case(self, day: str) -> str:
        """Return the next number of a local day, ``2026-11-23``."""
        ...

    def stops(self, account: str) -> int:
        """Return how many stops of an account were asked for that did not fail and were not taken back."""
        ...

    def same(self, payment: NewPayment) -> Payment | None:
        """Return the payment that was entered before: of the same bank's number, or alike in all that is checked."""
        ...


@dataclass(frozen=True, slots=True)
class Done:
    """What came of a deed: the records it changed or made, as they are now, and the number of its last event."""

    records: tuple[Record, ...]
    event: int

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Return those of one kind."""
        return tuple(record for record in self.records if isinstance(record, kind))


@dataclass(frozen=True, slots=True)
class Whole:
    """All of one case, with what was merged into it."""

    case: FraudCase
    parts: tuple[FraudCase, ...]
    payments: tuple[Payment, ...]
    measures: tuple[Measure, ...]
    instructions: tuple[Instruction, ...]
    appeals: tuple[Appeal, ...]
    grants: tuple[Grant, ...]
    plans: tuple[ReturnPlan, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Due:
    """A line of the list of clocks: what runs, for which record of which case, and how pressing it is."""

    deadline: Deadline
    tone: str
    account: str
    state: str
    title: str


@dataclass(frozen=True, slots=True)
class Message:
    """What went out to a bank or came in, byte for byte.

    Parameters
    ----------
    way : str
        ``out``, ``in``, ``none`` (nothing came), ``unread`` (it came and is no answer), ``contradiction``.
    """

    number: int
    instruction: str
    at_s: float
    way: str
    bank: str
    body: bytes
    sha256: str
    note: str = ""


class FraudStore(Protocol):
    """The records of the fraud desk. Every method may be called from any thread.

    Errors are :class:`twin.operations.states.NotPossibleError` with the word for who came second, and
    :class:`twin.errors.DiskError` if nothing could be kept.
    """

    def do(self, deed: Deed, by: By) -> Done:
        """Do it, with its events and its audit entry, all or nothing."""
        ...

    def one(self, kind: type[R], id_: str) -> R:
        """Return one record."""
        ...

    def find(self, kind: type[R], states: Sequence[str] = (), limit: int = 1000, **equal: str) -> tuple[R, ...]:
        """Return records, the newest first: in some states, with columns equal to values (``case="FZ…"``)."""
        ...

    def cases(self, by: By, states: Sequence[str] = (), limit: int = 200) -> tuple[FraudCase, ...]:
        """Return the cases somebody may see, the newest first."""
        ...

    def whole(self, case: str) -> Whole:
        """Return all of a case."""
        ...

    def stops(self, account: str) -> int:
        """Return how many of its two stops an account has had or has asked for."""
        ...

    def to_approve(self, by: By) -> tuple[Instruction, ...]:
        """Return what waits for somebody's approval, the oldest first; nothing that they asked for themselves."""
        ...

    def due(self, now_s: float, within_s: float = 30 * 86_400.0) -> tuple[Due, ...]:
        """Return the clocks that end within a time or have ended, the most pressing first."""
        ...

    def red_list(self, now_s: float) -> tuple[Due, ...]:
        """Return what the desk itself owes and has not done in time: papers, lifts, appeals, returns."""
        ...

    def messages(self, instruction: str) -> tuple[Message, ...]:
        """Return what went out for an instruction and came in."""
        ...

    def events(self, after: int, limit: int = 1000) -> tuple[Event, ...]:
        """Return what happened after an event, to be asked again and again; of all desks."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...
