"""A day as a strip: how much was recorded in each part of it, and a handle that is dragged along."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from app.look import Look
from app.theme import ui_font

DAY_S = 86_400
WORDS_PX, WORDS_ROOM_PX, EDGE_PX = 10, 13, 8
GRIP_PX = 5.0


class TimeStrip(QAbstractSlider):
    """A slider over the seconds of a day; it goes where it is pressed."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._now_s: float | None = None
        self._is_now = True
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, DAY_S)
        self.setSingleStep(60)
        self.setPageStep(3600)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which hours can be told apart."""
        return QSize(480, 40)

    def set_counts(self, counts: NDArray[np.int64]) -> None:
        """Show how much was recorded in equal parts of the day."""
        self._counts = counts
        self.update()

    def set_now(self, now_s: float | None, *, is_now: bool) -> None:
        """Mark the second of the day that is now, None on another day; ``is_now`` where the map shows it."""
        self._now_s, self._is_now = now_s, is_now
        self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bars, hours and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bars(painter)
        self._paint_hours(painter)
        if self._now_s is not None:
            self._paint_future(painter, self._now_s)
        if self.isEnabled():
            self._paint_handle(painter)

    def _paint_bars(self, painter: QPainter) -> None:
        theme, room = self._look.theme, self._room()
        painter.fillRect(room, theme.colour("ground"))
        if not len(self._counts) or not self._counts.max():
            return
        heights = np.sqrt(self._counts / self._counts.max()) * (room.height() - 2)
        width = room.width() / len(heights)
        for row in np.flatnonzero(heights):
            height = max(float(heights[row]), 1.0)
            bar = QRectF(room.left() + float(row) * width, room.bottom() - height, width, height)
            painter.fillRect(bar, theme.colour("accent", 0.45))

    def _paint_hours(self, painter: QPainter) -> None:
        theme, room = self._look.theme, self._room()
        painter.setFont(ui_font(WORDS_PX))
        every = 3 if room.width() < 700 else 1
        for hour in range(0, 25, every):
            x = self._x(hour * 3600.0)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.setPen(theme.colour("quiet"))
            words = QRectF(x - 20, room.bottom(), 40, WORDS_ROOM_PX)
            painter.drawText(words, Qt.AlignmentFlag.AlignCenter, f"{hour:02}")

    def _paint_future(self, painter: QPainter, now_s: float) -> None:
        theme, room, x = self._look.theme, self._room(), self._x(now_s)
        painter.fillRect(QRectF(x, room.top(), room.right() - x, room.height()), theme.colour("panel", 0.8))
        painter.setPen(QPen(theme.colour("good"), 2))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))

    def _paint_handle(self, painter: QPainter) -> None:
        theme, room, x = self._look.theme, self._room(), self._x(self.sliderPosition())
        colour = theme.colour("good" if self._is_now else "severity_2")
        painter.setPen(QPen(colour, 2))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
        painter.setBrush(colour)
        painter.setPen(Qt.PenStyle.NoPen)
        top = room.top()
        painter.drawPolygon(
            QPolygonF([QPointF(x - GRIP_PX, top), QPointF(x + GRIP_PX, top), QPointF(x, top + 1.6 * GRIP_PX)])
        )
        if self.hasFocus():
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.setPen(QPen(theme.colour("accent"), 1))
            painter.drawRect(room)

    def _room(self) -> QRectF:
        return QRectF(EDGE_PX, 4, max(self.width() - 2 * EDGE_PX, 1), max(self.height() - WORDS_ROOM_PX - 4, 1))

    def _x(self, second: float) -> float:
        room = self._room()
        return room.left() + room.width() * second / DAY_S

    def _second(self, x: float) -> int:
        room = self._room()
        return round(min(max((x - room.left()) / room.width(), 0.0), 1.0) * DAY_S)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there, and let it be dragged."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderPosition(self._second(event.position().x()))
            self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or say what time is under the pointer."""
        second = self._second(event.position().x())
        if self.isSliderDown():
            self.setSliderPosition(second)
        else:
            QToolTip.showText(event.globalPosition().toPoint(), f"{second // 3600:02}:{second // 60 % 60:02}", self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """End the drag."""
        if event.button() == Qt.MouseButton.LeftButton:
            self.setSliderDown(False)

    def focusInEvent(self, event: QEvent) -> None:
        """Show that keys move it."""
        super().focusInEvent(event)  # type: ignore[arg-type]  # Qt gives a QFocusEvent
        self.update()

    def focusOutEvent(self, event: QEvent) -> None:
        """Show that they no longer do."""
        super().focusOutEvent(event)  # type: ignore[arg-type]  # Qt gives a QFocusEvent
        self.update()
