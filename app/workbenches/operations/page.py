"""The page of what is in hand: why it fired, its plan, who goes, what others were asked, and what was done by whom."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from PySide6.QtCore import QTimer, Signal
from PySide6.QtWidgets import QFrame, QScrollArea, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.workbenches.operations.explain import explained, shown_label
from app.workbenches.operations.reading import REACHED
from app.workbenches.operations.row import timer_words
from app.workbenches.operations.section import Item, Section
from app.workbenches.operations.worklist import Held
from twin.operations.records import Dispatch, Event, Incident, Level, Message, Task
from twin.operations.records import Step as PlanStepRecord
from twin.operations.store import Whole
from twin.words import unpack

SECTIONS = ("units", "steps", "tasks", "parts", "why", "levels", "messages", "log")
MOST_EVENTS = 60
ACTS = ("send", "cameras", "doors", "hand_over", "notify", "note", "debrief")
"""Steps whose button does something; the others are only ticked."""
MARKS = {"done": ("✓", "good"), "skipped": ("–", "quiet"), "waiting": ("○", "plain")}


@dataclass(frozen=True, slots=True)
class UnitLine:
    """A unit that is proposed: how it is told, and whether it is chosen."""

    unit: str
    words: str
    note: str
    chosen: bool


Names = Callable[[str, str], str]
"""Gives the name of a thing (``unit``, ``agency``, ``step``, ``scenario``) by its id, in the language of the moment."""


class IncidentPage(QWidget):
    """Shows :class:`Held`; what its buttons do are commands."""

    note = Signal(str)
    chosen = Signal(str)
    """A unit that is proposed was chosen, or is not any more."""

    def __init__(self, desk: Desk, names: Names) -> None:
        super().__init__()
        self._desk, self._names = desk, names
        self.held = Held("")
        self.units: tuple[UnitLine, ...] = ()
        self.unmask = False
        self.advice: Mapping[str, str] = {}
        self.title, self.about = label("heading", wrap=True), label("quiet", wrap=True)
        self.remark = line(400)
        self.remark.returnPressed.connect(self._on_remark)
        self.sections = {name: Section() for name in SECTIONS}
        page = QWidget()
        inner = QVBoxLayout(page)
        inner.setContentsMargins(12, 10, 12, 12)
        inner.setSpacing(6)
        for part in (self.title, self.about, *self.sections.values(), self.remark):
            inner.addWidget(part)
        inner.addStretch(1)
        scroll = QScrollArea()
        scroll.setWidgetResizable(True)
        scroll.setFrameShape(QFrame.Shape.NoFrame)
        scroll.setWidget(page)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.addWidget(scroll)
        self._second = QTimer(self)
        self._second.setInterval(1000)
        self._second.timeout.connect(self._tick)
        self._second.start()
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def show_held(self, held: Held) -> None:
        """Show what is in hand."""
        self.held = held
        self.retranslate()

    def show_units(self, units: Sequence[UnitLine]) -> None:
        """Show who is proposed."""
        self.units = tuple(units)
        self._show_units()

    def show_advice(self, advice: Mapping[str, str]) -> None:
        """Show what is the matter with those who were sent, by the ids of their dispatches."""
        if dict(advice) != self.advice:
            self.advice = dict(advice)
            self._show_units()

    def set_unmask(self, unmask: bool) -> None:
        """Show plates and names in full from now on, or masked again."""
        self.unmask = unmask
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts, held = self._desk.look.texts, self.held
        incident, alert, whole = held.incident, held.alert, held.whole
        self.remark.setVisible(incident is not None)
        self.remark.setPlaceholderText(texts("work.remark_hint"))
        self.remark.setAccessibleName(texts("work.remark_hint"))
        if incident is not None:
            self.title.setText(self._names("title", incident.id) or incident.title)
            self.about.setText(self._about(incident))
        elif alert is not None:
            self.title.setText(self._names("scenario", alert.scenario))
            self.about.setText(texts("work.alert_about", place=alert.place or "—", hits=formats.count(alert.hits)))
        else:
            self.title.setText(texts("work.nothing"))
            self.about.setText(texts("work.nothing_hint"))
        why = explained(held.hits, texts, self.unmask)
        self._show("why", [Item(f"{one.name}  {one.words}", mood="warn" if one.warns else "plain",
                                mark="◆" if one.warns else "") for one in why])  # fmt: skip
        self._show("levels", list(self._levels(incident)) if incident is not None else [])
        self._show_units()
        self._show("steps", [self._step(step) for step in whole.steps] if whole is not None else [])
        self._show("tasks", [self._task(task) for task in whole.tasks] if whole is not None else [])
        self._show("parts", [self._part(one) for one in whole.parts] if whole is not None else [])
        self._show("messages", [self._message(one) for one in whole.messages] if whole is not None else [])
        self._show("log", [self._event(event) for event in self._newest(whole)])
        self.note.emit(incident.id if incident is not None else "")

    # Parts

    def _show(self, name: str, items: Sequence[Item]) -> None:
        self.sections[name].show_items(self._desk.look.texts(f"work.{name}"), items)

    def _about(self, incident: Incident) -> str:
        texts = self._desk.look.texts
        parts = [incident.id, texts(f"work_state.{incident.state}"), incident.place,
                 texts("work.owner", owner=incident.owner) if incident.owner else ""]  # fmt: skip
        if incident.escalated:
            parts.append(texts("work.escalated", count=incident.escalated))
        if incident.outcome:
            parts.append(texts(f"outcome.{incident.outcome}"))
        return " · ".join(part for part in parts if part)

    def _levels(self, incident: Incident) -> Iterator[Item]:
        texts = self._desk.look.texts
        for level in sorted(incident.levels, key=lambda one: one.within_s):
            words = texts(f"level.{level.state}", within=timer_words(level.within_s))
            reached_s = getattr(incident, REACHED[level.state]) if level.state in REACHED else 0.0
            if reached_s:
                took_s = reached_s - incident.since_s
                kept = took_s <= level.within_s
                yield Item(words, timer_words(took_s), "✓" if kept else "◆", "good" if kept else "warn")
            else:
                yield Item(words, _left(incident, level), "○")

    def _show_units(self) -> None:
        texts, whole = self._desk.look.texts, self.held.whole
        sent = [self._dispatch(one) for one in whole.dispatches] if whole is not None else []
        proposed = [
            Item(unit.words, unit.note, "●" if unit.chosen else "○", "plain",
                 ((texts("work.leave_out" if unit.chosen else "work.take_in"), self._choose(unit.unit)),))
            for unit in self.units
        ]  # fmt: skip
        self._show("units", [*sent, *proposed])

    def _choose(self, unit: str) -> Callable[[], None]:
        return lambda: self.chosen.emit(unit)

    def _dispatch(self, one: Dispatch) -> Item:
        texts = self._desk.look.texts
        over = one.state in ("refused", "silent", "recalled", "cleared")
        answers = ("acknowledged" if one.state == "sent" else "on_scene", "recalled")
        buttons = () if over or one.state == "on_scene" else tuple(self._report(one, state) for state in answers)
        words = f"{self._names('unit', one.unit)} · {texts(f'dispatch_state.{one.state}')}"
        advice = self.advice.get(one.id, "")
        words += f" · {texts(f'advice.{advice}')}" if advice else ""
        mood = (
            "warn" if one.state in ("silent", "refused") or advice not in ("", "there") else "quiet" if over else "good"
        )
        started_s, ended_s = one.sent_s, one.on_scene_s or one.ended_s
        note: str | Callable[[], str] = (
            timer_words(ended_s - started_s) if ended_s else lambda: timer_words(time.time() - started_s)
        )
        return Item(f"{words} {self._why(one.reason)}".strip(), note, "➤" if not over else "–", mood, buttons)

    def _report(self, one: Dispatch, state: str) -> tuple[str, Callable[[], Any]]:
        return (
            self._desk.look.texts(f"report.{state}"),
            lambda: self._desk.run("work.report", about=one.id, dispatch=one.id, state=state),
        )

    def _step(self, step: PlanStepRecord) -> Item:
        texts = self._desk.look.texts
        mark, mood = MARKS[step.state]
        words = f"{self._names('step', f'{step.plan}/{step.step}')} · {texts(f'step_owner.{step.owner}')}"
        if step.state != "waiting":
            done = " ".join(part for part in (formats.clock(step.answered_s), step.answered_by, step.note) if part)
            back = () if self._is_closed() else (self._answer(step, "waiting", "work.take_back"),)
            return Item(words, done, mark, mood, back)
        acts = (self._act(step),) if step.action in ACTS else ()
        buttons = (*acts, self._answer(step, "done", "work.step_done"), self._answer(step, "skipped", "work.step_skip"))
        due_s = step.due_s
        late = time.time() > due_s
        return Item(words, lambda: timer_words(due_s - time.time()), "◆" if late else mark,
                    "warn" if late else mood, buttons)  # fmt: skip

    def _is_closed(self) -> bool:
        return self.held.incident is not None and self.held.incident.state == "closed"

    def _act(self, step: PlanStepRecord) -> tuple[str, Callable[[], Any]]:
        return (
            self._desk.look.texts(f"step_act.{step.action}"),
            lambda: self._desk.run("work.act", about=step.id, step=step.id),
        )

    def _answer(self, step: PlanStepRecord, state: str, key: str) -> tuple[str, Callable[[], Any]]:
        note = self._desk.look.texts("work.skipped_note") if state == "skipped" else ""
        return (
            self._desk.look.texts(key),
            lambda: self._desk.run("work.step", about=step.id, step=step.id, state=state, note=note),
        )

    def _task(self, task: Task) -> Item:
        texts = self._desk.look.texts
        words = f"{self._names('agency', task.agency)} · {texts(f'task_state.{task.state}')} · {task.what}"
        open_ = task.state in ("offered", "accepted")
        mood = {"finished": "good", "returned": "warn"}.get(task.state, "plain" if open_ else "quiet")
        mark = {"finished": "✓", "returned": "◆", "withdrawn": "–"}.get(task.state, "○")
        due_s = task.due_s
        note: str | Callable[[], str] = (
            (lambda: timer_words(due_s - time.time())) if open_ else formats.clock(task.ended_s)
        )
        take_back = (
            texts("work.take_back"),
            lambda: self._desk.run("work.withdraw", about=task.id, task=task.id),
        )
        return Item(f"{words} {task.note}".strip(), note, mark, mood, (take_back,) if open_ else ())

    def _part(self, one: Incident) -> Item:
        words = f"{one.id} · {one.title} · {self._desk.look.texts(f'work_state.{one.state}')}"
        return Item(
            words, formats.clock(one.opened_s), "–" if one.closed_s else "○", "quiet" if one.closed_s else "plain"
        )

    def _message(self, one: Message) -> Item:
        texts = self._desk.look.texts
        what = f"{texts(f'door.{one.template}')} {one.text}" if one.channel == "door" else self._masked(one.text)
        words = f"{texts(f'channel.{one.channel}')} · {texts(f'message_state.{one.state}')} · {what}"
        words += f" · {texts.said(unpack(one.answer))}" if one.channel == "door" and one.answer else ""
        mood = "warn" if one.state == "failed" else "plain"
        buttons: tuple[tuple[str, Callable[[], Any]], ...] = ()
        if one.channel == "radio" and one.state == "waiting":
            buttons = ((texts("work.read_out"),
                        lambda: self._desk.run("work.told", about=one.id, message=one.id)),)  # fmt: skip
        return Item(
            words, formats.clock(one.ended_s or one.made_s), "◆" if one.state == "failed" else "", mood, buttons
        )

    def _masked(self, text: str) -> str:
        """Return an order as it may be shown: it holds in full what it is about."""
        for subject in (one for hit in self.held.hits for one in hit.subjects):
            text = text.replace(subject.label, shown_label(subject, self.unmask)) if subject.label else text
        return text

    def _newest(self, whole: Whole | None) -> Sequence[Event]:
        return tuple(reversed(whole.events[-MOST_EVENTS:])) if whole is not None else ()

    def _event(self, event: Event) -> Item:
        texts = self._desk.look.texts
        deed = texts(f"deed.{event.deed}") if f"deed.{event.deed}" in texts else event.deed
        why = self._why(event.why)
        words = " · ".join(part for part in (deed, event.record, event.by, why) if part)
        return Item(words, formats.clock(event.at_s), "", "quiet")

    def _why(self, reason: str) -> str:
        """Return a reason in the language of the moment: how it ended, why it was dismissed, or a sentence."""
        texts = self._desk.look.texts
        keys = (f"outcome.{reason}", f"dismissal.{reason}")
        return next((texts(key) for key in keys if key in texts), texts.said(reason) if reason else "")

    def _on_remark(self) -> None:
        text, incident = self.remark.text().strip(), self.held.incident
        if text and incident is not None:
            self.remark.clear()
            self._desk.run("work.note", about=incident.id, incident=incident.id, text=text)

    def _tick(self) -> None:
        if self.isVisible():
            for section in self.sections.values():
                section.tick()


def _left(incident: Incident, level: Level) -> Callable[[], str]:
    due_s = incident.since_s + level.within_s
    return lambda: timer_words(due_s - time.time())
