"""The roster of the days to come, and patrols: who goes by where and when, and what was missed."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from PySide6.QtCore import QDateTime, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QDateTimeEdit, QFormLayout, QHBoxLayout, QPushButton, QSpinBox, QWidget

from app import formats
from app.desk import Desk
from app.map.events import Pick
from app.widgets.parts import label, line
from app.workbenches.operations.section import Item, Section, name_row, scrolled
from twin.city.city import City
from twin.operations.deeds import PlanPatrol, PlanWatch, ReportPatrol, TurnWatch
from twin.operations.duty import missed
from twin.operations.records import Patrol, Stop, Unit, Watch
from twin.operations.states import PATROL
from twin.operations.store import Operations

HOUR_S, BETWEEN_S = 3600.0, 1800.0
MOST_LINES = 60
Planned = PlanWatch | PlanPatrol
Reported = TurnWatch | ReportPatrol


@dataclass(frozen=True, slots=True)
class Roster:
    """What is planned, the patrols, and the units there are."""

    watches: tuple[Watch, ...]
    patrols: tuple[Patrol, ...]
    units: tuple[Unit, ...]


def read_roster(store: Operations) -> Roster:
    """Read it; errors as of the records."""
    return Roster(store.find(Watch, ("planned",)), store.find(Patrol), store.find(Unit))


class RosterPanel(QWidget):
    """A form for shifts and patrols, and both as they are planned."""

    note = Signal(str)
    due = Signal()
    """It is seen, and wants to be told how the roster is."""
    planned = Signal(object)
    """A tuple of deeds that plan."""
    reported = Signal(object)
    """A deed that says what came of a plan."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self.roster = Roster((), (), ())
        self.person, self.unit, self.role = line(64), QComboBox(), QComboBox()
        self.begin, self.hours, self.days = QDateTimeEdit(), QSpinBox(), QSpinBox()
        self.begin.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.begin.setCalendarPopup(True)
        self.begin.setDateTime(_next_shift())
        self.hours.setRange(1, 24)
        self.hours.setValue(8)
        self.days.setRange(1, 31)
        self.problem, self.plan, self.walk = label("problem", wrap=True), QPushButton(), QPushButton()
        self.problem.hide()
        self.plan.clicked.connect(self._plan)
        self.walk.clicked.connect(self._walk)
        self.watches, self.patrols = Section(), Section()
        self._form = QFormLayout()
        for name in ("person", "role", "unit", "begin", "hours", "days"):
            self._form.addRow(name, getattr(self, name))
        row = QHBoxLayout()
        row.addWidget(self.plan)
        row.addWidget(self.walk)
        self._form.addRow(row)
        scrolled(self, (self.problem, self.patrols, self.watches, self._form))
        desk.look.language_changed.connect(self.retranslate)
        desk.live.panels_due.connect(self._on_panels_due)
        self.retranslate()

    def show_roster(self, roster: Roster) -> None:
        """Show how the roster is."""
        if roster.units != self.roster.units:
            chosen = self.unit.currentData()
            self.unit.clear()
            self.unit.addItem("—", "")
            for unit in roster.units:
                self.unit.addItem(unit.name, unit.id)
            self.unit.setCurrentIndex(max(self.unit.findData(chosen), 0))
        self.roster = roster
        self._fill()

    def say(self, why: str) -> None:
        """Say what was refused."""
        self.problem.setText(why)
        self.problem.setVisible(bool(why))

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts, rules, chosen = self._desk.look.texts, self._desk.session.commands.rules, self.role.currentData()
        self.role.clear()
        for name, role in rules.roles.items():
            if not role.invented:
                self.role.addItem(role.chinese if texts.language == "zh" else role.english, name)
        self.role.setCurrentIndex(max(self.role.findData(chosen), 0))
        for name in ("person", "role", "unit", "begin", "hours", "days"):
            field = getattr(self, name)
            name_row(self._form, field, texts(f"roster.field_{name}"))
        self.plan.setText(texts("roster.plan"))
        self.walk.setText(texts("roster.walk"))
        self.walk.setToolTip(texts("roster.walk_hint"))
        self._fill()

    def showEvent(self, event: QShowEvent) -> None:
        """Ask at once."""
        super().showEvent(event)
        if self._desk.live.city is not None:
            self._desk.run("duty.look", refused=self.say)

    def _on_panels_due(self, _world: object) -> None:
        if self.isVisible():
            self.due.emit()

    def _fill(self) -> None:
        texts, at_s = self._desk.look.texts, time.time()
        open_ = [one for one in self.roster.patrols if one.state in PATROL.open]
        ahead = sorted(self.roster.watches, key=lambda watch: watch.begin_s)[:MOST_LINES]
        self.patrols.show_items(
            texts("roster.patrols"), [self._patrol(one, at_s) for one in open_], texts("roster.no_patrols")
        )
        self.watches.show_items(
            texts("roster.ahead"), [self._watch(one) for one in ahead], texts("roster.nothing_ahead")
        )
        self.note.emit(str(len(ahead)) if ahead else "")

    def _watch(self, one: Watch) -> Item:
        words = " · ".join(part for part in (one.person, one.role, self._unit(one.unit), one.device) if part)
        hours = f"{formats.day(one.begin_s)} {formats.clock(one.begin_s)[:5]}–{formats.clock(one.end_s)[:5]}"
        cancel = (self._desk.look.texts("roster.cancel"), self._report(TurnWatch(one.id, "cancelled")))
        return Item(words, hours, "○", "plain", (cancel,))

    def _patrol(self, one: Patrol, at_s: float) -> Item:
        """Return a patrol with its stops, and a button for the one that comes next."""
        late, lines = set(missed(one, at_s)), [f"{one.name} · {self._unit(one.unit)}"]
        for stop in one.stops:
            sign = "✓" if stop.reached_s else "◆" if stop in late else "○"
            lines.append(f"{sign} {formats.clock(stop.due_s)[:5]} {stop.name}")
        texts = self._desk.look.texts
        ahead = next((place for place, stop in enumerate(one.stops) if not stop.reached_s), None)
        reached = [(texts("roster.reached"), self._report(ReportPatrol(one.id, ahead)))] if ahead is not None else []
        ending = "cancelled" if one.state == PATROL.first else "broken_off"
        stopped = (texts("roster.cancel"), self._report(ReportPatrol(one.id, -1, ending, texts("roster.by_hand"))))
        return Item("\n".join(lines), formats.clock(one.begin_s)[:5], "◆" if late else "○",
                    "warn" if late else "plain", (*reached, stopped), True)  # fmt: skip

    def _unit(self, id_: str) -> str:
        return next((unit.name for unit in self.roster.units if unit.id == id_), id_)

    def _plan(self) -> None:
        """Put the shift on the roster, once a day."""
        self.say("")
        begin = datetime.fromtimestamp(self.begin.dateTime().toSecsSinceEpoch()).astimezone()
        days = [(begin + timedelta(days=day)).timestamp() for day in range(self.days.value())]
        self.planned.emit(tuple(
            PlanWatch(self.person.text().strip(), self.role.currentData(), at_s, at_s + self.hours.value() * HOUR_S,
                      self.unit.currentData() or "")
            for at_s in days
        ))  # fmt: skip

    def _walk(self) -> None:
        """Plan a patrol by what is selected on the map, half an hour apart."""
        self.say("")
        begin_s = float(self.begin.dateTime().toSecsSinceEpoch())
        city, picks = self._desk.live.city, self._desk.selection.picks
        if city is None or not picks:
            self.say(self._desk.look.texts("roster.walk_hint"))
            return
        stops = []
        for place, pick in enumerate(picks, start=1):
            lon, lat = (float(value) for value in city.frame.to_lonlat(*pick.position_m[:2]))
            stops.append(Stop(_name_of(city, pick), lon, lat, begin_s + place * BETWEEN_S))
        end_s = begin_s + self.hours.value() * HOUR_S
        name = self.person.text().strip() or self._desk.look.texts("roster.patrol")
        self.planned.emit((PlanPatrol(name, self.unit.currentData() or "", begin_s, end_s, tuple(stops)),))

    def _report(self, deed: Reported) -> Callable[[], None]:
        return lambda: self.reported.emit(deed)


def _name_of(city: City, pick: Pick) -> str:
    """Return what a selected place is called; its id if it has no name."""
    table = {"cameras": "devices", "signals": "devices", "sensors": "devices"}.get(pick.layer, pick.layer)
    rows = city.table(table) if table in city.tables else None
    if rows is None or "name" not in rows:
        return pick.key
    found = rows.loc[rows["id"] == pick.key, "name"]
    return str(found.iloc[0]) if len(found) and str(found.iloc[0]) else pick.key


def _next_shift() -> QDateTime:
    """Return the next full hour."""
    now = QDateTime.currentDateTime()
    return QDateTime(now.date(), now.time().fromMSecsSinceStartOfDay(0)).addSecs((now.time().hour() + 1) * 3600)
