"""The user's hand on the map: dragging, zooming, picking, boxes, and what is under the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.map import gestures, overlay, picking
from app.map.events import GroundPoint, Pick
from app.map.finder import Finder
from app.map.overlay import OverlayState
from app.map.pilot import Pilot

HOVER_MS, CLICK_PX = 40, 4
Box = tuple[float, float, float, float]


class Hand(QObject):
    """Filters the events of the map's widget.

    Parameters
    ----------
    view : QWidget
    pilot, finder
        What moves the camera, and what knows what is drawn.
    shown : OverlayState
        Where the box and the card beside the pointer are put.
    """

    picked = Signal(object)
    """Pick or None: what was clicked."""
    box_selected = Signal(object)
    """tuple of Pick."""
    hovered = Signal(object)
    """Pick or None."""
    pointer_moved = Signal(object)
    """GroundPoint or None."""
    drew = Signal()
    """The overlay is another one."""
    _box_found = Signal(object)

    def __init__(self, view: QWidget, pilot: Pilot, finder: Finder, shown: OverlayState) -> None:
        super().__init__(view)
        self._view, self._pilot, self._finder, self._shown = view, pilot, finder, shown
        self.tool = "orbit"
        self.hover: Pick | None = None
        self.card_for: Callable[[Pick], str] | None = None
        self._press: tuple[QPointF, Qt.MouseButton, gestures.Point] | None = None
        self._dragging, self._last = False, QPointF()
        self._pointer: QPointF | None = None
        self._boxes = ThreadPoolExecutor(1, thread_name_prefix="map-box")
        self._boxed: Future[tuple[Pick, ...]] = Future()
        self._box_found.connect(self._on_box_found)
        self._timer = QTimer(self, interval=HOVER_MS, singleShot=True)
        self._timer.timeout.connect(self._on_hover)
        view.installEventFilter(self)

    def close(self) -> None:
        """Let go of the map."""
        self._view.removeEventFilter(self)
        self._timer.stop()
        self._boxes.shutdown(wait=True, cancel_futures=True)

    def eventFilter(self, _watched: QObject, event: QEvent) -> bool:
        """Take what the hand does; the rest goes on to the widget."""
        kind = event.type()
        if isinstance(event, QMouseEvent):
            return self._on_mouse(kind, event)
        if isinstance(event, QWheelEvent):
            self._on_wheel(event)
            return True
        if kind == QEvent.Type.KeyPress and isinstance(event, QKeyEvent):
            return self._on_key(event)
        if kind == QEvent.Type.Leave:
            self._on_leave()
        return False

    def _on_mouse(self, kind: QEvent.Type, event: QMouseEvent) -> bool:
        does = {
            QEvent.Type.MouseButtonPress: self._on_press,
            QEvent.Type.MouseMove: self._on_move,
            QEvent.Type.MouseButtonRelease: self._on_release,
            QEvent.Type.MouseButtonDblClick: self._on_double_click,
        }.get(kind)
        if does is None:
            return False
        does(event)
        return True

    def _on_press(self, event: QMouseEvent) -> None:
        """Begin a drag; on the compass: north up."""
        self._view.setFocus()
        at = event.position()
        centre = overlay.compass_at(self._view.width())
        if math.hypot(at.x() - centre.x(), at.y() - centre.y()) <= overlay.COMPASS_R:
            self._pilot.fly(replace(self._pilot.state, bearing_deg=0.0))
            return
        self._pilot.stop()
        self._press = (at, event.button(), self._hit(at))
        self._dragging, self._last = False, at

    def _on_move(self, event: QMouseEvent) -> None:
        """Drag, or look what is under the pointer."""
        at = event.position()
        self._pointer = at
        if self._press is None:
            if not self._timer.isActive():
                self._timer.start()
            return
        start, button, grabbed = self._press
        if not self._dragging and (at - start).manhattanLength() < CLICK_PX:
            return
        self._dragging = True
        self._drag(at, start, button, grabbed, event.modifiers())
        self._last = at

    def _drag(
        self, at: QPointF, start: QPointF, button: Qt.MouseButton, grabbed: gestures.Point, keys: Qt.KeyboardModifier
    ) -> None:
        moved, lens = at - self._last, self._pilot.lens()
        boxing = button == Qt.MouseButton.LeftButton and (
            self.tool == "box" or keys & Qt.KeyboardModifier.ShiftModifier
        )
        if boxing:
            self._shown.box = (start.x(), start.y(), at.x(), at.y())
            self.drew.emit()
        elif button == Qt.MouseButton.LeftButton and not keys & Qt.KeyboardModifier.ControlModifier:
            self._pilot.look(gestures.orbited(lens, grabbed, moved.x(), moved.y()))
        else:
            self._pilot.look(gestures.panned(lens, grabbed, at.x(), at.y()))

    def _on_release(self, event: QMouseEvent) -> None:
        """End a drag; without one it was a click."""
        press, box = self._press, self._shown.box
        self._press, self._shown.box = None, None
        if press is None:
            return
        at = event.position()
        if box is not None:
            self._select_box(box)
            self.drew.emit()
        elif not self._dragging and press[1] == Qt.MouseButton.LeftButton:
            self.picked.emit(self._finder.pick_at(self._pilot.lens(), at.x(), at.y()))

    def _on_double_click(self, event: QMouseEvent) -> None:
        """Fly closer to what was clicked."""
        state, target = self._pilot.state, self._hit(event.position())
        self._pilot.fly(replace(state, focus_m=target, distance_m=max(state.distance_m * 0.4, 120.0)))

    def _on_wheel(self, event: QWheelEvent) -> None:
        """Zoom to the pointer."""
        self._pilot.stop()
        steps = event.angleDelta().y() / 120.0
        self._pilot.look(gestures.zoomed(self._pilot.lens(), self._hit(event.position()), steps))
        event.accept()

    def _on_key(self, event: QKeyEvent) -> bool:
        """Move with the arrow keys; others go on to the widget."""
        turning = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        moved = gestures.keyed(self._pilot.state, event.key(), turning=turning)
        if moved is not None:
            self._pilot.look(moved)
        return moved is not None

    def _on_leave(self) -> None:
        """Forget the pointer."""
        self._pointer = None
        self.set_hover(None)
        self.pointer_moved.emit(None)

    def _hit(self, at: QPointF) -> gestures.Point:
        return self._finder.point_at(self._pilot.lens(), at.x(), at.y(), self._pilot.heights)

    def _select_box(self, box: Box) -> None:
        """Look what is in a box on a thread: a whole county is too much for one turn."""
        self._boxed.cancel()
        self._boxed = self._boxes.submit(self._finder.picks_in, self._pilot.lens(), box)
        self._boxed.add_done_callback(self._box_found.emit)

    def _on_box_found(self, found: Future[tuple[Pick, ...]]) -> None:
        if found is self._boxed and not found.cancelled():
            self.box_selected.emit(found.result())

    def _on_hover(self) -> None:
        scene = self._pilot.scene
        if self._pointer is None or scene is None:
            return
        x, y, lens = self._pointer.x(), self._pointer.y(), self._pilot.lens()
        ground = picking.ground_hit(lens.eye_m, lens.ray(x, y), self._pilot.heights)
        if ground is None:
            self.pointer_moved.emit(None)
        else:
            lon, lat = scene.city.frame.to_lonlat(ground[0], ground[1])
            self.pointer_moved.emit(GroundPoint(float(lon), float(lat), ground[2]))
        self.set_hover(self._finder.pick_at(lens, x, y))

    def set_hover(self, pick: Pick | None) -> None:
        """Have something under the pointer, and the card of it beside."""
        before = None if self.hover is None else (self.hover.layer, self.hover.key)
        changed = before != (None if pick is None else (pick.layer, pick.key))
        text = self.card_for(pick) if pick is not None and self.card_for is not None else ""
        card = tuple(text.split("\n")) if text else ()
        if self._pointer is not None:
            self._shown.card_at = (self._pointer.x(), self._pointer.y())
        redraw = changed or card != self._shown.card or bool(card)
        self.hover, self._shown.card = pick, card
        if redraw:
            self.drew.emit()
        if changed:
            self.hovered.emit(pick)
