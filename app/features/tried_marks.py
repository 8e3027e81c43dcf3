"""A back-test on the map: where its hits were, which of them the version before gives as well, and examples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.look import Look
from app.map.camera import Lens
from app.map.style import MapStyle
from app.map.view import MapView
from app.theme import TABLE_PX, ui_font
from app.times import show_time
from app.verbs.scenario import Tried
from layers.layer import Labels, Rows, Symbols
from twin.city.city import City
from twin.rules.hit import Hit

LAYER, LEGEND = "back-test", "back-test-legend"
NAMES = ("tried_fresh", "tried_both", "tried_gone")
"""What only this version gives, what the version before gives too, and what that alone gives."""
SHAPES = ("●", "○", "×")
MOST = 20_000
RANK = 3
"""Of the words beside the examples, among those of places."""


class TriedMarks:
    """Keeps the last back-test on a map until it is put away."""

    def __init__(self, view: MapView, look: Look) -> None:
        self._map, self._look = view, look
        self._counts = (0, 0, 0)
        self.examples: tuple[Hit, ...] = ()
        self._compared = False

    def show(self, tried: Tried, city: City) -> None:
        """Draw where its hits were."""
        groups = hits_by_version(tried)
        self._counts, self._compared = tuple(map(len, groups)), tried.before is not None  # type: ignore[assignment]  # three of them
        self.examples = tried.now.examples()
        hits = [hit for group in groups for hit in group][:MOST]
        symbol = np.repeat(np.arange(3, dtype=np.uint8), [len(group) for group in groups])[:MOST]
        if not hits:
            self._map.extras.draw(LAYER)
        else:
            self._map.extras.draw(LAYER, _symbols(hits, symbol, city), *_labels(self.examples, city))
        self._map.extras.paint(LEGEND, self._paint)

    def close(self) -> None:
        """Put it away."""
        self.examples = ()
        for name in (LAYER, LEGEND):
            self._map.extras.remove(name)

    def _paint(self, painter: QPainter, _lens: Lens, _style: MapStyle) -> None:
        """Say what is shown, and that it is not now."""
        texts, theme = self._look.texts, self._look.theme
        lines = [texts("scenarios.map_head", hits=self._counts[0] + self._counts[1])]
        if self._compared:
            keys = ("map_fresh", "map_both", "map_gone")
            lines += [
                f"{shape}  {texts(f'scenarios.{key}', count=count)}"
                for shape, key, count in zip(SHAPES, keys, self._counts, strict=True)
            ]
        painter.setFont(ui_font(TABLE_PX))
        metrics = QFontMetricsF(painter.font())
        wide, high = max(map(metrics.horizontalAdvance, lines)) + 24, metrics.height() * len(lines) + 16
        room = QRectF(12, 12, wide, high)
        painter.setPen(QPen(theme.colour("severity_2"), 1))
        painter.setBrush(theme.colour("panel", 0.92))
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(theme.colour("text"))
        painter.drawText(room.adjusted(12, 8, -12, -8), Qt.AlignmentFlag.AlignLeft, "\n".join(lines))


def hits_by_version(tried: Tried) -> tuple[tuple[Hit, ...], tuple[Hit, ...], tuple[Hit, ...]]:
    """Return what only this version gives, what the one before gives too, and what that alone gives."""
    if tried.before is None:
        return tried.now.hits, (), ()
    fresh, gone = tried.now.fresh(tried.before), tried.before.fresh(tried.now)
    known = {hit.id for hit in fresh}
    return fresh, tuple(hit for hit in tried.now.hits if hit.id not in known), gone


def _places(hits: Sequence[Hit], city: City) -> np.ndarray:
    lon, lat = np.array([(hit.lon_deg, hit.lat_deg) for hit in hits]).T
    east, north = city.frame.to_local(lon, lat)
    up = city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1])
    return np.column_stack([east, north, np.asarray(up) + 2.0]).astype(np.float32)


def _symbols(hits: Sequence[Hit], symbol: np.ndarray, city: City) -> Symbols:
    places = _places(hits, city)
    rows = Rows(len(hits), {"id": np.array([hit.id for hit in hits], object)}, None, places)
    return Symbols(rows, places, symbol, NAMES, np.full(len(hits), np.nan, np.float32), np.zeros(len(hits), np.bool_))


def _labels(examples: Sequence[Hit], city: City) -> Sequence[Labels]:
    """Return the times of the examples, to be written beside them."""
    places = _places(examples, city)
    words = np.array([show_time(hit.at_s)[11:19] for hit in examples], object)
    rows = Rows(len(examples), {"id": np.array([hit.id for hit in examples], object)}, None, places)
    return [Labels(rows, places, words, words, np.full(len(examples), RANK, np.int16))]
