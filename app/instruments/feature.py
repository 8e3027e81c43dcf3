"""The instruments as one feature of the window."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import shapely
from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QDockWidget, QWidget

from app.features.feature import Context, Entry, Feature
from app.instruments.book import Book
from app.instruments.fences import Fences
from app.instruments.keeper import Keeper, words_of
from app.instruments.measuring import Measuring
from app.instruments.panel import ResultPanel
from app.instruments.pictures import Pictures
from app.instruments.selected import Selected
from app.instruments.selecting import things_inside
from app.instruments.views import Views
from app.map.events import Pick
from app.opening import Opened
from twin.geo import FloatArray

PANEL_PX = 340


class Instruments(Feature):
    """Joins the parts: the keeper, the book of results, the pens, the panels."""

    def __init__(self, context: Context) -> None:
        self._context = context
        desk, window = context.desk, context.window
        self.keeper = Keeper(desk.session.home, desk.live, window)
        self.book = Book(self.keeper, window)
        self.fences = Fences(context, self.keeper, window)
        self.views = Views(context, self.keeper, window)
        self.pictures = Pictures(context, window)
        self.selected = Selected(context, window)
        others = {"fence": self.fences.on_drawn, "lasso": self._on_lasso}
        self.measuring = Measuring(context, self.book, others, window)
        self.results = ResultPanel(desk, self.book)
        self.measuring.shown = self._on_result
        self.keeper.failed.connect(self._on_failed)
        context.opening.opened.connect(self._on_opened)
        context.map.box_selected.connect(self._on_boxed)

    def entries(self) -> Iterator[Entry]:
        """Return every command."""
        yield from self.measuring.entries()
        yield from self.fences.entries()
        yield from self.views.entries()
        yield from self.pictures.entries()
        yield from self.selected.entries()

    def panels(self) -> Mapping[str, QWidget]:
        """Return the panels by the names of their docks."""
        return {
            "results": self.results,
            "geofences": self.fences.panel,
            "views": self.views.panel,
            "selected": self.selected.panel,
        }

    def close(self) -> None:
        """Write what is kept and take everything from the map."""
        self.pictures.close()
        self.views.close()
        self.measuring.close()
        self.keeper.close()

    def _on_opened(self, opened: Opened) -> None:
        self.keeper.open(opened.name, opened.city)
        self.measuring.open(opened.city)

    def _on_result(self, key: str) -> None:
        self._show("results")
        self.results.choose(key)

    def _show(self, panel: str) -> None:
        """Show a panel if it is closed, high enough for a few rows."""
        window = self._context.window
        dock = window.findChild(QDockWidget, f"dock-{panel}")
        if not isinstance(dock, QDockWidget) or dock.isVisible():
            return
        self._context.acts.run(f"panel.{panel}")
        others = [window.findChild(QDockWidget, f"dock-{name}") for name in self.panels() if name != panel]
        open_now = [other for other in others if isinstance(other, QDockWidget) and other.isVisible()]
        if open_now and not dock.isFloating() and not open_now[0].isFloating():
            window.tabifyDockWidget(open_now[0], dock)
            QTimer.singleShot(0, dock.raise_)
        window.resizeDocks([dock], [PANEL_PX], Qt.Orientation.Vertical)

    def _on_lasso(self, points_m: FloatArray) -> None:
        """Select what is inside, off this thread."""
        desk = self._context.desk
        world, book = desk.live.world, desk.layers
        if world is None:
            return
        shape = shapely.Polygon(points_m[:, :2] + world.city.frame.origin_m)
        layers = [(book.layers[name], state.where) for name, state in book.states.items() if state.visible]
        desk.jobs.submit(
            "job.select", lambda *_: things_inside(layers, world, shape), self._on_lassoed, key="lasso", quiet=True
        )

    def _on_lassoed(self, picks: tuple[Pick, ...]) -> None:
        self._context.desk.selection.select(picks)
        self._on_boxed(picks)

    def _on_boxed(self, picks: tuple[Pick, ...]) -> None:
        """Show the table of what was drawn around, if it is more than one thing."""
        if len(picks) > 1:
            self._show("selected")

    def _on_failed(self, error: Exception) -> None:
        self._context.acts.refused.emit("result.keep", self._context.desk.look.texts.said(words_of(error)))
