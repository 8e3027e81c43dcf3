"""What is selected or under the pointer: brighter and ringed, with a circle as wide as its place is uncertain."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QColor, QPainter, QPen, QPolygonF

from app.map.camera import Lens
from app.map.chosen import NOTHING, Chosen, choose
from app.map.events import Pick
from app.map.movers import Movers
from app.map.style import MapStyle
from twin.geo import FloatArray

MOST_AT_ONCE, MOST_CIRCLES, MOST_RINGS = 50, 20, 1000
"""So many picks are found on the window's thread; so many have circles; so many things that are no symbols, rings."""
SMALLEST_CIRCLE_PX = 14.0
_TURN = np.linspace(0.0, 2 * np.pi, 49)


@dataclass(slots=True)
class Highlight:
    """Keeps the marks of the symbols true to the selection and the pointer."""

    movers: Movers
    selection: tuple[Pick, ...] = ()
    hover: Pick | None = None
    _chosen: Chosen = field(default=NOTHING)

    def select(self, picks: Sequence[Pick]) -> None:
        """Mark these at once; of very many the next answer of the feed tells which symbols they are."""
        self.selection = tuple(picks)
        packed = self.movers.packed
        few = packed is not None and len(self.selection) <= MOST_AT_ONCE
        self._chosen = choose(packed, self.selection) if few and packed is not None else NOTHING
        self._mark()

    def point_at(self, pick: Pick | None) -> None:
        """Mark what is under the pointer."""
        self.hover = pick
        self._mark()

    def take(self, picks: tuple[Pick, ...], chosen: Chosen) -> None:
        """Take what the feed found for ``picks`` in what is packed now."""
        if picks is self.selection:
            self._chosen = chosen
            self._mark()
        else:
            self.select(self.selection)

    def _mark(self) -> None:
        self.movers.choose(self._chosen.symbols, self._hovered().symbols)

    def _hovered(self) -> Chosen:
        packed = self.movers.packed
        return NOTHING if self.hover is None or packed is None else choose(packed, (self.hover,))

    def rings(self, lens: Lens) -> list[tuple[float, float]]:
        """Return where to draw rings about what is selected and no symbol."""
        return self._on_screen(self._chosen.others[:MOST_RINGS], lens)

    def hover_ring(self, lens: Lens) -> tuple[float, float] | None:
        """Return where to draw a ring about what is under the pointer, if it is no symbol."""
        rings = self._on_screen(self._hovered().others, lens)
        return rings[0] if rings else None

    def _on_screen(self, picks: Sequence[Pick], lens: Lens) -> list[tuple[float, float]]:
        at = np.array([pick.position_m for pick in picks], np.float64).reshape(-1, 3)
        x, y, depth = lens.project(at)
        return [(x_px, y_px) for x_px, y_px, away in zip(x.tolist(), y.tolist(), depth, strict=True) if away > 0]

    def paint(self, painter: QPainter, lens: Lens, style: MapStyle, now_s: float) -> None:
        """Paint how far off each may be, for the first of the selected and for what is under the pointer."""
        packed = self.movers.packed
        if packed is None:
            return
        marked = np.unique(np.concatenate([self._chosen.symbols[:MOST_CIRCLES], self._hovered().symbols]))
        at = self.movers.positions_m(now_s)[marked].astype(np.float64)
        for index, (east, north, up) in zip(marked.tolist(), at.tolist(), strict=True):
            radius = packed.accuracy_m(index)
            if np.isfinite(radius) and 0.0 < radius < 5000.0:
                ring = np.column_stack([east + radius * np.sin(_TURN), north + radius * np.cos(_TURN),
                                        np.full(len(_TURN), up)])  # fmt: skip
                _circle(painter, ring, lens, style)


def _circle(painter: QPainter, ring_m: FloatArray, lens: Lens, style: MapStyle) -> None:
    x, y, depth = lens.project(ring_m)
    if depth.min() < 1.0 or np.ptp(x) < SMALLEST_CIRCLE_PX:
        return
    accent = QColor(style.colour("buildings", "selected"))
    painter.setPen(QPen(accent, 1.0, Qt.PenStyle.DashLine))
    accent.setAlphaF(0.10)
    painter.setBrush(accent)
    painter.drawPolygon(QPolygonF([QPointF(a, b) for a, b in zip(x.tolist(), y.tolist(), strict=True)]))
