"""What features show on the map beside the layers: drawings on the city, and paintings over the picture."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QPainter

from app.map.camera import Lens
from app.map.style import MapStyle
from layers.layer import Areas, Labels, Lines, Raster, Symbols

Extra = Areas | Lines | Symbols | Labels | Raster
Painting = Callable[[QPainter, Lens, MapStyle], None]
"""Paints over the picture, in pixels of the widget; ``lens.project`` says where a point of the scene is seen."""


@dataclass(frozen=True, slots=True)
class Drawn:
    """Drawings under one name; the same ``rows`` or raster in them are not prepared again."""

    drawings: tuple[Extra, ...]
    opacity: float = 1.0


class Extras(QObject):
    """Drawings and paintings, each by the name its feature gave."""

    changed = Signal()
    """A drawing is another one, or gone."""
    repaint = Signal()
    """A painting is another one, or gone."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self.drawings: Mapping[str, Drawn] = {}
        self.paintings: Mapping[str, Painting] = {}

    def draw(self, name: str, *drawings: Extra, opacity: float = 1.0) -> None:
        """Show drawings of layers in place of what was drawn under this name; none takes it away.

        Lines take their colour from ``[map.lines]`` of the style files, areas from ``[map.areas]``, symbols from
        ``[map.symbols]``, rasters from ``[map.scales]``. A symbol can be picked: its pick has ``name`` as its layer. At
        most one drawing of lines, one of areas and one raster a name.
        """
        kept = {key: drawn for key, drawn in self.drawings.items() if key != name}
        self.drawings = kept | ({name: Drawn(drawings, opacity)} if drawings else {})
        self.changed.emit()

    def paint(self, name: str, painting: Painting) -> None:
        """Paint over each picture, after the words of the map; again whenever :attr:`repaint` is emitted."""
        self.paintings = {**self.paintings, name: painting}
        self.repaint.emit()

    def remove(self, name: str) -> None:
        """Take away what was drawn and painted under a name."""
        self.paintings = {key: painting for key, painting in self.paintings.items() if key != name}
        self.repaint.emit()
        if name in self.drawings:
            self.draw(name)
