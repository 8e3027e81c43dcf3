"""Names of roads, written along them: where they may stand, which of them do, and how they are painted."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QPointF
from PySide6.QtGui import QFont, QPainter, QPixmap

from app.map.camera import Lens
from app.map.geometry import IntArray
from app.map.labels import Grid, Hides, plain, word
from app.map.style import MapStyle
from twin.city.city import City
from twin.city.tables import ROAD_CLASSES
from twin.geo import BoolArray, FloatArray

EVERY_M, LEAST_M, HALF_MOST_M, STRAIGHT = 130.0, 30.0, 160.0, 0.97
MOST, TRIED, APART_PX = 48, 240, 340.0
TEXT_PX, LETTER_PX, SPARE_PX = 12, 15.0, 12.0
STEEP_DEG = 50.0
"""From here on Chinese is written downwards, letter by letter upright; what is read from left to right stays turned."""
# How far (metres) the name of a road of each class is written.
REACH_M = dict(zip(ROAD_CLASSES, (26e3, 22e3, 14e3, 8e3, 4500.0, 1700.0, 700.0, 600.0, 500.0), strict=True))


@dataclass(frozen=True, slots=True)
class RoadNames:
    """N places along roads where their name may stand.

    Parameters
    ----------
    position_m : (N, 3) float32 array
    half_m : (N, 3) float32 array
        From there to where the straight piece ends.
    reach_m : (N,) float32 array
        How far the name is written.
    zh, en : (N,) object arrays
    """

    position_m: NDArray[np.float32]
    half_m: NDArray[np.float32]
    reach_m: NDArray[np.float32]
    zh: NDArray[np.object_]
    en: NDArray[np.object_]


def road_names(city: City, hidden: BoolArray | None) -> RoadNames:
    """Find straight pieces of the roads that have a name and are not ``hidden`` (rows of the table)."""
    table = city.table("roads")
    kept = table.loc[(table["name"].to_numpy() != "") & (True if hidden is None else ~hidden)]
    group = kept.groupby(["name", "road_class"], sort=True, observed=True).ngroup().to_numpy()
    order = np.argsort(group, kind="stable")
    _, first = np.unique(group[order], return_index=True)
    roads = kept.iloc[order[first]]
    ways = shapely.multilinestrings(kept.geometry.to_numpy()[order], indices=group[order]) if len(kept) else np.zeros(0)
    lines, road = shapely.get_parts(shapely.line_merge(ways), return_index=True)
    line, middle, half = _straight_pieces(lines)
    xy = middle - np.asarray(city.frame.origin_m)
    ends = [city.ground_m(*(middle + way).T) for way in (0.0, half)]
    chosen = roads.iloc[road[line]]
    zh = chosen["name"].to_numpy(object)
    english = chosen["name_en"].to_numpy(object)
    return RoadNames(
        np.column_stack([xy, ends[0]]).astype(np.float32),
        np.column_stack([half, ends[1] - ends[0]]).astype(np.float32),
        np.array([REACH_M.get(kind, LEAST_M) for kind in chosen["road_class"]], np.float32),
        zh,
        np.where(english == "", zh, english),
    )


def _straight_pieces(lines: NDArray[np.object_]) -> tuple[IntArray, FloatArray, FloatArray]:
    """Return of each straight piece its line, its middle (N, 2) and the way from there to its end (N, 2)."""
    length = shapely.length(lines)
    times = np.where(length < LEAST_M, 0, np.maximum(length // EVERY_M, 1)).astype(np.int64)
    line = np.repeat(np.arange(len(lines)), times)
    nth = np.arange(len(line)) - np.repeat(np.cumsum(times) - times, times)
    along = (nth + 0.5) / times[line] * length[line]
    reach = np.minimum(np.minimum(along, length[line] - along), HALF_MOST_M)
    middle, start, end = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines[line], along + way))
        for way in (0.0, -reach, reach)
    )
    straight = np.minimum(*(np.linalg.norm(part - middle, axis=1) for part in (start, end))) > STRAIGHT * reach
    straight &= np.linalg.norm(end - start, axis=1) > 2.0 * STRAIGHT * reach
    return line[straight], middle[straight], ((end - start) / 2)[straight]


@dataclass(frozen=True, slots=True)
class Written:
    """One name on the screen: its middle in pixels, how it is turned (degrees clockwise), or its letters' step."""

    text: str
    x: float
    y: float
    turn_deg: float
    step: tuple[float, float] | None
    opacity: float


class RoadNamePainter:
    """Chooses the names of a frame and paints them; the picture of each word is made once."""

    def __init__(self) -> None:
        self._pictures: dict[tuple[str, str, float], QPixmap] = {}

    def lay_out(
        self, names: RoadNames, lens: Lens, language: str, grid: Grid, hides: Hides | None = None
    ) -> list[Written]:
        """Choose names, those of the larger and nearer roads first, where ``grid`` has room."""
        x, y, depth = lens.project(names.position_m)
        seen = (depth > 1) & (depth < names.reach_m) & (x > 0) & (x < lens.width_px) & (y > 0) & (y < lens.height_px)
        rows = np.flatnonzero(seen)
        rows = rows[np.lexsort((depth[rows], -names.reach_m[rows]))]
        x0, y0, near = lens.project(names.position_m[rows] - names.half_m[rows])
        x1, y1, far = lens.project(names.position_m[rows] + names.half_m[rows])
        texts = names.zh if language == "zh" else names.en
        room = np.where((near > 1) & (far > 1), np.hypot(x1 - x0, y1 - y0), 0.0)
        fits = np.flatnonzero(room > LETTER_PX * 2 + SPARE_PX)[:TRIED]
        if hides is not None and len(fits):
            fits = fits[~hides(x[rows[fits]], y[rows[fits]] - 2.0, depth[rows[fits]])]
        written: list[Written] = []
        for i in fits.tolist():
            row = rows[i]
            turn = math.degrees(math.atan2(y1[i] - y0[i], x1[i] - x0[i]))
            fade = float(np.clip((names.reach_m[row] - depth[row]) / (0.2 * names.reach_m[row]), 0.0, 1.0))
            name = _written(plain(str(texts[row])), float(x[row]), float(y[row]), turn, fade)
            if _width(name.text) + SPARE_PX < room[i] and _apart(name, written) and grid.take_all(_squares(name)):
                written.append(name)
            if len(written) >= MOST:
                break
        return written

    def paint(self, painter: QPainter, written: Sequence[Written], style: MapStyle, ratio: float) -> None:
        """Paint what was chosen; ``ratio`` is pixels of the device to one of the widget."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        for name in written:
            painter.setOpacity(name.opacity)
            for text, x, y in _letters(name):
                picture = self._picture(text, style, ratio)
                size = picture.deviceIndependentSize()
                painter.translate(x, y)
                painter.rotate(name.turn_deg)
                painter.drawPixmap(QPointF(-size.width() / 2, -size.height() / 2), picture)
                painter.rotate(-name.turn_deg)
                painter.translate(-x, -y)
        painter.restore()

    def _picture(self, text: str, style: MapStyle, ratio: float) -> QPixmap:
        key = (text, style.theme, ratio)
        if key not in self._pictures:
            if len(self._pictures) > 2000:
                self._pictures.clear()
            font = QFont()
            font.setPixelSize(TEXT_PX)
            font.setWeight(QFont.Weight.Medium)
            self._pictures[key] = word(text, font, style.colour("label", "quiet"), style.colour("label", "halo"), ratio)
        return self._pictures[key]


def _is_wide(letter: str) -> bool:
    return ord(letter) >= 0x2E80


def _width(text: str) -> float:
    """Return about how long a name is, in pixels: a little more than it is."""
    return sum(LETTER_PX if _is_wide(letter) else 0.55 * LETTER_PX for letter in text)


def _written(text: str, x: float, y: float, turn_deg: float, opacity: float) -> Written:
    """Turn a name along its road, so that it is read from the left or, in Chinese on a steep one, from above."""
    turn_deg = (turn_deg + 90.0) % 180.0 - 90.0
    if abs(turn_deg) <= STEEP_DEG or not text or not all(map(_is_wide, text)):
        return Written(text, x, y, turn_deg, None, opacity)
    down = math.radians(turn_deg if turn_deg > 0 else turn_deg + 180.0)
    return Written(text, x, y, 0.0, (LETTER_PX * math.cos(down), LETTER_PX * math.sin(down)), opacity)


def _letters(name: Written) -> list[tuple[str, float, float]]:
    """Return the pieces of a name that are painted at once, with the middle of each."""
    if name.step is None:
        return [(name.text, name.x, name.y)]
    back = (len(name.text) - 1) / 2
    return [
        (letter, name.x + (i - back) * name.step[0], name.y + (i - back) * name.step[1])
        for i, letter in enumerate(name.text)
    ]


def _squares(name: Written) -> list[tuple[float, float, float, float]]:
    """Return the rectangles a name takes, by middle and size."""
    turn, long = math.radians(name.turn_deg), _width(name.text)
    step = (math.cos(turn), math.sin(turn)) if name.step is None else tuple(way / LETTER_PX for way in name.step)
    count = max(round(long / LETTER_PX), 1)
    ways = ((i + 0.5) / count * long - long / 2 for i in range(count))
    return [(name.x + way * step[0], name.y + way * step[1], LETTER_PX, LETTER_PX) for way in ways]


def _apart(name: Written, others: Sequence[Written]) -> bool:
    """Tell whether the same name stands far enough away."""
    return all(o.text != name.text or math.hypot(o.x - name.x, o.y - name.y) > APART_PX for o in others)
