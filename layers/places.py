"""Places: names on the map."""

from __future__ import annotations

import numpy as np

from layers.layer import FEATURE_FORMATS, Labels, LayerStatus, Rows
from layers.tables import TableRows, centres_m, table_status
from twin.world import World


class PlaceLayer:
    """Write the names of places, the important ones first."""

    name = "places"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("places")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the places."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Labels:
        """Return labels; a place without an English name keeps its own."""
        zh, en = rows.columns["name"], rows.columns["name_en"]
        position_m = centres_m(world.city, rows)
        return Labels(rows, position_m, zh, np.where(en == "", zh, en), rows.columns["rank"])

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
