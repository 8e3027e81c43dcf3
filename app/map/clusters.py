"""A crowd as bubbles: so many here, each bubble where they are, as far apart as their counts can be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

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
    """How many of a crowd are on each patch of ground that has any: middles (P, 3) and counts (P,).

    ``kinds`` (P, K) tells how many of each of ``names``.
    """

    middle_m: FloatArray
    count: NDArray[np.int64]
    kinds: NDArray[np.int64] = field(default_factory=lambda: np.zeros((0, 0), np.int64))
    names: tuple[str, ...] = ()


NO_PATCHES = Patches(np.zeros((0, 3)), np.zeros(0, np.int64))


@dataclass(frozen=True, slots=True)
class Bubble:
    """One bubble on the screen, in pixels of the widget, and where its crowd is; ``square`` is its piece of ground."""

    x: float
    y: float
    width: float
    count: int
    middle_m: tuple[float, float, float]
    square: int = 0


def patches(packed: MoverArrays) -> Patches:
    """Count the crowd on patches of ground."""
    state = packed.code[:, 2]
    crowd = (state & (CROWD | HIDDEN)) == CROWD
    at = packed.position_m[crowd].astype(np.float64)
    if not len(at):
        return NO_PATCHES
    cell = np.floor(at[:, :2] / PATCH_M).astype(np.int64)
    cell -= cell.min(axis=0)
    key = cell[:, 0] * (int(cell[:, 1].max()) + 1) + cell[:, 1]
    groups, group = np.unique(key, return_inverse=True)
    width = len(packed.names)
    kinds = np.bincount(group * width + packed.code[crowd, 0], minlength=len(groups) * width)
    names = tuple(name.partition("@")[0] for name in packed.names)
    return Patches(*_joined(at, np.ones(len(at), np.int64), group, len(groups)), kinds.reshape(-1, width), names)


def _joined(
    at: FloatArray, count: NDArray[np.int64], group: NDArray[np.int64], groups: int
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Put together what is of one group: the middle of all that is counted, and how many."""
    total = np.bincount(group, count, groups)
    middle = np.column_stack([np.bincount(group, column * count, groups) / total for column in at.T])
    return middle, total.astype(np.int64)


def _squares(found: Patches, lens: Lens) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the patches that a camera sees, and the square of the ground that each is on."""
    x, y, depth = lens.project(found.middle_m)
    seen = (depth > 1.0) & (x > -APART_PX) & (x < lens.width_px + APART_PX)
    seen &= (y > -APART_PX) & (y < lens.height_px + APART_PX)
    level = np.ceil(np.log2(APART_PX * lens.metres_a_pixel * depth[seen])).astype(np.int64)
    square = np.floor(found.middle_m[seen, :2] / np.exp2(level)[:, None]).astype(np.int64) + (1 << 20)
    return np.flatnonzero(seen), (level << 44) | (square[:, 0] << 22) | square[:, 1]


def bubbles(found: Patches, lens: Lens) -> list[Bubble]:
    """Return what a camera sees: patches in squares of the ground that look at least :data:`APART_PX` wide.

    The squares are powers of two of a metre, so that they stay where they are while the camera moves.
    """
    seen, key = _squares(found, lens)
    if not len(seen):
        return []
    squares, group = np.unique(key, return_inverse=True)
    middle, count = _joined(found.middle_m[seen], found.count[seen], group, len(squares))
    gx, gy, _ = lens.project(middle)
    rows = zip(gx.tolist(), gy.tolist(), count.tolist(), middle.tolist(), squares.tolist(), strict=True)
    return [Bubble(px, py, _width(n), n, (e, m, u), square) for px, py, n, (e, m, u), square in rows]


def kinds_in(found: Patches, lens: Lens, bubble: Bubble) -> list[tuple[str, int]]:
    """Return the kinds in a bubble that this camera sees, and how many of each, the most first."""
    seen, key = _squares(found, lens)
    total: dict[str, int] = {}
    for name, count in zip(found.names, found.kinds[seen[key == bubble.square]].sum(axis=0).tolist(), strict=True):
        total[name] = total.get(name, 0) + count
    return sorted(((name, count) for name, count in total.items() if count), key=lambda kind: -kind[1])


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
        placed.append(replace(bubble, x=x, y=y))
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
