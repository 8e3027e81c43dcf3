"""What the day's work asks of where it is kept; ``data/operations`` answers."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from twin.operations.deeds import By, Deed
from twin.operations.records import (
    Alert,
    Dispatch,
    Event,
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
from twin.rules.hit import Hit

R = TypeVar(
    "R", Alert, Incident, Unit, Dispatch, Task, Step, Message, Watch, Patrol, JointCase, Minutes
)  # fmt: skip


class Book(Protocol):
    """The records as a deed finds them; if one of them changes before the deed is kept, it is done anew."""

    def one(self, kind: type[R], id_: str) -> R:
        """Return a record; :class:`twin.operations.states.NotPossibleError` if there is none."""
        ...

    def of(self, kind: type[R], incident: str) -> tuple[R, ...]:
        """Return the records of an incident, in the order they were made; of incidents, its parts."""
        ...

    def has(self, kind: type[R], id_: str) -> bool:
        """Tell whether there is such a record."""
        ...

    def group(self, group: str) -> tuple[Alert, ...]:
        """Return the alerts of a group that are new."""
        ...

    def number(self, letter: str, at_s: float) -> str:
        """Return a fresh id, ``I20261122-0007``: the letter, the local day, and a number that counts up."""
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
class Row:
    """One row of the queue: a group of alerts that waits for an answer, or an incident at work.

    Parameters
    ----------
    alert : Alert or None
        The most severe and oldest of the group that is still new.
    alerts, hits : int
        How many the row stands for.
    ids : tuple of str
        The alerts of the group that are still new, the first :data:`MOST_IDS`.
    """

    severity: int
    since_s: float
    alert: Alert | None = None
    alerts: int = 0
    hits: int = 0
    ids: tuple[str, ...] = ()
    incident: Incident | None = None


MOST_IDS = 500


@dataclass(frozen=True, slots=True)
class Whole:
    """All of one incident."""

    incident: Incident
    alerts: tuple[Alert, ...]
    dispatches: tuple[Dispatch, ...]
    tasks: tuple[Task, ...]
    steps: tuple[Step, ...]
    messages: tuple[Message, ...]
    parts: tuple[Incident, ...]
    events: tuple[Event, ...]


class Operations(Protocol):
    """The records of the day's work. Every method may be called from any thread.

    Errors are :class:`twin.operations.states.NotPossibleError` with the word for who came second, and
    :class:`twin.errors.DiskError` if nothing could be kept.
    """

    def take(self, hits: Sequence[Hit]) -> tuple[str, ...]:
        """Make alerts of hits and return the ids of those that are new or grew; a hit that was taken is left."""
        ...

    def do(self, deed: Deed, by: By) -> Done:
        """Do it, with its events and its audit entry, all or nothing."""
        ...

    def queue(self, limit: int = 200, at_s: float = math.inf) -> tuple[Row, ...]:
        """Return what needs a hand at all desks, the most severe first, then the oldest.

        Rounds that are shown later than ``at_s`` are left out.
        """
        ...

    def one(self, kind: type[R], id_: str) -> R:
        """Return one record."""
        ...

    def find(self, kind: type[R], states: Sequence[str] = (), limit: int = 1000, **equal: str) -> tuple[R, ...]:
        """Return records, the newest first: in some states, with columns equal to values (``agency="urban"``)."""
        ...

    def whole(self, incident: str) -> Whole:
        """Return all of an incident."""
        ...

    def hits(self, alert: str, limit: int = 100) -> tuple[Hit, ...]:
        """Return what an alert rests on, the newest first; holds plates and names as they came."""
        ...

    def events(self, after: int, limit: int = 1000) -> tuple[Event, ...]:
        """Return what happened after an event, to be asked again and again; of all desks."""
        ...

    def close(self) -> None:
        """Let go of the database."""
        ...


Clock = Callable[[], float]
