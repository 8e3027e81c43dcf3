"""Trees: drawn where land is green, along streets and banks; nobody surveyed them, so there is nothing to export."""

from __future__ import annotations

from layers.layer import LayerStatus, Rows, Surface, empty_rows
from twin.city.tables import Column
from twin.world import World

GREEN = ("land", "water", "roads")


class TreeLayer:
    """Show trees, or leave them out where they hide what counts."""

    name = "trees"
    group = "city"
    formats: tuple[str, ...] = ()
    columns: tuple[Column, ...] = ()

    def rows(self, world: World) -> Rows:
        """Return no rows: they belong to the picture."""
        return empty_rows()

    def draw(self, world: World, rows: Rows) -> Surface:
        """Return nothing of its own: they are prepared with the city."""
        return Surface()

    def status(self, world: World) -> LayerStatus:
        """Say whether there is anything along which they could stand."""
        found = any(len(world.city.table(name)) for name in GREEN)
        return LayerStatus(int(found), reason="" if found else "reason.no_trees")
