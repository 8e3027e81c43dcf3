"""Sites: hospitals, schools, stations, construction sites, dormitories and the like."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Symbols
from layers.tables import TableRows, centres_m, codes, inside_m, table_status
from twin.city.city import City
from twin.city.tables import SITE_KINDS
from twin.world import World

SYMBOLS = (*SITE_KINDS, "site")
OVER_ROOF_M = 3.0


class SiteLayer:
    """Show each site by the symbol of its kind, over its building, or at a point inside it."""

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
        return Symbols(rows, _places_m(world.city, rows), kind, SYMBOLS, nowhere, never)

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))


def _places_m(city: City, rows: Rows) -> NDArray[np.float32]:
    """Return where the symbols stand, (N, 3): on roofs, since one on the ground would be inside its own house."""
    places = centres_m(city, rows)
    buildings = city.table("buildings")
    of = pd.Index(buildings["id"]).get_indexer(rows.columns["building_id"])
    known = of >= 0
    houses = buildings.iloc[of[known]]
    east, north = inside_m(np.asarray(houses.geometry.array, dtype=object)).T
    roof = np.nan_to_num(houses["base_m"].to_numpy() + houses["height_m"].to_numpy(), nan=0.0)
    places[known, 0], places[known, 1] = east - city.frame.origin_m[0], north - city.frame.origin_m[1]
    places[known, 2] = np.maximum(places[known, 2], roof + OVER_ROOF_M)
    return places
