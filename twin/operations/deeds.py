"""What a person, or the program for a person, can do in the day's work: frozen requests.

:func:`twin.operations.doing.do` says what comes of each, ``data/operations`` keeps it. Each deed names the permission
that :func:`twin.access.decide` is asked for.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from twin.access import Purpose
from twin.operations.plans import PlanStep
from twin.operations.records import Level, Stop, Unit
from twin.rules.hit import CONTROL


@dataclass(frozen=True, slots=True)
class By:
    """Who does it, when, and for which purpose; ``agencies`` are those it belongs to, none of the police."""

    actor: str
    at_s: float
    purpose: Purpose | None = None
    agencies: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Start:
    """What an incident of a scenario begins with; ``title`` is what it is called until somebody says better."""

    title: str
    form: str = "alarm"
    plan: str = ""
    steps: tuple[PlanStep, ...] = ()
    levels: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True)
class ConfirmAlerts:
    """A person says that alerts are real: an incident is opened, or they join one that is.

    With ``group`` all alerts of it that are new are meant.
    """

    permission: ClassVar[str] = "alert.answer"
    alerts: tuple[str, ...]
    start: Start
    incident: str = ""
    note: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class DismissAlerts:
    """A person says that alerts need nothing, and why: one of :data:`twin.operations.states.DISMISSALS`."""

    permission: ClassVar[str] = "alert.answer"
    alerts: tuple[str, ...]
    reason: str
    note: str = ""
    group: str = ""


@dataclass(frozen=True, slots=True)
class PassAlerts:
    """Say that alerts are another desk's: ``control``, a role or an agency."""

    permission: ClassVar[str] = "alert.answer"
    alerts: tuple[str, ...]
    desk: str
    why: str
    group: str = ""


@dataclass(frozen=True, slots=True)
class RestoreAlerts:
    """Take an answer back, while nobody was sent and nothing handed over."""

    permission: ClassVar[str] = "alert.answer"
    alerts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenIncident:
    """What was reported by telephone, at a counter, by a colleague; with ``parent`` a part of another incident."""

    permission: ClassVar[str] = "incident.open"
    scenario: str
    severity: int
    start: Start
    since_s: float = 0.0
    place: str = ""
    district: str = ""
    street: str = ""
    lon_deg: float = math.nan
    lat_deg: float = math.nan
    parent: str = ""
    desk: str = CONTROL


@dataclass(frozen=True, slots=True)
class ClaimIncident:
    """Take an incident in hand."""

    permission: ClassVar[str] = "incident.work"
    incident: str


@dataclass(frozen=True, slots=True)
class MergeIncidents:
    """Say that incidents are one: alerts, units, tasks and steps go over to ``into``."""

    permission: ClassVar[str] = "incident.work"
    incidents: tuple[str, ...]
    into: str


@dataclass(frozen=True, slots=True)
class Assignment:
    """One unit to be sent, and its travel time as it was proposed; infinite if not known."""

    unit: str
    expected_s: float = math.inf


@dataclass(frozen=True, slots=True)
class SendUnits:
    """Send units; each is told over its own channel."""

    permission: ClassVar[str] = "unit.send"
    incident: str
    units: tuple[Assignment, ...]
    text: str


@dataclass(frozen=True, slots=True)
class ReportDispatch:
    """What became of a dispatch: a state of :data:`twin.operations.states.DISPATCH`."""

    permission: ClassVar[str] = "unit.send"
    dispatch: str
    state: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class HandOver:
    """Give work to another agency, to be done by a time."""

    permission: ClassVar[str] = "task.offer"
    incident: str
    agency: str
    what: str
    due_s: float


@dataclass(frozen=True, slots=True)
class AnswerTask:
    """An agency accepts, finishes or returns a task; who offered it withdraws it."""

    permission: ClassVar[str] = "task.answer"
    task: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AnswerStep:
    """A step of the plan was done, or is skipped with a reason, or that is taken back."""

    permission: ClassVar[str] = "incident.work"
    step: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class AddNote:
    """Write a line into an incident's record."""

    permission: ClassVar[str] = "incident.work"
    incident: str
    text: str


@dataclass(frozen=True, slots=True)
class Escalate:
    """Raise an incident to the next desk, as before a level is missed; once of those who saw it raised as often."""

    permission: ClassVar[str] = "incident.work"
    incident: str
    why: str
    raised: int = -1


@dataclass(frozen=True, slots=True)
class Resolve:
    """Say how an incident ended: one of :data:`twin.operations.states.OUTCOMES`; units on scene are free again."""

    permission: ClassVar[str] = "incident.work"
    incident: str
    outcome: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Close:
    """Close what is resolved."""

    permission: ClassVar[str] = "incident.close"
    incident: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Reopen:
    """Open again what was resolved too early."""

    permission: ClassVar[str] = "incident.close"
    incident: str
    why: str


@dataclass(frozen=True, slots=True)
class SendNotice:
    """Write to who is concerned, from a template and on a legal basis."""

    permission: ClassVar[str] = "notice.send"
    incident: str
    channel: str
    recipient: str
    template: str
    text: str
    basis: str


@dataclass(frozen=True, slots=True)
class AskDoor:
    """Ask the controller of a door to lock or to open it; ``name`` is what the door is called."""

    permission: ClassVar[str] = "door.ask"
    incident: str
    door: str
    name: str
    wish: str
    basis: str = ""


@dataclass(frozen=True, slots=True)
class ReportMessage:
    """What became of a message in the outbox."""

    permission: ClassVar[str] = "unit.send"
    message: str
    state: str
    answer: str = ""


@dataclass(frozen=True, slots=True)
class EnrolUnit:
    """Make a unit known, or change what it is; its state and its work stay as they are."""

    permission: ClassVar[str] = "unit.manage"
    unit: Unit


@dataclass(frozen=True, slots=True)
class SetUnit:
    """A unit comes on duty, goes off, or is out of order."""

    permission: ClassVar[str] = "unit.manage"
    unit: str
    state: str
    until_s: float = math.inf
    why: str = ""


@dataclass(frozen=True, slots=True)
class PlanWatch:
    """Put a line on the roster."""

    permission: ClassVar[str] = "duty.manage"
    person: str
    role: str
    begin_s: float
    end_s: float
    unit: str = ""
    channel: str = ""
    source: str = ""
    device: str = ""


@dataclass(frozen=True, slots=True)
class TurnWatch:
    """A watch begins (``on``), ends (``off``) or is ``cancelled``; its unit comes on duty and goes off with it.

    ``note`` is what is handed over to the next shift.
    """

    permission: ClassVar[str] = "duty.turn"
    watch: str
    state: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class PlanPatrol:
    """Say what a unit is to look at in a shift."""

    permission: ClassVar[str] = "duty.manage"
    name: str
    unit: str
    begin_s: float
    end_s: float
    stops: tuple[Stop, ...]


@dataclass(frozen=True, slots=True)
class ReportPatrol:
    """A stop was reached (its place in the list), or the patrol is ``broken_off`` or ``cancelled``."""

    permission: ClassVar[str] = "duty.turn"
    patrol: str
    stop: int = -1
    state: str = ""
    why: str = ""


@dataclass(frozen=True, slots=True)
class OpenJoint:
    """Bring a case to the joint duty room: a dispute, wages, a loss."""

    permission: ClassVar[str] = "joint.work"
    kind: str
    title: str
    parties: tuple[str, ...]
    partners: tuple[str, ...]
    place: str = ""
    street: str = ""
    incident: str = ""
    amount_fen: int = 0


@dataclass(frozen=True, slots=True)
class CallIn:
    """Call other agencies in."""

    permission: ClassVar[str] = "joint.work"
    case: str
    agencies: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WriteMinutes:
    """Keep the minutes of a mediation; what was written stays as it is."""

    permission: ClassVar[str] = "joint.work"
    case: str
    present: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class TurnJoint:
    """A case goes on: a state of :data:`twin.operations.states.JOINT`, with the agreement or the reason.

    ``follow_s`` is when an agreement is looked after.
    """

    permission: ClassVar[str] = "joint.work"
    case: str
    state: str
    text: str = ""
    follow_s: float = 0.0


Deed = (
    ConfirmAlerts | DismissAlerts | PassAlerts | RestoreAlerts | OpenIncident | ClaimIncident | MergeIncidents
    | SendUnits | ReportDispatch | HandOver | AnswerTask | AnswerStep | AddNote | Escalate | Resolve | Close | Reopen
    | SendNotice | AskDoor | ReportMessage | EnrolUnit | SetUnit | PlanWatch | TurnWatch | PlanPatrol | ReportPatrol
    | OpenJoint
    | CallIn | WriteMinutes | TurnJoint
)  # fmt: skip
