"""A stretch of time as a strip: how much was recorded, what happened, and a handle that is dragged along."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QAbstractSlider, QSizePolicy, QToolTip, QWidget

from app import formats
from app.look import Look
from app.theme import ui_font
from twin.live.happening import Happening

DAY_S = 86_400
STEPS = DAY_S
"""Places of the handle: seconds of a day, and finer where the stretch is shorter."""
WORDS_PX, WORDS_ROOM_PX, EDGE_PX = 10, 13, 8
GRIP_PX, MARK_PX, NEAR_PX = 5.0, 3.5, 4.0
WORD_WIDTHS_PX = {"%H": 44, "%H:%M": 54, "%H:%M:%S": 72}
EVERY_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 10_800, 21_600, 86_400, 604_800)
"""So far apart may the words on the scale be."""
MARK_COLOURS = {"alarm": "severity_1", "fault": "severity_3"}
MARK_ORDER = (("fault", 0), ("alarm", 0), ("alert", 4), ("alert", 3), ("alert", 2), ("alert", 1))
"""States and severities of marks; the last lie on top."""


class TimeStrip(QAbstractSlider):
    """A slider over a stretch of time, a day at first; it goes where it is pressed."""

    def __init__(self, look: Look, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._look = look
        self._counts: NDArray[np.int64] = np.zeros(0, np.int64)
        self._marks: Sequence[Happening] = ()
        self._now_s: float | None = None
        self._is_now = True
        self.begin_s, self.end_s = 0.0, float(DAY_S)
        self.setOrientation(Qt.Orientation.Horizontal)
        self.setRange(0, STEPS)
        self.setSingleStep(60)
        self.setPageStep(3600)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        look.theme_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which hours can be told apart."""
        return QSize(480, 40)

    @property
    def at_s(self) -> float:
        """The time under the handle."""
        return self.begin_s + (self.end_s - self.begin_s) * self.sliderPosition() / STEPS

    def set_at(self, at_s: float) -> None:
        """Put the handle at a time."""
        self.setValue(int((at_s - self.begin_s) / (self.end_s - self.begin_s) * STEPS))

    def set_stretch(self, begin_s: float, end_s: float) -> None:
        """Be about another time; what was recorded of it and happened in it is not known yet."""
        end_s = max(end_s, begin_s + 1.0)
        if (begin_s, end_s) != (self.begin_s, self.end_s):
            self.begin_s, self.end_s = begin_s, end_s
            self._counts, self._marks = np.zeros(0, np.int64), ()
            self.update()

    def set_recorded(self, counts: NDArray[np.int64], marks: Sequence[Happening]) -> None:
        """Show how much was recorded in equal parts of the stretch, and what happened in it."""
        self._counts, self._marks = counts, marks
        self.update()

    def set_now(self, now_s: float | None, *, is_now: bool) -> None:
        """Mark the time that is now, None where that does not count; ``is_now`` if the map shows it."""
        if now_s is not None and not self.begin_s <= now_s < self.end_s:
            now_s = None
        if (now_s, is_now) != (self._now_s, self._is_now):
            self._now_s, self._is_now = now_s, is_now
            self.update()

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw bars, scale, marks and the handle."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._paint_bars(painter)
        self._paint_scale(painter)
        if self._now_s is not None:
            self._paint_future(painter, self._now_s)
        self._paint_marks(painter)
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

    def _paint_scale(self, painter: QPainter) -> None:
        theme, room = self._look.theme, self._room()
        painter.setFont(ui_font(WORDS_PX))
        every_s, pattern = self._scale()
        offset_s = formats.local_time(self.begin_s).utcoffset()
        local_s = self.begin_s + (offset_s.total_seconds() if offset_s is not None else 0.0)
        first_s = self.begin_s + (-local_s) % every_s
        last = int((self.end_s - first_s) // every_s)
        for number in range(last + 1):
            at_s = first_s + number * every_s
            x = self._x(at_s)
            painter.setPen(QPen(theme.colour("line"), 1))
            painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))
            painter.setPen(theme.colour("quiet"))
            words = f"{formats.local_time(at_s):{pattern}}"
            if pattern == "%H" and at_s == self.end_s:
                words = "24"
            width = WORD_WIDTHS_PX[pattern]
            left = min(max(x - width / 2, 0.0), self.width() - width)
            side = Qt.AlignmentFlag.AlignCenter
            if left != x - width / 2 and pattern != "%H":
                side = Qt.AlignmentFlag.AlignLeft if x < width else Qt.AlignmentFlag.AlignRight
            elif pattern == "%H":
                left = x - width / 2
            painter.drawText(QRectF(left, room.bottom(), width, WORDS_ROOM_PX), side, words)

    def _scale(self) -> tuple[int, str]:
        """Return how far apart the words are, and how they are written."""
        px_a_s = self._room().width() / (self.end_s - self.begin_s)
        for every_s in EVERY_S:
            pattern = "%H:%M:%S" if every_s < 60 else "%H:%M" if every_s < 3600 else "%H"
            if every_s * px_a_s >= WORD_WIDTHS_PX[pattern]:
                return every_s, pattern
        return EVERY_S[-1], "%H"

    def _paint_future(self, painter: QPainter, now_s: float) -> None:
        theme, room, x = self._look.theme, self._room(), self._x(now_s)
        painter.fillRect(QRectF(x, room.top(), room.right() - x, room.height()), theme.colour("panel", 0.8))
        painter.setPen(QPen(theme.colour("good"), 2))
        painter.drawLine(QPointF(x, room.top()), QPointF(x, room.bottom()))

    def _paint_marks(self, painter: QPainter) -> None:
        """Draw a mark for what happened, one for those that would lie on each other; alerts stand above the others."""
        painter.setPen(Qt.PenStyle.NoPen)
        places: dict[tuple[str, int], set[int]] = {}
        for mark in self._marks:
            places.setdefault((mark.state, mark.severity), set()).add(round(self._x(mark.at_s)) // 3 * 3)
        for state, severity in MARK_ORDER:
            painter.setBrush(self._look.theme.colour(MARK_COLOURS.get(state, f"severity_{severity}")))
            y = self._room().bottom() - MARK_PX - 1 - (2 * MARK_PX + 1 if state == "alert" else 0)
            for x in places.get((state, severity), ()):
                painter.drawPolygon(_shape(state, float(x), y))

    def _paint_handle(self, painter: QPainter) -> None:
        theme, room, x = self._look.theme, self._room(), self._x(self.at_s)
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

    def _x(self, at_s: float) -> float:
        room = self._room()
        return room.left() + room.width() * (at_s - self.begin_s) / (self.end_s - self.begin_s)

    def _at(self, x: float) -> float:
        room = self._room()
        share = min(max((x - room.left()) / room.width(), 0.0), 1.0)
        return self.begin_s + share * (self.end_s - self.begin_s)

    def _mark_near(self, x: float) -> Happening | None:
        """Return what happened under the pointer."""
        near = [mark for mark in self._marks if abs(self._x(mark.at_s) - x) <= NEAR_PX]
        return min(near, key=lambda mark: abs(self._x(mark.at_s) - x), default=None)

    def _step_of(self, at_s: float) -> int:
        return round((at_s - self.begin_s) / (self.end_s - self.begin_s) * STEPS)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Go there, to the second where something happened, and let it be dragged."""
        if event.button() == Qt.MouseButton.LeftButton:
            mark = self._mark_near(event.position().x())
            at_s = self._at(event.position().x()) if mark is None else float(np.ceil(mark.at_s))
            self.setSliderPosition(self._step_of(at_s))
            self.setSliderDown(True)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag, or say what time is under the pointer and what happened then."""
        x = event.position().x()
        if self.isSliderDown():
            self.setSliderPosition(self._step_of(self._at(x)))
        else:
            QToolTip.showText(event.globalPosition().toPoint(), self._words_at(x), self)

    def _words_at(self, x: float) -> str:
        texts, mark = self._look.texts, self._mark_near(x)
        if mark is not None and mark.state == "alert":
            title = mark.title[0 if self._look.language == "zh" else 1]
            return f"{formats.clock(mark.at_s)}  {texts('timebar.alert')} {mark.severity} · {title}"
        if mark is not None:
            return f"{formats.clock(mark.at_s)}  {texts(f'timebar.{mark.state}')} · {texts(f'kind.{mark.kind}')}"
        words = formats.clock(self._at(x))
        if not len(self._counts):
            return words
        part = int((self._at(x) - self.begin_s) / (self.end_s - self.begin_s) * len(self._counts))
        count = int(self._counts[min(part, len(self._counts) - 1)])
        return f"{words}\n{texts('timebar.count', count=formats.count(count))}"

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


def _shape(state: str, x: float, y: float) -> QPolygonF:
    """Return a triangle for an alarm, a diamond for a fault and a square for an alert."""
    r = MARK_PX
    if state == "alert":
        return QPolygonF(QRectF(x - r, y - r, 2 * r, 2 * r))
    if state == "alarm":
        return QPolygonF([QPointF(x - r, y + r), QPointF(x + r, y + r), QPointF(x, y - r)])
    return QPolygonF([QPointF(x - r, y), QPointF(x, y - r), QPointF(x + r, y), QPointF(x, y + r)])
