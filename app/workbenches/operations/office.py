"""What stands beside the queue: the agencies' tasks, duty and its handover note, the results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Entry
from app.workbenches.operations.duty import DutyPanel, read_shift
from app.workbenches.operations.figures import Answer, Wish, save
from app.workbenches.operations.joint import JointPanel, read_room
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.results import ResultsPanel
from app.workbenches.operations.roster import RosterPanel, read_roster
from app.workbenches.operations.tasks import TasksPanel
from app.workbenches.operations.worklist import Worklist
from twin.errors import NotAllowedError, UsageError
from twin.operations.deeds import AnswerTask, By, Deed, OpenJoint, PlanWatch, TurnWatch
from twin.operations.records import Task, Watch
from twin.operations.store import Operations
from twin.words import say

SHIFT_S = 8 * 3600.0
"""How long somebody is on duty who comes on without a line on the roster."""
NOTHING_TO_SAVE = "choose a figure first"


class Office:
    """The panels beside the queue, and their commands."""

    def __init__(self, desk: Desk, work: Worklist, parts: Parts) -> None:
        self._desk, self._work, self._parts = desk, work, parts
        self.tasks, self.results = TasksPanel(desk, parts), ResultsPanel(desk, parts)
        self.duty = DutyPanel(desk, lambda scenario: parts.name("scenario", scenario, desk.look.language))
        self.joint, self.roster = JointPanel(desk, parts), RosterPanel(desk)
        work.refused.connect(self._on_refused)
        self.joint.due.connect(self._look_at_joint)
        self.joint.wished.connect(lambda deed: desk.run("joint.change", deed=deed, refused=self.joint.say))
        self.roster.due.connect(self._look_at_roster)
        self.roster.planned.connect(lambda deeds: desk.run("duty.planned", deeds=deeds, refused=self.roster.say))
        self.roster.reported.connect(lambda deed: desk.run("duty.reported", deed=deed, refused=self.roster.say))
        self.tasks.due.connect(self._look_at_tasks)
        self.duty.due.connect(self._look_at_duty)
        self.results.asked.connect(lambda wish: desk.run("results.ask", wish=wish))

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panels by the names of their docks."""
        return {"tasks": self.tasks, "duty": self.duty, "roster": self.roster, "joint": self.joint,
                "outcomes": self.results}  # fmt: skip

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        look = Command("task.open", lambda _: self._look_at_tasks(), "task.read", in_palette=False)
        yield Entry(look, told=False)
        yield Entry(Command("task.answer", self._answer, AnswerTask.permission, in_palette=False))
        duty = Command("duty.open", lambda _: self._look_at_duty(), TurnWatch.permission, in_palette=False)
        yield Entry(duty, told=False)
        yield Entry(Command("duty.turn", self._turn, TurnWatch.permission, in_palette=False))
        yield Entry(Command("duty.join", self._join, TurnWatch.permission), "work", "users")
        planned = Command("duty.look", lambda _: self._look_at_roster(), TurnWatch.permission, in_palette=False)
        yield Entry(planned, told=False)
        room = Command("joint.look", lambda _: self._look_at_joint(), OpenJoint.permission, in_palette=False)
        yield Entry(room, told=False)
        yield Entry(Command("duty.planned", self._plan, PlanWatch.permission, in_palette=False))
        yield Entry(Command("duty.reported", self._report, TurnWatch.permission, in_palette=False))
        yield Entry(Command("joint.change", self._change, OpenJoint.permission, in_palette=False))
        yield Entry(Command("results.ask", self._ask, "results.read", in_palette=False), told=False)
        yield Entry(Command("results.save", self._save, "results.save"), "work", "floppy-disk")

    def _look_at_tasks(self) -> None:
        self._work.read("work.tasks", lambda store: store.find(Task), self.tasks.show_tasks)

    def _look_at_duty(self) -> None:
        self._work.read("work.duty", read_shift, self.duty.show_shift)

    def _on_refused(self, command: str, error: Exception) -> None:
        """Say it where it was asked for, too."""
        says = {"joint.change": self.joint.say, "duty.planned": self.roster.say, "duty.reported": self.roster.say}
        if command in says:
            says[command](self._desk.look.texts.error(error))

    def _look_at_joint(self) -> None:
        self._work.read("work.joint", read_room, self.joint.show_room)

    def _look_at_roster(self) -> None:
        self._work.read("work.roster", read_roster, self.roster.show_roster)

    def _plan(self, call: Call) -> None:
        """Put lines on the roster, or a patrol: each is a deed, one after the other."""
        for deed in call.arguments["deeds"]:
            self._do(call, "duty.planned", deed, self._look_at_roster)

    def _report(self, call: Call) -> None:
        self._do(call, "duty.reported", call.arguments["deed"], self._look_at_roster)

    def _change(self, call: Call) -> None:
        self._do(call, "joint.change", call.arguments["deed"], self._look_at_joint)

    def _do(self, call: Call, command: str, deed: Deed, look: Callable[[], None]) -> None:
        """Do a deed of the permission that its command asked for, and read again what it changed."""
        if deed.permission != self._desk.session.commands[command].permission:
            raise NotAllowedError(say("{action} is asked for by another command", action=deed.permission))
        self._work.after(command, lambda: self._work.do(call, command, deed, then=lambda _: look()))

    def _answer(self, call: Call) -> None:
        a = call.arguments
        deed = AnswerTask(a["task"], a["state"], str(a.get("note", "")))
        self._work.after("task.answer", lambda: self._work.do(call, "task.answer", deed))

    def _turn(self, call: Call) -> None:
        """Sign the handover note: who goes off leaves it, who comes on has read it."""
        a = call.arguments
        deed = TurnWatch(a["watch"], a["state"], str(a.get("note", "")))
        self._work.after(
            "duty.turn", lambda: self._work.do(call, "duty.turn", deed, then=lambda _: self._look_at_duty())
        )

    def _join(self, call: Call) -> None:
        """Come on duty now, with a line on the roster made for it."""
        now_s, role = time.time(), next(iter(sorted(call.actor.roles)), "")
        plan = PlanWatch(call.actor.id, role, now_s, now_s + SHIFT_S)

        def join(store: Operations) -> None:
            (watch,) = store.do(plan, By(call.actor.id, now_s, call.purpose)).of(Watch)
            store.do(TurnWatch(watch.id, "on"), By(call.actor.id, now_s, call.purpose))

        def done(_: None) -> str:
            self._look_at_duty()
            return self._work.held.key

        self._work.after("duty.join", lambda: self._work.ask("duty.join", join, done))

    def _ask(self, call: Call) -> None:
        wish: Wish = call.arguments["wish"]
        self._desk.jobs.submit(
            "job.work", lambda *_: self._parts.results(wish), self.results.show_answer, key="work.results", quiet=True
        )

    def _save(self, call: Call) -> None:
        """Save the figure that is shown; ``target`` is asked for where it is not given."""
        found, texts = self.results.found, self._desk.look.texts
        if found is None:
            raise UsageError(NOTHING_TO_SAVE)
        target = call.arguments.get("target") or QFileDialog.getSaveFileName(
            QApplication.activeWindow(), texts("command.results.save"), f"{found.wish.figure}.csv", "CSV (*.csv)"
        )[0]  # fmt: skip
        if target:
            self._write(found, Path(str(target)))

    def _write(self, found: Answer, target: Path) -> None:
        def done(_: None) -> None:
            self._desk.log.add("job", "event.results_saved", path=str(target))

        self._desk.jobs.submit("job.export", lambda *_: save(found, target), done)
