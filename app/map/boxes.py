"""The tool that selects what is inside a box; dragging with Shift uses it too."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor

from PySide6.QtCore import QObject, Signal

from app.map.events import Pick
from app.map.finder import Box, Finder
from app.map.overlay import OverlayState
from app.map.pilot import Pilot
from app.map.tools import Tool, Touch


class Boxes(QObject):
    """Looks what is in a box on a thread: a whole county is too much for one turn."""

    selected = Signal(object)
    """tuple of Pick."""
    drew = Signal()
    """The box is another one."""
    _found = Signal(object)

    def __init__(self, pilot: Pilot, finder: Finder, shown: OverlayState, parent: QObject) -> None:
        super().__init__(parent)
        self._pilot, self._finder, self._shown = pilot, finder, shown
        self.tool = _BoxTool(self)
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="map-box")
        self._boxed: Future[tuple[Pick, ...]] = Future()
        self._found.connect(self._on_found)

    def show(self, box: Box | None) -> None:
        """Draw the box."""
        self._shown.box = box
        self.drew.emit()

    def take(self) -> None:
        """Select what is in the box that is drawn."""
        box = self._shown.box
        self.show(None)
        if box is None:
            return
        self._boxed.cancel()
        self._boxed = self._pool.submit(self._finder.picks_in, self._pilot.lens(), box)
        self._boxed.add_done_callback(self._found.emit)

    def _on_found(self, found: Future[tuple[Pick, ...]]) -> None:
        if found is self._boxed and not found.cancelled():
            self.selected.emit(found.result())

    def close(self) -> None:
        """Stop."""
        self._pool.shutdown(wait=True, cancel_futures=True)


class _BoxTool(Tool):
    def __init__(self, boxes: Boxes) -> None:
        self._boxes, self._start = boxes, (0.0, 0.0)

    def press(self, at: Touch) -> bool:
        self._start = (at.x_px, at.y_px)
        return True

    def drag(self, at: Touch) -> None:
        self._boxes.show((*self._start, at.x_px, at.y_px))

    def release(self, at: Touch) -> None:
        self._boxes.take()

    def left(self) -> None:
        self._boxes.show(None)
