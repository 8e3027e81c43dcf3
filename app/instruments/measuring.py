"""Measuring, sight, coverage: from the pen to a result, and what is done with results."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import shapely
from PySide6.QtCore import QObject
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QFileDialog, QInputDialog

from app.commands import Call, Command
from app.exporting import Wish, check_wish, export_layer
from app.features.feature import Context, Entry
from app.instruments import sketch
from app.instruments.book import Book, fresh_id
from app.instruments.fences import fly_over
from app.instruments.kinds import FENCE, KINDS, LASSO, Kind
from app.instruments.live import Live, live
from app.instruments.pen import Pen
from app.jobs import Cancelled, Report
from app.map.camera import Lens
from app.map.style import MapStyle
from app.map.tools import Tool
from data.export.export import Receipt
from data.export.formats import FORMATS
from layers.results import ResultLayer
from twin.city.city import City
from twin.geo import FloatArray
from twin.instruments import WORK, Found, Ground
from twin.kept import Kept, Result

LOOSE, PEN, SLICES = "instruments", "pen", "slices"
MOST_SLICED, LOOSE_OPACITY = 4000, 0.8


class Measuring(QObject):
    """Puts pens into the hand and turns what they draw into results.

    Parameters
    ----------
    context : Context
    book : Book
    others : mapping of Kind to callable
        What is done with the points (N, 3; local metres) of instruments that make no result.
    """

    def __init__(
        self, context: Context, book: Book, others: Mapping[str, Callable[[FloatArray], None]], parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context, self._desk, self._map, self._book = context, context.desk, context.map, book
        self._others = others
        self.ground: Ground | None = None
        self._city: City | None = None
        self._waiting: list[Callable[[], None]] = []
        self.layer = ResultLayer()
        self.pens = {kind.name: self._pen(kind) for kind in (*KINDS, FENCE, LASSO)}
        self.told = Live()
        self._rims: dict[str, FloatArray] = {}
        self.shown: Callable[[str], None] = lambda _key: None
        """Called with the id of a result that is new."""
        self._map.tool_changed.connect(self._on_tool_changed)
        book.changed.connect(self.draw)
        self._map.extras.paint(SLICES, self._paint_slices)

    def entries(self) -> Iterator[Entry]:
        """Return the commands that put a pen into the hand, and those for results."""
        for kind in (*KINDS, LASSO, FENCE):
            command = Command(f"instrument.{kind.name}", partial(self._toggle, kind), "view", kind.shortcut)
            yield Entry(command, "instruments", kind.icon, tool=kind.tool, checkable=True, told=False)
        for name, run, permission, sensitive in (
            ("add", self._add, "view", False),
            ("keep", self._keep, "result.keep", False),
            ("fly_to", self._fly, "view", False),
            ("rename", self._rename, "result.keep", False),
            ("drop", self._drop, "result.keep", False),
            ("export", self._export, "layer.export", True),
        ):
            yield Entry(
                Command(f"result.{name}", run, permission, sensitive=sensitive, in_palette=False), told=name != "add"
            )

    def open(self, city: City) -> None:
        """Make the index of a city's buildings, off this thread; what was not kept of another city goes."""
        self.ground, self._city = None, city
        self._waiting.clear()
        self._rims.clear()
        self._book.forget_loose()
        self._desk.jobs.submit(
            "job.ground", lambda _report, _cancelled: Ground.of(city), self._on_ground, key="ground", quiet=True
        )

    def draw(self) -> None:
        """Draw the results that are not kept; the others are a layer."""
        world = self._desk.live.world
        if world is None or not self._book.loose:
            self._map.extras.draw(LOOSE)
            return
        loose = replace(world, kept=Kept(tuple(self._book.loose.values())))
        self._map.extras.draw(LOOSE, *self.layer.draw(loose, self.layer.rows(loose)).drawings, opacity=LOOSE_OPACITY)

    def close(self) -> None:
        """Take everything from the map."""
        for name in (LOOSE, PEN, SLICES):
            self._map.extras.remove(name)

    # Drawing

    def _pen(self, kind: Kind) -> Pen:
        return Pen(kind, self._on_sketched, partial(self._on_drawn, kind))

    def _toggle(self, kind: Kind, _call: Call) -> None:
        pen = self.pens[kind.name]
        self._map.set_tool(None if self._map.tool is pen else pen)
        self._map.setFocus()

    def _on_tool_changed(self, tool: Tool | None) -> None:
        for name, pen in self.pens.items():
            self._context.acts.by_id[f"instrument.{name}"].setChecked(pen is tool)
        if isinstance(tool, Pen):
            self._map.extras.paint(PEN, self._paint)
        else:
            self._map.extras.remove(PEN)

    def _on_sketched(self) -> None:
        pen = self._map.tool
        if isinstance(pen, Pen):
            self.told = live(pen, self.ground, self._desk.look.texts)
            self._map.extras.repaint.emit()

    def _paint(self, painter: QPainter, lens: Lens, style: MapStyle) -> None:
        pen = self._map.tool
        if isinstance(pen, Pen):
            texts, title = self._desk.look.texts, f"instrument.{pen.kind.name}"
            how = "widen" if pen.widening else pen.kind.outline
            hint = f"{texts(title)}    {texts(f'instrument_hint.{how}')}"
            sketch.paint(painter, lens, style, pen, self.told.lines, hint, self.told.turn_m)

    def _paint_slices(self, painter: QPainter, lens: Lens, style: MapStyle) -> None:
        """Draw what was cut at a height there: on the ground the buildings would hide it."""
        if self._desk.live.world is None:
            return
        origin = self._desk.live.world.city.frame.origin_m
        for result, kept in self._book.all():
            if result.kind == "slice" and not (kept and not self._desk.layers.states["results"].visible):
                if result.id not in self._rims:
                    self._rims[result.id] = _rims(result, origin)
                sketch.paint_cut(painter, lens, style, self._rims[result.id])

    # Working

    def _on_ground(self, ground: Ground) -> None:
        """Take the index; what was drawn while it was made is worked out now."""
        if ground.city is self._city:
            self.ground = ground
            while self._waiting:
                self._waiting.pop(0)()

    def _on_drawn(self, kind: Kind, points_m: FloatArray) -> None:
        if kind.name in self._others:
            self._others[kind.name](points_m)
            return
        ground, world = self.ground, self._desk.live.world
        if world is None:
            return
        if ground is None:
            self._waiting.append(partial(self._on_drawn, kind, points_m))
            return
        projected = ground.projected(points_m)

        def work(_report: Report, _cancelled: Cancelled) -> Found:
            return WORK[kind.name](ground, projected)

        at_s, is_now = world.at_s, world.live
        self._desk.jobs.submit("job.instrument", work, lambda found: self._on_found(kind, found, at_s, is_now))

    def _on_found(self, kind: Kind, found: Found, at_s: float, is_now: bool) -> None:
        texts, city = self._desk.look.texts, self._desk.live.city
        told = ";".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
                        for name, value in found.details.items())  # fmt: skip
        source = "demo" if city is not None and city.invented else "city"
        result = Result(
            fresh_id("r"), kind.name, self._book.free_name(texts(f"instrument.{kind.name}")), found.shape,
            found.figure, found.unit, time.time(), at_s, is_now, source, told, self._desk.session.commands.actor.id,
        )  # fmt: skip
        self._book.add(result)
        self.shown(result.id)

    # Results

    def _add(self, call: Call) -> None:
        """Take a result that was worked out elsewhere."""
        result: Result = call.arguments["result"]
        self._book.add(result)
        self.shown(result.id)

    def _keep(self, call: Call) -> None:
        self._book.keep(str(call.arguments["key"]))

    def _drop(self, call: Call) -> None:
        self._book.drop(str(call.arguments["key"]))

    def _rename(self, call: Call) -> None:
        """Take a name: from the arguments, or from the operator."""
        key = str(call.arguments["key"])
        result = self._book.named(key)
        if "name" in call.arguments:
            self._book.rename(key, str(call.arguments["name"]))
            return
        texts = self._desk.look.texts
        dialog = QInputDialog(self._context.window)
        dialog.setWindowTitle(texts("command.result.rename"))
        dialog.setLabelText(texts("results.name"))
        dialog.setTextValue(result.name)
        dialog.textValueSelected.connect(
            lambda name: self._desk.run("result.rename", about=key, key=key, name=name.strip() or result.name)
        )
        dialog.open()

    def _fly(self, call: Call) -> None:
        """Look at a result so that all of it is seen."""
        fly_over(self._context, self._book.named(str(call.arguments["key"])).shape)

    def _export(self, call: Call) -> None:
        """Write a result as a file with its provenance, as a job."""
        result, world = self._book.named(str(call.arguments["key"])), self._desk.live.world
        target = call.arguments.get("target") or self._ask_for_target(result)
        if not target or world is None:
            return
        wish = Wish("results", Path(target), overwrite=True)
        check_wish(wish)
        only, twin = replace(world, kept=Kept((result,))), self._desk.session.home.current()

        def done(_receipt: Receipt) -> None:
            self._desk.log.add("job", "event.exported", path=str(wish.target), layer="layer.results")

        self._desk.jobs.submit("job.export", lambda _report, stop: export_layer(wish, only, twin, call, stop), done)

    def _ask_for_target(self, result: Result) -> str:
        title = self._desk.look.texts("command.result.export")
        kinds = ";;".join(f"{FORMATS[key].title} (*{FORMATS[key].suffixes[0]})" for key in self.layer.formats)
        return QFileDialog.getSaveFileName(self._context.window, title, result.name, kinds)[0]


def _rims(result: Result, origin_m: tuple[int, int]) -> FloatArray:
    """Return the rims of a slice at its height, (R, 2, 3) sides in local metres."""
    told = dict(pair.split("=", 1) for pair in result.details.split(";") if pair)
    coords, ring = shapely.get_coordinates(shapely.get_rings(shapely.get_parts(result.shape)), return_index=True)
    at = np.column_stack([coords - np.asarray(origin_m, float), np.full(len(coords), float(told["height_m"]))])
    same = ring[1:] == ring[:-1]
    return np.stack([at[:-1][same], at[1:][same]], axis=1)[:MOST_SLICED]
