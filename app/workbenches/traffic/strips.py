"""Time drawn as bars: how long a jam was, and how a road ran through a week."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import Look
from app.map.style import load_style
from app.theme import ui_font
from twin.geo import FloatArray
from twin.traffic.speeds import GRADES

HOUR_SLOTS = 12
DAY_SLOTS = 24 * HOUR_SLOTS
SMALL_PX = 11
MARGIN_PX, AXIS_PX, ROW_PX, NAME_PX, LIFE_PX = 8, 16, 12, 44, 44
EVERY_H = 6


class LifeStrip(QWidget):
    """The length of one jam, a bar for each five minutes, over the whole day."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._begin, self._length_m = 0, np.zeros(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_life(self, begin: int, length_m: FloatArray) -> None:
        """Show lengths from a slot of the day on."""
        self._begin, self._length_m = begin, length_m
        self.update()

    def sizeHint(self) -> QSize:
        """Return a strip as wide as there is room."""
        return QSize(200, LIFE_PX + AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the bars over hours."""
        painter, theme = QPainter(self), self._look.theme
        left, width = MARGIN_PX + NAME_PX, self.width() - 2 * MARGIN_PX - NAME_PX
        painter.fillRect(QRectF(left, LIFE_PX - 1, width, 1), theme.colour("line"))
        step, most = width / DAY_SLOTS, float(self._length_m.max(initial=1.0))
        for place, metres in enumerate(self._length_m.tolist()):
            high = (LIFE_PX - 4) * metres / most
            room = QRectF(left + (self._begin + place) * step, LIFE_PX - 1 - high, max(step, 1.5), high)
            painter.fillRect(room, theme.colour("severity_2"))
        painter.setFont(ui_font(SMALL_PX))
        painter.setPen(theme.colour("quiet"))
        name = QRectF(MARGIN_PX, 0, NAME_PX - 6, 14)
        painter.drawText(name, Qt.AlignmentFlag.AlignRight, f"{most / 1000:.1f} km" if len(self._length_m) else "")
        hours(painter, left, width, LIFE_PX)
        painter.end()


class WeekStrip(QWidget):
    """The grades of one road, a row for each of seven days."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._names: tuple[str, ...] = ()
        self._grades: NDArray[np.int8] = np.zeros((0, DAY_SLOTS), np.int8)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_week(self, names: tuple[str, ...], grades: NDArray[np.int8]) -> None:
        """Show days, (D,) names and (D, 288) grades, the newest last."""
        self._names, self._grades = names, grades
        self.updateGeometry()
        self.update()

    def sizeHint(self) -> QSize:
        """Return room for all days."""
        return QSize(200, max(len(self._names), 1) * ROW_PX + AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw a row for each day."""
        painter, theme = QPainter(self), self._look.theme
        left, width = MARGIN_PX + NAME_PX, self.width() - 2 * MARGIN_PX - NAME_PX
        step = width / DAY_SLOTS
        painter.setFont(ui_font(SMALL_PX))
        for row, name in enumerate(self._names):
            top = row * ROW_PX
            painter.setPen(theme.colour("quiet"))
            painter.drawText(QRectF(MARGIN_PX, top - 2, NAME_PX - 6, ROW_PX + 2), Qt.AlignmentFlag.AlignRight, name)
            painter.fillRect(QRectF(left, top, width, ROW_PX - 2), theme.colour("line", 0.35))
            for begin, end, grade in _same(self._grades[row]):
                if grade:
                    room = QRectF(left + begin * step, top, (end - begin) * step, ROW_PX - 2)
                    painter.fillRect(room, QColor(load_style(theme.name).colour("lines", GRADES[grade])))
        painter.setPen(theme.colour("quiet"))
        hours(painter, left, width, len(self._names) * ROW_PX)
        painter.end()


def hours(painter: QPainter, left: float, width: float, top: float) -> None:
    """Write the hours of a day under a strip."""
    for hour in range(0, 25, EVERY_H):
        x = left + width * hour / 24
        room = QRectF(x - 20, top + 1, 40, AXIS_PX)
        side = Qt.AlignmentFlag.AlignHCenter
        if hour == 24:
            room, side = QRectF(x - 40, top + 1, 40, AXIS_PX), Qt.AlignmentFlag.AlignRight
        painter.drawText(room, side, f"{hour:02d}:00" if hour < 24 else "24")


def _same(row: NDArray[np.int8]) -> list[tuple[int, int, int]]:
    """Return runs of equal values: begin, end, value."""
    edges = np.flatnonzero(np.diff(row)) + 1
    begin, end = np.append(0, edges), np.append(edges, len(row))
    return list(zip(begin.tolist(), end.tolist(), row[begin].tolist(), strict=True)) if len(row) else []
