"""Land: fields, woods, parks and built-up ground."""

from __future__ import annotations

from layers.layer import FEATURE_FORMATS, Areas, LayerStatus, Rows
from layers.tables import TableRows, table_status
from twin.world import World


class LandLayer:
    """Show the ground by what it is used for."""

    name = "land"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("land")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the areas."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Areas:
        """Return areas, filled by kind."""
        return Areas(rows, rows.columns["kind"])

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
