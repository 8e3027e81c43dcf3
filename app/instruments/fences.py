"""Geofences: drawn, named, answered for, and ended."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial

import shapely
from PySide6.QtCore import QDateTime, QObject
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QCheckBox, QComboBox, QDateTimeEdit, QDialog, QDialogButtonBox, QFormLayout, QWidget

from app import formats
from app.commands import Call, Command
from app.desk import Desk
from app.features.feature import Context, Entry
from app.instruments.book import fresh_id
from app.instruments.keeper import Keeper
from app.instruments.listing import Listing
from app.look import Look
from app.widgets.parts import line
from app.widgets.table import TableColumn
from twin.errors import UsageError
from twin.geo import FloatArray
from twin.kept import FENCE_KINDS, NEVER_S, Geofence, Kept
from twin.words import say

ACTIONS: Mapping[str, str] = {
    "fence.fly_to": "navigation-arrow", "fence.edit": "pencil-simple", "fence.drop": "trash",
}  # fmt: skip
A_DAY_S = 86_400
LONGEST_NAME = 60


class Fences(QObject):
    """Draws, changes and drops geofences."""

    def __init__(self, context: Context, keeper: Keeper, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._desk, self._keeper = context, context.desk, keeper
        self.panel = FencePanel(context.desk, keeper)

    def entries(self) -> Iterator[Entry]:
        """Return the commands; ``fence.keep`` takes the fence in ``fence``."""
        yield Entry(Command("fence.keep", self._keep, "fence.keep", in_palette=False))
        yield Entry(Command("fence.fly_to", self._fly, "view", in_palette=False))
        yield Entry(Command("fence.edit", self._edit, "fence.keep", in_palette=False))
        yield Entry(Command("fence.drop", self._drop, "fence.keep", in_palette=False))

    def on_drawn(self, points_m: FloatArray) -> None:
        """Ask what the area that was drawn is, and keep it."""
        city = self._desk.live.city
        if city is None:
            return
        shape = shapely.make_valid(shapely.Polygon(points_m[:, :2] + city.frame.origin_m))
        areas = [part for part in shapely.get_parts(shape) if part.geom_type == "Polygon"]
        if not areas:
            self._desk.run("fence.keep", fence=None)
            return
        owner = self._desk.session.commands.actor.name
        fence = Geofence(fresh_id("f"), "", "watch", owner, shapely.MultiPolygon(areas), time.time())
        self._ask(fence)

    def _ask(self, fence: Geofence) -> None:
        dialog = FenceDialog(self._desk.look, fence, self._context.window)
        dialog.accepted.connect(lambda: self._desk.run("fence.keep", about=fence.id, fence=dialog.fence()))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _keep(self, call: Call) -> None:
        fence = call.arguments["fence"]
        if fence is None:
            raise UsageError("what was drawn has no area; draw around something")
        others = tuple(other for other in self._keeper.kept.fences if other.id != fence.id)
        self._keeper.change(fences=(*others, fence))

    def _edit(self, call: Call) -> None:
        self._ask(self._named(call))

    def _drop(self, call: Call) -> None:
        fence = self._named(call)
        self._keeper.change(fences=tuple(other for other in self._keeper.kept.fences if other is not fence))

    def _fly(self, call: Call) -> None:
        fly_over(self._context, self._named(call).shape)

    def _named(self, call: Call) -> Geofence:
        key = str(call.arguments["key"])
        for fence in self._keeper.kept.fences:
            if fence.id == key:
                return fence
        raise UsageError(say("there is no geofence {key}", key=key))


def fly_over(context: Context, shape: shapely.Geometry) -> None:
    """Look at a shape in the city's projected system so that all of it is seen."""
    city = context.desk.live.city
    if city is None or shapely.is_empty(shape):
        raise UsageError("there is nothing to be seen of it")
    west, south, east, north = (float(edge) for edge in shapely.bounds(shape))
    x, y = (west + east) / 2 - city.frame.origin_m[0], (south + north) / 2 - city.frame.origin_m[1]
    lon, lat = city.frame.to_lonlat(x, y)
    context.map.fly_to(float(lon), float(lat), max(1.8 * max(east - west, north - south), 200.0))


class FencePanel(Listing):
    """The table of geofences."""

    def __init__(self, desk: Desk, keeper: Keeper) -> None:
        texts = desk.look.texts
        columns = (
            TableColumn("name", width_px=130),
            TableColumn("kind", text=lambda kind: texts(f"fence_kind.{kind}"), width_px=80),
            TableColumn("until", text=partial(_until, desk.look), figure=True, width_px=96),
        )
        super().__init__(desk, "geofences", columns, ACTIONS)
        self._keeper = keeper
        self.chose.connect(self._on_fence_chosen)
        keeper.changed.connect(self._on_changed)

    def _on_fence_chosen(self, key: str) -> None:
        owner = next((fence.owner for fence in self._keeper.kept.fences if fence.id == key), "")
        self.say(f"{self._desk.look.texts('geofences.owner')} {owner}" if owner else "")

    def _on_changed(self, kept: Kept) -> None:
        rows = [(fence.name, fence.kind, fence.until_s) for fence in kept.fences]
        self.set_rows([fence.id for fence in kept.fences], rows)


def _until(look: Look, until_s: float) -> str:
    if until_s == NEVER_S:
        return look.texts("geofences.never")
    words = formats.local_time(until_s).strftime("%m-%d %H:%M")
    return look.texts("geofences.ended", time=words) if until_s <= time.time() else words


class FenceDialog(QDialog):
    """Asks for the name, the kind, who answers for it, and until when."""

    def __init__(self, look: Look, fence: Geofence, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        texts = look.texts
        self._fence = fence
        self.setWindowTitle(texts("command.instrument.fence"))
        self.setMinimumWidth(380)
        self.name, self.owner = line(LONGEST_NAME), line(LONGEST_NAME)
        self.name.setText(fence.name)
        self.owner.setText(fence.owner)
        self.kind = QComboBox()
        for kind in FENCE_KINDS:
            self.kind.addItem(texts(f"fence_kind.{kind}"), kind)
        self.kind.setCurrentIndex(FENCE_KINDS.index(fence.kind))
        ends = fence.until_s != NEVER_S
        self.ends = QCheckBox(texts("geofences.ends"))
        self.ends.setChecked(ends)
        at_s = fence.until_s if ends else time.time() + A_DAY_S
        self.until = QDateTimeEdit(QDateTime.fromSecsSinceEpoch(int(at_s)))
        self.until.setDisplayFormat("yyyy-MM-dd HH:mm")
        self.until.setEnabled(ends)
        self.ends.toggled.connect(self.until.setEnabled)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Cancel)
        buttons.button(QDialogButtonBox.StandardButton.Cancel).setIcon(QIcon())
        self.keep = buttons.addButton(texts("geofences.keep"), QDialogButtonBox.ButtonRole.AcceptRole)
        self.keep.setDefault(True)
        buttons.accepted.connect(self.accept)
        buttons.rejected.connect(self.reject)
        form = QFormLayout(self)
        form.setContentsMargins(24, 24, 24, 16)
        form.setSpacing(12)
        for key, field in (("name", self.name), ("kind", self.kind), ("owner", self.owner)):
            form.addRow(texts(f"geofences.{key}"), field)
            field.setAccessibleName(texts(f"geofences.{key}"))
        form.addRow(self.ends, self.until)
        form.addRow(buttons)
        self.name.textChanged.connect(self._on_name_changed)
        self._on_name_changed(fence.name)

    def fence(self) -> Geofence:
        """Return the geofence as it was told."""
        until_s = float(self.until.dateTime().toSecsSinceEpoch()) if self.ends.isChecked() else NEVER_S
        return replace(
            self._fence, name=self.name.text().strip(), kind=str(self.kind.currentData()),
            owner=self.owner.text().strip(), until_s=until_s,
        )  # fmt: skip

    def _on_name_changed(self, name: str) -> None:
        self.keep.setEnabled(bool(name.strip()))
