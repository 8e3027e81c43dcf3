"""Sites: a table by kind, town and capacity, and the units nearest to the one that is chosen."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QComboBox, QHBoxLayout, QVBoxLayout, QWidget

from app import formats
from app.desk import Desk
from app.map.events import Pick
from app.widgets.parts import label, line
from app.widgets.table import Table, TableColumn, TableModel
from twin.access import mask_name, mask_plate
from twin.city.city import City
from twin.city.tables import SITE_KINDS
from twin.live.kinds import KINDS, STATES
from twin.sites.overview import Sites, nearest_units, sites
from twin.world import World


class SitesPanel(QWidget):
    """Sites of the city that is open."""

    note = Signal(str)

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self._desk = desk
        self._sites: Sites | None = None
        self._chosen = -1
        self.kind = QComboBox()
        self.search = line(clear=True)
        self.table = Table(TableModel(desk.look, "sites", self._columns()), desk.look)
        self.table.sortByColumn(0, Qt.SortOrder.AscendingOrder)
        self.near_title = label("section", wrap=True)
        self.near = Table(TableModel(desk.look, "units", self._unit_columns()), desk.look)
        self.near.sortByColumn(2, Qt.SortOrder.AscendingOrder)
        self.near.setFixedHeight(28 * 6 + 2)
        row = QHBoxLayout()
        row.addWidget(self.kind, 1)
        row.addWidget(self.search, 1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.setSpacing(8)
        layout.addLayout(row)
        layout.addWidget(self.table, 1)
        layout.addWidget(self.near_title)
        layout.addWidget(self.near)
        self.near_title.hide()
        self.near.hide()
        self.kind.currentIndexChanged.connect(self._fill)
        self.search.textChanged.connect(self.table.filter)
        self.table.chosen.connect(self._on_chosen)
        self.near.chosen.connect(self._on_unit_chosen)
        desk.live.city_changed.connect(self._on_city_changed)
        desk.live.panels_due.connect(self._on_panels_due)
        desk.look.language_changed.connect(self.retranslate)
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._desk.look.texts
        chosen = max(self.kind.currentIndex(), 0)
        self.kind.blockSignals(True)
        self.kind.clear()
        self.kind.addItem(texts("sites.all_kinds"), "")
        for kind in SITE_KINDS:
            self.kind.addItem(texts(f"site_kind.{kind}"), kind)
        self.kind.setCurrentIndex(chosen)
        self.kind.blockSignals(False)
        self.kind.setAccessibleName(texts("sites.kind"))
        self.search.setPlaceholderText(texts("sites.filter"))
        self.search.setAccessibleName(texts("sites.filter"))
        self.table.setAccessibleName(texts("panel.sites"))
        self._fill()

    def _columns(self) -> tuple[TableColumn, ...]:
        texts = self._desk.look.texts

        def status(value: str) -> str:
            return texts(f"status.{value}") if f"status.{value}" in texts else value

        return (
            TableColumn("kind", lambda value: texts(f"site_kind.{value}"), width_px=78),
            TableColumn("name", self._word, width_px=150),
            TableColumn("town", self._word, width_px=66),
            TableColumn("capacity", lambda value: formats.count(value) if value else "—", figure=True, width_px=72),
            TableColumn("status", status, width_px=64),
        )

    def _unit_columns(self) -> tuple[TableColumn, ...]:
        texts = self._desk.look.texts
        return (
            TableColumn("kind", lambda value: texts(f"kind.{value}"), width_px=84),
            TableColumn("label", str, width_px=110),
            TableColumn("distance", formats.distance, figure=True, width_px=84),
            TableColumn("state", lambda value: texts(f"state.{value}"), width_px=70),
        )

    def _word(self, pair: tuple[str, str]) -> str:
        return (pair[1] or pair[0]) if self._desk.look.language == "en" else pair[0]

    def _on_city_changed(self, city: City) -> None:
        self._chosen = -1
        self._desk.jobs.submit(
            "job.sites", lambda _report, _cancelled: sites(city), self._on_sites, key="sites", quiet=True
        )

    def _on_sites(self, found: Sites) -> None:
        self._sites = found
        self._fill()

    def _fill(self, *_: object) -> None:
        found = self._sites
        if found is None:
            return
        kind = self.kind.currentData()
        rows = [row for row in range(len(found)) if not kind or found.kind[row] == kind]
        self.table.rows.set_rows(
            [str(row) for row in rows],
            [
                (
                    found.kind[row], (found.name[row], found.name_en[row]), (found.town[row], found.town_en[row]),
                    int(found.capacity[row]), found.status[row],
                )
                for row in rows
            ],
        )  # fmt: skip
        self.note.emit(self._desk.look.texts("sites.note", count=formats.count(len(rows))))

    def _on_chosen(self, key: str) -> None:
        found, city = self._sites, self._desk.live.city
        if found is None or city is None:
            return
        self._chosen = int(key)
        east, north = found.position_m[self._chosen]
        lon, lat = city.frame.to_lonlat(east, north)
        name = str(found.id[self._chosen])
        self._desk.run("map.fly_to", about=name, lon_deg=float(lon), lat_deg=float(lat), distance_m=450.0)
        ground = float(city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1]))
        self._desk.selection.select([Pick("sites", name, (float(east), float(north), ground))])
        if self._desk.live.world is not None:
            self._on_panels_due(self._desk.live.world)

    def _on_panels_due(self, world: World) -> None:
        found = self._sites
        if found is None or self._chosen < 0 or not self.isVisible():
            return
        east, north = found.position_m[self._chosen]
        units = nearest_units(world.tracks, (float(east), float(north)))
        unmask = self._desk.session.commands.purpose is not None
        rows = []
        for unit in units:
            row = world.tracks.rows[unit.row]
            kind, label = KINDS[int(row["kind"])], row["label"].decode("utf-8", "replace")
            mask = mask_name if kind.layer == "people" else mask_plate
            rows.append((kind.name, label if unmask else mask(label), unit.distance_m, STATES[int(row["state"])]))
        keys = [world.tracks.rows["id"][unit.row].decode() for unit in units]
        self.near.rows.set_rows(keys, rows)
        name = self._word((found.name[self._chosen], found.name_en[self._chosen]))
        self.near_title.setText(self._desk.look.texts("sites.nearest" if units else "sites.nobody", name=name))
        self.near_title.show()
        self.near.setVisible(bool(units))

    def _on_unit_chosen(self, key: str) -> None:
        self._desk.run("map.find_entity", about=key, key=key)
