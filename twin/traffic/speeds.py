"""How fast each road runs now, from the vehicles on it."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.live.frame import TrackFrame
from twin.live.kinds import CODE, STATE_CODE

GRADES = ("unknown", "free", "steady", "slow", "congested", "jammed")
"""Names of the grades 0 to 5."""
EXPRESSWAY, ARTERIAL, OTHER = 0, 1, 2
CLASS_GROUP = {"motorway": EXPRESSWAY, "trunk": EXPRESSWAY, "primary": ARTERIAL, "secondary": ARTERIAL}
# Mean speed in km/h: above the first is grade 1, at or below the last is grade 5. Bands of GA/T 115-2020.
BANDS_KMH = np.array([[65.0, 50.0, 35.0, 20.0], [40.0, 30.0, 20.0, 15.0], [35.0, 25.0, 15.0, 10.0]])
COUNTED = ("car", "dump_truck", "hazmat_truck", "bus", "taxi", "police_car", "ambulance", "fire_engine", "other")
REACH_M = 25.0
ALONG_DEG = 40.0


@dataclass(frozen=True, slots=True)
class RoadIndex:
    """A city's roads, ready to be matched.

    Parameters
    ----------
    lines : (N,) object array of shapely LineStrings
        In the projected system.
    group : (N,) int8 array
        ``EXPRESSWAY``, ``ARTERIAL`` or ``OTHER``.
    """

    lines: NDArray[np.object_]
    group: NDArray[np.int8]
    tree: shapely.STRtree
    origin_m: tuple[int, int]


@dataclass(frozen=True, slots=True)
class RoadSpeeds:
    """Speeds of the roads of a city, in the order of its table.

    Parameters
    ----------
    mean_kmh : (N,) float32 array
        NaN where no vehicle is seen.
    vehicles : (N,) int32 array
    grade : (N,) int8 array
        Index into :data:`GRADES`.
    """

    mean_kmh: NDArray[np.float32]
    vehicles: NDArray[np.int32]
    grade: NDArray[np.int8]


_last: list[tuple[gpd.GeoDataFrame, RoadIndex]] = []


def road_index(city: City) -> RoadIndex:
    """Return the index of a city's roads; the last one made is kept, so asking again costs nothing."""
    roads = city.table("roads")
    for table, index in _last:
        if table is roads:
            return index
    lines = np.asarray(roads.geometry.array, dtype=object)
    group = np.array([CLASS_GROUP.get(name, OTHER) for name in roads["road_class"]], dtype=np.int8)
    index = RoadIndex(lines, group, shapely.STRtree(lines), city.frame.origin_m)
    _last[:] = [(roads, index)]
    return index


def road_speeds(city: City, tracks: TrackFrame) -> RoadSpeeds:
    """Return the mean speed of the vehicles on each road at this instant, and its grade."""
    index = road_index(city)
    moving = counted(tracks)
    position_m, rows = tracks.position_m[moving], tracks.rows[moving]
    vehicle, road = match_to_road(index, position_m[:, :2].astype(np.float64), rows["heading_deg"].astype(np.float64))
    speed_kmh = rows["speed_mps"][vehicle].astype(np.float64) * 3.6
    count = np.bincount(road, minlength=len(index.lines))
    total = np.bincount(road, weights=speed_kmh, minlength=len(index.lines))
    mean = np.divide(total, count, out=np.full(len(count), np.nan), where=count > 0)
    return RoadSpeeds(mean.astype(np.float32), count.astype(np.int32), grade(mean, index.group))


def counted(tracks: TrackFrame) -> BoolArray:
    """Mark the entities whose speed tells of the road: vehicles in traffic, not parked ones and not boats."""
    rows = tracks.rows
    kinds = np.array([CODE[name] for name in COUNTED])
    states = np.array([STATE_CODE["off_duty"], STATE_CODE["fault"]])
    counted: BoolArray = np.isin(rows["kind"], kinds) & ~np.isin(rows["state"], states) & np.isfinite(rows["speed_mps"])
    return counted


def match_to_road(
    index: RoadIndex, position_m: FloatArray, heading_deg: FloatArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Match vehicles to the nearest road that runs their way.

    Parameters
    ----------
    position_m : (M, 2) float array
        East and north in the local frame.
    heading_deg : (M,) float array
        NaN where unknown: then any direction will do.

    Returns
    -------
    vehicle, road : (K,) int arrays
        Pairs; a vehicle farther than 25 m from every road that runs within 40° of its heading is left out.
    """
    points = np.asarray(shapely.points(position_m + np.asarray(index.origin_m, dtype=np.float64)), dtype=object)
    vehicle, road = index.tree.query(points, predicate="dwithin", distance=REACH_M)
    lines, near = index.lines[road], points[vehicle]
    away_m = shapely.distance(lines, near)
    turn = _turn_deg(lines, near, heading_deg[vehicle])
    fits = np.isnan(turn) | (turn <= ALONG_DEG)
    vehicle, road, away_m = vehicle[fits], road[fits], away_m[fits]
    order = np.lexsort((road, away_m, vehicle))
    vehicle, road = vehicle[order], road[order]
    first = np.diff(vehicle, prepend=-1) != 0
    return vehicle[first], road[first]


def _turn_deg(lines: NDArray[np.object_], points: NDArray[np.object_], heading_deg: FloatArray) -> FloatArray:
    """Return the angle between a heading and the line beside it, 0 to 90, whichever way the line was drawn."""
    along = shapely.line_locate_point(lines, points)
    before = shapely.get_coordinates(shapely.line_interpolate_point(lines, np.maximum(along - 2.0, 0.0)))
    after = shapely.get_coordinates(shapely.line_interpolate_point(lines, along + 2.0))
    east, north = (after - before).T
    bearing = np.degrees(np.arctan2(east, north))
    turn: FloatArray = np.abs((heading_deg - bearing + 90.0) % 180.0 - 90.0)
    return turn


def grade(mean_kmh: FloatArray, group: NDArray[np.int8]) -> NDArray[np.int8]:
    """Grade speeds by the bands of their road's group: 1 (free) to 5 (jammed), 0 where no speed is known."""
    bands = BANDS_KMH[group]
    grades = 1 + (np.asarray(mean_kmh)[:, None] <= bands).sum(axis=1)
    return np.where(np.isnan(mean_kmh), 0, grades).astype(np.int8)
