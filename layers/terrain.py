"""Terrain: the heights of the ground."""

from __future__ import annotations

from layers.layer import RASTER_FORMATS, LayerStatus, Rows, Surface, empty_rows
from twin.city.tables import Column
from twin.world import World


class TerrainLayer:
    """Show the ground as high as it is."""

    name = "terrain"
    group = "city"
    formats = RASTER_FORMATS
    columns: tuple[Column, ...] = ()

    def rows(self, world: World) -> Rows:
        """Return no rows: it is a surface."""
        return empty_rows()

    def draw(self, world: World, rows: Rows) -> Surface:
        """Return the heights."""
        return Surface(terrain=world.city.terrain)

    def status(self, world: World) -> LayerStatus:
        """Say whether the city has any."""
        found = world.city.terrain is not None
        return LayerStatus(int(found), reason="" if found else "reason.no_terrain")
