"""The joint desk, 8+X: cases of the joint duty room, from the first word to the follow-up."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QFormLayout, QMenu, QPushButton, QSizePolicy, QSpinBox, QToolButton, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.workbenches.operations.parts import Parts
from app.workbenches.operations.section import Item, Section, name_row, scrolled
from twin.access import mask_name
from twin.operations.deeds import CallIn, OpenJoint, TurnJoint, WriteMinutes
from twin.operations.joint import must_be_followed
from twin.operations.records import JOINT_KINDS, JointCase, Minutes
from twin.operations.states import JOINT
from twin.operations.store import Operations

TURNS = {
    "open": ("minutes", "call_in", "referred"), "mediating": ("minutes", "call_in", "agreed", "referred"),
    "broken": ("minutes", "call_in", "referred"), "agreed": ("kept", "broken"), "kept": ("closed",),
    "referred": ("closed",),
}  # fmt: skip
"""What can be done with a case in a state."""
MOST_ENDED, DAY_S = 20, 86_400.0
Joint = OpenJoint | CallIn | WriteMinutes | TurnJoint


@dataclass(frozen=True, slots=True)
class Room:
    """The cases of the room and what was written of them."""

    cases: tuple[JointCase, ...]
    minutes: tuple[Minutes, ...]


def read_room(store: Operations) -> Room:
    """Read it; errors as of the records."""
    return Room(store.find(JointCase), store.find(Minutes))


class JointPanel(QWidget):
    """A form for a new case and for what is said, and the cases with what can be done next."""

    note = Signal(str)
    due = Signal()
    """It is seen, and wants to be told how the room is."""
    wished = Signal(object)
    """A deed of the room."""

    def __init__(self, desk: Desk, parts: Parts) -> None:
        super().__init__()
        self._desk, self._parts = desk, parts
        self.room = Room((), ())
        self.kind, self.title, self.parties, self.words = QComboBox(), line(200), line(200), line(2000)
        self.yuan, self.days = QSpinBox(), QSpinBox()
        self.yuan.setRange(0, 2_000_000_000)
        self.days.setRange(1, 365)
        self.days.setValue(7)
        self.partners, self.menu = QToolButton(), QMenu(self)
        self.partners.setMenu(self.menu)
        self.partners.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.partners.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.problem, self.begin = label("problem", wrap=True), QPushButton()
        self.problem.hide()
        self.begin.clicked.connect(self._open)
        self.open, self.ended = Section(), Section()
        self._form = QFormLayout()
        for name in ("kind", "title", "parties", "partners", "yuan"):
            self._form.addRow(name, getattr(self, name))
        self._form.addRow(self.begin)
        self._form.addRow("words", self.words)
        self._form.addRow("days", self.days)
        scrolled(self, (self.problem, self.open, self._form, self.ended))
        desk.look.language_changed.connect(self.retranslate)
        desk.live.panels_due.connect(self._on_panels_due)
        self.retranslate()

    def show_room(self, room: Room) -> None:
        """Show how the room is."""
        if len(self.menu.actions()) != len(self._parts.agencies):
            self.retranslate()
        if room != self.room:
            self.room = room
            self._fill()

    def say(self, why: str) -> None:
        """Say what was refused."""
        self.problem.setText(why)
        self.problem.setVisible(bool(why))

    @property
    def chosen(self) -> tuple[str, ...]:
        """The agencies that are ticked."""
        return tuple(action.data() for action in self.menu.actions() if action.isChecked())

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts, kind, chosen = self._desk.look.texts, self.kind.currentData(), self.chosen
        self.kind.clear()
        for name in JOINT_KINDS:
            self.kind.addItem(texts(f"joint.{name}"), name)
        self.kind.setCurrentIndex(max(self.kind.findData(kind), 0))
        self.menu.clear()
        for agency in self._parts.agencies.values():
            action = self.menu.addAction(self._parts.name("agency", agency.id, texts.language))
            action.setData(agency.id)
            action.setCheckable(True)
            action.setChecked(agency.id in chosen)
            action.toggled.connect(lambda _: self._name_partners())
        for name in ("kind", "title", "parties", "partners", "yuan", "words", "days"):
            field = getattr(self, name)
            name_row(self._form, field, texts(f"joint.field_{name}"))
        self.begin.setText(texts("joint.begin"))
        self._name_partners()
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask at once."""
        super().showEvent(event)
        if self._desk.live.city is not None:
            self._desk.run("joint.look", refused=self.say)

    def _on_panels_due(self, _world: object) -> None:
        if self.isVisible():
            self.due.emit()

    def _name_partners(self) -> None:
        texts = self._desk.look.texts
        names = [self._parts.name("agency", one, texts.language) for one in self.chosen]
        self.partners.setText("、".join(names[:3]) + ("…" if len(names) > 3 else "") or texts("joint.choose"))

    def _fill(self) -> None:
        texts, at_s = self._desk.look.texts, time.time()
        waiting = [case for case in self.room.cases if case.state in JOINT.open]
        waiting.sort(key=lambda case: (not must_be_followed(case, at_s), case.opened_s))
        ended = [case for case in self.room.cases if case.state not in JOINT.open][:MOST_ENDED]
        self.open.show_items(texts("joint.open"), [self._item(case, at_s) for case in waiting], texts("joint.none"))
        self.ended.show_items(texts("joint.ended"), [self._item(case, at_s) for case in ended])
        self.note.emit(str(len(waiting)) if waiting else "")

    def _item(self, case: JointCase, at_s: float) -> Item:
        texts = self._desk.look.texts
        stated = self._desk.session.commands.purpose is not None
        parties = "、".join(party if stated else mask_name(party) for party in case.parties)
        there = "、".join(self._parts.name("agency", one, texts.language) for one in (*case.partners, *case.called_in))
        about = [texts(f"joint.{case.kind}"), parties, there, texts(f"joint_state.{case.state}")]
        if case.amount_fen:
            about.append(texts("joint.yuan", yuan=formats.count(case.amount_fen // 100)))
        words = [case.title, " · ".join(about)]
        words += [f"{formats.clock(one.held_s)} {one.text}" for one in self.room.minutes if one.case == case.id]
        words += [texts("joint.agreement", text=case.agreement)] if case.agreement else []
        follow = must_be_followed(case, at_s)
        buttons = tuple((texts(f"joint.do_{turn}"), self._turn(case, turn)) for turn in TURNS.get(case.state, ()))
        note = formats.day(case.follow_s) if case.follow_s else formats.day(case.opened_s)
        return Item("\n".join(words), note, "◆" if follow else "○", "warn" if follow else "plain", buttons, True)

    def _open(self) -> None:
        parties = tuple(name for name in self.parties.text().replace("，", "、").replace(",", "、").split("、") if name)
        self.say("")
        self.wished.emit(OpenJoint(self.kind.currentData(), self.title.text(), parties, self.chosen,
                                   amount_fen=self.yuan.value() * 100))  # fmt: skip

    def _turn(self, case: JointCase, turn: str) -> Callable[[], None]:
        def run() -> None:
            self.say("")
            self.wished.emit(self._deed(case, turn, self.words.text().strip()))

        return run

    def _deed(self, case: JointCase, turn: str, words: str) -> Joint:
        there: Sequence[str] = (*case.partners, *case.called_in)
        if turn == "call_in":
            return CallIn(case.id, tuple(one for one in self.chosen if one not in there))
        if turn == "minutes":
            return WriteMinutes(case.id, tuple(one for one in self.chosen if one in there) or tuple(there), words)
        return TurnJoint(case.id, turn, words, time.time() + self.days.value() * DAY_S)
