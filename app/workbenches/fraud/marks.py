"""What the fraud desk shows on the map: branches and cash machines; those of the banks of what is chosen are ringed."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QPainter, QPen

from app.look import Look
from app.map.camera import Lens
from app.map.style import MapStyle
from app.map.view import MapView
from data.simulate.fraud.branches import BRANCH, MACHINE, Branches
from layers.layer import Rows, Symbols

LAYER, OVER, RING_PX = "fraud_bank", "fraud-over", 13.0
NAMES = (BRANCH, MACHINE)


class Marks:
    """Keeps the marks on a map; they are seen in the fraud workspace alone."""

    def __init__(self, view: MapView, look: Look) -> None:
        self._map, self._look = view, look
        self._branches: Branches | None = None
        self._banks: frozenset[str] = frozenset()
        self._shown = False
        view.extras.paint(OVER, self._paint)

    def set_branches(self, branches: Branches | None) -> None:
        """Take the branches of the twin that is open."""
        self._branches = branches
        self._draw()

    def show(self, shown: bool) -> None:
        """Show them, or not."""
        if shown != self._shown:
            self._shown = shown
            self._draw()

    def ring(self, banks: frozenset[str]) -> None:
        """Ring the places of some banks."""
        if banks != self._banks:
            self._banks = banks
            self._map.extras.repaint.emit()

    def bank_of(self, key: str) -> str:
        """Return the bank of a mark; empty if it is none."""
        return key.rpartition("-")[0]

    def close(self) -> None:
        """Take everything from the map."""
        for name in (LAYER, OVER):
            self._map.extras.remove(name)

    def _draw(self) -> None:
        found = self._branches
        if found is None or not len(found) or not self._shown:
            self._map.extras.draw(LAYER)
            return
        count = len(found)
        rows = Rows(count, {"id": found.id}, None, found.position_m)
        symbol = np.array([NAMES.index(kind) for kind in found.kind.tolist()], np.uint8)
        nothing = np.full(count, np.nan, np.float32)
        self._map.extras.draw(LAYER, Symbols(rows, found.position_m, symbol, NAMES, nothing, np.zeros(count, np.bool_)))

    def _paint(self, painter: QPainter, lens: Lens, _style: MapStyle) -> None:
        found = self._branches
        if found is None or not self._shown or not self._banks:
            return
        places = found.of(self._banks)
        if not len(places):
            return
        x, y, depth = lens.project(places.astype(np.float64))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self._look.theme.colour("accent"), 2.0))
        for a, b, d in zip(x.tolist(), y.tolist(), depth.tolist(), strict=True):
            if d > 0:
                painter.drawEllipse(QPointF(a, b), RING_PX, RING_PX)
