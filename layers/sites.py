"""Sites: hospitals, schools, stations, construction sites, dormitories and the like."""

from __future__ import annotations

import numpy as np

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Symbols
from layers.tables import TableRows, centres_m, codes, table_status
from twin.city.tables import SITE_KINDS
from twin.world import World

SYMBOLS = (*SITE_KINDS, "site")


class SiteLayer:
    """Show each site by the symbol of its kind, at a point inside it."""

    name = "sites"
    group = "city"
    formats = FEATURE_FORMATS

    def __init__(self) -> None:
        self._rows = TableRows("sites")
        self.columns = self._rows.columns

    def rows(self, world: World) -> Rows:
        """Return the sites."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Symbols:
        """Return symbols; a kind that has none gets the common one."""
        nowhere, never = np.full(rows.size, np.nan, np.float32), np.zeros(rows.size, np.bool_)
        kind = codes(rows.columns["kind"], SYMBOLS)
        return Symbols(rows, centres_m(world.city, rows), kind, SYMBOLS, nowhere, never)

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
