"""What the day's work shows on the map: open incidents, the one in hand, who is proposed and the way of the first."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from PySide6.QtCore import QPointF, QRectF, Qt
from PySide6.QtGui import QFontMetricsF, QPainter, QPen

from app.look import Look
from app.map.camera import Lens
from app.map.style import MapStyle
from app.map.view import MapView
from app.theme import TABLE_PX, ui_font
from app.workbenches.operations.row import SEVERITIES, SHAPES, QueueRow
from layers.layer import Lines, Rows, Symbols
from twin.city.city import City

LAYER, WAY, OVER = "work", "work-way", "work-over"
MOST, RING_PX, MARK_PX, WAY_M = 300, 19.0, 22, 6.0
NAMES = tuple(f"severity_{severity}" for severity in SEVERITIES)
Place = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class UnitMark:
    """A unit that is proposed or on its way: where it is (local frame), and what is written beside it."""

    position_m: Place
    words: str
    first: bool


class Marks:
    """Keeps the marks of the work on a map."""

    def __init__(self, view: MapView, look: Look) -> None:
        self._map, self._look = view, look
        self._rows: tuple[QueueRow, ...] = ()
        self._held: Place | None = None
        self._severity = 0
        self._units: tuple[UnitMark, ...] = ()
        view.extras.paint(OVER, self._paint)

    def show_rows(self, city: City, rows: Sequence[QueueRow]) -> None:
        """Show where the rows are, the first :data:`MOST`; what has no place is left out."""
        placed = tuple(row for row in rows if math.isfinite(row.lonlat_deg[0]))[:MOST]
        if placed == self._rows:
            return
        self._rows = placed
        if not placed:
            self._map.extras.draw(LAYER)
            return
        position = _on_ground(city, np.array([row.lonlat_deg for row in placed]))
        rows_ = Rows(len(placed), {"id": np.array([row.key for row in placed], object)}, None, position)
        symbol = np.array([row.severity - 1 for row in placed], np.uint8)
        nothing = np.full(len(placed), np.nan, np.float32)
        drawn = Symbols(rows_, position, symbol, NAMES, nothing, np.zeros(len(placed), np.bool_))
        self._map.extras.draw(LAYER, drawn)

    def ring(self, city: City, row: QueueRow | None) -> None:
        """Ring what is in hand, or nothing."""
        held = place_of(city, *row.lonlat_deg) if row is not None and math.isfinite(row.lonlat_deg[0]) else None
        severity = row.severity if row is not None else 0
        if (held, severity) != (self._held, self._severity):
            self._held, self._severity = held, severity
            self._map.extras.repaint.emit()

    def show_units(self, units: Sequence[UnitMark]) -> None:
        """Write beside each unit what is known of its way."""
        if tuple(units) != self._units:
            self._units = tuple(units)
            self._map.extras.repaint.emit()

    def show_way(self, way: shapely.Geometry | None) -> None:
        """Draw the way of the unit that is to be sent, in the projected system; none takes it away."""
        if way is None or shapely.is_empty(way):
            self._map.extras.draw(WAY)
            return
        rows = Rows(1, {"id": np.array([WAY], object)}, np.array([way], object))
        self._map.extras.draw(WAY, Lines(rows, np.full(1, WAY_M, np.float32), np.array(["result"])))

    def close(self) -> None:
        """Take everything from the map."""
        for name in (LAYER, WAY, OVER):
            self._map.extras.remove(name)

    def _paint(self, painter: QPainter, lens: Lens, _style: MapStyle) -> None:
        painter.setFont(ui_font(TABLE_PX, bold=True))
        held = _seen(lens, [self._held]) if self._held is not None else []
        for x, y in held:
            self._paint_ring(painter, QPointF(x, y))
        for unit in self._units:
            for x, y in _seen(lens, [unit.position_m]):
                beside = max(
                    (at + RING_PX for at, over in held if math.dist((at, over), (x, y)) < 2 * RING_PX), default=x
                )
                self._paint_unit(painter, max(x, beside) + 12, y, unit)

    def _paint_ring(self, painter: QPainter, at: QPointF) -> None:
        """Ring what is in hand, its mark above the names of places that would cover it."""
        theme = self._look.theme
        painter.setBrush(theme.colour("ground", 0.85))
        painter.setPen(QPen(theme.colour("ground", 0.7), 5))
        painter.drawEllipse(at, RING_PX, RING_PX)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(theme.colour("accent"), 2.5))
        painter.drawEllipse(at, RING_PX, RING_PX)
        if self._severity:
            room = QRectF(at.x() - RING_PX, at.y() - RING_PX, 2 * RING_PX, 2 * RING_PX)
            painter.save()
            painter.setFont(ui_font(MARK_PX))
            painter.setPen(theme.colour(f"severity_{self._severity}"))
            painter.drawText(room, Qt.AlignmentFlag.AlignCenter, SHAPES[self._severity])
            painter.restore()

    def _paint_unit(self, painter: QPainter, left: float, y: float, unit: UnitMark) -> None:
        theme = self._look.theme
        width = QFontMetricsF(painter.font()).horizontalAdvance(unit.words) + 14
        room = QRectF(left, y - 11, width, 22)
        painter.setPen(QPen(theme.colour("accent" if unit.first else "line"), 1))
        painter.setBrush(theme.colour("panel", 0.92))
        painter.drawRoundedRect(room, 4, 4)
        painter.setPen(theme.colour("text" if unit.first else "quiet"))
        painter.drawText(room, Qt.AlignmentFlag.AlignCenter, unit.words)


def place_of(city: City, lon_deg: float, lat_deg: float) -> Place:
    """Return a place on the ground in the local frame."""
    east, north, up = _on_ground(city, np.array([(lon_deg, lat_deg)]))[0].tolist()
    return east, north, up


def _on_ground(city: City, lonlat_deg: np.ndarray) -> np.ndarray:
    east, north = city.frame.to_local(lonlat_deg[:, 0], lonlat_deg[:, 1])
    up = city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1])
    return np.column_stack([east, north, np.asarray(up) + 2.0]).astype(np.float32)


def _seen(lens: Lens, places: Sequence[Place]) -> list[tuple[float, float]]:
    x, y, depth = lens.project(np.array(places, np.float64))
    return [(float(a), float(b)) for a, b, d in zip(x, y, depth, strict=True) if d > 0]
