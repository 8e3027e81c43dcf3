"""Words on the map: chosen by rank, kept from covering each other, drawn once and kept as pictures."""

from __future__ import annotations

import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPixmap

from app.map.camera import Lens
from app.map.style import MapStyle
from twin.geo import BoolArray, FloatArray

GRID_PX = 12
LONGEST = 48
"""How wide a label is at most, in Latin letters; a Chinese one is as wide as two."""
MOST = 150
FIRST = ("places", "chosen", "instruments", "results")
"""Whose words no bubble and no other word covers."""
# How far (metres) a label of each rank is still written.
REACH_M = (150_000.0, 90_000.0, 45_000.0, 16_000.0, 9_000.0, 3_500.0, 900.0, 2_600.0)
SIZES_PX = (19, 16, 14, 13, 12, 12, 11, 11)


Hides = Callable[[FloatArray, FloatArray, FloatArray], BoolArray]
"""Of points (x, y in pixels, depth in metres): which are behind something."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """Labels of one layer: (N, 3) positions, texts in both languages, ranks, and how strongly to draw them.

    ``below_px`` is how far under its point a label stands; ``velocity_mps`` (N, 2) moves it along with its symbol.
    """

    layer: str
    position_m: NDArray[np.float32]
    zh: NDArray[np.object_]
    en: NDArray[np.object_]
    rank: NDArray[np.int16]
    opacity: float = 1.0
    below_px: float = 0.0
    velocity_mps: NDArray[np.float32] | None = None
    hidden_by_m: float = np.inf
    """What stands in front of them by so much, beyond what :mod:`app.map.sight` takes for near, hides them."""

    def now_m(self, since_s: float) -> NDArray[np.float32]:
        """Return the positions some seconds after they were true, (N, 3)."""
        if self.velocity_mps is None:
            return self.position_m
        position = self.position_m.copy()
        position[:, :2] += self.velocity_mps * np.float32(since_s)
        return position


@dataclass(frozen=True, slots=True)
class Placed:
    """A label with its place on the screen (centre, pixels)."""

    text: str
    rank: int
    x: float
    y: float
    opacity: float


class Grid:
    """The screen in squares, to see what is taken."""

    def __init__(self, width: int, height: int) -> None:
        self._taken = np.zeros((height // GRID_PX + 2, width // GRID_PX + 2), bool)

    def take(self, x: float, y: float, width: float, height: float) -> bool:
        """Take a rectangle by its centre; False, and nothing taken, if part of it is taken already."""
        return self.take_all([(x, y, width, height)])

    def take_all(self, boxes: Sequence[tuple[float, float, float, float]]) -> bool:
        """Take rectangles (middle, width, height) that belong together; False, and none taken, if part is taken."""
        areas = [self._area(*box) for box in boxes]
        if any(area.any() for area in areas):
            return False
        for area in areas:
            area[:] = True
        return True

    def _area(self, x: float, y: float, width: float, height: float) -> BoolArray:
        left, right = int((x - width / 2) // GRID_PX), int((x + width / 2) // GRID_PX) + 1
        top, bottom = int((y - height / 2) // GRID_PX), int((y + height / 2) // GRID_PX) + 1
        return self._taken[max(top, 0) : max(bottom, 0), max(left, 0) : max(right, 0)]


def parted(sets: Sequence[LabelSet]) -> tuple[list[LabelSet], list[LabelSet]]:
    """Return what comes first, the names of places, of what is selected and of results, and all others."""
    first = [labels for labels in sets if labels.layer in FIRST]
    return first, [labels for labels in sets if labels.layer not in FIRST]


@lru_cache(maxsize=8192)
def plain(text: str) -> str:
    """Return words as they can be written in one line: no control characters, no order of their own, not too long."""
    kept = "".join(" " if unicodedata.category(c)[0] in "CZ" else c for c in text[: 10 * LONGEST])
    words = " ".join(kept.split())
    ends = list(accumulate(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in words))
    return words if not ends or ends[-1] <= LONGEST else words[: bisect_right(ends, LONGEST - 1)].rstrip() + "…"


class LabelPainter:
    """Lays labels out and draws them; the picture of each word is made once."""

    def __init__(self, family: str = "") -> None:
        self._family = family
        self._pictures: dict[tuple[str, int, str, float], QPixmap] = {}
        self._sizes: dict[tuple[str, int], tuple[float, float]] = {}

    def font(self, rank: int) -> QFont:
        """Return the font of a rank."""
        font = QFont(self._family) if self._family else QFont()
        font.setPixelSize(SIZES_PX[min(rank, len(SIZES_PX) - 1)])
        font.setWeight(QFont.Weight.DemiBold if rank <= 1 else QFont.Weight.Medium)
        if rank <= 1:
            font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 2.0)
        return font

    def lay_out(
        self,
        sets: Sequence[LabelSet],
        lens: Lens,
        language: str,
        grid: Grid,
        since_s: float = 0.0,
        hides: Hides | None = None,
    ) -> list[Placed]:
        """Choose labels, the important and near ones first, at most :data:`MOST`; ``hides`` tells what is hidden."""
        placed: list[Placed] = []
        for labels in sets:
            texts = labels.zh if language == "zh" else labels.en
            x, y, depth = lens.project(labels.now_m(since_s))
            rank = np.clip(labels.rank, 0, len(REACH_M) - 1)
            reach = np.asarray(REACH_M)[rank]
            seen = (depth > 1) & (depth < reach) & (x > -40) & (x < lens.width_px + 40) & (y > 0) & (y < lens.height_px)
            if np.isfinite(labels.hidden_by_m) and hides is not None and seen.any():
                seen[seen] = ~hides(x[seen], y[seen] - 3.0, depth[seen] - labels.hidden_by_m)
            y = y + labels.below_px
            chosen = np.flatnonzero(seen)
            order = chosen[np.lexsort((depth[chosen], rank[chosen]))]
            for row in order[: 4 * MOST]:
                if len(placed) >= MOST:
                    break
                text = plain(str(texts[row]))
                if not text:
                    continue
                width, height = self._size(text, int(rank[row]))
                if grid.take(float(x[row]), float(y[row]), width, height):
                    fade = float(np.clip((reach[row] - depth[row]) / (0.15 * reach[row]), 0.0, 1.0))
                    fade *= labels.opacity
                    placed.append(Placed(text, int(rank[row]), float(x[row]), float(y[row]), fade))
        return placed

    def _size(self, text: str, rank: int) -> tuple[float, float]:
        """Return how much room a label takes, in pixels; measured once."""
        if (text, rank) not in self._sizes:
            if len(self._sizes) > 8000:
                self._sizes.clear()
            metrics = QFontMetricsF(self.font(rank))
            self._sizes[text, rank] = metrics.horizontalAdvance(text) + 22, metrics.height() + 10
        return self._sizes[text, rank]

    def paint(self, painter: QPainter, placed: Sequence[Placed], style: MapStyle, ratio: float) -> None:
        """Draw labels, the less important first; ``ratio`` is pixels of the device to one of the widget."""
        for label in sorted(placed, key=lambda p: -p.rank):
            picture = self._picture(label.text, label.rank, style, ratio)
            size = picture.deviceIndependentSize()
            painter.setOpacity(label.opacity)
            painter.drawPixmap(QPointF(round(label.x - size.width() / 2), round(label.y - size.height() / 2)), picture)
        painter.setOpacity(1.0)

    def _picture(self, text: str, rank: int, style: MapStyle, ratio: float) -> QPixmap:
        key = (text, rank, style.theme, ratio)
        if key not in self._pictures:
            if len(self._pictures) > 4000:
                self._pictures.clear()
            colour = style.colour("label", "text" if rank <= 2 else "quiet")
            self._pictures[key] = word(text, self.font(rank), colour, style.colour("label", "halo"), ratio)
        return self._pictures[key]


def word(text: str, font: QFont, colour: str, halo: str, ratio: float) -> QPixmap:
    """Draw one line of text with a halo into a picture of its own size."""
    metrics = QFontMetricsF(font)
    width, height = metrics.horizontalAdvance(text) + 8, metrics.height() + 6
    picture = QPixmap(int(width * ratio) + 1, int(height * ratio) + 1)
    picture.setDevicePixelRatio(ratio)
    picture.fill(Qt.GlobalColor.transparent)
    painter = QPainter(picture)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    path = QPainterPath()
    path.addText(QPointF(4, 3 + metrics.ascent()), font, text)
    shade = QColor(halo)
    shade.setAlphaF(0.78)
    pen = QPen(shade, 3.2, Qt.PenStyle.SolidLine, Qt.PenCapStyle.RoundCap, Qt.PenJoinStyle.RoundJoin)
    painter.strokePath(path, pen)
    painter.setPen(QColor(colour))
    painter.setFont(font)
    painter.drawText(QRectF(4, 3, width, height), text)
    painter.end()
    return picture
