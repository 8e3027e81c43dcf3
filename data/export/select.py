"""Which rows an export holds, and in which system."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer

from data.export.content import Features
from twin.geo import BoolArray

WGS84 = "EPSG:4326"
Box = tuple[float, float, float, float]


def box_in(crs: str, bbox_deg: Box) -> shapely.Polygon:
    """Return a box of degrees as a polygon in another system; its sides bend as they must."""
    west, south, east, north = bbox_deg
    outline = shapely.segmentize(shapely.box(west, south, east, north), max(east - west, north - south) / 32)
    to_crs = Transformer.from_crs(WGS84, crs, always_xy=True)
    return shapely.transform(outline, lambda xy: np.column_stack(to_crs.transform(xy[:, 0], xy[:, 1])))


def within(features: Features, bbox_deg: Box) -> Features:
    """Return the features that touch a box of degrees, whole."""
    outline = box_in(features.crs, bbox_deg)
    shapely.prepare(outline)
    return _take(features, np.asarray(shapely.intersects(features.geometry, outline), dtype=np.bool_))


def reprojected(features: Features, crs: str) -> Features:
    """Return the features in another system; heights stay as they are."""
    if crs == features.crs:
        return features
    surfaces = None if features.surfaces is None else features.surfaces.to_crs(crs)
    moved = gpd.GeoSeries(features.geometry, crs=features.crs).to_crs(crs)
    return Features(features.columns, features.values, _objects(moved), crs, surfaces)


def _take(features: Features, keep: BoolArray) -> Features:
    values = {name: column[keep] for name, column in features.values.items()}
    return Features(features.columns, values, features.geometry[keep], features.crs, features.surfaces)


def _objects(series: gpd.GeoSeries) -> NDArray[Any]:
    return np.asarray(series.array, dtype=object)
