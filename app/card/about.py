"""What the parts of a card are worked out from: made once for each city, off the window's thread."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import timedelta

import numpy as np

from app import formats
from data.history.day import track, within
from data.history.reader import History
from data.home import Home
from data.router.times import RoadTimes
from twin.card.day import Day, day_of_place, day_of_track
from twin.card.parts import Scenery
from twin.card.target import Target
from twin.city.city import City
from twin.geo import FloatArray
from twin.live.observation import ObservationArray
from twin.operations.proposal import link_speeds
from twin.reach import seen_from
from twin.traffic.graph import road_graph
from twin.traffic.speeds import road_speeds, sight
from twin.traffic.travel import TravelTimes
from twin.world import World

AROUND_M = 60.0
"""What was told so near a place was at it."""


@dataclass(frozen=True, slots=True)
class About:
    """A city's cameras and obstacles, and its roads for vehicles and on foot."""

    city: City
    scenery: Scenery
    drive: RoadTimes
    walk: RoadTimes

    @classmethod
    def of(cls, city: City) -> About:
        """Make everything; takes some tenths of a second for a county."""
        drive, walk = (RoadTimes(road_graph(city, mode)) for mode in ("drive", "walk"))
        return cls(city, Scenery(city), drive, walk)

    def driving(self, world: World) -> TravelTimes:
        """Return the roads for vehicles at the speeds of a world; the sign's speed where no vehicle is seen."""
        return self.drive.with_speeds(link_speeds(self.drive, road_speeds([sight(world)])))


def day_of_entity(home: Home, twin: str, world: World, key: str) -> Day:
    """Return what an entity did from local midnight to the instant of a world, where that reaches."""
    city, begin_s = world.city, midnight(world.at_s)
    with closing(History.of(home, twin)) as history:
        rows = _seen(world, track(history, key, begin_s, world.at_s))
    return day_of_track(rows["time_s"], _local(city, rows))


def day_at_place(home: Home, twin: str, world: World, target: Target) -> Day:
    """Return how many came by a place from local midnight to the instant of a world, where that reaches."""
    city = world.city
    x, y = target.position_m[:2]
    west, south = (float(value) for value in city.frame.to_lonlat(x - AROUND_M, y - AROUND_M))
    east, north = (float(value) for value in city.frame.to_lonlat(x + AROUND_M, y + AROUND_M))
    begin_s = midnight(world.at_s)
    with closing(History.of(home, twin)) as history:
        rows = _seen(world, within(history, (west, south, east, north), begin_s, world.at_s))
    return day_of_place(rows["time_s"], rows["id"], begin_s)


def _seen(world: World, rows: ObservationArray) -> ObservationArray:
    return rows[seen_from(world.city, world.reach, rows["lon_deg"], rows["lat_deg"])]


def midnight(at_s: float) -> float:
    """Return when the local day of an instant began."""
    now = formats.local_time(at_s)
    return (
        now - timedelta(hours=now.hour, minutes=now.minute, seconds=now.second, microseconds=now.microsecond)
    ).timestamp()


def _local(city: City, rows: ObservationArray) -> FloatArray:
    return np.column_stack(city.frame.to_local(rows["lon_deg"], rows["lat_deg"])).reshape(-1, 2)
