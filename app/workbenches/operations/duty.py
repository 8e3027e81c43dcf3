"""Duty: who is on, and the note that one shift hands to the next, made from the records and signed by both."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.texts import Texts
from app.widgets.parts import label
from app.workbenches.operations.section import Item, Section
from app.workbenches.operations.worklist import MOST_ROWS
from twin.operations.desks import at_desks
from twin.operations.duty import on_duty
from twin.operations.records import Dispatch, Incident, Task, Watch
from twin.operations.states import UNDER_WAY
from twin.operations.store import Operations, Row
from twin.rules.hit import CONTROL

LONGEST_NOTE = 2000


@dataclass(frozen=True, slots=True)
class Shift:
    """What one shift leaves to the next."""

    watches: tuple[Watch, ...]
    rows: tuple[Row, ...]
    under_way: tuple[Dispatch, ...]
    tasks: tuple[Task, ...]
    closed: tuple[Incident, ...]


def read_shift(store: Operations) -> Shift:
    """Read it, as the control room hands it over; errors as of the records."""
    rows = at_desks(store.queue(MOST_ROWS, time.time()), (CONTROL,))
    return Shift(
        store.find(Watch, ("planned", "on", "off")), rows, store.find(Dispatch, UNDER_WAY),
        store.find(Task, ("offered", "accepted")), store.find(Incident, ("resolved", "closed")),
    )  # fmt: skip


def handover_note(shift: Shift, since_s: float, now_s: float, texts: Texts, title: Callable[[str], str]) -> str:
    """Write the note: what waits, who is out, what others were asked, and what was ended since a time."""
    waiting = [row for row in shift.rows if row.alert is not None]
    incidents = [row.incident for row in shift.rows if row.incident is not None]
    ended = [one for one in shift.closed if one.resolved_s >= since_s]
    lines = [texts("duty.note_head", begin=formats.clock(since_s)[:5], end=formats.clock(now_s)[:5])]
    lines.append(texts("duty.note_waiting", count=sum(row.alerts for row in waiting)))
    lines += [f"  · {title(row.alert.scenario)} {row.alert.place} ×{row.alerts}" for row in waiting[:10] if row.alert]
    lines.append(texts("duty.note_open", count=len(incidents)))
    lines += [
        f"  · {one.id} {one.title} {one.place} — {texts(f'work_state.{one.state}')} {one.owner}"
        for one in incidents[:20]
    ]
    lines.append(texts("duty.note_out", units=len(shift.under_way), tasks=len(shift.tasks), ended=len(ended)))
    return "\n".join(line.rstrip() for line in lines)


class DutyPanel(QWidget):
    """The list of who is on duty, and the note for the next shift."""

    note = Signal(str)
    due = Signal()

    def __init__(self, desk: Desk, title: Callable[[str], str]) -> None:
        super().__init__()
        self._desk, self._title = desk, title
        self.shift: Shift | None = None
        self.watches = Section()
        self.words, self.problem = QPlainTextEdit(), label("problem", wrap=True)
        self.head = label("section")
        self.problem.hide()
        self.make = QPushButton()
        self.make.clicked.connect(self.write_note)
        row = QHBoxLayout()
        row.addWidget(self.head, 1)
        row.addWidget(self.make)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(12, 8, 12, 8)
        layout.addWidget(self.watches)
        layout.addLayout(row)
        layout.addWidget(self.words, 1)
        layout.addWidget(self.problem)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def show_shift(self, shift: Shift) -> None:
        """Show who is on duty; the note is written anew only when that is asked for, since it may be edited."""
        first, self.shift = self.shift is None, shift
        self.retranslate()
        if first:
            self.write_note()

    def write_note(self) -> None:
        """Write the note from the records as they are now."""
        if self.shift is None:
            return
        mine = [watch.on_s for watch in self.shift.watches if watch.state == "on" and watch.person == self._me]
        since_s = min(mine, default=time.time() - 8 * 3600.0)
        self.words.setPlainText(
            handover_note(self.shift, since_s, time.time(), self._desk.look.texts, self._title)[:LONGEST_NOTE]
        )

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        self.head.setText(texts("duty.note"))
        self.make.setText(texts("duty.make"))
        self.words.setPlaceholderText(texts("duty.note_hint"))
        self.words.setAccessibleName(texts("duty.note"))
        now = on_duty(self.shift.watches, time.time()) if self.shift is not None else ()
        self.watches.show_items(texts("duty.on"), self._items(now), texts("duty.nobody"))
        self.note.emit(texts("duty.count", count=len(now)) if now else "")

    def showEvent(self, event: QShowEvent) -> None:
        """Ask at once."""
        super().showEvent(event)
        if self._desk.live.city is not None:
            self._desk.run("duty.open", refused=self.say)

    def say(self, why: str) -> None:
        """Say what was refused."""
        self.problem.setText(why)
        self.problem.setVisible(bool(why))

    @property
    def _me(self) -> str:
        return self._desk.session.commands.actor.id

    def _items(self, watches: Sequence[Watch]) -> list[Item]:
        texts = self._desk.look.texts
        items = []
        for watch in watches:
            on = watch.state == "on"
            hours = f"{formats.clock(watch.begin_s)[:5]}–{formats.clock(watch.end_s)[:5]}"
            words = " · ".join(part for part in (watch.person, watch.role, watch.unit, watch.device) if part)
            items.append(Item(words, hours, "●" if on else "○", "good" if on else "plain",
                              ((texts("duty.sign_out" if on else "duty.sign_in"), self._turn(watch)),)))  # fmt: skip
        return items

    def _turn(self, watch: Watch) -> Callable[[], None]:
        state = "off" if watch.state == "on" else "on"

        def run() -> None:
            self.say("")
            note = self.words.toPlainText()
            self._desk.run("duty.turn", about=watch.id, watch=watch.id, state=state, note=note, refused=self.say)

        return run
