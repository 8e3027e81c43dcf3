"""A crowd as bubbles: so many here, each bubble where they are, as far apart as their counts can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QPainter, QPen, QPixmap

from app.map.camera import Lens
from app.map.labels import Grid
from app.map.mover_shader import CROWD, HIDDEN
from app.map.style import MapStyle
from app.map.symbols import MoverArrays
from twin.geo import FloatArray

FROM_M = 9000.0
"""A camera farther than this from what it looks at sees bubbles."""
PATCH_M, APART_PX = 200.0, 84.0
LEAST_PX, MOST_PX = 22.0, 46.0
NUDGES = (
    (0, 0), (0, 30), (0, -30), (40, 0), (-40, 0), (40, 34), (-40, 34), (40, -34), (-40, -34), (0, 46), (0, -46),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Patches:
    """How many of a crowd are on each patch of ground that has any: middles (P, 3) and counts (P,)."""

    middle_m: FloatArray
    count: NDArray[np.int64]


NO_PATCHES = Patches(np.zeros((0, 3)), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Bubble:
    """One bubble on the screen, in pixels of the widget, and where its crowd is."""

    x: float
    y: float
    width: float
    count: int
    middle_m: tuple[float, float, float]


def patches(packed: MoverArrays) -> Patches:
    """Count the crowd on patches of ground."""
    state = packed.code[:, 2]
    at = packed.position_m[(state & (CROWD | HIDDEN)) == CROWD].astype(np.float64)
    if not len(at):
        return NO_PATCHES
    cell = np.floor(at[:, :2] / PATCH_M).astype(np.int64)
    cell -= cell.min(axis=0)
    key = cell[:, 0] * (int(cell[:, 1].max()) + 1) + cell[:, 1]
    return _grouped(at, np.ones(len(at), np.int64), key)


def _grouped(at: FloatArray, count: NDArray[np.int64], key: NDArray[np.int64]) -> Patches:
    """Put together what has the same key; the middle is that of all that is counted."""
    groups, group = np.unique(key, return_inverse=True)
    total = np.bincount(group, count, len(groups))
    middle = np.column_stack([np.bincount(group, column * count, len(groups)) / total for column in at.T])
    return Patches(middle, total.astype(np.int64))


def bubbles(found: Patches, lens: Lens) -> list[Bubble]:
    """Return what a camera sees: patches in squares of the ground that look at least :data:`APART_PX` wide.

    The squares are powers of two of a metre, so that they stay where they are while the camera moves.
    """
    x, y, depth = lens.project(found.middle_m)
    seen = (depth > 1.0) & (x > -APART_PX) & (x < lens.width_px + APART_PX)
    seen &= (y > -APART_PX) & (y < lens.height_px + APART_PX)
    at, count = found.middle_m[seen], found.count[seen]
    if not len(at):
        return []
    level = np.ceil(np.log2(APART_PX * lens.metres_a_pixel * depth[seen])).astype(np.int64)
    square = np.floor(at[:, :2] / np.exp2(level)[:, None]).astype(np.int64) + (1 << 20)
    groups = _grouped(at, count, (level << 44) | (square[:, 0] << 22) | square[:, 1])
    gx, gy, _ = lens.project(groups.middle_m)
    rows = zip(gx.tolist(), gy.tolist(), groups.count.tolist(), groups.middle_m.tolist(), strict=True)
    return [Bubble(px, py, _width(n), n, (e, m, u)) for px, py, n, (e, m, u) in rows]


def _width(count: int) -> float:
    return min(LEAST_PX + 7.0 * math.log10(max(count, 1)), MOST_PX)


def spread(found: Sequence[Bubble], grid: Grid) -> list[Bubble]:
    """Move bubbles a little off what is taken on the screen, the largest first."""
    placed = []
    for bubble in sorted(found, key=lambda b: -b.count):
        free = (
            (bubble.x + dx, bubble.y + dy)
            for dx, dy in NUDGES
            if grid.take(bubble.x + dx, bubble.y + dy, bubble.width - 6, bubble.width - 6)
        )
        x, y = next(free, (bubble.x, bubble.y))
        placed.append(Bubble(x, y, bubble.width, bubble.count, bubble.middle_m))
    return placed


def bubble_at(placed: Sequence[Bubble], x: float, y: float) -> Bubble | None:
    """Return the bubble at a pixel."""
    return next((b for b in placed if math.hypot(b.x - x, b.y - y) <= b.width / 2), None)


def counted(count: int, language: str) -> str:
    """Write a number in as little room as can be: 950, 1.2万 or 12k."""
    step, unit = (10_000, "万") if language == "zh" else (1000, "k")
    if count < step:
        return str(count)
    share = count / step
    return f"{share:.1f}{unit}" if share < 10 else f"{share:.0f}{unit}"


class BubblePainter:
    """Paints bubbles; the picture of each is made once."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[str, int, str, float], QPixmap] = {}

    def paint(self, painter: QPainter, placed: Sequence[Bubble], style: MapStyle, language: str, ratio: float) -> None:
        """Paint bubbles, the smallest first."""
        for bubble in reversed(placed):
            picture = self._picture(counted(bubble.count, language), round(bubble.width), style, ratio)
            size = picture.deviceIndependentSize()
            painter.drawPixmap(QPointF(bubble.x - size.width() / 2, bubble.y - size.height() / 2), picture)

    def _picture(self, text: str, width: int, style: MapStyle, ratio: float) -> QPixmap:
        key = (text, width, style.theme, ratio)
        if key not in self._pictures:
            if len(self._pictures) > 2000:
                self._pictures.clear()
            self._pictures[key] = _draw(text, width, style, ratio)
        return self._pictures[key]


def _draw(text: str, width: int, style: MapStyle, ratio: float) -> QPixmap:
    picture = QPixmap(round((width + 4) * ratio), round((width + 4) * ratio))
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    fill = QColor(style.colour("panel", "fill"))
    fill.setAlphaF(0.86)
    painter.setBrush(fill)
    painter.setPen(QPen(QColor(style.colour("marks", "crowd")), 1.6))
    painter.drawEllipse(QRectF(2, 2, width, width))
    font = QFont()
    font.setPixelSize(12 if len(text) < 4 else 11)
    font.setWeight(QFont.Weight.DemiBold)
    painter.setFont(font)
    painter.setPen(QColor(style.colour("label", "text")))
    painter.drawText(QRectF(2, 2, width, width), int(Qt.AlignmentFlag.AlignCenter), text)
    painter.end()
    return picture
