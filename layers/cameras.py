"""Cameras: where they stand, which way and how far they look."""

from __future__ import annotations

import numpy as np

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Symbols
from layers.tables import TableRows, centres_m, table_status
from twin.world import World

SYMBOLS = ("camera",)


class CameraLayer:
    """Show each camera at its mount, turned the way it looks."""

    name = "cameras"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("devices", keep=lambda table: table["kind"] == "camera")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the cameras among the devices."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Symbols:
        """Return symbols as high above the ground as the camera hangs."""
        position_m = centres_m(world.city, rows, rows.columns["height_m"])
        first, never = np.zeros(rows.size, np.uint8), np.zeros(rows.size, np.bool_)
        return Symbols(rows, position_m, first, SYMBOLS, rows.columns["heading_deg"], never)

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
