"""Signals: junctions with traffic lights, their cycle and offset."""

from __future__ import annotations

import numpy as np

from layers.layer import FEATURE_FORMATS, LayerStatus, Rows, Symbols
from layers.tables import TableRows, centres_m, table_status
from twin.city.tables import TABLES
from twin.world import World

SYMBOLS = ("signal",)


class SignalLayer:
    """Show each junction that has lights."""

    name = "signals"
    group = "city"
    formats = FEATURE_FORMATS
    columns = tuple(column for column in TABLES["junctions"].columns if column.name != "signal")

    def __init__(self) -> None:
        self._rows = TableRows("junctions", keep=lambda table: table["signal"].astype(bool), columns=self.columns)

    def rows(self, world: World) -> Rows:
        """Return the junctions with lights."""
        return self._rows(world.city)

    def draw(self, world: World, rows: Rows) -> Symbols:
        """Return symbols on the ground."""
        nowhere, never = np.full(rows.size, np.nan, np.float32), np.zeros(rows.size, np.bool_)
        first = np.zeros(rows.size, np.uint8)
        return Symbols(rows, centres_m(world.city, rows), first, SYMBOLS, nowhere, never)

    def status(self, world: World) -> LayerStatus:
        """Return how many there are."""
        return table_status(self.rows(world))
