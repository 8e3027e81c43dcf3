"""What stands or moves within a line that was drawn around it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.events import Pick
from layers.layer import Layer, Rows
from layers.shown import shown
from twin.geo import FloatArray
from twin.pieces import in_pieces
from twin.world import World

NOT_THINGS = frozenset({"places", "results", "geofences"})


def things_inside(layers: Iterable[tuple[Layer, str]], world: World, shape: shapely.Polygon) -> tuple[Pick, ...]:
    """Return what lies within a polygon in the city's projected system: things at a point, and buildings.

    Parameters
    ----------
    layers : iterable of (Layer, str)
        Those that are shown, each with its filter.
    """
    area = shapely.make_valid(shape)
    shapely.prepare(area)
    picks: list[Pick] = []
    for layer, where in layers:
        if layer.columns and layer.name not in NOT_THINGS:
            picks += _inside(layer.name, shown(layer, world, where=where), world, area)
    return tuple(picks)


def _inside(name: str, rows: Rows, world: World, area: shapely.Geometry) -> list[Pick]:
    row, at = _places(name, rows, world, area)
    inside = np.asarray(shapely.intersects_xy(area, at[:, 0], at[:, 1]), np.bool_)
    row, at = row[inside], at[inside] - [*world.city.frame.origin_m, 0.0]
    keys = rows.columns["id"][row]
    return [Pick(name, str(key), (x, y, z)) for key, (x, y, z) in zip(keys, at.tolist(), strict=True)]


def _places(name: str, rows: Rows, world: World, area: shapely.Geometry) -> tuple[NDArray[np.intp], FloatArray]:
    """Return the rows that may be inside, and where they stand, (N, 3) in the projected system."""
    if rows.position_m is not None:
        return np.arange(len(rows)), rows.position_m + np.array([*world.city.frame.origin_m, 0.0])
    geometry = np.empty(0, dtype=object) if rows.geometry is None else rows.geometry
    kind = shapely.get_type_id(geometry)
    west, south, east, north = shapely.bounds(area)
    box = in_pieces(shapely.bounds, geometry).reshape(-1, 4)
    near = (box[:, 0] <= east) & (box[:, 2] >= west) & (box[:, 1] <= north) & (box[:, 3] >= south)
    row = np.flatnonzero(near & ((kind == shapely.GeometryType.POINT) | (name in ("buildings", "sites"))))
    points = in_pieces(lambda some: shapely.get_coordinates(shapely.point_on_surface(some)), geometry[row])
    east_m, north_m = points.reshape(-1, 2).T
    return row, np.column_stack([east_m, north_m, world.city.ground_m(east_m, north_m)])
