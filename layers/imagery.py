"""Imagery: a picture of the ground from above."""

from __future__ import annotations

from layers.layer import RASTER_FORMATS, LayerStatus, Rows, Surface, empty_rows
from twin.city.tables import Column
from twin.world import World


class ImageryLayer:
    """Lay the picture on the ground."""

    name = "imagery"
    group = "city"
    formats = RASTER_FORMATS
    columns: tuple[Column, ...] = ()

    def rows(self, world: World) -> Rows:
        """Return no rows: it is a surface."""
        return empty_rows()

    def draw(self, world: World, rows: Rows) -> Surface:
        """Return the picture."""
        return Surface(imagery=world.city.imagery)

    def status(self, world: World) -> LayerStatus:
        """Say whether the city has any."""
        found = world.city.imagery is not None
        return LayerStatus(int(found), reason="" if found else "reason.no_imagery")
