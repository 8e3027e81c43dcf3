"""The user's hand on the map: dragging, zooming, picking, tools, and what is under the pointer."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

from PySide6.QtCore import QEvent, QObject, QPointF, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QMouseEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.map import gestures, overlay, picking
from app.map.events import GroundPoint, Pick
from app.map.finder import Finder
from app.map.overlay import OverlayState
from app.map.pilot import Pilot
from app.map.tools import Tool, Touch

HOVER_MS, CLICK_PX = 40, 4


class Hand(QObject):
    """Filters the events of the map's widget.

    Parameters
    ----------
    view : QWidget
    pilot, finder
        What moves the camera, and what knows what is drawn.
    shown : OverlayState
        Where the card beside the pointer is put.
    boxing : Tool
        What dragging with Shift does.
    """

    picked = Signal(object)
    """Pick or None: what was clicked."""
    hovered = Signal(object)
    """Pick or None."""
    pointer_moved = Signal(object)
    """GroundPoint or None."""
    drew = Signal()
    """The overlay is another one."""

    def __init__(self, view: QWidget, pilot: Pilot, finder: Finder, shown: OverlayState, boxing: Tool) -> None:
        super().__init__(view)
        self._view, self._pilot, self._finder, self._shown, self._boxing = view, pilot, finder, shown, boxing
        self.tool: Tool | None = None
        self.beneath: Tool | None = None
        """Takes the clicks that the tool leaves."""
        self._drags: Tool | None = None
        self.hover: Pick | None = None
        self.card_for: Callable[[Pick], str] | None = None
        self._press: tuple[QPointF, Qt.MouseButton, gestures.Point] | None = None
        self._dragging, self._last = False, QPointF()
        self._pointer: QPointF | None = None
        self._timer = QTimer(self, interval=HOVER_MS, singleShot=True)
        self._timer.timeout.connect(self._on_hover)
        view.installEventFilter(self)

    def close(self) -> None:
        """Let go of the map."""
        self._view.removeEventFilter(self)
        self._timer.stop()

    def take(self, tool: Tool | None) -> None:
        """Put the tool in the hand away and take another, or none."""
        before, self.tool, self._drags = self.tool, tool, None
        self._view.setCursor(Qt.CursorShape.ArrowCursor if tool is None else tool.cursor)
        if before is not None:
            before.left()

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
        if event.button() == Qt.MouseButton.LeftButton:
            tool = self._boxing if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else self.tool
            self._drags = tool if tool is not None and tool.press(self._touch(at, event.modifiers())) else None

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
        if self._drags is not None:
            self._drags.drag(self._touch(at, keys))
        elif button == Qt.MouseButton.LeftButton and not keys & Qt.KeyboardModifier.ControlModifier:
            self._pilot.look(gestures.orbited(lens, grabbed, moved.x(), moved.y()))
        else:
            self._pilot.look(gestures.panned(lens, grabbed, at.x(), at.y()))

    def _on_release(self, event: QMouseEvent) -> None:
        """End a drag; without one it was a click."""
        press, tool = self._press, self._drags
        self._press = self._drags = None
        if press is None:
            return
        at = event.position()
        touch = self._touch(at, event.modifiers())
        if tool is not None and self._dragging:
            tool.release(touch)
        elif not self._dragging and press[1] == Qt.MouseButton.LeftButton:
            self._click(touch)

    def _click(self, at: Touch) -> None:
        if not any(tool.click(at) for tool in (self.tool, self.beneath) if tool is not None):
            self.picked.emit(at.pick())

    def _touch(self, at: QPointF, keys: Qt.KeyboardModifier) -> Touch:
        lens = self._pilot.lens()
        return Touch(at.x(), at.y(), keys, lambda: self._hit(at), lambda: self._finder.pick_at(lens, at.x(), at.y()))

    def _on_double_click(self, event: QMouseEvent) -> None:
        """Fly closer to what was clicked."""
        if self.tool is not None:
            self.tool.double_click(self._touch(event.position(), event.modifiers()))
            return
        state, target = self._pilot.state, self._hit(event.position())
        self._pilot.fly(replace(state, focus_m=target, distance_m=max(state.distance_m * 0.4, 120.0)))

    def _on_wheel(self, event: QWheelEvent) -> None:
        """Zoom to the pointer."""
        self._pilot.stop()
        steps = event.angleDelta().y() / 120.0
        self._pilot.look(gestures.zoomed(self._pilot.lens(), self._hit(event.position()), steps))
        event.accept()

    def _on_key(self, event: QKeyEvent) -> bool:
        """Move with the arrow keys; others go on to the tool, or to the widget."""
        if self.tool is not None and self.tool.key(Qt.Key(event.key())):
            return True
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
        if self.tool is not None:
            self.tool.hover(self._touch(self._pointer, QGuiApplication.keyboardModifiers()))
        pick = self._finder.pick_at(lens, x, y)
        beneath = self.beneath if pick is None else None
        self.set_hover(
            pick, "" if beneath is None else beneath.card(self._touch(self._pointer, Qt.KeyboardModifier(0)))
        )

    def set_hover(self, pick: Pick | None, otherwise: str = "") -> None:
        """Have something under the pointer with its card beside; ``otherwise`` is the card where there is nothing."""
        before = None if self.hover is None else (self.hover.layer, self.hover.key)
        changed = before != (None if pick is None else (pick.layer, pick.key))
        text = self.card_for(pick) if pick is not None and self.card_for is not None else otherwise
        card = tuple(text.split("\n")) if text else ()
        if self._pointer is not None:
            self._shown.card_at = (self._pointer.x(), self._pointer.y())
        redraw = changed or card != self._shown.card or bool(card)
        self.hover, self._shown.card = pick, card
        if redraw:
            self.drew.emit()
        if changed:
            self.hovered.emit(pick)
