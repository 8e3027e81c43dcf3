"""Who is sent: proposed by travel time, chosen by a person, told over their own channels, followed to the place."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from app import formats
from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Entry
from app.workbenches.operations.orders import STEP, Orders
from app.workbenches.operations.page import UnitLine
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.proposals import Choice, Proposals, Proposed
from app.workbenches.operations.reading import PROPOSE, SEND
from app.workbenches.operations.worklist import Worklist
from twin.errors import UsageError
from twin.operations.deeds import ReportDispatch, ReportMessage, SendUnits
from twin.operations.records import Incident, Unit
from twin.operations.store import Operations

REPORT, TOLD = "work.report", "work.told"
NOBODY = "propose units first, and choose at least one"
NO_UNITS = "no unit is free: enrol units, or hand the work over"
MOST = 6


class Sending:
    """The commands that send, and the choice they send.

    Parameters
    ----------
    changed : callable
        Called whenever the choice is another.
    """

    def __init__(self, desk: Desk, work: Worklist, orders: Orders, parts: Parts, changed: Callable[[], None]) -> None:
        self._desk, self._work, self._orders, self._parts = desk, work, orders, parts
        self._changed = changed
        self.proposals = Proposals()

    def entries(self) -> Iterator[Entry]:
        """Return the commands with their keys."""
        send = SendUnits.permission
        yield Entry(Command(PROPOSE, self._in_turn(PROPOSE, self._propose), "incident.work", "P"), "work", "path")
        yield Entry(Command(SEND, self._in_turn(SEND, self._send), send, "S"), "work", "paper-plane-tilt")
        yield Entry(Command(REPORT, self._in_turn(REPORT, self._report), send, in_palette=False))
        yield Entry(Command(TOLD, self._in_turn(TOLD, self._told), send, in_palette=False))

    def _in_turn(self, name: str, run: Callable[[Call], None]) -> Callable[[Call], None]:
        return lambda call: self._work.after(name, lambda: run(call))

    @property
    def choice(self) -> Choice | None:
        """The choice for the incident in hand."""
        incident = self._work.held.incident
        return self.proposals.choices.get(incident.id) if incident is not None else None

    def toggle(self, unit: str) -> None:
        """Choose a unit, or leave it out."""
        incident = self._work.held.incident
        if incident is not None:
            self.proposals.toggle(incident.id, unit)
            self._changed()

    def does(self) -> str:
        """Return what sending would do, in words: to whom and how long they take; empty if nobody is chosen."""
        choice, texts = self.choice, self._desk.look.texts
        first = choice.first if choice is not None else None
        if choice is None or first is None:
            return ""
        words = texts("order.send_to", unit=first.unit.name, time=formats.age(first.seconds, texts.language))
        more = len(choice.assignments) - 1
        return words + texts("order.and_more", count=more) if more else words

    def lines(self) -> tuple[UnitLine, ...]:
        """Return who is proposed, in words."""
        choice = self.choice
        if choice is None:
            return ()
        return tuple(self._line(number, one, choice) for number, one in enumerate(choice.units, start=1))

    def _line(self, number: int, one: Proposed, choice: Choice) -> UnitLine:
        texts = self._desk.look.texts
        why = " · ".join(texts(f"proposal.{reason}") for reason in one.reasons)
        words = f"{number}  {one.unit.name}" + (f"\n{why}" if why else "")
        return UnitLine(one.unit.id, words, formats.age(one.seconds, texts.language), one.unit.id in choice.chosen)

    def propose_again(self) -> None:
        """Propose others for the incident in hand, because nobody gets on towards it; the person still sends."""
        incident = self._work.held.incident
        if incident is not None and incident.id not in self.proposals.choices and not self._work.busy:
            self.proposals.propose(incident.id, ())  # asked once, whatever comes of it
            self._desk.run(PROPOSE, about=incident.id, refused=lambda _: None)

    def _propose(self, call: Call) -> None:
        incident, world = self._orders.incident(), self._desk.live.world
        if world is None:
            raise UsageError(self._desk.look.texts("details.nothing"))

        def ask(store: Operations) -> tuple[Proposed, ...]:
            whole = store.whole(incident.id)
            plan = self._parts.plans.get(incident.plan)
            return self._parts.propose(world, whole, store.find(Unit, ("free",)), plan)[:MOST]

        def done(units: tuple[Proposed, ...]) -> str:
            if not units:
                raise UsageError(NO_UNITS)
            self.proposals.propose(incident.id, units)
            self._changed()
            return f"i:{incident.id}"

        self._work.ask(PROPOSE, ask, done)

    def _send(self, call: Call) -> None:
        incident, choice = self._orders.incident(), self.choice
        if choice is None or not choice.assignments:
            raise UsageError(NOBODY)
        deed = SendUnits(incident.id, choice.assignments, self._text(incident))
        whole = self._work.held.whole
        step = (
            next((one.id for one in whole.steps if one.action == "send" and one.state == "waiting"), "")
            if whole
            else ""
        )

        def sent(_done: object) -> None:
            if step:
                self._desk.run(STEP, about=step, step=step, state="done")
            self._work.forget_undo(incident.id)
            self.proposals.forget(incident.id)
            self._changed()

        self._work.do(call, SEND, deed, then=sent)

    def _text(self, incident: Incident) -> str:
        """Return the order as the unit reads it, with the plate it is to look for: the incident is its purpose."""
        texts, hits = self._desk.look.texts, self._work.held.hits
        about = ""
        if hits and hits[0].subjects:
            about = hits[0].subjects[0].label
        return texts(
            "order.text", id=incident.id, title=incident.title, place=incident.place or "—", about=about
        ).strip()

    def _report(self, call: Call) -> None:
        state = str(call.arguments["state"])
        why = str(call.arguments.get("why", "")) or (
            self._desk.look.texts("order.recalled") if state == "recalled" else ""
        )
        self._work.do(call, REPORT, ReportDispatch(call.arguments["dispatch"], state, why))

    def _told(self, call: Call) -> None:
        self._work.do(call, TOLD, ReportMessage(call.arguments["message"], "sent"))
