"""Boundaries: the county, its subdistricts and towns, as areas of which the border is drawn."""

from __future__ import annotations

import numpy as np
import shapely

from layers.layer import FEATURE_FORMATS, LayerStatus, Lines, Rows
from layers.tables import TableRows, table_status
from twin.world import World

WIDTH_M = 12.0


class BoundaryLayer:
    """Show borders as lines in the colour of their kind."""

    name = "boundaries"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("boundaries")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the areas within the borders."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Lines:
        """Return the borders; a border of several rings is one row of several lines."""
        edges = Rows(rows.size, rows.columns, None if rows.geometry is None else shapely.boundary(rows.geometry))
        return Lines(edges, np.full(rows.size, WIDTH_M, np.float32), rows.columns["kind"])

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
