"""A picture of an invented camera, drawn by code; it says so in large letters."""

from __future__ import annotations

import random
import zlib

from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QImage, QPainter, QPolygonF

from app import formats
from app.theme import Theme, ui_font

WIDTH, HEIGHT, HORIZON, VANISH = 640, 360, 150, 320


def invented_picture(camera: str, name: str, at_s: float, theme: Theme, words: str) -> QImage:
    """Return a road between houses, another for each camera, with its name and time; ``words`` say it is invented."""
    dice = random.Random(zlib.crc32(camera.encode()))  # noqa: S311 - no secret
    image = QImage(WIDTH, HEIGHT, QImage.Format.Format_RGB32)
    image.fill(theme.colour("raised"))
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.fillRect(0, HORIZON, WIDTH, HEIGHT - HORIZON, theme.colour("ground"))
    _houses(painter, theme, dice)
    _road(painter, theme)
    for _ in range(dice.randint(1, 4)):
        _car(painter, theme, dice)
    _words(painter, theme, name, at_s, words)
    painter.end()
    return image


def _houses(painter: QPainter, theme: Theme, dice: random.Random) -> None:
    """Draw houses along both sides, the far ones first."""
    for depth in (0.25, 0.4, 0.6, 0.85, 1.2):
        for side in (-1, 1):
            tall, wide = dice.uniform(120, 260) * depth, dice.uniform(90, 150) * depth
            near = VANISH + side * (90 + 190 * depth)
            left = near if side > 0 else near - wide
            base = HORIZON + 70 * depth
            painter.setBrush(theme.colour("line"))
            painter.drawRect(QRectF(left, base - tall, wide, tall))
            painter.setBrush(theme.colour("quiet", 0.35))
            for row in range(int(tall // (26 * depth + 6))):
                painter.drawRect(
                    QRectF(left + wide * 0.15, base - tall + 8 + row * (26 * depth + 6), wide * 0.7, 6 * depth + 2)
                )


def _road(painter: QPainter, theme: Theme) -> None:
    painter.setBrush(theme.colour("panel"))
    edges = [(VANISH - 8, HORIZON), (VANISH + 8, HORIZON), (WIDTH + 60, HEIGHT), (-60, HEIGHT)]
    painter.drawPolygon(QPolygonF([QPointF(x, y) for x, y in edges]))
    painter.setBrush(theme.colour("quiet", 0.7))
    for step in range(6):
        top, bottom = (HORIZON + (HEIGHT - HORIZON) * ((step + part) / 6.0) ** 2 for part in (0.25, 0.65))
        half = (bottom - HORIZON) * 0.018
        painter.drawRect(QRectF(VANISH - half, top, 2 * half, bottom - top))


def _car(painter: QPainter, theme: Theme, dice: random.Random) -> None:
    depth = dice.uniform(0.2, 0.9)
    x = VANISH + dice.choice((-1, 1)) * 190 * depth
    y, wide = HORIZON + (HEIGHT - HORIZON) * depth * 0.8, 110 * depth
    painter.setBrush(theme.colour(dice.choice(("accent", "text", "disabled"))))
    painter.drawRoundedRect(QRectF(x - wide / 2, y - wide * 0.55, wide, wide * 0.55), wide * 0.12, wide * 0.12)
    painter.setBrush(theme.colour("ground", 0.8))
    painter.drawRect(QRectF(x - wide * 0.36, y - wide * 0.48, wide * 0.72, wide * 0.2))


def _words(painter: QPainter, theme: Theme, name: str, at_s: float, words: str) -> None:
    """Write what a camera writes into its picture, and across it that nothing of this is real."""
    painter.setFont(ui_font(16, bold=True))
    painter.setPen(theme.colour("text"))
    at = f"{formats.local_time(at_s):%Y-%m-%d %H:%M:%S}"
    painter.drawText(QRectF(12, 8, WIDTH - 24, 24), Qt.AlignmentFlag.AlignLeft, at)
    painter.drawText(QRectF(12, HEIGHT - 32, WIDTH - 24, 24), Qt.AlignmentFlag.AlignRight, name)
    painter.setFont(ui_font(28, bold=True))
    width = QFontMetricsF(painter.font()).horizontalAdvance(words) + 32
    band = QRectF((WIDTH - width) / 2, HEIGHT / 2 - 26, width, 52)
    painter.fillRect(band, theme.colour("ground", 0.75))
    painter.setPen(theme.colour("severity_2"))
    painter.drawText(band, Qt.AlignmentFlag.AlignCenter, words)
