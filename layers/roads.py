"""Roads: centre lines with a class, lanes and a width."""

from __future__ import annotations

import numpy as np

from layers.layer import FEATURE_FORMATS, LayerStatus, Lines, Rows
from layers.tables import TableRows, table_status
from twin.world import World

LANE_M = 3.5


class RoadLayer:
    """Show every road as wide as it is, in the colour of its class."""

    name = "roads"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("roads")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the roads."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Lines:
        """Return ribbons; a road of unknown width counts as its lanes wide."""
        told = rows.columns["width_m"]
        lanes = np.maximum(rows.columns["lanes"], 1) * np.float32(LANE_M)
        return Lines(rows, np.where(told > 0, told, lanes).astype(np.float32), rows.columns["road_class"])

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
