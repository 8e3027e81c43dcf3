"""Pictures of the guidance page: hours by compliance, departures by quarters, and what a roadside screen looks like."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QFont, QImage, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QWidget

from app.look import Look
from app.theme import ui_font
from twin.geo import FloatArray
from twin.traffic.guidance import Guidance
from twin.traffic.messages import Message, Screen, width

CHART_PX, MARGIN_PX, AXIS_PX, NAME_PX, SMALL_PX = 132, 8, 18, 46, 11
BARS_PX = 84
DOTS = 16
"""Of a Chinese sign on a screen, each way."""
BEZEL_DOTS = 5


class EffectChart(QWidget):
    """Vehicle-hours by compliance: others keep to their habits, or react; and the least there could be."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._found: Guidance | None = None
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def show_effect(self, found: Guidance | None) -> None:
        """Draw what advice is worth; None for nothing."""
        self._found = found
        self.setVisible(found is not None)
        self.update()

    def sizeHint(self) -> QSize:
        """Return a chart as wide as there is room."""
        return QSize(200, CHART_PX + AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw axes and lines."""
        found, painter, theme = self._found, QPainter(self), self._look.theme
        if found is None:
            painter.end()
            return
        effect = found.effect
        low, high = found.optimum_h, float(max(effect.habit_h.max(), effect.reacting_h.max()))
        span = max(high - low, 1e-9)
        room = QRectF(MARGIN_PX + NAME_PX, MARGIN_PX, self.width() - 3 * MARGIN_PX - NAME_PX, CHART_PX - 2 * MARGIN_PX)

        def at(share: float, hours: float) -> QPointF:
            return QPointF(room.left() + share * room.width(), room.bottom() - (hours - low) / span * room.height())

        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setFont(ui_font(SMALL_PX))
        painter.setPen(QPen(theme.colour("line"), 1))
        for share in (0.0, 0.3, 0.6, 1.0):
            painter.drawLine(at(share, low), at(share, high))
        painter.setPen(QPen(theme.colour("good"), 1, Qt.PenStyle.DashLine))
        painter.drawLine(at(0.0, low), at(1.0, low))
        for line, token in ((effect.reacting_h, "quiet"), (effect.habit_h, "accent")):
            painter.setPen(QPen(theme.colour(token), 2))
            points = [at(a, b) for a, b in zip(effect.compliance.tolist(), line.tolist(), strict=True)]
            painter.drawPolyline(QPolygonF(points))
        painter.setPen(theme.colour("quiet"))
        side = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
        for hours in (low, high):
            y = at(0.0, hours).y()
            painter.drawText(QRectF(0, y - 8, MARGIN_PX + NAME_PX - 6, 16), side, f"{hours:,.0f}")
        for share in (0.0, 0.3, 0.6, 1.0):
            below = QRectF(at(share, low).x() - 24, room.bottom() + 4, 48, AXIS_PX)
            painter.drawText(below, Qt.AlignmentFlag.AlignHCenter, f"{share:.0%}")
        painter.end()


class QuarterBars(QWidget):
    """Departures by quarters of an hour: as they are wished, and as they are advised."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._wished = self._goes = np.zeros(0)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.hide()

    def show_quarters(self, wished: FloatArray, goes: FloatArray) -> None:
        """Draw departures, trips an hour in each quarter; none hides it."""
        self._wished, self._goes = wished, goes
        self.setVisible(len(wished) > 0)
        self.update()

    def sizeHint(self) -> QSize:
        """Return bars as wide as there is room."""
        return QSize(200, BARS_PX + AXIS_PX)

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw two bars a quarter."""
        painter, theme, count = QPainter(self), self._look.theme, max(len(self._wished), 1)
        most = float(max(self._wished.max(initial=1.0), self._goes.max(initial=1.0)))
        step = (self.width() - 2 * MARGIN_PX) / count
        painter.setFont(ui_font(SMALL_PX))
        for place, pair in enumerate(zip(self._wished.tolist(), self._goes.tolist(), strict=True)):
            left = MARGIN_PX + place * step
            for side, (trips, token) in enumerate(zip(pair, ("quiet", "accent"), strict=True)):
                high = (BARS_PX - 20) * trips / most
                bar = QRectF(left + step * (0.12 + 0.38 * side), BARS_PX - high, step * 0.34, high)
                painter.fillRect(bar, theme.colour(token, 0.55 if side == 0 else 1.0))
            painter.setPen(theme.colour("quiet"))
            words = f"{pair[1] - pair[0]:+,.0f}"
            painter.drawText(QRectF(left, 0, step, 14), Qt.AlignmentFlag.AlignHCenter, words)
            name = f"+{15 * place} min"
            painter.drawText(QRectF(left, BARS_PX + 2, step, AXIS_PX), Qt.AlignmentFlag.AlignHCenter, name)
        painter.end()


class ScreenPicture(QWidget):
    """A roadside screen as drivers see it, dot by dot."""

    def __init__(self, look: Look, message: Message) -> None:
        super().__init__()
        self._look, self._message = look, message
        self._dots = dots_of(message.screen, message.lines)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(" ".join(message.lines))

    def sizeHint(self) -> QSize:
        """Return the room of the screen."""
        return QSize(280, self.heightForWidth(280))

    def hasHeightForWidth(self) -> bool:
        """Say that it keeps its shape."""
        return True

    def heightForWidth(self, wide: int) -> int:
        """Return how high it is at a width."""
        rows, columns = self._dots.shape
        return round(wide * (rows + 2 * BEZEL_DOTS) / (columns + 2 * BEZEL_DOTS))

    def paintEvent(self, _event: QPaintEvent) -> None:
        """Draw the dots that are lit, and weakly those that are not."""
        painter, theme = QPainter(self), self._look.theme
        rows, columns = self._dots.shape
        step = min(self.width() / (columns + 2 * BEZEL_DOTS), self.height() / (rows + 2 * BEZEL_DOTS))
        painter.fillRect(
            QRectF(0, 0, step * (columns + 2 * BEZEL_DOTS), step * (rows + 2 * BEZEL_DOTS)), theme.colour("led_ground")
        )
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(theme.colour("led"))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        for y, x in np.argwhere(self._dots).tolist():
            painter.drawEllipse(QRectF((x + BEZEL_DOTS) * step, (y + BEZEL_DOTS) * step, 0.92 * step, 0.92 * step))
        painter.end()


def dots_of(screen: Screen, lines: Sequence[str]) -> np.ndarray[tuple[int, int], np.dtype[np.bool_]]:
    """Return the dots of a screen that are lit, (rows · 16, columns · 16); its lines stand in the middle."""
    picture = QImage(screen.columns * DOTS, screen.rows * DOTS, QImage.Format.Format_Grayscale8)
    picture.fill(0)
    painter = QPainter(picture)
    font = ui_font(DOTS - 1)
    font.setStyleStrategy(QFont.StyleStrategy.NoAntialias)
    font.setWeight(QFont.Weight.Medium)
    painter.setFont(font)
    painter.setPen(Qt.GlobalColor.white)
    top = (screen.rows - len(lines)) * DOTS // 2
    for number, line in enumerate(lines):
        begin = round((screen.columns - width(line)) * DOTS / 2)
        for sign in line:
            room = QRectF(begin, top + number * DOTS, width(sign) * DOTS, DOTS)
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextDontClip, sign)
            begin += round(width(sign) * DOTS)
    painter.end()
    flat = np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), picture.bytesPerLine())
    lit: np.ndarray[tuple[int, int], np.dtype[np.bool_]] = flat[:, : picture.width()] > 110
    return lit
