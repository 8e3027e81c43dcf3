"""The life of a demo county: everything that moves or measures in it, one step after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from data.connectors.demo_life.fleet import (
    BOAT_SHARE,
    BUS_SHARE,
    DRIVERS,
    DRONE_SHARE,
    RIDERS,
    WALKERS,
    blank_rows,
    movers_of,
)
from data.connectors.demo_life.occurrences import Calling, Lone, lone_rows, posts_of, with_trouble
from data.connectors.demo_life.posts import DAYS, Flights, Measures, Rounds, measures_of, rounds_at
from data.connectors.demo_life.routes import Routes, RouteStyle, route_ways
from data.connectors.demo_life.scenes import staged
from data.connectors.demo_life.signals import Lights, lights_of, signals_at
from data.connectors.demo_life.traffic import HALTED_MPS, Traffic, spread
from data.connectors.demo_life.ways import IntArray, Ways, build_ways, metres_per_degree, road_lines
from twin.city.city import City
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.live.kinds import STATE_CODE
from twin.live.observation import ObservationArray

STYLES = {
    "bus": RouteStyle(11.0, 450.0, 18.0, 3.0),
    "officer": RouteStyle(1.3, 260.0, 60.0, 5.0, lights=False),
    "boat": RouteStyle(3.0, 1500.0, 60.0, 4.0, lights=False),
}
ROUTE_KIND = {"bus": "bus", "officer": "patrol", "boat": "boat", "drone": "drone"}
SENSOR_EVERY_S = 60.0
CUT = (1.25, 1.5)
"""Times the own speed, and metres a second more."""
Points = NDArray[np.object_]


class Part(Protocol):
    """Some of the entities: their rows, moved on and filled in a step at a time."""

    rows: ObservationArray

    def step(self, time_s: float, step_s: float) -> None:
        """Move on by ``step_s`` from ``time_s``."""
        ...

    def tell(self, time_s: float) -> bool:
        """Fill in the rows as they are at a time; False if there is nothing new."""
        ...


@dataclass(slots=True)
class Driving:
    """What moves along ways.

    From the lane of one road to the lane of the next a mover cuts across the junction: it is told where it was, moved
    toward where it is, no faster than :data:`CUT` allows.
    """

    rows: ObservationArray
    traffic: Traffic
    duty: bool
    reach_m: FloatArray | None = None

    def step(self, time_s: float, step_s: float) -> None:
        """Move on."""
        self.traffic.step(time_s, step_s)
        fresh = (CUT[0] * self.traffic.speed_mps + CUT[1]) * step_s
        self.reach_m = fresh if self.reach_m is None else self.reach_m + fresh

    def tell(self, time_s: float) -> bool:
        """Fill in places; who is on duty is free or busy, the rest moves or stands."""
        speed = self.traffic.speed_mps
        lon, lat, self.rows["heading_deg"] = self.traffic.places()
        if self.reach_m is not None:
            lon, lat = self._cut(lon, lat, self.reach_m)
            self.reach_m = np.zeros(len(lon))
        self.rows["lon_deg"], self.rows["lat_deg"] = lon, lat
        self.rows["speed_mps"] = speed
        halted = np.where(speed < HALTED_MPS, STATE_CODE["stopped"], STATE_CODE["moving"])
        self.rows["state"] = _duty(len(self.rows), time_s) if self.duty else halted
        return True

    def _cut(self, lon: FloatArray, lat: FloatArray, reach_m: FloatArray) -> tuple[FloatArray, FloatArray]:
        was_lon, was_lat = self.rows["lon_deg"], self.rows["lat_deg"]
        east_m, north_m = metres_per_degree(lat[:1])
        away = np.hypot((lon - was_lon) * east_m, (lat - was_lat) * north_m)
        share = np.where(was_lat == 0.0, 1.0, np.minimum(reach_m / np.maximum(away, 1e-9), 1.0))
        return was_lon + share * (lon - was_lon), was_lat + share * (lat - was_lat)


@dataclass(slots=True)
class Standing:
    """People at posts."""

    rows: ObservationArray
    rounds: Rounds

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do: a time gives the place."""

    def tell(self, time_s: float) -> bool:
        """Fill in places."""
        lon, lat, heading, speed = self.rounds.at(time_s)
        self.rows["lon_deg"], self.rows["lat_deg"] = lon, lat
        self.rows["heading_deg"], self.rows["speed_mps"] = heading, speed
        self.rows["state"] = _duty(len(self.rows), time_s)
        return True


@dataclass(slots=True)
class Flying:
    """Drones; each flies along one way of ``ways``."""

    rows: ObservationArray
    ways: Ways
    way: IntArray
    flights: Flights

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do: a time gives the place."""

    def tell(self, time_s: float) -> bool:
        """Fill in places and heights."""
        along, height, speed, homeward = self.flights.at(time_s)
        lon, lat, heading = self.ways.places(self.way, along, np.zeros(len(along)))
        self.rows["lon_deg"], self.rows["lat_deg"], self.rows["height_m"] = lon, lat, height
        self.rows["heading_deg"], self.rows["speed_mps"] = (heading + 180.0 * homeward) % 360.0, speed
        self.rows["state"] = np.where(height > 0.5, STATE_CODE["busy"], STATE_CODE["free"])
        return True


@dataclass(slots=True)
class Measuring:
    """Sensors and counters, which report once a minute."""

    rows: ObservationArray
    measures: Measures
    hours_east: float
    told_s: float = -np.inf

    def step(self, time_s: float, step_s: float) -> None:
        """Nothing to do."""

    def tell(self, time_s: float) -> bool:
        """Fill in values, once a minute."""
        if time_s - self.told_s < SENSOR_EVERY_S:
            return False
        self.told_s = time_s
        self.rows["value"] = self.measures.at(time_s, self.hours_east)
        return True


class Life:
    """All of it.

    Parameters
    ----------
    city : City
        With roads and junctions; routes, sites and devices add to it.
    entities : int
        How many to make; fewer where there is no room for them.
    seed : int
        The same seed, start and steps give the same places.
    start_s : float
        Time at the start, seconds since 1970.

    Raises
    ------
    twin.errors.BadInputError
        If the city has no roads to drive on.
    """

    def __init__(self, city: City, entities: int, seed: int, start_s: float) -> None:
        self.time_s = start_s
        rng = np.random.default_rng([seed, 17])
        lines = road_lines(city.table("roads"))
        if not len(lines.line):
            raise BadInputError(city.name, "it has no roads to drive on", "import roads, or switch the demo life off")
        self.ways = build_ways(lines, city.frame)
        self.lights = lights_of(self.ways, city.table("junctions"))
        self.parts: list[Part] = [_vehicles(self.ways, self.lights, entities, rng)]
        self.parts += _riders(city, self.lights, entities, rng)
        self.parts += [*_posts(city, self.ways, entities, rng), *_drones(city, entities, rng), Lone(lone_rows(city))]
        hours_east = float(np.round(self.ways.lon_deg.mean() / 15.0))
        self.parts += [*_devices(city, rng), Calling(posts_of(city), hours_east), staged(city, hours_east)]

    def __len__(self) -> int:
        return sum(len(part.rows) for part in self.parts)

    def step(self, step_s: float) -> None:
        """Move everything on."""
        for part in self.parts:
            part.step(self.time_s, step_s)
        self.time_s += step_s

    def rows(self) -> ObservationArray:
        """Return what is to be told now: all that moves, and once a minute what measures."""
        told = [part.rows for part in self.parts if part.tell(self.time_s)]
        rows = np.concatenate(told)
        rows["time_s"] = self.time_s
        return with_trouble(rows, self.time_s)


def _duty(count: int, time_s: float) -> FloatArray:
    shift = (int(time_s // 300.0) + 7919 * np.arange(count)) % 10
    return np.where(shift < 2, STATE_CODE["busy"], STATE_CODE["free"])


def _vehicles(ways: Ways, lights: Lights, entities: int, rng: np.random.Generator) -> Driving:
    kinds = [kind for kind, driver in DRIVERS.items() for _ in range(max(round(driver.share * entities), 1))]
    way, along = spread(ways, len(kinds), rng)
    order = rng.permutation(len(way))  # else one kind would fill one part of the county
    kinds = kinds[-len(way) :]
    movers = movers_of(kinds, DRIVERS, rng)
    signals = signals_at(lights, ways, ways.end)
    return Driving(blank_rows(kinds), Traffic(ways, signals, movers, way[order], along[order], rng), duty=False)


def _riders(city: City, lights: Lights, entities: int, rng: np.random.Generator) -> list[Part]:
    wanted = {"bus": BUS_SHARE, "boat": BOAT_SHARE, "officer": WALKERS["officer"]}
    parts: list[Part] = []
    for number, (kind, share) in enumerate(wanted.items(), start=1):
        table = city.table("routes")
        routes = route_ways(table, ROUTE_KIND[kind], STYLES[kind], lights, city.table("junctions"), city.frame)
        if routes is not None:
            count = max(round(share * entities), 2)
            parts.append(_riding(kind, routes, count, rng, first_plate=30_000 + 2000 * number))
    return parts


def _riding(kind: str, routes: Routes, count: int, rng: np.random.Generator, first_plate: int) -> Driving:
    way, along = spread(routes.ways, count, rng, spacing_m=RIDERS[kind].length_m + 6.0)
    movers = movers_of([kind] * len(way), RIDERS, rng)
    traffic = Traffic(routes.ways, routes.signals, movers, way, along, rng)
    return Driving(blank_rows([kind] * len(way), first_plate), traffic, duty=kind == "officer")


def _posts(city: City, ways: Ways, entities: int, rng: np.random.Generator) -> list[Part]:
    sites = city.table("sites")
    kinds = [kind for kind in ("guard", "volunteer") for _ in range(round(WALKERS[kind] * entities))]
    if not (city.table("routes")["kind"] == ROUTE_KIND["officer"]).any():
        kinds += ["officer"] * round(WALKERS["officer"] * entities)
    if len(sites):
        points: Points = np.asarray(shapely.point_on_surface(sites.geometry.to_numpy()))
    else:
        local = np.column_stack(city.frame.to_local(ways.lon_deg, ways.lat_deg))
        points = np.asarray(shapely.points(local + city.frame.origin_m))
    chosen = points[rng.integers(0, len(points), len(kinds))]
    lon, lat = _lonlat(city, chosen, rng.normal(0.0, 15.0, (2, len(kinds))))
    return [Standing(blank_rows(kinds), rounds_at(lon, lat, rng))]


def _drones(city: City, entities: int, rng: np.random.Generator) -> list[Part]:
    routes = city.table("routes")
    style = RouteStyle(12.0, 0.0, 0.0, 0.0, lights=False)
    plans = route_ways(routes, ROUTE_KIND["drone"], style, _no_lights(), city.table("junctions"), city.frame)
    if plans is None:
        return []
    out = np.flatnonzero(np.append(True, plans.route[1:] != plans.route[:-1]))
    count = max(round(DRONE_SHARE * entities), 2)
    way = out[np.arange(count) % len(out)]
    height = 60.0 + 15.0 * (np.arange(count) % 5)
    flights = Flights(plans.ways.length_m[way], height.astype(np.float64), rng.uniform(0.0, 1000.0, count))
    return [Flying(blank_rows(["drone"] * count), plans.ways, way, flights)]


def _devices(city: City, rng: np.random.Generator) -> list[Part]:
    devices = city.table("devices")
    devices = devices[devices["kind"].isin(DAYS)]
    if not len(devices):
        return []
    kinds: list[str] = devices["kind"].tolist()
    rows = blank_rows(kinds, names=_names(devices))
    rows["lon_deg"], rows["lat_deg"] = _lonlat(city, devices.geometry.to_numpy(), np.zeros((2, len(devices))))
    hours_east = float(np.round(np.mean(rows["lon_deg"]) / 15.0))
    return [Measuring(rows, measures_of(kinds, rng), hours_east)]


def _names(devices: gpd.GeoDataFrame) -> list[str]:
    return [str(name or key) for name, key in zip(devices["name"], devices["id"], strict=True)]


def _no_lights() -> Lights:
    return Lights(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0))


def _lonlat(city: City, points: Points, shift_m: FloatArray) -> tuple[FloatArray, FloatArray]:
    x, y = city.frame.origin_m
    return city.frame.to_lonlat(shapely.get_x(points) - x + shift_m[0], shapely.get_y(points) - y + shift_m[1])
