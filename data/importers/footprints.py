"""Footprints and other areas: what is broken is mended or left out, and counted."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS, Transformer

from data.importers.report import FileReport
from twin.geo import BoolArray

LEAST_AREA_M2 = 0.1
FAR_M = 300_000.0
"""A feature this far from the middle of the rest is a slip of the pen; a county is a tenth as wide."""

Geometries = NDArray[np.object_]


def mend_areas(shapes: Geometries, places: Sequence[str], report: FileReport) -> Geometries:
    """Return the areas in two dimensions, mended where they cross themselves; None for what cannot be used.

    Parameters
    ----------
    shapes : (N,) array of geometries or None
    places : (N,) sequence of str
        How to name each in the report.
    """
    with np.errstate(invalid="ignore", over="ignore"):  # of coordinates that are no numbers, or beyond all bounds
        return _mended(np.asarray(shapely.force_2d(shapes), dtype=object), places, report)


def _mended(flat: Geometries, places: Sequence[str], report: FileReport) -> Geometries:
    kinds = shapely.get_type_id(flat)
    empty = shapely.is_missing(flat) | shapely.is_empty(flat)
    _drop(flat, empty, "empty", places, report)
    _drop(flat, ~empty & ~np.isin(kinds, (3, 6)), "not_polygon", places, report)
    _drop(flat, ~shapely.is_missing(flat) & ~_finite(flat), "not_finite", places, report)
    for row in np.flatnonzero(~shapely.is_missing(flat) & ~shapely.is_valid(flat)).tolist():
        mended = _areas_of(shapely.make_valid(flat[row], method="structure", keep_collapsed=False))
        report.fault(
            places[row],
            "beyond_repair" if mended is None else "self_crossing",
            kept=mended is not None,
            detail=shapely.is_valid_reason(flat[row]),
        )
        flat[row] = mended
    return flat


def _finite(shapes: Geometries) -> BoolArray:
    """Tell for each geometry whether all its coordinates are numbers."""
    points, rows = shapely.get_coordinates(shapes, return_index=True)
    bad = rows[~np.isfinite(points).all(axis=1)]
    finite = np.ones(len(shapes), dtype=bool)
    finite[bad] = False
    return finite


def _areas_of(shape: shapely.Geometry) -> shapely.Geometry | None:
    """Return the polygons in a geometry as one, or None if there are none."""
    parts = [p for p in shapely.get_parts(shapely.get_parts([shape])) if p.geom_type == "Polygon" and not p.is_empty]
    if not parts:
        return None
    return parts[0] if len(parts) == 1 else shapely.MultiPolygon(parts)


def _drop(shapes: Geometries, bad: BoolArray, reason: str, places: Sequence[str], report: FileReport) -> None:
    for row in np.flatnonzero(bad).tolist():
        report.fault(places[row], reason, kept=False)
    shapes[bad] = None


def check_degrees(shapes: Geometries, subject: str) -> str:
    """Return what is wrong with degrees as a whole, in words; empty if they can be used.

    Latitudes past 90° whose longitudes would do as latitudes are a sign of swapped axes.
    """
    points = shapely.get_coordinates(shapes)
    points = points[np.isfinite(points).all(axis=1)]
    if not len(points):
        return ""
    outside = (np.abs(points[:, 1]) > 90) | (np.abs(points[:, 0]) > 180)
    if np.mean(outside) < 0.5:
        return ""
    if np.all(np.abs(points[:, 0]) <= 90) and np.all(np.abs(points[:, 1]) <= 180):
        return "latitude stands before longitude"
    return "the coordinates are no degrees of longitude and latitude"


def project_table(table: gpd.GeoDataFrame, target: str, places: Sequence[str], report: FileReport) -> gpd.GeoDataFrame:
    """Return the rows of a table in another system; what that system cannot hold is left out and counted."""
    shapes = np.asarray(table.geometry.values, dtype=object)
    source = CRS.from_user_input(table.crs)
    if source.is_geographic:
        _drop(shapes, _off_the_earth(shapes), "out_of_range", places, report)
    moved = _moved(shapes, source, target)
    _drop(moved, ~shapely.is_missing(moved) & ~_finite(moved), "out_of_range", places, report)
    kept = ~shapely.is_missing(moved)
    # Moved, not converted: to_crs would fail on the rows that were just left out.
    return (
        table[kept].set_geometry(gpd.GeoSeries(moved[kept], index=table.index[kept], crs=target)).reset_index(drop=True)
    )


def _off_the_earth(shapes: Geometries) -> BoolArray:
    west, south, east, north = shapely.bounds(shapes).T
    with np.errstate(invalid="ignore"):
        return np.asarray((west < -180.001) | (east > 180.001) | (south < -90.001) | (north > 90.001))


def _moved(shapes: Geometries, source: CRS, target: str) -> Geometries:
    if source == CRS.from_user_input(target):
        return shapes
    transformer = Transformer.from_crs(source, target, always_xy=True)

    def move(points: NDArray[np.float64]) -> NDArray[np.float64]:
        moved = points.copy()
        moved[:, 0], moved[:, 1] = transformer.transform(points[:, 0], points[:, 1])
        return moved

    return np.asarray(shapely.transform(shapes, move, include_z=bool(np.any(shapely.has_z(shapes)))), dtype=object)


def far_rows(table: gpd.GeoDataFrame, middle_m: tuple[float, float]) -> BoolArray:
    """Mark the rows of a projected table that lie absurdly far from the middle of everything."""
    west, south, east, north = table.geometry.bounds.to_numpy(dtype=np.float64).T
    far = np.hypot((west + east) / 2 - middle_m[0], (south + north) / 2 - middle_m[1]) > FAR_M
    return np.asarray(far | (east - west > 2 * FAR_M) | (north - south > 2 * FAR_M))
