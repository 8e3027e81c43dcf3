"""The legend of a heat map: what it shows, in which unit, and how the colours run from one end to the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QLinearGradient, QPainter

from app.map.rasters import RasterSet
from app.map.style import MapStyle
from app.map.trails import FASTEST_MPS
from app.texts import Texts

WIDTH, HEIGHT, GAP, BAR = 260.0, 62.0, 8.0, 12.0


@dataclass(frozen=True, slots=True)
class Ramp:
    """Colours from ``low`` to ``high`` in a unit."""

    title: str
    unit: str
    scale: str
    low: float
    high: float


def ramps_of(rasters: Sequence[RasterSet], texts: Texts) -> tuple[Ramp, ...]:
    """Return the legends of the rasters that say what their ends stand for."""
    return tuple(
        Ramp(texts(f"layer.{laid.name}"), _unit(laid.raster.unit, texts), laid.raster.scale, *laid.raster.span)
        for laid in rasters
        if laid.raster.span is not None
    )


def _unit(unit: str, texts: Texts) -> str:
    return texts("map.per_km2") if unit == "1/km²" else unit


def trail_ramp(title: str) -> Ramp:
    """Return the legend of trails that are coloured by speed."""
    return Ramp(title, "km/h", "pace", 0.0, FASTEST_MPS * 3.6)


def paint(painter: QPainter, ramps: Sequence[Ramp], style: MapStyle, right: float, bottom: float) -> None:
    """Paint legends one above the other, ending at a corner."""
    for number, ramp in enumerate(ramps):
        top = bottom - (number + 1) * HEIGHT - number * GAP
        _paint(painter, ramp, style, QRectF(right - WIDTH, top, WIDTH, HEIGHT))


def _paint(painter: QPainter, ramp: Ramp, style: MapStyle, box: QRectF) -> None:
    fill = QColor(style.colour("panel", "fill"))
    fill.setAlphaF(0.94)
    painter.setPen(QColor(style.colour("panel", "line")))
    painter.setBrush(fill)
    painter.drawRoundedRect(box.adjusted(0.5, 0.5, -0.5, -0.5), 4, 4)
    inner = box.adjusted(12, 6, -12, -6)
    _words(painter, QRectF(inner.left(), inner.top(), inner.width(), 18), ramp.title, style, Qt.AlignmentFlag.AlignLeft)
    _words(painter, QRectF(inner.left(), inner.top(), inner.width(), 18), ramp.unit, style, Qt.AlignmentFlag.AlignRight)
    bar = QRectF(inner.left(), inner.top() + 21, inner.width(), BAR)
    gradient = QLinearGradient(bar.topLeft(), bar.topRight())
    colours = style.scale(ramp.scale)
    for place, (red, green, blue, alpha) in enumerate(colours.tolist()):
        gradient.setColorAt(place / (len(colours) - 1), QColor(round(red), round(green), round(blue), round(alpha)))
    painter.setPen(QColor(style.colour("panel", "line")))
    painter.setBrush(gradient)
    painter.drawRect(bar)
    ticks = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    under = QRectF(inner.left(), bar.bottom() + 1, inner.width(), 17)
    for place, align in enumerate(ticks):
        _words(painter, under, f"{ramp.low + (ramp.high - ramp.low) * place / 2:,.4g}", style, align)
        x = bar.left() + bar.width() * place / 2
        painter.drawLine(QPointF(x, bar.bottom()), QPointF(x, bar.bottom() + 2))


def _words(painter: QPainter, box: QRectF, text: str, style: MapStyle, align: Qt.AlignmentFlag) -> None:
    font = QFont()
    font.setPixelSize(12)
    painter.setFont(font)
    painter.setPen(QColor(style.colour("label", "text")))
    painter.drawText(box, int(align | Qt.AlignmentFlag.AlignVCenter), text)
