"""Buildings: footprints with a height, standing on their base."""

from __future__ import annotations

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Solids
from layers.tables import TableRows, table_status
from twin.world import World


class BuildingLayer:
    """Show every building in the shade of its use."""

    name = "buildings"
    group = "city"
    formats = (*FEATURE_FORMATS, "cityjson")

    def __init__(self) -> None:
        self._rows = TableRows("buildings")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the buildings."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Solids:
        """Return solids, shaded by use."""
        return Solids(rows, rows.columns["use"])

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
