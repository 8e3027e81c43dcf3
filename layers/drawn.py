"""What the layers of kept drawings share: outlines, names, and columns of texts and times."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import shapely
from numpy.typing import NDArray

from layers.layer import Areas, Labels, Lines, Rows
from twin.city.city import City

AREA_TYPES = (shapely.GeometryType.POLYGON, shapely.GeometryType.MULTIPOLYGON)
WIDTH_M, STRENGTH = 3.0, 0.42
NAME_RANK = 2


def texts(values: Sequence[str]) -> NDArray[np.object_]:
    """Return texts as a column."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def times(seconds: Sequence[float]) -> NDArray[np.datetime64]:
    """Return instants (seconds since 1970 UTC) as a column; NaT for those that are not finite."""
    at = np.asarray(seconds, dtype=np.float64)
    milliseconds = np.where(np.isfinite(at), np.round(at * 1000.0), 0.0).astype("datetime64[ms]")
    return np.where(np.isfinite(at), milliseconds, np.datetime64("NaT", "ms"))


def shapes(values: Sequence[shapely.Geometry]) -> NDArray[np.object_]:
    """Return shapes as a column."""
    column = np.empty(len(values), dtype=object)
    column[:] = values
    return column


def areas(rows: Rows, style: NDArray[Any], strength: float = STRENGTH) -> Areas:
    """Return the rows that are areas, filled."""
    filled = np.isin(shapely.get_type_id(_of(rows)), AREA_TYPES)
    return Areas(rows.take(filled), style[filled], strength)


def outlines(rows: Rows, style: NDArray[Any]) -> Lines:
    """Return lines as they are, and the rims of areas."""
    geometry = _of(rows)
    is_area = np.isin(shapely.get_type_id(geometry), AREA_TYPES)
    bare = np.where(is_area, shapely.boundary(geometry), geometry)
    lines, row = shapely.get_parts(bare, return_index=True)
    straight = np.isin(shapely.get_type_id(lines), (shapely.GeometryType.LINESTRING, shapely.GeometryType.LINEARRING))
    lines, row = lines[straight], row[straight]
    drawn = Rows(len(lines), {"id": rows.columns["id"][row]}, lines)
    return Lines(drawn, np.full(len(lines), WIDTH_M, np.float32), style[row])


def names(city: City, rows: Rows, words: Sequence[str]) -> Labels:
    """Return words that stand in the middle of each row."""
    geometry = _of(rows)
    middle = shapely.get_coordinates(shapely.point_on_surface(geometry)).reshape(-1, 2)
    some = ~shapely.is_empty(geometry)
    few, kept = rows.take(some), texts([word for word, keep in zip(words, some, strict=True) if keep])
    up = city.ground_m(*middle.T)
    at = np.column_stack([middle - np.asarray(city.frame.origin_m, float), up]).astype(np.float32)
    return Labels(few, at, kept, kept, np.full(len(few), NAME_RANK, np.int16))


def _of(rows: Rows) -> NDArray[np.object_]:
    return np.empty(0, dtype=object) if rows.geometry is None else rows.geometry
