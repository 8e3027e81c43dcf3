"""Road speeds: a table of the named roads, the slowest first."""

from __future__ import annotations

import time

import numpy as np
from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from twin.traffic.roads import NamedRoads, named_roads
from twin.traffic.speeds import GRADES, Sighting, recent, sight
from twin.world import World

EVERY_S = 3.0
# Red stays for life and limb: a jam is a warning.
MARKS = ("–", "■", "■", "■", "●", "◆")
TOKENS = ("disabled", "good", "quiet", "severity_4", "severity_3", "severity_2")


class TrafficPanel(QWidget):
    """Asks for speeds every few seconds while it can be seen."""

    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk, self._asked_s = desk, 0.0
        self._roads: NamedRoads | None = None
        self._seen: tuple[Sighting, ...] = ()
        self.summary = label("quiet", wrap=True, rich=True)
        self.search = line(clear=True)
        self.seen_only = QCheckBox()
        self.seen_only.setChecked(True)
        self.search.setMinimumWidth(80)
        self.table = Table(TableModel(desk.look, "traffic", self._columns()), desk.look)
        self.table.sortByColumn(3, Qt.SortOrder.DescendingOrder)
        self.search.textChanged.connect(self.table.filter)
        self.seen_only.toggled.connect(self._fill)
        self.table.chosen.connect(self._on_chosen)
        row = QHBoxLayout()
        row.addWidget(self.search, 1)
        row.addWidget(self.seen_only)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 0)
        layout.setSpacing(8)
        layout.addWidget(self.summary)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        desk.live.panels_due.connect(self._on_panels_due)
        desk.look.language_changed.connect(self.retranslate)
        desk.look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        self.search.setPlaceholderText(texts("traffic.filter"))
        self.search.setAccessibleName(texts("traffic.filter"))
        self.seen_only.setText(texts("traffic.seen_only"))
        self.table.setAccessibleName(texts("panel.traffic"))
        self._fill()

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._desk.look.texts
        return (
            TableColumn("name", self._name, width_px=112),
            TableColumn("speed", lambda value: "—" if np.isnan(value) else f"{value:.0f}", figure=True, width_px=78),
            TableColumn("vehicles", str, figure=True, width_px=50),
            TableColumn("grade", lambda value: f"{MARKS[value[0]]} {texts(_grade_key(*value))}", width_px=96,
                        token=lambda value: TOKENS[value[0]]),
            TableColumn("length", lambda value: f"{value:.1f}", figure=True, width_px=66),
            TableColumn("road_class", lambda value: texts(f"road_class.{value}"), width_px=72),
        )  # fmt: skip

    def _name(self, pair: tuple[str, str]) -> str:
        return (pair[1] or pair[0]) if self._desk.look.language == "en" else pair[0]

    def _on_panels_due(self, world: World) -> None:
        due = time.monotonic() - self._asked_s >= EVERY_S and not self._desk.jobs.is_running("speeds")
        if self.isVisible() and due and len(world.tracks):
            self._asked_s, before = time.monotonic(), self._seen
            self._desk.jobs.submit(
                "job.speeds",
                lambda _report, _cancelled: _look(before, world),
                self._on_roads,
                key="speeds",
                quiet=True,
            )

    def _on_roads(self, looked: tuple[tuple[Sighting, ...], NamedRoads]) -> None:
        self._seen, self._roads = looked
        self._fill()

    def _fill(self, *_: object) -> None:
        roads = self._roads
        texts = self._desk.look.texts
        if roads is None:
            self.summary.setText(texts("traffic.waiting"))
            return
        rows = [row for row in range(len(roads)) if roads.vehicles[row] or not self.seen_only.isChecked()]
        self.table.rows.set_rows(
            [str(row) for row in rows],
            [
                (
                    (roads.name[row], roads.name_en[row]), float(roads.mean_kmh[row]), int(roads.vehicles[row]),
                    (int(roads.grade[row]), int(roads.vehicles[row])), float(roads.length_km[row]),
                    roads.road_class[row],
                )
                for row in rows
            ],
        )  # fmt: skip
        theme = self._desk.look.theme
        counts = np.bincount(roads.grade, minlength=len(GRADES))
        parts = [
            f'<span style="color:{theme[TOKENS[g]]}">{MARKS[g]}</span> {texts(f"grade.{GRADES[g]}")} {counts[g]}'
            for g in (5, 4, 3, 2, 1)
        ]
        self.summary.setText(" &nbsp; ".join(parts))
        self.note.emit(texts("traffic.note", roads=formats.count(len(roads)), time=formats.clock(self._seen[-1].at_s)))

    def _on_chosen(self, key: str) -> None:
        roads = self._roads
        city = self._desk.live.city
        if roads is not None and city is not None:
            lon, lat = city.frame.to_lonlat(*roads.position_m[int(key)])
            self._desk.run(
                "map.fly_to", about=str(roads.name[int(key)]), lon_deg=float(lon), lat_deg=float(lat), distance_m=900.0
            )


def _look(before: tuple[Sighting, ...], world: World) -> tuple[tuple[Sighting, ...], NamedRoads]:
    seen = recent(before, sight(world))
    return seen, named_roads(seen)


def _grade_key(grade: int, vehicles: int) -> str:
    """Return the text of a grade; a road with too few vehicles for one says so."""
    return "grade.few" if not grade and vehicles else f"grade.{GRADES[grade]}"
