"""Arrays into the tables of a city."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
from numpy.typing import ArrayLike, NDArray

from data.simulate.county.shapes import Shapes
from twin.city.tables import TABLES


def table(name: str, crs: str, geometry: Shapes, /, **columns: ArrayLike) -> gpd.GeoDataFrame:
    """Return a table with exactly the columns and types of its specification."""
    made = {column.name: _typed(columns[column.name], column.dtype) for column in TABLES[name].columns}
    return gpd.GeoDataFrame(made, geometry=list(geometry), crs=crs)


def _typed(values: ArrayLike, dtype: str) -> NDArray[Any] | list[str]:
    array = np.asarray(values)
    return [str(value) for value in array] if dtype == "str" else array.astype(dtype)


def ids(letter: str, count: int) -> list[str]:
    """Return ids that sort as they count: ``b000001``."""
    return [f"{letter}{number:06d}" for number in range(1, count + 1)]


def compass_deg(direction: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (N, 2) directions as degrees clockwise from north."""
    heading: NDArray[np.float64] = np.degrees(np.arctan2(direction[:, 0], direction[:, 1])) % 360
    return heading
