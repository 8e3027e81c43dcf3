"""The table of what is selected: sorted, filtered, copied with its headings, exported."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PySide6.QtCore import QObject
from PySide6.QtWidgets import QFileDialog

from app.commands import Call, Command
from app.desk import Desk
from app.exporting import Wish, check_wish, export_layer
from app.features.feature import Context, Entry
from app.instruments.listing import Listing
from app.jobs import Cancelled, Report
from app.map.events import Pick
from app.texts import Texts
from app.widgets.parts import line
from app.widgets.table import KEY_ROLE, TableColumn
from data.export.export import Receipt
from data.export.formats import FORMATS
from layers.layer import FEATURE_FORMATS, Layer
from layers.shown import shown
from twin.errors import UsageError
from twin.world import World

ACTIONS: Mapping[str, str] = {
    "selection.only": "selection-plus", "selection.fly_to_row": "navigation-arrow", "selection.copy_rows": "copy",
    "selection.export": "floppy-disk", "selection.clear": "x",
}  # fmt: skip
NAMES, KINDS = ("name", "label", "id"), ("kind", "use", "road_class")
SEPARATOR = "\x1f"


@dataclass(frozen=True, slots=True)
class _Row:
    key: str
    values: tuple[str, str, str, str]


class Selected(QObject):
    """Fills the table as the selection changes, and does what is done with its rows."""

    def __init__(self, context: Context, parent: QObject) -> None:
        super().__init__(parent)
        self._context, self._desk = context, context.desk
        self.panel = SelectedPanel(context.desk)
        self._unmask = False
        self._desk.selection.changed.connect(lambda _picks: self.refresh())
        self._desk.live.panels_due.connect(lambda _world: self._look_at_purpose())

    def entries(self) -> Iterator[Entry]:
        """Return the commands; ``keys`` are rows, those selected in the table if they are left out."""
        yield Entry(Command("selection.only", self._only, "view"), "select", "selection-plus")
        yield Entry(Command("selection.fly_to_row", self._fly, "view", in_palette=False))
        yield Entry(Command("selection.copy_rows", self._copy, "selection.copy", sensitive=True), "select", "copy")
        yield Entry(Command("selection.export", self._export, "layer.export", sensitive=True), "select", "floppy-disk")

    def refresh(self) -> None:
        """Read the rows of what is selected, off this thread."""
        world, picks = self._desk.live.world, self._desk.selection.picks
        self._unmask = self._desk.session.commands.purpose is not None
        if world is None or not picks:
            self._desk.jobs.submit("job.selected", lambda *_: (), self._on_rows, key="selected", quiet=True)
            return
        layers, unmask = self._desk.layers.layers, self._unmask

        def work(_report: Report, _cancelled: Cancelled) -> tuple[_Row, ...]:
            return tuple(_rows(layers, world, picks, unmask))

        self._desk.jobs.submit("job.selected", work, self._on_rows, key="selected", quiet=True)

    def _look_at_purpose(self) -> None:
        """Mask or show names when a purpose ends or begins."""
        if self._unmask != (self._desk.session.commands.purpose is not None):
            self.refresh()

    def _on_rows(self, rows: tuple[_Row, ...]) -> None:
        self.panel.set_rows([row.key for row in rows], [row.values for row in rows])

    def _keys(self, call: Call) -> tuple[str, ...]:
        return tuple(call.arguments.get("keys") or self.panel.selected_keys())

    def _only(self, call: Call) -> None:
        """Select just the rows that are marked in the table."""
        wanted = set(self._keys(call))
        if not wanted:
            raise UsageError("mark rows in the table first")
        self._desk.selection.select([pick for pick in self._desk.selection.picks if _key(pick) in wanted])

    def _fly(self, call: Call) -> None:
        key, city = str(call.arguments.get("key") or self.panel.chosen), self._desk.live.city
        for pick in self._desk.selection.picks:
            if _key(pick) == key and city is not None:
                lon, lat = city.frame.to_lonlat(*pick.position_m[:2])
                self._context.map.fly_to(float(lon), float(lat), min(self._context.map.camera().distance_m, 600.0))

    def _copy(self, _call: Call) -> None:
        self.panel.table.copy()

    def _export(self, call: Call) -> None:
        """Write what is selected, a file a layer, with its provenance."""
        world, picks = self._desk.live.world, self._desk.selection.picks
        if world is None or not picks:
            raise UsageError("nothing is selected")
        target = call.arguments.get("target") or self._ask_for_target()
        if not target:
            return
        wishes = _wishes(Path(str(target)), picks)
        for wish in wishes:
            check_wish(wish)
        twin = self._desk.session.home.current()

        def work(report: Report, cancelled: Cancelled) -> list[Receipt]:
            receipts = []
            for number, wish in enumerate(wishes):
                receipts.append(export_layer(wish, world, twin, call, cancelled))
                report((number + 1) / len(wishes), "")
            return receipts

        def done(receipts: list[Receipt]) -> None:
            for wish, receipt in zip(wishes, receipts, strict=True):
                self._desk.log.add("job", "event.exported", path=str(receipt.path), layer=f"layer.{wish.layer}")

        self._desk.jobs.submit("job.export", work, done)

    def _ask_for_target(self) -> str:
        title = self._desk.look.texts("command.selection.export")
        kinds = ";;".join(f"{FORMATS[key].title} (*{FORMATS[key].suffixes[0]})" for key in FEATURE_FORMATS)
        return QFileDialog.getSaveFileName(self._context.window, title, "selection", kinds)[0]


def _key(pick: Pick) -> str:
    return f"{pick.layer}{SEPARATOR}{pick.key}"


def _wishes(target: Path, picks: tuple[Pick, ...]) -> list[Wish]:
    """Return a wish for each layer of the selection; where there are several, each file has its layer in its name."""
    by_layer: dict[str, set[str]] = {}
    for pick in picks:
        by_layer.setdefault(pick.layer, set()).add(pick.key)
    one = len(by_layer) == 1
    return [
        Wish(layer, target if one else target.with_name(f"{target.stem}-{layer}{target.suffix}"),
             ids=frozenset(ids), overwrite=True)
        for layer, ids in by_layer.items()
    ]  # fmt: skip


def _rows(layers: Mapping[str, Layer], world: World, picks: tuple[Pick, ...], unmask: bool) -> Iterator[_Row]:
    """Return the rows of what is selected, as the user may see them."""
    for wish in _wishes(Path("x"), picks):
        layer = layers.get(wish.layer)
        if layer is None or wish.ids is None:
            continue
        rows = shown(layer, world, unmask=unmask)
        rows = rows.take(np.isin(rows.columns["id"].astype(str), sorted(wish.ids)))
        name = next(column for column in NAMES if column in rows.columns)
        kind = next((column for column in KINDS if column in rows.columns), "")
        ids = [str(value) for value in rows.columns["id"]]
        kinds = rows.columns[kind] if kind else [""] * len(ids)
        for key, title, what in zip(ids, rows.columns[name], kinds, strict=True):
            yield _Row(f"{layer.name}{SEPARATOR}{key}", (str(title) or key, layer.name, str(what), key))


class SelectedPanel(Listing):
    """The table, with a line to filter it."""

    def __init__(self, desk: Desk) -> None:
        self.where = line(clear=True)
        texts = desk.look.texts
        columns = (
            TableColumn("name", width_px=120),
            TableColumn("layer", text=lambda layer: texts(f"layer.{layer}"), width_px=60),
            TableColumn("kind", text=lambda kind: _kind(kind, texts), width_px=60),
            TableColumn("id", width_px=70),
        )
        super().__init__(desk, "selected", columns, ACTIONS, frozenset(ACTIONS) - {"selection.fly_to_row"})
        self.row.insertWidget(self.row.count() - 1, self.where, 1)
        self.where.textChanged.connect(self.table.filter)
        self.table.doubleClicked.connect(lambda _index: self.do("selection.fly_to_row"))

    def selected_keys(self) -> tuple[str, ...]:
        """Return the keys of the rows that are marked."""
        return tuple(index.data(KEY_ROLE) for index in self.table.selectionModel().selectedRows())

    def do(self, command_id: str) -> None:
        """Run a command for the rows that are marked; the record names none of them."""
        if command_id == "selection.fly_to_row":
            self._desk.run(command_id, key=self.chosen)
        else:
            self._desk.run(command_id)

    def retranslate(self, *_: object) -> None:
        """Write every word in the language of the moment."""
        super().retranslate()
        self.where.setPlaceholderText(self._desk.look.texts("selected.filter"))
        self.where.setAccessibleName(self._desk.look.texts("selected.filter"))


def _kind(kind: str, texts: Texts) -> str:
    sections = ("kind", "site_kind", "use", "device_kind")
    return next((texts(f"{section}.{kind}") for section in sections if f"{section}.{kind}" in texts), kind)
