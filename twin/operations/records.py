"""What the day's work is made of. Records are frozen; a deed answers with fresh ones, each one version on.

Times are seconds since 1970-01-01 UTC, 0 for what has not happened; places are degrees in WGS 84, NaN where not known.
Texts hold no plates and no names of people: ``subject`` is an id as in the live table, shown under a mask by layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from twin.rules.hit import CONTROL

NOWHERE = math.nan


@dataclass(frozen=True, slots=True)
class Level:
    """A service level: a state to be reached within a time of the first observation.

    Parameters
    ----------
    state : str
        Of the incident: ``confirmed`` (it was opened), ``dispatched``, ``on_scene`` or ``resolved``.
    within_s : float
    """

    state: str
    within_s: float


@dataclass(frozen=True, slots=True)
class Alert:
    """Something that a scenario saw, one or more times, of one subject.

    Parameters
    ----------
    group : str
        Alerts of one scenario that are near each other in place and time share it, and are one row of the queue.
    first_s, last_s : float
        When it was first and last observed.
    hits : int
        How many observations it stands for.
    desk : str
        Whose queue it is in: ``control``, a role or an agency (:mod:`twin.rules.routing`).
    shown_s : float
        Of what is collected: when its round ends and is shown as one row. 0 for what is shown at once.
    due_s : float
        When somebody must have answered; 0 where nothing was promised.
    """

    id: str
    version: int
    state: str
    scenario: str
    rule_version: str
    severity: int
    subject: str
    subject_kind: str
    group: str
    place: str
    district: str
    street: str
    lon_deg: float
    lat_deg: float
    first_s: float
    last_s: float
    hits: int
    raised_s: float
    incident: str = ""
    reason: str = ""
    note: str = ""
    answered_s: float = 0.0
    answered_by: str = ""
    desk: str = CONTROL
    shown_s: float = 0.0
    due_s: float = 0.0

    @property
    def since_s(self) -> float:
        """Return when the clocks of its levels begin: with the first observation; of a round, when it is shown."""
        return max(self.first_s, self.shown_s)


@dataclass(frozen=True, slots=True)
class Incident:
    """What somebody has to do something about, from confirmed to closed.

    Parameters
    ----------
    since_s : float
        When it was first observed, or reported: the clocks of its levels begin here.
    form : str
        ``alarm``, or ``queue`` for people who wait to be served.
    parent, merged_into : str
        Other incidents.
    levels : tuple of Level
        As its scenario promised when it was opened.
    escalated : int
        How many times it was raised to a higher desk.
    owner : str
        The account that has it in hand.
    desk : str
        Whose queue it is in, as of :class:`Alert`.
    """

    id: str
    version: int
    state: str
    scenario: str
    form: str
    severity: int
    title: str
    place: str
    district: str
    street: str
    lon_deg: float
    lat_deg: float
    since_s: float
    opened_s: float
    opened_by: str
    owner: str
    plan: str = ""
    levels: tuple[Level, ...] = ()
    parent: str = ""
    merged_into: str = ""
    escalated: int = 0
    dispatched_s: float = 0.0
    on_scene_s: float = 0.0
    resolved_s: float = 0.0
    closed_s: float = 0.0
    outcome: str = ""
    note: str = ""
    changed_s: float = 0.0
    desk: str = CONTROL


@dataclass(frozen=True, slots=True)
class Unit:
    """Somebody who can be sent.

    Parameters
    ----------
    kind : str
        As of the live table: ``police_car``, ``officer``, ``guard``, ``drone`` …
    agency : str
        Whose it is, as in ``resources/agencies.toml``.
    skills : tuple of str
    entity : str
        Its id in the live table, from where its place is known.
    channel, source, device : str
        How it is told: ``cot``, ``jt808`` or ``radio``, over which source, and its terminal there.
    lon_deg, lat_deg : float
        Where it stands when the live table does not know better.
    until_s : float
        When its shift ends; infinite without one.
    load : int
        How often it was sent in this shift.
    """

    id: str
    version: int
    state: str
    name: str
    kind: str
    agency: str
    skills: tuple[str, ...] = ()
    entity: str = ""
    channel: str = "radio"
    source: str = ""
    device: str = ""
    district: str = ""
    street: str = ""
    lon_deg: float = NOWHERE
    lat_deg: float = NOWHERE
    until_s: float = math.inf
    load: int = 0
    dispatch: str = ""
    changed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Dispatch:
    """One unit on its way to one incident; ``expected_s`` is the travel time that was promised."""

    id: str
    version: int
    state: str
    incident: str
    unit: str
    sent_by: str
    sent_s: float
    expected_s: float
    acknowledged_s: float = 0.0
    en_route_s: float = 0.0
    on_scene_s: float = 0.0
    ended_s: float = 0.0
    reason: str = ""
    changed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Task:
    """Work handed over to another agency."""

    id: str
    version: int
    state: str
    incident: str
    agency: str
    what: str
    offered_by: str
    offered_s: float
    due_s: float
    accepted_s: float = 0.0
    ended_s: float = 0.0
    answered_by: str = ""
    note: str = ""
    changed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of an incident's plan; ``action`` is what the workbench can do for it at once."""

    id: str
    version: int
    state: str
    incident: str
    plan: str
    step: str
    place: int
    owner: str
    action: str
    due_s: float
    answered_s: float = 0.0
    answered_by: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Message:
    """What goes out: an order to a terminal, a text to be read out, a notice to who is concerned.

    Parameters
    ----------
    channel : str
        One of :data:`CHANNELS`.
    recipient : str
        A unit's id; for a notice a number or an address, which is shown under a mask.
    dispatch : str
        Of an order: the dispatch it gives or takes back.
    template, basis : str
        Of a notice: by which template it was written, and on which legal basis.
    answer : str
        What came of it; a sentence of the program's is packed (:func:`twin.words.unpack`).
    """

    id: str
    version: int
    state: str
    channel: str
    recipient: str
    incident: str
    dispatch: str
    text: str
    made_by: str
    made_s: float
    template: str = ""
    basis: str = ""
    source: str = ""
    device: str = ""
    tries: int = 0
    ended_s: float = 0.0
    answer: str = ""


CHANNELS = ("cot", "jt808", "radio", "sms", "letter", "door")
NOTICES = ("sms", "letter")
DOOR_WISHES = ("lock", "open")
"""What a door can be asked for; the template of a message over ``door``."""


@dataclass(frozen=True, slots=True)
class Event:
    """One line of what happened to a record; ``number`` counts up and never back, whatever the clock does."""

    number: int
    at_s: float
    by: str
    deed: str
    kind: str
    record: str
    incident: str
    before: str
    after: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class Watch:
    """One line of the roster: who is on duty from when to when, with which unit, on which terminal.

    Parameters
    ----------
    person : str
        An account's id.
    role : str
        What the person does in it, as in ``resources/access.toml``.
    unit : str
        The unit that comes on duty and goes off with it; empty at a desk.
    channel, source, device : str
        The terminal in hand, as of :class:`Unit`; empty for the unit's own.
    """

    id: str
    version: int
    state: str
    person: str
    role: str
    unit: str
    begin_s: float
    end_s: float
    channel: str = ""
    source: str = ""
    device: str = ""
    on_s: float = 0.0
    off_s: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Stop:
    """A place to be looked at on patrol, and when somebody was there; 0 for not yet."""

    name: str
    lon_deg: float
    lat_deg: float
    due_s: float
    reached_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Patrol:
    """What a unit is to look at in a shift; a dispatch comes before it."""

    id: str
    version: int
    state: str
    name: str
    unit: str
    begin_s: float
    end_s: float
    stops: tuple[Stop, ...]
    changed_s: float = 0.0


JOINT_KINDS = ("dispute", "wages", "loss")


@dataclass(frozen=True, slots=True)
class JointCase:
    """A case of the joint duty room: the police and the partners who are there, with those called in.

    Parameters
    ----------
    kind : str
        One of :data:`JOINT_KINDS`.
    parties : tuple of str
        Who is at odds; names, to be shown under a mask.
    partners, called_in : tuple of str
        Agencies, as in ``resources/agencies.toml``: those of the eight who take part, and others.
    amount_fen : int
        What it is about, in 0.01 yuan; 0 where it is not about money.
    follow_s : float
        When it is looked after whether the agreement is kept.
    """

    id: str
    version: int
    state: str
    kind: str
    title: str
    parties: tuple[str, ...]
    partners: tuple[str, ...]
    place: str
    street: str
    opened_s: float
    opened_by: str
    called_in: tuple[str, ...] = ()
    incident: str = ""
    amount_fen: int = 0
    agreement: str = ""
    agreed_s: float = 0.0
    follow_s: float = 0.0
    followed_s: float = 0.0
    closed_s: float = 0.0
    note: str = ""
    changed_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Minutes:
    """The minutes of one mediation: who was present, and what was said."""

    id: str
    version: int
    state: str
    case: str
    held_s: float
    present: tuple[str, ...]
    text: str
    written_by: str


Record = (
    Alert | Incident | Unit | Dispatch | Task | Step | Message | Watch | Patrol | JointCase | Minutes
)  # fmt: skip
