"""Short scenes of the demo county's day: what its traffic alone would show too seldom, or not in a small place.

A tanker halts beside a school, a taxi is stopped again and again, a truck works at night, a boat sails after dark,
visitors of an event fill a square. Each begins at its local hours; who has no scene is switched off and tells nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString, Point
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points, substring

from data.connectors.demo_life.fleet import blank_rows
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.kinds import STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

FIRST_PLATE = 28_000
FIRST_NUMBER = 91_001
SHORTEST_M = 40.0
DAY_H = 24.0


@dataclass(frozen=True, slots=True)
class Scene:
    """What one vehicle does along a line, there and back: when, for how long, how fast, and when it stands.

    Parameters
    ----------
    hours : tuple of float
        Local hours at which it begins.
    lasts_s, speed_mps : float
    stands : tuple of (float, float)
        From when until when it stands, seconds since the beginning; one that repeats is given with ``every_s``.
    every_s : float
        After so long ``stands`` begins anew, 0 for never.
    """

    kind: str
    hours: tuple[float, ...]
    lasts_s: float
    speed_mps: float
    stands: tuple[float, float] = (0.0, 0.0)
    every_s: float = 0.0

    def driven_s(self, at_s: float) -> float:
        """Return for how long it has been driving at a time since its beginning."""
        begin, end = self.stands
        turns, rest = divmod(at_s, self.every_s) if self.every_s else (0.0, at_s)
        return turns * (self.every_s - (end - begin)) + rest - min(max(rest - begin, 0.0), end - begin)

    def is_standing(self, at_s: float) -> bool:
        """Tell whether it stands at a time since its beginning."""
        rest = at_s % self.every_s if self.every_s else at_s
        return self.stands[0] <= rest < self.stands[1]


TANKER = Scene("hazmat_truck", (3.0, 10.0, 16.0), 420.0, 6.0, (0.0, 240.0))
STOPPED_TAXI = Scene("taxi", (8.5, 18.0), 360.0, 8.0, (0.0, 15.0), 30.0)
NIGHT_TRUCK = Scene("dump_truck", (1.0, 23.0), 300.0, 3.0)
NIGHT_BOAT = Scene("boat", (22.0,), 300.0, 2.5)
VISITORS, VISIT_H, VISIT_S, ARRIVE_S = 180, (19.0,), 540.0, 240.0
ABREAST, LENGTH_M, WIDTH_M = 12, 6.0, 3.0
CELL_M, KERB_M = 300.0, 45.0
"""Visitors stand within one cell of the grid that crowds are counted in."""


@dataclass(slots=True)
class Staged:
    """Those who play the scenes.

    Parameters
    ----------
    troupe : (N,) structured array
        First one vehicle a scene, then the visitors.
    scenes : sequence of Scene
    lines : sequence of LineString
        In the local frame, each begins where its scene begins.
    rows : (M,) structured array
        Of those who have a scene now.
    """

    troupe: ObservationArray
    city: City
    scenes: Sequence[Scene]
    lines: Sequence[LineString]
    hours_east: float
    rows: ObservationArray = field(default_factory=lambda: np.zeros(0, OBSERVATION_DTYPE))

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do: a time gives everything."""

    def tell(self, time_s: float) -> bool:
        """Fill in those who have a scene."""
        playing = []
        for number, (scene, line) in enumerate(zip(self.scenes, self.lines, strict=True)):
            at_s = since(scene.hours, time_s, self.hours_east)
            if at_s < scene.lasts_s:
                self._place(number, scene, line, at_s)
                playing.append(number)
        first = len(self.scenes)
        self.rows = self.troupe[[*playing, *range(first, first + self._visitors(time_s))]]
        return len(self.rows) > 0

    def _visitors(self, time_s: float) -> int:
        at_s, most = since(VISIT_H, time_s, self.hours_east), len(self.troupe) - len(self.scenes)
        return min(int(most * at_s / ARRIVE_S), most) if at_s < VISIT_S else 0

    def _place(self, number: int, scene: Scene, line: LineString, at_s: float) -> None:
        row, turns = self.troupe[number], scene.driven_s(at_s) * scene.speed_mps / line.length
        back = int(turns) % 2 == 1
        along = (1.0 - turns % 1.0 if back else turns % 1.0) * line.length
        here, ahead = line.interpolate(along), line.interpolate(min(along + 1.0, line.length))
        behind = line.interpolate(max(along - 1.0, 0.0))
        row["lon_deg"], row["lat_deg"] = self.city.frame.to_lonlat(here.x, here.y)
        heading = np.degrees(np.arctan2(ahead.x - behind.x, ahead.y - behind.y))
        row["heading_deg"] = (heading + 180.0 * back) % 360.0
        standing = scene.is_standing(at_s)
        row["speed_mps"] = 0.0 if standing else scene.speed_mps
        row["state"] = STATE_CODE["stopped" if standing else "moving"]


def since(hours: Sequence[float], time_s: float, hours_east: float) -> float:
    """Return how many seconds ago the last of some local hours of the day was."""
    hour = (time_s / 3600.0 + hours_east) % DAY_H
    return float(min((hour - one) % DAY_H for one in hours) * 3600.0)


def staged(city: City, hours_east: float) -> Staged:
    """Return the scenes that a city has room for."""
    roads, sites = city.table("roads"), city.table("sites")
    wanted = (
        (TANKER, _beside(city, _sites(sites, "school", "hospital"), roads)),
        (STOPPED_TAXI, _beside(city, _sites(sites, "station", "market"), roads)),
        (NIGHT_TRUCK, _beside(city, _sites(sites, "construction"), roads)),
        (NIGHT_BOAT, None if (city.table("routes")["kind"] == "boat").any() else _afloat(city)),
    )
    there = [(scene, line) for scene, line in wanted if line is not None]
    block = _block(city)
    kinds = [*(scene.kind for scene, _ in there), *["car"] * len(block)]
    rows = blank_rows(kinds, FIRST_PLATE)
    rows["id"] = [f"demo-{kind}-{FIRST_NUMBER + number:05d}".encode() for number, kind in enumerate(kinds)]
    first = len(there)
    if len(block):
        rows["lon_deg"][first:], rows["lat_deg"][first:] = city.frame.to_lonlat(block[:, 0], block[:, 1])
        rows["heading_deg"][first:], rows["speed_mps"][first:] = 90.0, 0.0
        rows["state"][first:] = STATE_CODE["stopped"]
    return Staged(rows, city, [scene for scene, _ in there], [line for _, line in there], hours_east)


def _sites(sites: gpd.GeoDataFrame, *kinds: str) -> Sequence[BaseGeometry]:
    return list(sites[sites["kind"].isin(kinds)].geometry)


def _beside(city: City, sites: Sequence[BaseGeometry], roads: gpd.GeoDataFrame) -> LineString | None:
    """Return a road that passes a site closely, from the point nearest to the site to its farther end."""
    lines = roads.geometry.to_numpy()
    long = lines[shapely.length(lines) > 2 * SHORTEST_M]
    if not sites or not len(long):
        return None
    tree = shapely.STRtree(long)
    (site, road), away = tree.query_nearest(sites, return_distance=True)
    best = int(np.argmin(away))
    line, here = long[road[best]], sites[site[best]]
    at_m = line.project(nearest_points(line, here)[0])
    ways = (substring(line, at_m, line.length), substring(line, at_m, 0.0))
    return _local(max(ways, key=lambda way: way.length), city)


def _afloat(city: City) -> LineString | None:
    """Return a line along the middle of the largest river, canal or lake."""
    water = list(city.table("water").geometry)
    if not water:
        return None
    largest = max(water, key=lambda area: area.area)
    corners = shapely.get_coordinates(largest.minimum_rotated_rectangle)[:4]
    sides = np.hypot(*(np.roll(corners, -1, axis=0) - corners).T)
    first = int(np.argmin(sides[:2]))
    ends = [corners[[side % 4, (side + 1) % 4]].mean(axis=0) for side in (first, first + 2)]
    pieces = shapely.get_parts(LineString(ends).intersection(largest.buffer(-3.0)))
    lines = [piece for piece in pieces if isinstance(piece, LineString) and piece.length > SHORTEST_M]
    return _local(max(lines, key=lambda line: line.length), city) if lines else None


def _local(line: BaseGeometry, city: City) -> LineString:
    return LineString(shapely.get_coordinates(line) - city.frame.origin_m)


def _block(city: City) -> FloatArray:
    """Return where visitors stand, (N, 2) local metres: on a square, else at a station; nobody where is neither."""
    land, sites = city.table("land"), city.table("sites")
    grounds = [*land[land["kind"] == "square"].geometry, *sites[sites["kind"] == "station"].geometry]
    if not grounds:
        return np.zeros((0, 2))
    middle: Point = shapely.point_on_surface(grounds[0])
    x, y = np.array([middle.x, middle.y]) - city.frame.origin_m
    number = np.arange(VISITORS)
    row, column = number // ABREAST - VISITORS / ABREAST / 2.0, number % ABREAST - ABREAST / 2.0
    return np.column_stack([_in_cell(x) + column * LENGTH_M, _in_cell(y) + row * WIDTH_M])


def _in_cell(metres: float) -> float:
    """Return the nearest place that is not close to the edge of a cell."""
    low = np.floor(metres / CELL_M) * CELL_M
    return float(np.clip(metres, low + KERB_M, low + CELL_M - KERB_M))
