"""What stands beside the queue: the agencies' tasks, duty and its handover note, the results."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from pathlib import Path

from PySide6.QtWidgets import QApplication, QFileDialog, QWidget

from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Entry
from app.workbenches.operations.duty import DutyPanel, read_shift
from app.workbenches.operations.figures import Answer, Wish, save
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.results import ResultsPanel
from app.workbenches.operations.tasks import TasksPanel
from app.workbenches.operations.worklist import Worklist
from twin.errors import UsageError
from twin.operations.deeds import AnswerTask, By, PlanWatch, TurnWatch
from twin.operations.records import Task, Watch
from twin.operations.store import Operations

SHIFT_S = 8 * 3600.0
"""How long somebody is on duty who comes on without a line on the roster."""
NOTHING_TO_SAVE = "choose a figure first"


class Office:
    """The panels beside the queue, and their commands."""

    def __init__(self, desk: Desk, work: Worklist, parts: Parts) -> None:
        self._desk, self._work, self._parts = desk, work, parts
        self.tasks, self.results = TasksPanel(desk, parts), ResultsPanel(desk, parts)
        self.duty = DutyPanel(desk, lambda scenario: parts.name("scenario", scenario, desk.look.language))
        self.tasks.due.connect(self._look_at_tasks)
        self.duty.due.connect(self._look_at_duty)
        self.results.asked.connect(lambda wish: desk.run("results.ask", wish=wish))

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panels by the names of their docks."""
        return {"tasks": self.tasks, "duty": self.duty, "outcomes": self.results}

    def entries(self) -> Iterator[Entry]:
        """Return the commands."""
        look = Command("task.open", lambda _: self._look_at_tasks(), "task.read", in_palette=False)
        yield Entry(look, told=False)
        yield Entry(Command("task.answer", self._answer, AnswerTask.permission, in_palette=False))
        duty = Command("duty.open", lambda _: self._look_at_duty(), TurnWatch.permission, in_palette=False)
        yield Entry(duty, told=False)
        yield Entry(Command("duty.turn", self._turn, TurnWatch.permission, in_palette=False))
        yield Entry(Command("duty.join", self._join, TurnWatch.permission), "work", "users")
        yield Entry(Command("results.ask", self._ask, "results.read", in_palette=False), told=False)
        yield Entry(Command("results.save", self._save, "results.save"), "work", "floppy-disk")

    def _look_at_tasks(self) -> None:
        self._work.read("work.tasks", lambda store: store.find(Task), self.tasks.show_tasks)

    def _look_at_duty(self) -> None:
        self._work.read("work.duty", read_shift, self.duty.show_shift)

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
