"""Who could be there first, with the roads of the city that is open and the speeds of the traffic on them."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from app.workbenches.operations.proposals import Proposed
from data.router.times import RoadTimes
from twin.city.city import City
from twin.geo import FloatArray
from twin.operations.plans import Plan
from twin.operations.proposal import link_speeds, need_of, propose
from twin.operations.records import Unit
from twin.operations.store import Whole
from twin.traffic.graph import road_graph
from twin.traffic.speeds import road_speeds, sight
from twin.traffic.travel import REACHED
from twin.world import World

WAYS = 3
"""So many of the best have their way worked out."""


class Proposer:
    """Keeps the roads of the city ready to be asked; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._city: City | None = None
        self._roads: tuple[RoadTimes, RoadTimes] | None = None

    def __call__(
        self, world: World, whole: Whole, units: tuple[Unit, ...], plan: Plan | None
    ) -> tuple[Proposed, ...]:  # fmt: skip
        """Return the units that can come, the best first; errors as of the router."""
        drive, walk = self._ready(world.city)
        drive = drive.with_speeds(link_speeds(drive, road_speeds([sight(world)])))
        incident = whole.incident
        goal_m = np.array(world.city.frame.to_local(incident.lon_deg, incident.lat_deg), np.float64)
        places, row_of = places_of(world, units), {unit.id: row for row, unit in enumerate(units)}
        need = need_of(whole.steps, whole.dispatches, plan)
        found = []
        for rank, one in enumerate(propose(units, places[:, :2], goal_m, drive, walk, world.at_s, need)):
            east, north, up = places[row_of[one.unit.id]].tolist()
            route = drive.route(np.array([east, north]), goal_m) if rank < WAYS else None
            way = route.line if route is not None and route.answer == REACHED else None
            found.append(Proposed(one.unit, one.seconds, one.reasons, (east, north, up), way))
        return tuple(found)

    def _ready(self, city: City) -> tuple[RoadTimes, RoadTimes]:
        with self._lock:
            if self._roads is None or self._city is not city:
                self._city = city
                self._roads = RoadTimes(road_graph(city, "drive")), RoadTimes(road_graph(city, "walk"))
            return self._roads


def places_of(world: World, units: Sequence[Unit]) -> FloatArray:
    """Return where units are, (N, 3) in the local frame: as the live table says, else where they stand, else NaN."""
    city = world.city
    east, north = city.frame.to_local([unit.lon_deg for unit in units], [unit.lat_deg for unit in units])
    places = np.column_stack([east, north, np.zeros(len(units))]).reshape(-1, 3)
    row_of = {key: row for row, key in enumerate(world.tracks.rows["id"].tolist())}
    for number, unit in enumerate(units):
        row = row_of.get(unit.entity.encode()) if unit.entity else None
        if row is not None:
            places[number] = world.tracks.position_m[row]
    return places
