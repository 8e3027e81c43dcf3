"""What a picture of the map says of itself: where, when, from what, by whom and what for."""

from __future__ import annotations

from dataclasses import dataclass

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QImage, QPainter

from app.theme import Theme, ui_font

FOOT_PX, MARGIN_PX, MARK_PX = 34, 16, 20
MARK_EVERY_PX, MARK_TURN_DEG, MARK_STRENGTH = 420, -24.0, 0.10


@dataclass(frozen=True, slots=True)
class Stamp:
    """The words of a picture: the place and its time on the left, the source in the middle, who made it on the right.

    ``mark`` is written faintly all over it, so that a part of the picture still tells whose it is.
    """

    place: str
    source: str
    maker: str
    mark: str


def stamped(picture: QImage, stamp: Stamp, theme: Theme) -> QImage:
    """Return a picture with its words on a strip below it, and the mark over it."""
    ratio = picture.devicePixelRatio()
    width, height = picture.width() / ratio, picture.height() / ratio
    whole = QImage(picture.width(), round((height + FOOT_PX) * ratio), QImage.Format.Format_RGB32)
    whole.setDevicePixelRatio(ratio)
    whole.fill(theme.colour("panel"))
    painter = QPainter(whole)
    painter.setRenderHint(QPainter.RenderHint.TextAntialiasing)
    painter.drawImage(QRectF(0, 0, width, height), picture)
    _mark(painter, width, height, stamp.mark)
    _foot(painter, QRectF(0, height, width, FOOT_PX), stamp, theme)
    painter.end()
    return whole


def _mark(painter: QPainter, width: float, height: float, text: str) -> None:
    """Write the mark in slanting rows, light with a dark edge so that it shows on any ground."""
    painter.save()
    painter.setClipRect(QRectF(0, 0, width, height))
    painter.setFont(ui_font(MARK_PX, bold=True))
    painter.translate(width / 2, height / 2)
    painter.rotate(MARK_TURN_DEG)
    reach = (width**2 + height**2) ** 0.5 / 2
    across = max(QFontMetricsF(painter.font()).horizontalAdvance(text) + 120.0, MARK_EVERY_PX)
    y, row = -reach, 0
    while y < reach:
        x = -reach + (across / 2 if row % 2 else 0.0)
        while x < reach:
            for offset, ink in ((1.0, QColor(0, 0, 0)), (0.0, QColor(255, 255, 255))):
                ink.setAlphaF(MARK_STRENGTH)
                painter.setPen(ink)
                painter.drawText(QRectF(x + offset, y + offset, across, 40), Qt.AlignmentFlag.AlignLeft, text)
            x += across
        y, row = y + MARK_EVERY_PX / 2, row + 1
    painter.restore()


def _foot(painter: QPainter, strip: QRectF, stamp: Stamp, theme: Theme) -> None:
    font: QFont = ui_font(12)
    painter.setFont(font)
    painter.setPen(theme.colour("text"))
    inner = strip.adjusted(MARGIN_PX, 0, -MARGIN_PX, 0)
    third = inner.width() / 3
    sides = (Qt.AlignmentFlag.AlignLeft, Qt.AlignmentFlag.AlignHCenter, Qt.AlignmentFlag.AlignRight)
    metrics = QFontMetricsF(font)
    for number, (side, text) in enumerate(zip(sides, (stamp.place, stamp.source, stamp.maker), strict=True)):
        box = QRectF(inner.left() + number * third, inner.top(), third, inner.height())
        short = metrics.elidedText(text, Qt.TextElideMode.ElideRight, third - 8)
        painter.drawText(box, int(side | Qt.AlignmentFlag.AlignVCenter), short)
