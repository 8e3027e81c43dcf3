"""How far an account sees: the part of the city that its districts and streets cover."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

import numpy as np
import shapely

from twin.access import Scope
from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.operations.standing import Standing
from twin.world import World

ENDINGS = ("街道", "镇", "乡", "县", "区", "市")
"""``罗星`` names 罗星街道 too."""


def reach_of(city: City, scope: Scope) -> shapely.Geometry | None:
    """Return the area that a scope covers, in the city's projected system; None where it does not narrow.

    A name that no border of this city bears covers nothing.
    """
    areas = [_named(city, names) for names in (scope.districts, scope.streets) if names]
    if not areas:
        return None
    area = shapely.intersection_all(areas)
    shapely.prepare(area)
    return area


def narrowed(world: World, area: shapely.Geometry | None) -> World:
    """Return a world in which nothing lives outside of an area; layers leave out what stands outside of it."""
    if area is None or world.reach is area:
        return world
    tracks = world.tracks
    east_m, north_m = tracks.position_m[:, 0].astype(float), tracks.position_m[:, 1].astype(float)
    keep = _contains(world.city, area, east_m, north_m)
    inside = replace(tracks, rows=tracks.rows[keep], position_m=tracks.position_m[keep], source=tracks.source[keep])
    return replace(world, tracks=inside, reach=area, alerts=_inside(world, area))


def _inside(world: World, area: shapely.Geometry) -> tuple[Standing, ...]:
    """Return the alerts in an area; one without a place is in none."""
    alerts, frame = world.alerts, world.city.frame
    if not alerts:
        return ()
    east_m, north_m = frame.to_local([a.lon_deg for a in alerts], [a.lat_deg for a in alerts])
    keep = shapely.contains_xy(area, east_m + frame.origin_m[0], north_m + frame.origin_m[1])
    return tuple(alert for alert, kept in zip(alerts, keep, strict=True) if kept)


def seen_from(city: City, area: shapely.Geometry | None, lon_deg: FloatArray, lat_deg: FloatArray) -> BoolArray:
    """Mark the places (N,), in degrees, that are in an area; all of them where there is none."""
    if area is None:
        return np.ones(len(lon_deg), dtype=bool)
    return _contains(city, area, *city.frame.to_local(lon_deg, lat_deg))


def reached(area: shapely.Geometry, shapes: np.ndarray[tuple[int], np.dtype[np.object_]]) -> BoolArray:
    """Mark the shapes (N,) of which some part is in an area; what only touches its border from outside is not."""
    inside = np.asarray(shapely.intersects(area, shapes), dtype=bool)
    inside[inside] = ~shapely.touches(area, shapes[inside])
    return inside


def _contains(city: City, area: shapely.Geometry, east_m: FloatArray, north_m: FloatArray) -> BoolArray:
    origin_m = city.frame.origin_m
    return np.asarray(shapely.contains_xy(area, east_m + origin_m[0], north_m + origin_m[1]), dtype=bool)


def _named(city: City, names: Collection[str]) -> shapely.Geometry:
    borders = city.table("boundaries")
    wanted = [name + ending for name in names for ending in ("", *ENDINGS)]
    return shapely.union_all(np.asarray(borders.geometry[borders["name"].isin(wanted)].array, dtype=object))
