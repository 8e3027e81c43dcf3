"""Paints what is being drawn: the rubber band, its points, the figure at the pointer, and the line that says how."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import shapely
from PySide6.QtCore import QLineF, QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app.instruments.pen import Pen
from app.map.camera import Lens
from app.map.style import MapStyle
from twin.geo import FloatArray

CIRCLE_POINTS, DOT_PX, HINT_PX = 96, 4.0, 12


def paint(
    painter: QPainter, lens: Lens, style: MapStyle, pen: Pen, lines: Sequence[str], hint: str, turn: FloatArray | None
) -> None:
    """Paint a pen's drawing; ``turn`` is where a line of sight is blocked."""
    accent = QColor(style.colour("areas", "result"))
    points = pen.drawn_m
    for ring, closed in outlines(pen, points):
        _shape(painter, lens, ring, accent, closed=closed)
    if turn is not None and len(points) > 1:
        _shape(painter, lens, np.array([points[0], turn]), QColor(style.colour("lines", "seen")), closed=False)
        _shape(painter, lens, np.array([turn, points[1]]), QColor(style.colour("lines", "hidden")), closed=False)
    if not pen.is_free:
        _dots(painter, lens, points[: len(pen.points)], accent)
    _hint(painter, lens, style, hint)
    if lines:
        _figure(painter, lens, style, pen.at_px, lines)


def paint_cut(painter: QPainter, lens: Lens, style: MapStyle, sides: FloatArray) -> None:
    """Paint sides (S, 2, 3) in the scene as they hang at their height."""
    x, y, depth = lens.project(sides.reshape(-1, 3))
    before = (depth > 0.5).reshape(-1, 2).all(axis=1)
    lines = [QLineF(*side) for side in np.stack([x, y], axis=1).reshape(-1, 4)[before].tolist()]
    painter.setPen(QPen(QColor(style.colour("areas", "result")), 2.0))
    painter.drawLines(lines)


def outlines(pen: Pen, points: FloatArray) -> list[tuple[FloatArray, bool]]:
    """Return what the points draw: (N, 3) lines, and whether each is closed."""
    if len(points) < 2:
        return []
    if pen.kind.outline == "circle":
        return [(_circle(points), True)]
    if pen.widening:
        return [(points[:-1], False), (_band(points), True)]
    return [(points, pen.kind.outline in ("area", "lasso") and len(points) > 2)]


def _circle(points: FloatArray) -> FloatArray:
    radius = float(np.hypot(*(points[1] - points[0])[:2]))
    turn = np.linspace(0.0, 2 * np.pi, CIRCLE_POINTS, endpoint=False)
    return np.column_stack(
        [points[0, 0] + radius * np.sin(turn), points[0, 1] + radius * np.cos(turn), np.full(len(turn), points[0, 2])]
    )


def _band(points: FloatArray) -> FloatArray:
    line = points[:-1]
    bare = shapely.Point(line[0, :2]) if len(line) == 1 else shapely.LineString(line[:, :2])
    rim = shapely.get_coordinates(bare.buffer(bare.distance(shapely.Point(points[-1, :2])), quad_segs=16).exterior)
    return np.column_stack([rim, np.full(len(rim), line[:, 2].mean())])


def on_screen(lens: Lens, points: FloatArray) -> list[QPolygonF]:
    """Return a line in pixels, in pieces where a part of it is behind the camera."""
    x, y, depth = lens.project(points)
    before = np.flatnonzero(depth > 0.5)
    pieces = np.split(before, np.flatnonzero(np.diff(before) > 1) + 1)
    return [QPolygonF([QPointF(float(x[i]), float(y[i])) for i in piece]) for piece in pieces if len(piece)]


def _shape(painter: QPainter, lens: Lens, points: FloatArray, colour: QColor, *, closed: bool) -> None:
    pieces = on_screen(lens, np.concatenate([points, points[:1]]) if closed else points)
    if closed and len(pieces) == 1:
        fill = QColor(colour)
        fill.setAlphaF(0.14)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(fill)
        painter.drawPolygon(pieces[0])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for ink, width in ((QColor(0, 0, 0, 120), 4.0), (colour, 2.0)):
        painter.setPen(QPen(ink, width, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin))
        for piece in pieces:
            painter.drawPolyline(piece)


def _dots(painter: QPainter, lens: Lens, points: FloatArray, colour: QColor) -> None:
    painter.setPen(QPen(QColor(0, 0, 0, 140), 1.0))
    painter.setBrush(colour)
    for piece in on_screen(lens, points):
        for place in piece.toList():
            painter.drawEllipse(place, DOT_PX, DOT_PX)


def _figure(painter: QPainter, lens: Lens, style: MapStyle, at_px: tuple[float, float], lines: Sequence[str]) -> None:
    big, small = _font(16, bold=True), _font(12)
    fonts = [big, *[small] * (len(lines) - 1)]
    width = max(QFontMetricsF(font).horizontalAdvance(text) for font, text in zip(fonts, lines, strict=True)) + 20
    height = 30.0 + 18 * (len(lines) - 1)
    x = at_px[0] + 18 if at_px[0] + 18 + width < lens.width_px else at_px[0] - 18 - width
    y = at_px[1] - 12 - height if at_px[1] - 12 - height > 0 else at_px[1] + 18
    box = QRectF(x, y, width, height)
    _panel(painter, box, style)
    for row, (font, text) in enumerate(zip(fonts, lines, strict=True)):
        top = box.top() + (5 if row == 0 else 26 + 18 * (row - 1))
        place = QRectF(box.left() + 10, top, width - 20, 20 if row == 0 else 18)
        _text(painter, place, text, style, font, quiet=row > 0)


def _hint(painter: QPainter, lens: Lens, style: MapStyle, hint: str) -> None:
    font = _font(HINT_PX)
    width = QFontMetricsF(font).horizontalAdvance(hint) + 28
    box = QRectF((lens.width_px - width) / 2, lens.height_px - 44, width, 28)
    _panel(painter, box, style)
    _text(painter, box, hint, style, font, side=Qt.AlignmentFlag.AlignHCenter)


def _panel(painter: QPainter, box: QRectF, style: MapStyle) -> None:
    fill = QColor(style.colour("panel", "fill"))
    fill.setAlphaF(0.92)
    painter.setPen(QPen(QColor(style.colour("panel", "line")), 1))
    painter.setBrush(fill)
    painter.drawRoundedRect(box, 4, 4)


def _text(
    painter: QPainter, box: QRectF, text: str, style: MapStyle, font: QFont,
    side: Qt.AlignmentFlag = Qt.AlignmentFlag.AlignLeft, *, quiet: bool = False,
) -> None:  # fmt: skip
    painter.setFont(font)
    painter.setPen(QColor(style.colour("label", "quiet" if quiet else "text")))
    painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), text)


def _font(px: int, *, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font
