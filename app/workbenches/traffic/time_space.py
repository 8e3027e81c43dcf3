"""The time–space diagram: signals one above the other, time to the right; bars are dragged to change offsets.

At each signal two thin bars, out above and back below: red is drawn, green left open; below them a line while people
may cross the arterial. Bands are the strips that pass all signals; lines are single vehicles, a ring where one stops.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QEvent, QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetricsF, QMouseEvent, QPainter, QPaintEvent, QPen, QPolygonF
from PySide6.QtWidgets import QSizePolicy, QToolTip, QWidget

from app.look import Look
from app.theme import ui_font
from twin.signals.corridor import Corridor
from twin.signals.drive import Ride, rides
from twin.signals.plan import WALK, Plan
from twin.signals.walker import arrivals, band
from twin.signals.wave import greens_of

CYCLES = 3.0
WORDS_PX, LEFT_PX, RIGHT_PX, TOP_PX, FOOT_PX = 11, 108, 12, 18, 22
BAR_PX, NEAR_PX, STOP_PX, WALK_PX = 5.0, 11.0, 3.0, 2.0
EACH_S = 20.0
"""A vehicle is drawn so often."""
TOKENS = {False: "accent", True: "good"}
"""Of the band out and back; the direction is also told by its slope."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """What is drawn: an arterial, its plans, and the speed of progression out and back, (2, n - 1), km/h."""

    corridor: Corridor
    plans: tuple[Plan, ...]
    advice_kmh: np.ndarray[tuple[int, int], np.dtype[np.float64]]


class TimeSpace(QWidget):
    """Draws plans, and tells of each bar that is dragged."""

    dragging = Signal(int, float)
    """Row of a signal, and the offset it is dragged to, in whole seconds."""
    dropped = Signal(int, float)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._drawn: Drawn | None = None
        self._rides: dict[bool, tuple[Ride, ...]] = {}
        self._held: tuple[int, float, float] | None = None
        self.setMouseTracking(True)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setMinimumHeight(160)
        look.theme_changed.connect(self.update)
        look.language_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        """Return a size at which six signals can be told apart."""
        return QSize(420, 380)

    def show_plans(self, drawn: Drawn | None) -> None:
        """Draw plans, or nothing."""
        self._drawn, self._rides = drawn, {}
        if drawn is not None:
            departs = np.arange(0.0, (CYCLES - 1) * drawn.plans[0].cycle_s, EACH_S)
            self._rides = {
                back: rides(drawn.corridor, drawn.plans, back, departs, drawn.advice_kmh[int(back)])
                for back in (False, True)
            }
        self.update()

    def bar_of(self, row: int) -> QPointF:
        """Return where a signal's bars are grasped: at the beginning of its first stage."""
        drawn = self._drawn
        assert drawn is not None  # noqa: S101 - asked only of what is drawn
        return QPointF(self._x(drawn.plans[row].offset_s), self._y(row))

    # Places

    @property
    def _span_s(self) -> float:
        return CYCLES * self._drawn.plans[0].cycle_s if self._drawn else 1.0

    def _x(self, at_s: float) -> float:
        return LEFT_PX + at_s / self._span_s * (self.width() - LEFT_PX - RIGHT_PX)

    def _seconds(self, px: float) -> float:
        return px / (self.width() - LEFT_PX - RIGHT_PX) * self._span_s

    def _y_at(self, at_m: float) -> float:
        at = self._drawn.corridor.at_m if self._drawn else np.array([0.0, 1.0])
        share = (at_m - at[0]) / max(1.0, float(at[-1] - at[0]))
        return self.height() - FOOT_PX - 14 - float(share) * (self.height() - TOP_PX - FOOT_PX - 28)

    def _y(self, row: int) -> float:
        return self._y_at(float(self._drawn.corridor.at_m[row])) if self._drawn else 0.0

    # Drawing

    def paintEvent(self, _: QPaintEvent) -> None:
        """Draw bands, then bars, then vehicles, then words."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.fillRect(self.rect(), self._look.theme.colour("panel"))
        painter.setFont(ui_font(WORDS_PX))
        if self._drawn is None:
            painter.setPen(self._look.theme.colour("quiet"))
            painter.drawText(self.rect(), Qt.AlignmentFlag.AlignCenter, self._look.texts("waves.empty"))
        else:
            self._draw(painter, self._drawn)
        painter.end()

    def _draw(self, painter: QPainter, drawn: Drawn) -> None:
        painter.save()
        painter.setClipRect(QRectF(LEFT_PX, 0, self.width() - LEFT_PX - RIGHT_PX, self.height()))
        for back in (False, True):
            self._bands(painter, drawn, back)
        for row in range(len(drawn.plans)):
            self._bars(painter, drawn, row)
        for back, driven in self._rides.items():
            self._lines(painter, driven, self._look.theme.colour(TOKENS[back], 0.75))
        painter.restore()
        self._words(painter, drawn)

    def _bands(self, painter: QPainter, drawn: Drawn, back: bool) -> None:
        """Draw the strip of one direction in each cycle."""
        cycle = drawn.plans[0].cycle_s
        travel = np.diff(drawn.corridor.at_m) / (drawn.advice_kmh[int(back)] / 3.6)
        late = arrivals(travel, back)
        width, begin = band(greens_of(drawn.corridor, drawn.plans, back), late, cycle)
        if width <= 0:
            return
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(self._look.theme.colour(TOKENS[back], 0.16))
        rows = range(len(late))
        for turn in range(-int(late.max() / cycle) - 2, int(CYCLES) + 1):
            start = begin + turn * cycle
            front = [QPointF(self._x(start + float(late[row])), self._y(row)) for row in rows]
            tail = [QPointF(self._x(start + width + float(late[row])), self._y(row)) for row in rows]
            painter.drawPolygon(QPolygonF(front + tail[::-1]))

    def _bars(self, painter: QPainter, drawn: Drawn, row: int) -> None:
        """Draw the reds of both directions: what is not green."""
        plan, y = drawn.plans[row], self._y(row)
        held = self._held is not None and self._held[0] == row
        red = self._look.theme.colour("text" if held else "quiet")
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(red)
        for name, top in ((drawn.corridor.out[row], y - BAR_PX - 0.5), (drawn.corridor.back[row], y + 0.5)):
            greens = [(plan.offset_s + begin, plan.offset_s + end) for begin, end in plan.greens()[name]]
            for begin, end in _reds(greens, plan.cycle_s, self._span_s):
                painter.drawRect(QRectF(self._x(begin), top, self._x(end) - self._x(begin), BAR_PX))
        painter.setBrush(self._look.theme.colour("text"))
        for begin, end in _often(walks(drawn.corridor, row, plan), plan.cycle_s, self._span_s):
            painter.drawRect(QRectF(self._x(begin), y + BAR_PX + 2.5, self._x(end) - self._x(begin), WALK_PX))

    def _lines(self, painter: QPainter, driven: Sequence[Ride], colour: QColor) -> None:
        painter.setPen(QPen(colour, 1.0))
        painter.setBrush(self._look.theme.colour("panel"))
        for ride in driven:
            corners = [QPointF(self._x(t), self._y_at(m)) for t, m in zip(ride.time_s, ride.at_m, strict=True)]
            painter.drawPolyline(QPolygonF(corners))
            for row in np.flatnonzero(np.diff(ride.at_m) == 0.0):
                painter.drawEllipse(corners[row], STOP_PX, STOP_PX)

    def _words(self, painter: QPainter, drawn: Drawn) -> None:
        """Write names and offsets on the left, seconds below."""
        theme, texts = self._look.theme, self._look.texts
        metrics, above = QFontMetricsF(painter.font()), float("inf")
        for row, (junction, plan) in enumerate(zip(drawn.corridor.junctions, drawn.plans, strict=True)):
            y = self._y(row)
            if above - y < WORDS_PX + 1:
                continue  # it would stand on the name before; the tip tells it
            above = y
            name = metrics.elidedText(
                _short(junction.name, drawn.corridor.name), Qt.TextElideMode.ElideRight, LEFT_PX - 46
            )
            painter.setPen(theme.colour("text"))
            painter.drawText(QRectF(6, y - 8, LEFT_PX - 46, 16), Qt.AlignmentFlag.AlignVCenter, name)
            painter.setPen(theme.colour("quiet"))
            side = Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight
            painter.drawText(QRectF(LEFT_PX - 44, y - 8, 36, 16), side, f"{plan.offset_s:.0f}")
        foot = self.height() - FOOT_PX
        step = 30 if self._span_s <= 400 else 60
        for second in range(0, int(self._span_s) + 1, step):
            x = self._x(second)
            painter.setPen(theme.colour("line"))
            painter.drawLine(QPointF(x, foot), QPointF(x, foot + 4))
            painter.setPen(theme.colour("quiet"))
            painter.drawText(QRectF(x - 20, foot + 4, 40, 16), Qt.AlignmentFlag.AlignCenter, str(second))
        painter.drawText(QRectF(6, foot + 4, LEFT_PX - 20, 16), Qt.AlignmentFlag.AlignVCenter, texts("waves.axis"))

    # The mouse

    def _near(self, y: float) -> int | None:
        """Return the signal whose bars are there."""
        if self._drawn is None:
            return None
        far = [abs(self._y(row) - y) for row in range(len(self._drawn.plans))]
        row = int(np.argmin(far))
        return row if far[row] <= NEAR_PX else None

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """Take hold of a bar."""
        row = self._near(event.position().y())
        if self._drawn is not None and row is not None and event.button() == Qt.MouseButton.LeftButton:
            self._held = (row, event.position().x(), self._drawn.plans[row].offset_s)
            self.setCursor(Qt.CursorShape.ClosedHandCursor)
            self.update()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Drag the bar that is held, else show what can be taken."""
        if self._held is not None:
            self.dragging.emit(self._held[0], self._dragged(event))
            return
        row = self._near(event.position().y())
        self.setCursor(Qt.CursorShape.OpenHandCursor if row is not None else Qt.CursorShape.ArrowCursor)
        if row is not None and self._drawn is not None:
            plan = self._drawn.plans[row]
            words = self._look.texts(
                "waves.tip", name=self._drawn.corridor.junctions[row].name, offset=f"{plan.offset_s:.0f}",
                cycle=f"{plan.cycle_s:.0f}", at=f"{self._drawn.corridor.at_m[row]:.0f}",
            )  # fmt: skip
            QToolTip.showText(event.globalPosition().toPoint(), words, self)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """Leave the bar where it is."""
        if self._held is not None:
            row, offset = self._held[0], self._dragged(event)
            self._held = None
            self.unsetCursor()
            self.dropped.emit(row, offset)
            self.update()

    def leaveEvent(self, event: QEvent) -> None:
        """Forget the hand."""
        self.unsetCursor()
        super().leaveEvent(event)

    def _dragged(self, event: QMouseEvent) -> float:
        held, drawn = self._held, self._drawn
        if held is None or drawn is None:
            return 0.0
        row, from_px, offset = held
        return float(round(offset + self._seconds(event.position().x() - from_px)) % drawn.plans[row].cycle_s)


def walks(corridor: Corridor, row: int, plan: Plan) -> list[tuple[float, float]]:
    """Return when people may set out across the arterial at a signal, by the clock of the plan's offset."""
    main, greens = {corridor.out[row], corridor.back[row]}, plan.greens()
    crossing = {name for one in corridor.junctions[row].conflicts if {one.one, one.other} & main
                for name in (one.one, one.other) if name.endswith(f".{WALK}")}  # fmt: skip
    return sorted({(plan.offset_s + begin, plan.offset_s + end) for name in crossing & greens.keys()
                   for begin, end in greens[name]})  # fmt: skip


def _often(spans: Sequence[tuple[float, float]], cycle_s: float, span_s: float) -> list[tuple[float, float]]:
    """Return spans of a cycle in every cycle from before 0 to ``span_s``."""
    return sorted((begin + turn * cycle_s, end + turn * cycle_s) for begin, end in spans
                  for turn in range(-2, int(span_s / cycle_s) + 2))  # fmt: skip


def _reds(greens: Sequence[tuple[float, float]], cycle_s: float, span_s: float) -> list[tuple[float, float]]:
    """Return what is not green from 0 to ``span_s``."""
    found, at = [], 0.0
    for begin, end in _often(greens, cycle_s, span_s):
        if begin > at and at < span_s:
            found.append((at, min(begin, span_s)))
        at = max(at, end)
    if at < span_s:
        found.append((at, span_s))
    return found


def _short(name: str, road: str) -> str:
    """Return the other road of a junction's name."""
    parts = [part for part in name.split("—") if part != road]
    return parts[0] if parts else name
