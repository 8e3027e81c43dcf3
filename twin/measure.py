"""Distances, areas and heights as they are on earth: on the ellipsoid, not in the plane of a projection.

UTM makes a kilometre up to 0.4 m too short in the middle of a zone; lengths and areas are therefore those of geodesics
on WGS 84 (Karney 2013, through PROJ). On the ground a line follows the terrain between its points.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

import numpy as np
import shapely
from pyproj import Geod

from twin.city.city import City
from twin.geo import FloatArray, LocalFrame

WGS84 = Geod(ellps="WGS84")
FINEST_M = 5.0
MOST_SAMPLES = 20_000


@dataclass(frozen=True, slots=True)
class Way:
    """A line over the ground.

    Parameters
    ----------
    legs_m : (N-1,) float array
        Horizontal length between each two of its N points.
    on_ground_m : float
        Length over the terrain.
    along_m, height_m : (S,) float arrays
        Its profile: horizontal distance from the beginning, height of the ground.
    """

    legs_m: FloatArray
    on_ground_m: float
    along_m: FloatArray
    height_m: FloatArray

    @property
    def length_m(self) -> float:
        """Return the horizontal length."""
        return float(self.legs_m.sum())

    @property
    def climb_m(self) -> float:
        """Return how much it goes up, all rises added."""
        return float(np.maximum(np.diff(self.height_m), 0.0).sum())

    @property
    def fall_m(self) -> float:
        """Return how much it goes down, all falls added."""
        return float(np.maximum(-np.diff(self.height_m), 0.0).sum())


@dataclass(frozen=True, slots=True)
class Extent:
    """An area and the length of its rim, holes included."""

    area_m2: float
    rim_m: float


def way(city: City, points_m: FloatArray) -> Way:
    """Measure a line over the ground.

    Parameters
    ----------
    points_m : (N, 2) float array
        East, north in the city's projected system; fewer than two points are a line of no length.
    """
    points = np.asarray(points_m, dtype=np.float64).reshape(-1, 2)
    if len(points) < 2:
        height = city.ground_m(*points.T)
        return Way(np.empty(0), 0.0, np.zeros(len(points)), height)
    at = _sampled(points, _step_m(city, points))
    steps = geodesic_m(city.frame, at)
    height = city.ground_m(*at.T)
    along = np.concatenate([[0.0], np.cumsum(steps)])
    return Way(geodesic_m(city.frame, points), float(np.hypot(steps, np.diff(height)).sum()), along, height)


def extent(frame: LocalFrame, shape: shapely.Geometry) -> Extent:
    """Measure a polygon in the city's projected system; one that crosses itself counts by the even-odd rule."""
    area = rim = 0.0
    for part in shapely.get_parts(shapely.make_valid(shape)):
        if part.geom_type == "Polygon":
            on_earth = shapely.transform(shapely.orient_polygons(part), partial(_to_degrees, frame))
            area += WGS84.geometry_area_perimeter(on_earth)[0]
            rim += WGS84.geometry_length(on_earth.boundary)
    return Extent(area, rim)


def geodesic_m(frame: LocalFrame, points_m: FloatArray) -> FloatArray:
    """Return the length between each two of (N, 2) points in the city's projected system, (N-1,) metres."""
    lon, lat = _to_degrees(frame, points_m).T
    return np.asarray(WGS84.inv(lon[:-1], lat[:-1], lon[1:], lat[1:])[2])


def _to_degrees(frame: LocalFrame, points_m: FloatArray) -> FloatArray:
    return np.column_stack(frame.to_lonlat(*(points_m - np.asarray(frame.origin_m, float)).T))


def _step_m(city: City, points: FloatArray) -> float:
    """Return how densely a line is sampled: twice a cell of the terrain, if that is not too often."""
    length = float(np.hypot(*np.diff(points, axis=0).T).sum())
    fine = max(city.terrain.step_m / 2.0, FINEST_M) if city.terrain is not None else np.inf
    return max(fine, length / MOST_SAMPLES)


def _sampled(points: FloatArray, step_m: float) -> FloatArray:
    """Return the points with others between them, none farther than a step from the next."""
    legs = np.diff(points, axis=0)
    count = np.maximum(np.ceil(np.hypot(*legs.T) / step_m), 1).astype(np.int64)
    leg = np.repeat(np.arange(len(legs)), count)
    share = (np.arange(len(leg)) - np.repeat(np.cumsum(count) - count, count)) / count[leg]
    return np.concatenate([points[leg] + share[:, None] * legs[leg], points[-1:]])
