"""The panel of green waves: which arterial, which cycle, what it is worth, and the time–space diagram."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.desk import Desk
from app.widgets.parts import label
from app.workbenches.traffic.rehearsed import table_of
from app.workbenches.traffic.time_space import Drawn, TimeSpace
from twin.signals.corridor import Corridor
from twin.signals.wave import Candidate, told
from twin.traffic.effect import Change, Effect
from twin.traffic.rehearsal import Rehearsed
from twin.traffic.streams import ASSUMED


@dataclass(frozen=True, slots=True)
class Shown:
    """The wave that is on the screen; ``by_hand`` once an offset was dragged."""

    candidate: Candidate
    drawn: Drawn
    band_s: tuple[float, float]
    by_hand: bool = False


@dataclass(frozen=True, slots=True)
class Planned:
    """The waves of an arterial, the best first, and where the traffic is from that they were planned for."""

    corridor: Corridor
    waves: tuple[Candidate, ...]
    demand: str


class WavesPanel(QWidget):
    """Shows arterials, the waves of one, and the one that is looked at."""

    seen = Signal()
    """It is shown: what it lists should be read."""
    dragged = Signal(int, float)
    """Row of a signal and the offset it was left at."""
    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._corridors: tuple[Corridor, ...] = ()
        self._waves: tuple[Shown, ...] = ()
        self._demand = ASSUMED
        self.shown: Shown | None = None
        self.roads, self.cycles = QComboBox(), QComboBox()
        self.plan, self.rehearse, self.release, self.back, self.effect = (QPushButton() for _ in range(5))
        self.state = label("quiet", wrap=True)
        self.release.clicked.connect(lambda: desk.run("wave.release", about=self.road))
        self.back.clicked.connect(lambda: desk.run("wave.back", about=self.road))
        self.rehearse.clicked.connect(lambda: desk.run("wave.rehearse", about=self.road))
        self.rehearsed = label("plain", rich=True, wrap=True)
        self._found: Rehearsed | None = None
        self.effect.clicked.connect(lambda: desk.run("wave.effect", about=self.road))
        self.measured = label(rich=False, wrap=True)
        self.worth, self.rung, self.problem = (
            label(rich=False, wrap=True),
            label("quiet", wrap=True),
            label("problem", wrap=True),
        )
        self.diagram = TimeSpace(desk.look)
        for choice in (self.roads, self.cycles):
            choice.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
            choice.setMinimumContentsLength(4)  # the map keeps its share of a small window
        self.plan.clicked.connect(lambda: desk.run("wave.plan", about=self.roads.currentText()))
        self.cycles.activated.connect(self._on_cycle)
        self.diagram.dropped.connect(self.dragged)
        self.diagram.dragging.connect(self.dragged)
        row = QHBoxLayout()
        row.addWidget(self.roads, 3)
        row.addWidget(self.cycles, 2)
        row.addWidget(self.plan)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.worth)
        layout.addWidget(self.diagram, 1)
        layout.addWidget(self.rung)
        layout.addWidget(self.rehearsed)
        layout.addWidget(self.problem)
        layout.addWidget(self.state)
        layout.addWidget(self.measured)
        below = QHBoxLayout()
        below.addStretch(1)
        below.addWidget(self.rehearse)
        below.addWidget(self.effect)
        below.addWidget(self.back)
        below.addWidget(self.release)
        layout.addLayout(below)
        self.problem.hide()
        self.back.setEnabled(False)
        self.effect.setEnabled(False)
        self.measured.hide()
        self.rehearsed.hide()
        for button in (self.rehearse, self.effect, self.back, self.release):
            button.setMinimumWidth(40)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    @property
    def road(self) -> str:
        """Return the road of the wave that is shown; empty without one."""
        return self.shown.drawn.corridor.name if self.shown else ""

    def corridor(self, road: str = "") -> Corridor | None:
        """Return an arterial by its road's name, else the chosen one."""
        for corridor in self._corridors:
            if corridor.name == road:
                return corridor
        row = self.roads.currentIndex()
        return self._corridors[row] if not road and 0 <= row < len(self._corridors) else None

    def show_corridors(self, corridors: Sequence[Corridor]) -> None:
        """List the arterials, the longest first."""
        self._corridors, self._waves, self.shown = tuple(corridors), (), None
        self.show_rehearsed(None)
        self.retranslate()

    def show_waves(self, found: Planned) -> None:
        """List the waves of an arterial, the best first, and draw that one unless another of them is worked on."""
        before, best = self.shown, self._waves[0].candidate if self._waves else None
        waves, self._demand = found.waves, found.demand
        self._waves = tuple(
            Shown(wave, Drawn(found.corridor, wave.plans, wave.advice_kmh), wave.band_s) for wave in waves
        )
        self.problem.hide()
        if (
            before is None
            or not any(before.candidate is wave for wave in waves)
            or (before.candidate is best and not before.by_hand)
        ):
            before = self._waves[0]
        self.show_changed(before)

    def show_changed(self, shown: Shown) -> None:
        """Draw a wave."""
        self.shown = shown
        self.retranslate()

    def show_state(self, words: str, released: bool) -> None:
        """Tell what the controllers do; ``released`` while there is something to go back to."""
        self.state.setText(words)
        self.back.setEnabled(released)
        self.effect.setEnabled(released)
        self.measured.setVisible(released and bool(self.measured.text()))

    def show_rehearsed(self, found: Rehearsed | None) -> None:
        """Tell what simulation said of the ways to run the signals; nothing hides it."""
        self._found = found
        self.rehearsed.setText(table_of(found, self._desk.look.texts) if found is not None else "")
        self.rehearsed.setVisible(found is not None)

    def show_effect(self, found: Effect | None) -> None:
        """Tell what was measured before and since the release."""
        texts = self._desk.look.texts
        self.measured.setText(texts("waves.no_effect"))
        if found is not None:
            figures = {"kmh": _changed(found.kmh, ".0f"), "delay": _changed(found.delay_s, ".0f"),
                       "stops": _changed(found.stops, ".1f")}  # fmt: skip
            self.measured.setText(texts("waves.effect", minutes=5 * found.pairs, **figures))
        self.measured.show()

    def tell(self, error: Exception) -> None:
        """Say why there is no wave."""
        self.problem.setText(self._desk.look.texts.error(error))
        self.problem.show()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts, road = self._desk.look.texts, max(0, self.roads.currentIndex())
        self.plan.setText(texts("waves.plan"))
        self.release.setText(texts("waves.release"))
        self.release.setEnabled(self.shown is not None)
        self.back.setText(texts("waves.back"))
        self.effect.setText(texts("waves.measure_effect"))
        self.rehearse.setText(texts("waves.rehearse"))
        self.rehearse.setEnabled(self.shown is not None)
        self.show_rehearsed(self._found)
        self.roads.setAccessibleName(texts("waves.road"))
        self.cycles.setAccessibleName(texts("waves.cycles"))
        self.roads.clear()
        self.roads.addItems([texts("waves.arterial", name=c.name, count=len(c.junctions)) for c in self._corridors])
        self.roads.setCurrentIndex(min(road, len(self._corridors) - 1))
        self.plan.setEnabled(bool(self._corridors))
        self._fill_cycles()
        self._fill_worth()
        self.diagram.show_plans(self.shown.drawn if self.shown else None)

    def showEvent(self, event: QShowEvent) -> None:
        """Have the arterials read at once."""
        super().showEvent(event)
        self.seen.emit()

    def _on_cycle(self, row: int) -> None:
        self.show_changed(self._waves[row])

    def _fill_cycles(self) -> None:
        texts = self._desk.look.texts
        self.cycles.clear()
        for wave in (shown.candidate for shown in self._waves):
            self.cycles.addItem(texts("waves.cycle", cycle=f"{wave.cycle_s:.0f}", share=f"{wave.one_stop:.0%}"))
        chosen = [row for row, each in enumerate(self._waves) if self.shown and each.candidate is self.shown.candidate]
        self.cycles.setCurrentIndex(chosen[0] if chosen else -1)
        self.cycles.setEnabled(bool(self._waves))

    def _fill_worth(self) -> None:
        texts, shown = self._desk.look.texts, self.shown
        if shown is None:
            self.worth.setText(texts("waves.none" if self._corridors else "waves.no_roads"))
            self.rung.setText("")
            self.note.emit("")
            return
        wave = shown.candidate
        speeds = shown.drawn.advice_kmh
        self.worth.setText(texts(
            "waves.worth", out=f"{shown.band_s[0]:.0f}", back=f"{shown.band_s[1]:.0f}", cycle=f"{wave.cycle_s:.0f}",
            out_kmh=f"{speeds[0].mean():.0f}", back_kmh=f"{speeds[1].mean():.0f}",
        ))  # fmt: skip
        by_hand = (
            texts("waves.by_hand")
            if shown.by_hand
            else texts("waves.stops", share=f"{wave.one_stop:.0%}", demand=texts(f"rehearsal.demand.{self._demand}"))
        )
        self.rung.setText(f"{by_hand}\n{texts.said(told(wave))}")
        self.note.emit(texts("waves.note", cycle=f"{wave.cycle_s:.0f}"))


def _changed(change: Change, form: str) -> str:
    """Write a figure before and after, and its change with the interval."""
    return f"{change.before:{form}} → {change.after:{form}} ({change.low:+.0%} … {change.high:+.0%})"
