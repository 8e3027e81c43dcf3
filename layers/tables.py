"""Rows out of a city's tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pandas.api.extensions import ExtensionArray

from layers.layer import LayerStatus, Rows
from twin.city.city import City
from twin.city.tables import TABLES, Column
from twin.geo import FloatArray
from twin.pieces import in_pieces

_ZERO = {"b": False, "i": 0, "u": 0, "f": np.nan}


class TableRows:
    """Turns one table of a city into rows, once for each city.

    Parameters
    ----------
    table : str
        Name in :data:`twin.city.tables.TABLES`.
    keep : callable, optional
        Marks the rows of the table that belong to the layer.
    columns : tuple of Column, optional
        Some of the table's; all if left out.
    """

    def __init__(
        self,
        table: str,
        keep: Callable[[gpd.GeoDataFrame], pd.Series[bool]] | None = None,
        columns: tuple[Column, ...] = (),
    ) -> None:
        self.columns = columns or TABLES[table].columns
        self._table, self._keep = table, keep
        self._made: tuple[City, Rows] | None = None

    def __call__(self, city: City) -> Rows:
        """Return the rows; the same object for the same city."""
        made = self._made
        if made is None or made[0] is not city:
            made = (city, self._make(city.table(self._table)))
            self._made = made
        return made[1]

    def _make(self, table: gpd.GeoDataFrame) -> Rows:
        chosen = table if self._keep is None else table[self._keep(table)]
        values = {column.name: column_values(chosen, column) for column in self.columns}
        geometry = np.asarray(chosen.geometry.array, dtype=object) if len(chosen) else np.empty(0, dtype=object)
        return Rows(len(chosen), values, geometry)


def column_values(table: gpd.GeoDataFrame, column: Column) -> NDArray[Any]:
    """Return a column as the (N,) array that its specification promises; an absent one is all unknown."""
    if column.dtype == "str" or column.name == "id":
        if column.name not in table:
            return np.full(len(table), "", dtype=object)
        return in_pieces(_texts, table[column.name].array)
    dtype = np.dtype(column.dtype)
    if column.name not in table:
        return np.full(len(table), _ZERO[dtype.kind], dtype=dtype)
    values = table[column.name]
    if values.dtype == dtype:
        return values.to_numpy()
    return values.fillna(_ZERO[dtype.kind]).to_numpy().astype(dtype)


def _texts(values: ExtensionArray) -> NDArray[np.object_]:
    texts = np.empty(len(values), dtype=object)
    texts[:] = [str(value) for value in values.to_numpy(dtype=object, na_value="")]
    return texts


def centres_m(city: City, rows: Rows, above_m: Any = 0.0) -> NDArray[np.float32]:
    """Return (N, 3) points in the local frame inside each row's geometry, ``above_m`` above the ground."""
    geometry = np.empty(0, dtype=object) if rows.geometry is None else rows.geometry
    east, north = in_pieces(inside_m, geometry).T
    up = city.ground_m(east, north) + np.nan_to_num(np.asarray(above_m, dtype=np.float64))
    shifted = np.column_stack([east - city.frame.origin_m[0], north - city.frame.origin_m[1], up])
    return shifted.astype(np.float32).reshape(-1, 3)


def inside_m(geometry: NDArray[np.object_]) -> FloatArray:
    """Return a point inside each shape, (N, 2), in its own system."""
    points = shapely.point_on_surface(geometry)
    return np.column_stack([shapely.get_x(points), shapely.get_y(points)])


def table_status(rows: Rows) -> LayerStatus:
    """Return the status of a layer that does not change by itself."""
    return LayerStatus(len(rows), reason="" if len(rows) else "reason.no_rows")


def codes(values: NDArray[Any], names: tuple[str, ...]) -> NDArray[np.uint8]:
    """Return the place of each text in ``names``; the last name for those that are not in it."""
    place = {name: code for code, name in enumerate(names)}
    return np.fromiter((place.get(value, len(names) - 1) for value in values), np.uint8, len(values))
