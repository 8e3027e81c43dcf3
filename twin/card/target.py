"""What a card is about: where a thing is, and which points of it could be seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely

from twin.city.city import City
from twin.geo import FloatArray
from twin.world import World

EYE_LEVEL_M = 1.5
TABLE_OF = {"cameras": "devices", "signals": "devices"}
"""Layers that show a part of another table; the others are named like theirs."""
ALONG_M, MOST_POINTS = 25.0, 64
ROUND = np.linspace(0.0, 1.0, 8, endpoint=False)


@dataclass(frozen=True, slots=True)
class Target:
    """A thing on the map.

    Parameters
    ----------
    layer, key : str
        As it was picked; ``point`` for a bare place.
    position_m : (3,) array
        East, north, up in the local frame.
    shape : shapely geometry
        In the city's projected system; a point for what moves.
    points_m : (P, 3) array
        Points of it that could be seen, in the city's projected system.
    building : int
        Row of the building that it is; -1 for none.
    """

    layer: str
    key: str
    position_m: FloatArray
    shape: shapely.Geometry
    points_m: FloatArray
    building: int = -1


def target_of(world: World, layer: str, key: str, position_m: tuple[float, float, float]) -> Target:
    """Find a thing in the world by its id; what is gone, or is a bare place, is where it was picked."""
    city = world.city
    live = np.flatnonzero(world.tracks.rows["id"] == key.encode())
    if len(live):
        at = world.tracks.position_m[live[0]].astype(np.float64)
        return _point(city, layer, key, at, EYE_LEVEL_M)
    name = TABLE_OF.get(layer, layer)
    table = city.tables.get(name)
    known = table is not None and "id" in table
    rows = np.flatnonzero(np.asarray(table["id"]) == key) if table is not None and known else np.zeros(0, np.int64)
    if table is None or not len(rows):
        return _point(city, layer, key, np.asarray(position_m, np.float64), EYE_LEVEL_M)
    shape = table.geometry.iloc[int(rows[0])]
    if shape.geom_type == "Point":
        above = float(table["height_m"].iloc[int(rows[0])]) if "height_m" in table else EYE_LEVEL_M
        xy = shapely.get_coordinates(shape)[0]
        local = xy - np.asarray(city.frame.origin_m)
        return _point(city, layer, key, np.append(local, city.ground_m(*xy)), above)
    building = int(rows[0]) if name == "buildings" else -1
    return _extended(city, layer, key, shape, building)


def _point(city: City, layer: str, key: str, at_m: FloatArray, above_m: float) -> Target:
    seen = at_m + np.array([*city.frame.origin_m, above_m if np.isfinite(above_m) else EYE_LEVEL_M])
    return Target(layer, key, at_m, shapely.Point(seen[:2]), seen[None])


def _extended(city: City, layer: str, key: str, shape: shapely.Geometry, building: int) -> Target:
    """Return a thing with an extent: all round its rim, or along it; a building also half-way up its walls."""
    line, shares = np.array([shape], dtype=object), ROUND
    if shapely.get_dimensions(shape) == 2:
        line[0] = shapely.get_exterior_ring(max(shapely.get_parts(shape), key=shapely.area))
    else:
        shares = np.linspace(0.0, 1.0, min(int(shapely.length(shape) / ALONG_M) + 2, MOST_POINTS))
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, shares, normalized=True))
    heights = [np.full(len(xy), EYE_LEVEL_M)]
    if building >= 0:
        heights.append(
            np.full(len(xy), max(float(city.table("buildings")["height_m"].iloc[building]) / 2, EYE_LEVEL_M))
        )
    ground = city.ground_m(xy[:, 0], xy[:, 1])
    points = np.concatenate([np.column_stack([xy, ground + above]) for above in heights])
    middle = shapely.get_coordinates(shapely.point_on_surface(shape))[0]
    local = np.append(middle - np.asarray(city.frame.origin_m), city.ground_m(*middle))
    return Target(layer, key, local, shape, points, building)
