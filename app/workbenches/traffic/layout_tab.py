"""Layout and works: what is proposed and why, what was drawn on the map, and what each wins."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from app.look import Look
from app.traffic_planning import hours_line, reasons_of, roads_of
from app.widgets.parts import label
from app.widgets.table import Table, TableColumn, TableModel
from data.traffic.planning import Planning
from twin.traffic.measures import Costed

BY_HAND = ("bus_bay", "parking_ban", "works")
"""Kinds that a click on a road is enough for."""
WORKS_HOURS = 8
"""How long works are taken to last where the page tells when they cost least."""


class LayoutTab(QWidget):
    """Lists costed measures, the best first; asks by signals."""

    ask_wanted, clear_wanted = Signal(), Signal()
    pick_wanted = Signal(str)
    """A kind of measure that is to be put on a road of the map."""
    chosen = Signal(int)
    """Place of a measure in the list."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self.ranked: tuple[Costed, ...] = ()
        self._plan: Planning | None = None
        self._words = ""
        self.ask, self.pick, self.kind = QPushButton(), QPushButton(), QComboBox()
        self.verdict, self.why = label("section", wrap=True), label("quiet", wrap=True)
        self.table = Table(TableModel(look, "layout", self._columns()), look)
        self.table.sortByColumn(2, Qt.SortOrder.DescendingOrder)
        top = QHBoxLayout()
        for part in (self.ask, self.kind, self.pick):
            top.addWidget(part)
        top.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addLayout(top)
        layout.addWidget(self.verdict)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.why)
        self.ask.clicked.connect(lambda: self.ask_wanted.emit())
        self.pick.clicked.connect(lambda: self.pick_wanted.emit(BY_HAND[max(self.kind.currentIndex(), 0)]))
        self.table.chosen.connect(self._on_chosen)

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._look.texts
        return (
            TableColumn("kind", lambda kind: texts(f"planning.kind.{kind}"), width_px=110),
            TableColumn("road", width_px=130),
            TableColumn("won", lambda hours: f"{hours:+.1f}" if np.isfinite(hours) else "✕", figure=True, width_px=76),
            TableColumn("verdict", lambda worth: texts("planning.worth" if worth else "planning.leave"), width_px=84),
        )

    def show_measures(self, plan: Planning | None, ranked: Sequence[Costed]) -> None:
        """List measures; without a plan nothing was asked yet."""
        self._plan, self.ranked, self._words = plan, tuple(ranked), ""
        self.why.setText("")
        self.fill()

    def tell(self, words: str) -> None:
        """Say why nothing is listed."""
        self._words = words
        self.verdict.setText(words)

    def fill(self) -> None:
        """Write everything in the language of the moment."""
        texts, plan = self._look.texts, self._plan
        self.ask.setText(texts("layout.ask"))
        self.pick.setText(texts("layout.pick"))
        row = max(self.kind.currentIndex(), 0)
        self.kind.clear()
        self.kind.addItems([texts(f"planning.kind.{kind}") for kind in BY_HAND])
        self.kind.setCurrentIndex(row)
        self.kind.setAccessibleName(texts("layout.kind"))
        self.table.setAccessibleName(texts("guidance.tab.layout"))
        if plan is None:
            self.verdict.setText(self._words or texts("layout.none"))
            self.table.rows.set_rows([], [])
            return
        self.table.rows.set_rows(
            [str(place) for place in range(len(self.ranked))],
            [
                (one.measure.kind, "、".join(roads_of(plan, one.measure)), one.won_h, one.worth_it)
                for one in self.ranked
            ],
        )
        best = [one for one in self.ranked if one.worth_it]
        if not best:
            self.verdict.setText(texts("planning.leave_it"))
            return
        kind = texts(f"planning.kind.{best[0].measure.kind}")
        road = "、".join(roads_of(plan, best[0].measure))
        self.verdict.setText(texts("layout.best", kind=kind, road=road, won=f"{best[0].won_h:.1f}"))

    def _reasons(self, one: Costed) -> Iterator[str]:
        yield "；".join(reasons_of(one.measure, self._look.texts))
        if one.by_hour is not None:
            yield hours_line(one.by_hour, WORKS_HOURS, self._look.texts)

    def _on_chosen(self, key: str) -> None:
        place = int(key)
        if 0 <= place < len(self.ranked):
            self.why.setText("\n".join(self._reasons(self.ranked[place])))
            self.chosen.emit(place)
