"""The card above the queue: the row in hand, its clock, and the one next action, large."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeySequence
from PySide6.QtWidgets import QFrame, QHBoxLayout, QPushButton, QSizePolicy, QVBoxLayout

from app import formats
from app.look import Look
from app.widgets.parts import label, named
from app.workbenches.operations.row import NONE, SHAPES, QueueRow, timer_words

Run = Callable[..., Any]


class NextCard(QFrame):
    """Shows one row and offers its next step; ``also`` are the lesser ways on, as ids of commands.

    Parameters
    ----------
    look : Look
    run : callable
        Runs a command by its id.
    key_of : callable
        Returns the shortcut of a command.
    also : tuple of str
    """

    def __init__(self, look: Look, run: Run, key_of: Callable[[str], str], also: tuple[str, ...]) -> None:
        super().__init__()
        named(self, "nextCard")
        self._look, self._run, self._key_of = look, run, key_of
        self.row: QueueRow | None = None
        self._does, self._more = "", False
        self.mark, self.title = label("nextMark"), label("heading", wrap=True)
        self.place = label("quiet", wrap=True)
        self.clock, self.level = label("nextClock"), label("quiet", side=Qt.AlignmentFlag.AlignRight)
        self.act = named(QPushButton(), "nextAction")
        self.act.clicked.connect(lambda: self._run("work.next"))
        self.act.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        self.also = {command_id: QPushButton() for command_id in also}
        for command_id, button in self.also.items():
            button.setProperty("flat", "true")
            button.clicked.connect(lambda _on=False, command_id=command_id: self._run(command_id))
        self._lay_out()
        self.hide()

    def _lay_out(self) -> None:
        words, clock, also = QVBoxLayout(), QVBoxLayout(), QHBoxLayout()
        for part in (self.mark, self.title, self.place):
            words.addWidget(part)
        clock.addWidget(self.clock, 0, Qt.AlignmentFlag.AlignRight)
        clock.addWidget(self.level)
        clock.addStretch(1)
        head = QHBoxLayout()
        head.addLayout(words, 1)
        head.addLayout(clock)
        also.setSpacing(4)
        for button in self.also.values():
            also.addWidget(button)
        also.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 10, 12, 8)
        layout.setSpacing(8)
        layout.addLayout(head)
        layout.addWidget(self.act)
        layout.addLayout(also)

    def show_row(self, row: QueueRow | None, does: str, more: bool) -> None:
        """Show a row.

        ``does`` names what its next step will do, such as to whom something is sent; ``more`` says that others wait.
        """
        self.row, self._does, self._more = row, does, more
        self.setVisible(row is not None)
        if row is None:
            return
        texts = self._look.texts
        state = f"work_state.{row.state}" if row.next or f"waits.{row.state}" not in texts else f"waits.{row.state}"
        parts = [f"{SHAPES[row.severity]} {texts(f'severity.{row.severity}')}", texts(state)]
        if row.count > 1:
            parts.append(texts("queue.count", count=formats.count(row.count)))
        _set(self.mark, "severity", str(row.severity))
        self.mark.setText(" · ".join(parts))
        self.title.setText(row.title)
        self.place.setText(" · ".join(part for part in (row.place, row.owner) if part))
        self._show_act(row)
        for command_id, button in self.also.items():
            button.setText(self._with_key(texts(f"command.{command_id}"), command_id))
        self.tick()

    def offer(self, command_ids: frozenset[str]) -> None:
        """Show of the lesser ways those that are open."""
        for command_id, button in self.also.items():
            button.setVisible(command_id in command_ids)

    def tick(self) -> None:
        """Write the clock of this second."""
        row, now_s, texts = self.row, time.time(), self._look.texts
        if row is None:
            return
        how = row.timer(now_s)
        _set(self.clock, "mood", how)
        if how == NONE:
            self.clock.setText(formats.age(now_s - row.since_s, self._look.language))
            self.level.setText(texts("queue.age"))
        else:
            self.clock.setText(timer_words(row.left_s(now_s)))
            self.level.setText(texts(f"queue.level_{how}", level=timer_words(row.span_s)))

    def _show_act(self, row: QueueRow) -> None:
        texts = self._look.texts
        words = self._does or (texts(f"step.{row.next}") if row.next else texts("queue.next_row"))
        self.act.setText(self._with_key(words, row.next or "work.next"))
        self.act.setEnabled(bool(row.next) or self._more)

    def _with_key(self, words: str, command_id: str) -> str:
        key = QKeySequence(self._key_of(command_id)).toString(QKeySequence.SequenceFormat.NativeText)
        return f"{words}  [{key}]" if key else words


def _set(part: QFrame, name: str, value: str) -> None:
    if part.property(name) != value:
        part.setProperty(name, value)
        part.style().polish(part)
