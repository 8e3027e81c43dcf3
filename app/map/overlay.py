"""What is painted over the map: compass, scale, banner, hover card, selection, the box being drawn."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPen, QPolygonF

from app.map import ramps
from app.map.camera import Lens
from app.map.ramps import Ramp
from app.map.style import MapStyle

MARGIN = 16
COMPASS_R, WORD_R = 20, 12


@dataclass(slots=True)
class OverlayState:
    """What the overlay shows besides the map itself; pixels of the widget."""

    banner: str = ""
    note: str = ""
    legend: tuple[tuple[str, str], ...] = ()
    ramps: tuple[Ramp, ...] = ()
    card: tuple[str, ...] = ()
    card_at: tuple[float, float] = (0.0, 0.0)
    hovered_at: tuple[float, float] | None = None
    selected_at: list[tuple[float, float]] = field(default_factory=list)
    box: tuple[float, float, float, float] | None = None
    north: str = "N"
    scale_words: tuple[str, str] = ("m", "km")


def compass_at(width: float) -> QPointF:
    """Return the middle of the compass."""
    return QPointF(width - MARGIN - COMPASS_R, MARGIN + COMPASS_R)


def paint(painter: QPainter, lens: Lens, style: MapStyle, state: OverlayState) -> None:
    """Paint everything; the furniture last, so that nothing hides it."""
    accent = QColor(style.colour("buildings", "selected"))
    for x, y in state.selected_at:
        _ring(painter, x, y, accent, 13.0)
    if state.hovered_at is not None:
        soft = QColor(accent)
        soft.setAlphaF(0.6)
        _ring(painter, *state.hovered_at, soft, 11.0)
    if state.box is not None:
        _box(painter, state.box, accent)
    _scale(painter, lens, style, state.scale_words)
    _note(painter, lens, style, state.note)
    _compass(painter, lens, style, state.north)
    _banner(painter, lens, style, state.banner)
    _legend(painter, lens, style, state.legend)
    above = MARGIN + (_legend_px(state.legend) + ramps.GAP if state.legend else 0.0)
    ramps.paint(painter, state.ramps, style, lens.width_px - MARGIN, lens.height_px - above)
    if state.card:
        _card(painter, lens, style, state)


def _font(px: int, bold: bool = False) -> QFont:
    font = QFont()
    font.setPixelSize(px)
    font.setWeight(QFont.Weight.DemiBold if bold else QFont.Weight.Normal)
    return font


def _panel(painter: QPainter, box: QRectF, style: MapStyle) -> None:
    fill, line = QColor(style.colour("panel", "fill")), QColor(style.colour("panel", "line"))
    fill.setAlphaF(0.90)
    painter.setPen(QPen(line, 1))
    painter.setBrush(fill)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)


def _ring(painter: QPainter, x: float, y: float, colour: QColor, radius: float) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    shade = QColor(0, 0, 0, 110)
    painter.setPen(QPen(shade, 4.0))
    painter.drawEllipse(QPointF(x, y), radius, radius)
    painter.setPen(QPen(colour, 2.0))
    painter.drawEllipse(QPointF(x, y), radius, radius)


def _box(painter: QPainter, box: tuple[float, float, float, float], accent: QColor) -> None:
    fill = QColor(accent)
    fill.setAlphaF(0.12)
    painter.setPen(QPen(accent, 1))
    painter.setBrush(fill)
    x0, y0, x1, y1 = box
    painter.drawRect(QRectF(QPointF(min(x0, x1), min(y0, y1)), QPointF(max(x0, x1), max(y0, y1))))


def round_length(metres: float) -> float:
    """Return the largest of 1, 2 or 5 times a power of ten that is not above ``metres``."""
    power = 10.0 ** math.floor(math.log10(max(metres, 1e-3)))
    return max(step for step in (1.0, 2.0, 5.0) if step * power <= metres * 1.000001) * power


def _scale(painter: QPainter, lens: Lens, style: MapStyle, words: tuple[str, str]) -> None:
    pixel_m = lens.metres_a_pixel * lens.state.distance_m
    length = round_length(140 * pixel_m)
    width = length / pixel_m
    text = f"{length / 1000:g} {words[1]}" if length >= 1000 else f"{length:g} {words[0]}"
    left, bottom = MARGIN, lens.height_px - MARGIN
    corners = ((left, bottom - 6), (left, bottom), (left + width, bottom), (left + width, bottom - 6))
    bar = QPolygonF([QPointF(x, y) for x, y in corners])
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for colour, thick in ((style.colour("label", "halo"), 4.0), (style.colour("label", "text"), 1.6)):
        painter.setPen(QPen(QColor(colour), thick))
        painter.drawPolyline(bar)
    _text(painter, QRectF(left, bottom - 26, width, 18), text, style, _font(12), Qt.AlignmentFlag.AlignHCenter)


def _note(painter: QPainter, lens: Lens, style: MapStyle, text: str) -> None:
    if text:
        font = _font(12)
        width = QFontMetricsF(font).horizontalAdvance(text) + 24
        box = QRectF(MARGIN, lens.height_px - MARGIN - 60, width, 24)
        _panel(painter, box, style)
        _text(painter, box, text, style, font, Qt.AlignmentFlag.AlignHCenter)


def _text(
    painter: QPainter,
    box: QRectF,
    text: str,
    style: MapStyle,
    font: QFont,
    align: Qt.AlignmentFlag,
    quiet: bool = False,
) -> None:
    painter.setFont(font)
    painter.setPen(QColor(style.colour("label", "quiet" if quiet else "text")))
    painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), text)


def _compass(painter: QPainter, lens: Lens, style: MapStyle, north: str) -> None:
    centre = compass_at(lens.width_px)
    _panel(painter, QRectF(centre.x() - COMPASS_R, centre.y() - COMPASS_R, 2 * COMPASS_R, 2 * COMPASS_R), style)
    turn = math.radians(lens.state.bearing_deg)
    word = centre + QPointF(-math.sin(turn), -math.cos(turn)) * WORD_R  # beside the needle's tip, upright
    painter.save()
    painter.translate(centre)
    painter.rotate(-lens.state.bearing_deg)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor(style.colour("label", "text")))
    painter.drawPolygon(QPolygonF([QPointF(0, -6), QPointF(4.5, 10), QPointF(0, 7)]))
    painter.setBrush(QColor(style.colour("label", "quiet")))
    painter.drawPolygon(QPolygonF([QPointF(0, -6), QPointF(-4.5, 10), QPointF(0, 7)]))
    painter.restore()
    _text(
        painter, QRectF(word.x() - 8, word.y() - 7, 16, 14), north, style, _font(9, True), Qt.AlignmentFlag.AlignCenter
    )


def _banner(painter: QPainter, lens: Lens, style: MapStyle, text: str) -> None:
    if not text:
        return
    font = _font(12)
    width = QFontMetricsF(font).horizontalAdvance(text) + 24
    box = QRectF((lens.width_px - width) / 2, MARGIN, width, 24)
    _panel(painter, box, style)
    _text(painter, box, text, style, font, Qt.AlignmentFlag.AlignHCenter)


def _legend(painter: QPainter, lens: Lens, style: MapStyle, rows: tuple[tuple[str, str], ...]) -> None:
    if not rows:
        return
    font = _font(12)
    width = max(QFontMetricsF(font).horizontalAdvance(text) for text, _colour in rows) + 44
    height = _legend_px(rows)
    box = QRectF(lens.width_px - MARGIN - width, lens.height_px - MARGIN - height, width, height)
    _panel(painter, box, style)
    for i, (text, colour) in enumerate(rows):
        top = box.top() + 6 + 20 * i
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(colour))
        painter.drawRoundedRect(QRectF(box.left() + 12, top + 5, 14, 10), 2, 2)
        _text(painter, QRectF(box.left() + 34, top, width, 20), text, style, font, Qt.AlignmentFlag.AlignLeft)


def _legend_px(rows: tuple[tuple[str, str], ...]) -> float:
    return 20.0 * len(rows) + 12


def _card(painter: QPainter, lens: Lens, style: MapStyle, state: OverlayState) -> None:
    title, *facts = state.card
    big, small = _font(13, True), _font(12)
    width = max(
        QFontMetricsF(big).horizontalAdvance(title),
        *(QFontMetricsF(small).horizontalAdvance(fact) for fact in facts),
        60.0,
    )
    width, height = min(width, 420.0) + 24, 28.0 + 18 * len(facts) + (6 if facts else 0)
    x, y = state.card_at[0] + 16, state.card_at[1] + 16
    x = x if x + width < lens.width_px - 8 else state.card_at[0] - 12 - width
    y = y if y + height < lens.height_px - 8 else state.card_at[1] - 12 - height
    box = QRectF(max(x, 8), max(y, 8), width, height)
    _panel(painter, box, style)
    inner = box.adjusted(12, 5, -12, 0)
    _text(painter, QRectF(inner.left(), inner.top(), inner.width(), 20), title, style, big, Qt.AlignmentFlag.AlignLeft)
    for i, fact in enumerate(facts):
        row = QRectF(inner.left(), inner.top() + 22 + 18 * i, inner.width(), 18)
        _text(painter, row, fact, style, small, Qt.AlignmentFlag.AlignLeft, quiet=True)
