"""What an operator does with the queue: each a command, each a deed, and the way back until something was sent."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence

from PySide6.QtGui import QCursor
from PySide6.QtWidgets import QMenu, QWidget

from app.actions import Actions
from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Entry
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.reading import ACCEPT, CLOSE, RESOLVE
from app.workbenches.operations.worklist import Worklist
from twin.errors import UsageError
from twin.operations.deeds import (
    AddNote,
    AnswerStep,
    AnswerTask,
    ClaimIncident,
    Close,
    ConfirmAlerts,
    Deed,
    DismissAlerts,
    Escalate,
    HandOver,
    MergeIncidents,
    PassAlerts,
    Reopen,
    Resolve,
    RestoreAlerts,
)
from twin.operations.records import Alert, Incident, Task
from twin.operations.states import DISMISSALS, OUTCOMES
from twin.operations.store import Done

DISMISS, PASS, UNDO, CLAIM, MERGE, STEP, NOTE, HAND_OVER, WITHDRAW, ESCALATE, REVEAL = (
    f"work.{name}" for name in ("dismiss", "pass", "undo", "claim", "merge", "step", "note", "hand_over", "withdraw",
                                "escalate", "reveal")
)  # fmt: skip
NOTHING = "choose a row of the queue first"
NOT_NEW = "this is an incident already; nothing is left to confirm"
NOT_OPEN = "confirm the alert first: there is no incident yet"
NOTHING_DONE = "there is nothing to take back: what was sent stays sent"


class Orders:
    """The commands that change records."""

    def __init__(self, desk: Desk, acts: Actions, work: Worklist, parts: Parts, window: QWidget) -> None:
        self._desk, self._acts, self._work = desk, acts, work
        self._parts, self._window = parts, window

    def entries(self) -> Iterator[Entry]:
        """Return them with their keys."""
        answer = "alert.answer"
        table: tuple[tuple[str, Callable[[Call], None], str, str, str], ...] = (
            (ACCEPT, self._accept, ConfirmAlerts.permission, "A", "check"),
            (DISMISS, self._dismiss, DismissAlerts.permission, "X", "x"),
            (PASS, self._pass, PassAlerts.permission, "Q", "share-network"),
            (CLAIM, self._claim, ClaimIncident.permission, "C", "hand"),
            (RESOLVE, self._resolve, Resolve.permission, "R", "flag"),
            (CLOSE, self._close, Close.permission, "Shift+C", "lock-simple"),
            (MERGE, self._merge, MergeIncidents.permission, "Ctrl+J", "git-merge"),
            (HAND_OVER, self._hand_over, HandOver.permission, "D", "handshake"),
            (ESCALATE, self._escalate, Escalate.permission, "Ctrl+U", "arrow-fat-up"),
            (REVEAL, self._reveal, "purpose.state", "U", "identification-card"),
            (UNDO, self._undo, answer, "Ctrl+Z", "arrow-counter-clockwise"),
        )
        for name, run, permission, key, icon in table:
            yield Entry(Command(name, self._in_turn(name, run), permission, key), "work", icon)
        for name, run, permission in (
            (STEP, self._step, AnswerStep.permission),
            (NOTE, self._note, AddNote.permission),
            (WITHDRAW, self._withdraw, HandOver.permission),
        ):
            yield Entry(Command(name, self._in_turn(name, run), permission, in_palette=False))

    def _in_turn(self, name: str, run: Callable[[Call], None]) -> Callable[[Call], None]:
        return lambda call: self._work.after(name, lambda: run(call))

    # What is in hand

    def incident(self) -> Incident:
        """Return the incident in hand.

        Raises
        ------
        twin.errors.UsageError
        """
        found = self._work.held.incident
        if found is None:
            raise UsageError(NOT_OPEN if self._work.held.row is not None else NOTHING)
        return found

    def _alerts(self) -> tuple[Alert, tuple[str, ...], str]:
        row = self._work.held.row
        if row is None:
            raise UsageError(NOTHING)
        if row.alert is None:
            raise UsageError(NOT_NEW)
        return row.alert, row.ids, row.alert.group if row.alerts > len(row.ids) else ""

    # Deeds

    def _accept(self, call: Call) -> None:
        alert, ids, group = self._alerts()
        deed = ConfirmAlerts(ids, self._parts.start(alert.scenario), group=group)
        self._work.do(call, ACCEPT, deed, _restore)

    def _reveal(self, call: Call) -> None:
        """State the incident in hand as the purpose: plates and names are shown in full until it ends."""
        incident = self.incident()
        self._desk.run("purpose.state", about=incident.id, text=incident.title, reference=incident.id)

    def _dismiss(self, call: Call) -> None:
        _, ids, group = self._alerts()
        reason = str(call.arguments.get("reason", ""))
        if reason:
            deed = DismissAlerts(ids, reason, str(call.arguments.get("note", "")), group=group)
            self._work.do(call, DISMISS, deed, _restore)
        else:
            self._ask(DISMISS, "dismissal", DISMISSALS, "reason")

    def _pass(self, call: Call) -> None:
        """Put the alerts into the queue of another desk, which is named, or chosen from those that scenarios tell."""
        alert, ids, group = self._alerts()
        desk = str(call.arguments.get("desk", ""))
        if not desk:
            self._ask_desk(alert)
            return
        why = str(call.arguments.get("why", "")) or self._desk.look.texts("work.passed_by_hand")
        back = PassAlerts(ids, alert.desk, self._desk.look.texts("work.taken_back"), group)
        self._work.do(call, PASS, PassAlerts(ids, desk, why, group), lambda _: back)

    def _ask_desk(self, alert: Alert) -> None:
        menu, parts, language = self._menu(), self._parts, self._desk.look.language
        for number, desk in enumerate((desk for desk in parts.desks() if desk != alert.desk), start=1):
            key = f"&{number}  " if number < 10 else ""
            menu.addAction(
                key + (parts.name("agency", desk, language) if desk in parts.agencies else self._named(desk)),
                lambda desk=desk: self._acts.run(PASS, about=alert.id, desk=desk),
            )
        self._open(menu)

    def _named(self, desk: str) -> str:
        """Return what a desk is called; a role that a site made for itself by its id."""
        texts, key = self._desk.look.texts, f"work_desk.{desk}"
        return texts(key) if key in texts else desk

    def _claim(self, call: Call) -> None:
        self._work.do(call, CLAIM, ClaimIncident(self.incident().id))

    def _resolve(self, call: Call) -> None:
        incident, outcome = self.incident(), str(call.arguments.get("outcome", ""))
        if not outcome:
            self._ask(RESOLVE, "outcome", OUTCOMES, "outcome")
            return
        deed = Resolve(incident.id, outcome, str(call.arguments.get("note", "")))
        self._work.do(call, RESOLVE, deed, lambda _: Reopen(incident.id, self._desk.look.texts("work.taken_back")))

    def _close(self, call: Call) -> None:
        incident = self.incident().id
        deed = Close(incident, str(call.arguments.get("note", "")))
        self._work.do(call, CLOSE, deed, then=lambda _: self._work.forget_undo(incident))

    def _merge(self, call: Call) -> None:
        """Merge the incident in hand into another, which is named, or chosen from those that are near."""
        incident, into = self.incident(), str(call.arguments.get("into", ""))
        if into:
            self._work.do(call, MERGE, MergeIncidents((incident.id,), into))
            return
        others = [
            row.incident for row in self._work.rows if row.incident is not None and row.incident.id != incident.id
        ]
        others.sort(key=lambda one: (one.scenario != incident.scenario, one.place != incident.place))
        menu = self._menu()
        for one in others[:9]:
            menu.addAction(
                f"{one.id}  {one.title}  {one.place}",
                lambda one=one: self._acts.run(MERGE, about=incident.id, into=one.id),
            )
        self._open(menu)

    def _step(self, call: Call) -> None:
        a = call.arguments
        back = AnswerStep(a["step"], "waiting")
        deed = AnswerStep(a["step"], a["state"], str(a.get("note", "")))
        self._work.do(call, STEP, deed, (lambda _: back) if a["state"] != "waiting" else lambda _: None)

    def _note(self, call: Call) -> None:
        self._work.do(call, NOTE, AddNote(call.arguments["incident"], call.arguments["text"]))

    def _escalate(self, call: Call) -> None:
        incident = self.incident()
        why = str(call.arguments.get("why", "")) or self._desk.look.texts("work.escalated_by_hand")
        self._work.do(call, ESCALATE, Escalate(incident.id, why, incident.escalated))

    def _hand_over(self, call: Call) -> None:
        """Hand the incident over to an agency, which is named, or chosen from all there are."""
        incident, agency = self.incident(), self._parts.agencies.get(str(call.arguments.get("agency", "")))
        if agency is None:
            self._ask_agency(incident)
            return
        what = str(call.arguments.get("what", "")) or incident.title
        deed = HandOver(incident.id, agency.id, what, time.time() + agency.task_s)
        self._work.do(call, HAND_OVER, deed, self._take_over_back, lambda _: self.tick(call))

    def tick(self, call: Call) -> None:
        """Mark the step done that a command was run for, if it was for one."""
        step = str(call.arguments.get("step", ""))
        if step:
            self._desk.run(STEP, about=step, step=step, state="done")

    def _take_over_back(self, done: Done) -> Deed | None:
        task = next(iter(done.of(Task)), None)
        return AnswerTask(task.id, "withdrawn", self._desk.look.texts("work.withdrawn")) if task is not None else None

    def _ask_agency(self, incident: Incident) -> None:
        menu, language = self._menu(), self._desk.look.language
        for number, agency in enumerate(self._parts.agencies.values(), start=1):
            key = f"&{number}  " if number < 10 else ""
            menu.addAction(
                key + self._parts.name("agency", agency.id, language),
                lambda agency=agency: self._acts.run(HAND_OVER, about=incident.id, agency=agency.id),
            )
        self._open(menu)

    def _withdraw(self, call: Call) -> None:
        note = self._desk.look.texts("work.withdrawn")
        self._work.do(call, WITHDRAW, AnswerTask(call.arguments["task"], "withdrawn", note))

    def _undo(self, call: Call) -> None:
        if not self._work.undoable:
            raise UsageError(NOTHING_DONE)
        undo = self._work.undoable.pop()
        self._work.do(call, UNDO, undo.back)

    # Asking

    def _ask(self, command: str, section: str, choices: Sequence[str], argument: str) -> None:
        """Offer the choices under the keys 1 to 9; the command is run again with the one that is taken."""
        texts, menu = self._desk.look.texts, self._menu()
        for number, choice in enumerate(choices, start=1):
            menu.addAction(
                f"&{number}  {texts(f'{section}.{choice}')}",
                lambda choice=choice: self._acts.run(command, **{argument: choice}),
            )
        self._open(menu)

    def _menu(self) -> QMenu:
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        return menu

    def _open(self, menu: QMenu) -> None:
        menu.popup(QCursor.pos())
        menu.setActiveAction(menu.actions()[0]) if menu.actions() else None


def _restore(done: Done) -> Deed:
    return RestoreAlerts(tuple(alert.id for alert in done.of(Alert)))
