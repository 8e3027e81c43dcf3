"""The agencies' small screen: the tasks they were given, to accept, return or finish."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFrame, QScrollArea, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.row import timer_words
from app.workbenches.operations.section import Item, Section
from twin.operations.records import Task

OPEN = ("offered", "accepted")
ANSWERS = {"offered": ("accepted", "returned"), "accepted": ("finished", "returned")}
"""What may be answered in a state."""
MOST_ENDED = 30


class TasksPanel(QWidget):
    """Tasks of one agency or of all, those that are due first; below them what was finished last."""

    note = Signal(str)
    due = Signal()
    """It is seen, and wants to be told how the tasks are."""

    def __init__(self, desk: Desk, parts: Parts) -> None:
        super().__init__()
        self._desk, self._parts = desk, parts
        self.tasks: tuple[Task, ...] = ()
        self.agency = QComboBox()
        self.words, self.problem = line(400), label("problem", wrap=True)
        self.problem.hide()
        self.open, self.ended = Section(), Section()
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(12, 8, 12, 8)
        for part in (self.open, self.ended):
            inner.addWidget(part)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(6)
        for widget in (self.agency, self.words, self.problem):
            layout.addWidget(widget)
        layout.addWidget(scroll, 1)
        self.agency.currentIndexChanged.connect(self._fill)
        desk.look.language_changed.connect(self.retranslate)
        desk.live.panels_due.connect(self._on_panels_due)
        self.retranslate()

    def show_tasks(self, tasks: Sequence[Task]) -> None:
        """Show how the tasks are."""
        if self._offered() != [self.agency.itemData(row) for row in range(self.agency.count())]:
            self.retranslate()
        self.tasks = tuple(tasks)
        self._fill()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts, chosen = self._desk.look.texts, self.agency.currentData() or ""
        self.agency.blockSignals(True)
        self.agency.clear()
        for agency in self._offered():
            self.agency.addItem(
                self._parts.name("agency", agency, texts.language) if agency else texts("tasks.all"), agency
            )
        self.agency.setCurrentIndex(max(self.agency.findData(chosen), 0))
        self.agency.blockSignals(False)
        self.agency.setAccessibleName(texts("tasks.agency"))
        self.words.setPlaceholderText(texts("tasks.words_hint"))
        self.words.setAccessibleName(texts("tasks.words_hint"))
        self._fill()

    def _offered(self) -> list[str]:
        """Return the agencies to choose from: of who belongs to some, no others."""
        mine = self._mine
        if len(mine) == 1:
            return [*mine]
        return ["", *(agency for agency in self._parts.agencies if not mine or agency in mine)]

    @property
    def _mine(self) -> frozenset[str]:
        return self._desk.session.commands.actor.scope.agencies

    def showEvent(self, event: QShowEvent) -> None:
        """Ask at once."""
        super().showEvent(event)
        if self._desk.live.city is not None:
            self._desk.run("task.open", refused=self._say)

    def _on_panels_due(self, _world: object) -> None:
        if self.isVisible():
            for section in (self.open, self.ended):
                section.tick()
            self.due.emit()

    def _say(self, why: str) -> None:
        self.problem.setText(why)
        self.problem.setVisible(bool(why))

    def _fill(self, *_: object) -> None:
        texts, agency = self._desk.look.texts, self.agency.currentData() or ""
        own = self._mine
        mine = [task for task in self.tasks if agency in ("", task.agency) and (not own or task.agency in own)]
        waiting = sorted((task for task in mine if task.state in OPEN), key=lambda task: task.due_s)
        ended = sorted((task for task in mine if task.state not in OPEN), key=lambda task: -task.ended_s)[:MOST_ENDED]
        self.open.show_items(texts("tasks.open"), [self._item(task) for task in waiting], texts("tasks.none"))
        self.ended.show_items(texts("tasks.ended"), [self._item(task) for task in ended])
        self.note.emit(texts("tasks.note", count=len(waiting)) if waiting else "")

    def _item(self, task: Task) -> Item:
        texts, due_s = self._desk.look.texts, task.due_s
        who = self._parts.name("agency", task.agency, texts.language)
        words = f"{task.what}\n{who} · {texts(f'task_state.{task.state}')} · {task.incident} {task.note}".strip()
        if task.state not in OPEN:
            return Item(words, formats.clock(task.ended_s), "✓" if task.state == "finished" else "–", "quiet")
        late = time.time() > due_s
        buttons = tuple((texts(f"tasks.{state}"), self._answer(task, state)) for state in ANSWERS[task.state])
        return Item(words, lambda: timer_words(due_s - time.time()), "◆" if late else "○",
                    "warn" if late else "plain", buttons)  # fmt: skip

    def _answer(self, task: Task, state: str) -> Callable[[], None]:
        def run() -> None:
            self._say("")
            note = self.words.text().strip()
            self._desk.run("task.answer", about=task.id, task=task.id, state=state, note=note, refused=self._say)
            self.words.clear()

        return run
