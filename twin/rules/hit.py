"""A hit: what a scenario's condition found, with all that explains it.

A hit holds plates and names as they came; whoever shows it masks them (:mod:`twin.access`) until a purpose was stated.
Its texts are ids and names of columns, for the screen to put into words.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

SEVERITIES: tuple[int, ...] = (1, 2, 3, 4)
"""From danger to life and limb (1) to what is good to know (4)."""
LINKS: tuple[str, ...] = ("plate", "card", "device")
"""By what an entity is known: of a plate the vehicle is known and never who drives it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """An entity that a hit is about.

    Parameters
    ----------
    id : str
        Its id in the live table; holds no plate and no name.
    kind : str
        One of :data:`twin.live.kinds.KINDS`.
    label : str
        Plate, call sign or name as it came; sensitive.
    link : str
        One of :data:`LINKS`: by what a list's entry is linked to it; empty if no list was asked.
    """

    id: str
    kind: str
    label: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Reading:
    """A value that made the condition hold: ``dwell_s`` 730 ``s``.

    Parameters
    ----------
    name : str
        A column, or what the condition worked out: ``dwell_s``, ``count``, ``distance_m``, ``silent_s`` …
    value : float or str
    unit : str
        Empty for words and plain numbers.
    """

    name: str
    value: float | str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """What would have kept the scenario silent: ``name`` being ``sign`` ``value``.

    Parameters
    ----------
    name : str
        Of one of the hit's readings.
    sign : str
        One of ``<``, ``<=``, ``=``, ``<>``, ``>=``, ``>``, ``inside``, ``outside``.
    value : float or str
        The threshold, or the name of the area.
    """

    name: str
    sign: str
    value: float | str
    unit: str = ""


@dataclass(frozen=True, slots=True)
class ListedEntry:
    """The entry of a reference list that an entity was found on.

    Parameters
    ----------
    list : str
        Id of the list.
    key : str
        What was matched: a plate, a card's or a device's number; sensitive.
    note : str
        What the list says of it; sensitive.
    source, owner : str
        Where the list came from, and who answers for it.
    as_of_s : float
        The day of the list, seconds since 1970-01-01 UTC.
    overdue : bool
        The list is past its age: this must be said wherever the hit is shown.
    legal_basis : str
        What allows to watch for it; empty on lists that are no watch lists.
    """

    list: str
    key: str
    note: str
    source: str
    owner: str
    as_of_s: float
    overdue: bool = False
    legal_basis: str = ""


CONTROL = "control"
"""The desk of the control room's operators; the others are called as the role or agency that is told."""


@dataclass(frozen=True, slots=True)
class Route:
    """Whose hand a hit needs, and when.

    Parameters
    ----------
    desk : str
        Whose queue it comes into: :data:`CONTROL`, a role or an agency.
    round_s : float
        For how long such hits are collected before they are shown as one row; 0 to be shown at once.
    answer_s : float
        Within how long of being shown somebody must have answered; 0 where nothing was promised.
    """

    desk: str = CONTROL
    round_s: float = 0.0
    answer_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Hit:
    """A scenario's condition began to hold.

    Parameters
    ----------
    scenario, version : str
        Id of the scenario, and the hash of what its file meant.
    severity : int
        One of :data:`SEVERITIES`.
    at_s : float
        When it began to hold by the source's clock, seconds since 1970-01-01 UTC.
    seen_s : float
        When the rules saw it, by this machine's clock.
    lon_deg, lat_deg : float
    subjects : tuple of Subject
        Whom it is about, the one that set it off first.
    readings : tuple of Reading
    unless : tuple of Limit
        Each of these alone would have kept it silent.
    area : str
        Name of the area it is in, if the condition has one.
    entries : tuple of ListedEntry
    step : str
        Of a sequence, its steps so far with their times, one line; else empty.
    route : Route
    """

    scenario: str
    version: str
    severity: int
    at_s: float
    seen_s: float
    lon_deg: float
    lat_deg: float
    subjects: tuple[Subject, ...]
    readings: tuple[Reading, ...] = ()
    unless: tuple[Limit, ...] = ()
    area: str = ""
    entries: tuple[ListedEntry, ...] = ()
    step: str = ""
    route: Route = Route()
    id: str = field(init=False)
    """The same whenever the same hit is worked out again, so that it can be taken once."""

    def __post_init__(self) -> None:
        """Work out the id."""
        whose = "\n".join(subject.id for subject in self.subjects[:1])
        said = f"{self.scenario}\n{self.at_s:.3f}\n{self.area}\n{whose}"
        object.__setattr__(self, "id", hashlib.blake2b(said.encode(), digest_size=12).hexdigest())

    @property
    def age_s(self) -> float:
        """How old the data was when the rules saw it."""
        return self.seen_s - self.at_s

    @property
    def overdue(self) -> bool:
        """Whether a list that it rests on is past its age."""
        return any(entry.overdue for entry in self.entries)


class HitSink(Protocol):
    """Takes hits on, such as to make alerts of them."""

    def take(self, hits: Sequence[Hit]) -> None:
        """Keep hits; they are safe when this returns. One that was taken before (by its id) changes nothing."""
        ...
