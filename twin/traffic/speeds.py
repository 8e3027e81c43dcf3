"""How fast each road runs now, from the vehicles seen on it in the last minute."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.live.frame import TrackFrame
from twin.live.kinds import CODE, STATE_CODE
from twin.pieces import in_pieces

if TYPE_CHECKING:
    from twin.world import World  # a world holds measured traffic

GRADES = ("unknown", "free", "steady", "slow", "congested", "jammed")
"""Names of the grades 0 to 5."""
EXPRESSWAY, ARTERIAL, OTHER = 0, 1, 2
CLASS_GROUP = {"motorway": EXPRESSWAY, "trunk": EXPRESSWAY, "primary": ARTERIAL, "secondary": ARTERIAL}
# Mean speed in km/h: above the first is grade 1, at or below the last is grade 5. Bands of GA/T 115-2020.
BANDS_KMH = np.array([[65.0, 50.0, 35.0, 20.0], [40.0, 30.0, 20.0, 15.0], [35.0, 25.0, 15.0, 10.0]])
COUNTED = ("car", "dump_truck", "hazmat_truck", "bus", "taxi", "police_car", "ambulance", "fire_engine", "other")
MINUTE_S = 60.0
"""Speeds are means over so long: at one instant half of a road's vehicles stand at a light."""
FEW = 3
"""Of fewer vehicles than this no grade is told."""
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
class Sighting:
    """The vehicles on the roads of a city at one instant.

    Parameters
    ----------
    at_s : float
        By the clock of what is shown.
    live : bool
        False in a recording.
    vehicle : (K,) uint64 array
        A number that stands for its id.
    road : (K,) int array
        Row of the city's roads.
    speed_kmh : (K,) float array
    """

    city: City
    at_s: float
    live: bool
    vehicle: NDArray[np.uint64]
    road: NDArray[np.int64]
    speed_kmh: FloatArray


@dataclass(frozen=True, slots=True)
class RoadSpeeds:
    """Speeds of the roads of a city, in the order of its table.

    Parameters
    ----------
    mean_kmh : (N,) float32 array
        Over everything that was seen; NaN where no vehicle was.
    vehicles : (N,) int32 array
        Different ones that were seen.
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


def sight(world: World) -> Sighting:
    """Return which vehicle is on which road now."""
    index, tracks = road_index(world.city), world.tracks
    moving = counted(tracks)
    position_m, rows = tracks.position_m[moving], tracks.rows[moving]
    vehicle, road = match_to_road(index, position_m[:, :2].astype(np.float64), rows["heading_deg"].astype(np.float64))
    speed_kmh = rows["speed_mps"][vehicle].astype(np.float64) * 3.6
    return Sighting(world.city, world.at_s, world.live, numbers(rows["id"][vehicle]), road, speed_kmh)


def numbers(ids: NDArray[np.bytes_]) -> NDArray[np.uint64]:
    """Return a number for each id, the same for the same id: ids of 32 bytes are slow to sort."""
    words = np.ascontiguousarray(ids).view(np.uint64).reshape(len(ids), ids.dtype.itemsize // 8)
    mixed = np.zeros(len(ids), np.uint64)
    for column in words.T:
        mixed = (mixed ^ column) * np.uint64(0x9E3779B97F4A7C15)
        mixed ^= mixed >> np.uint64(29)
    return mixed


def recent(before: Sequence[Sighting], newest: Sighting) -> tuple[Sighting, ...]:
    """Return the sightings of the minute that ends with the newest, and it; nothing of another city or time."""
    kept = (
        old
        for old in before
        if old.city is newest.city and old.live is newest.live and 0.0 <= newest.at_s - old.at_s < MINUTE_S
    )
    return (*kept, newest)


def road_speeds(sightings: Sequence[Sighting]) -> RoadSpeeds:
    """Return the mean speed on each road over the sightings, of one city and at least one, and its grade."""
    index = road_index(sightings[0].city)
    mean, vehicles = mean_speeds(sightings, np.arange(len(index.lines)), len(index.lines))
    return RoadSpeeds(mean.astype(np.float32), vehicles.astype(np.int32), grade(mean, index.group, vehicles))


def mean_speeds(
    sightings: Sequence[Sighting], part: NDArray[np.int64], count: int
) -> tuple[FloatArray, NDArray[np.int64]]:
    """Return the mean speed and the number of different vehicles on each part of the network.

    Parameters
    ----------
    part : (N,) int array
        Which of ``count`` parts each road belongs to; -1 for none.

    Returns
    -------
    mean_kmh, vehicles : (count,) arrays
    """
    part = part[np.concatenate([seen.road for seen in sightings])]
    on = part >= 0
    part = part[on]
    speed_kmh = np.concatenate([seen.speed_kmh for seen in sightings])[on]
    vehicle = np.concatenate([seen.vehicle for seen in sightings])[on]
    times = np.bincount(part, minlength=count)
    total = np.bincount(part, weights=speed_kmh, minlength=count)
    mean = np.divide(total, times, out=np.full(count, np.nan), where=times > 0)
    order = np.lexsort((vehicle, part))
    part, vehicle = part[order], vehicle[order]
    first = np.append(True, (part[1:] != part[:-1]) | (vehicle[1:] != vehicle[:-1]))[: len(part)]
    return mean, np.bincount(part[first], minlength=count).astype(np.int64)


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

    def matched(some: NDArray[np.int64]) -> NDArray[np.int64]:
        vehicle, road = _matched(index, position_m[some], heading_deg[some])
        return np.column_stack([some[vehicle], road])

    vehicle, road = in_pieces(matched, np.arange(len(position_m))).T
    return vehicle, road


def _matched(
    index: RoadIndex, position_m: FloatArray, heading_deg: FloatArray
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
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


def grade(mean_kmh: FloatArray, group: NDArray[np.int8], vehicles: NDArray[np.int64]) -> NDArray[np.int8]:
    """Grade speeds by the bands of their road's group: 1 (free) to 5 (jammed), 0 where too few vehicles tell it."""
    bands = BANDS_KMH[group]
    grades = 1 + (np.asarray(mean_kmh)[:, None] <= bands).sum(axis=1)
    return np.where(np.isnan(mean_kmh) | (vehicles < FEW), 0, grades).astype(np.int8)
