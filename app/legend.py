"""What the colours on the map mean, for the layers that colour by a figure."""

from __future__ import annotations

from PySide6.QtCore import QObject

from app.layer_book import LayerBook
from app.look import Look
from app.map.style import load_style
from app.map.view import MapView
from twin.traffic.speeds import GRADES

GRADED = ("congestion", "measured_speed", "measured_index", "measured_delay")


class Legend(QObject):
    """Keeps the map's legend true to the layers that are shown, the theme and the language."""

    def __init__(self, view: MapView, layers: LayerBook, look: Look, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._view, self._layers, self._look = view, layers, look
        layers.state_changed.connect(self.refresh)
        look.theme_changed.connect(self.refresh)
        look.language_changed.connect(self.refresh)
        self.refresh()

    def refresh(self, *_: object) -> None:
        """Explain the grades while a layer in their colours is shown, and nothing otherwise."""
        if not any(self._layers.states[name].visible for name in GRADED):
            self._view.set_legend(())
            return
        style = load_style(self._look.theme.name)
        grades = GRADES[1:]  # a road whose grade is unknown is not drawn
        self._view.set_legend([(self._look.texts(f"grade.{name}"), style.colour("lines", name)) for name in grades])
