"""Who could be there first: free units by their travel time on the road, with the way of the best ones."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import numpy as np

from app.workbenches.operations.proposals import Proposed
from data.router.times import RoadTimes
from twin.city.city import City
from twin.geo import FloatArray
from twin.operations.records import Incident, Unit
from twin.traffic.graph import road_graph
from twin.traffic.travel import REACHED
from twin.world import World

WAYS = 3
"""So many of the best have their way worked out."""


class Proposer:
    """Keeps the roads of the city that is open ready to be asked; may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._city: City | None = None
        self._drive: RoadTimes | None = None

    def __call__(self, world: World, incident: Incident, units: Sequence[Unit]) -> tuple[Proposed, ...]:
        """Return the units that a road leads from, the quickest first; errors as of the router."""
        drive = self._roads(world.city)
        east, north = world.city.frame.to_local(incident.lon_deg, incident.lat_deg)
        goal_m = np.array([float(east), float(north)])
        places = places_of(world, units)
        known = np.flatnonzero(np.isfinite(places[:, 0]))
        if not len(known) or not np.isfinite(goal_m).all():
            return ()
        seconds = drive.to_one(places[known, :2], goal_m).seconds
        order = [int(row) for row in np.argsort(seconds, kind="stable") if np.isfinite(seconds[row])]
        found = []
        for rank, row in enumerate(order):
            unit, place = units[known[row]], places[known[row]]
            route = drive.route(place[:2], goal_m) if rank < WAYS else None
            way = route.line if route is not None and route.answer == REACHED else None
            reasons = ("nearest", "free") if rank == 0 else ("free",)
            found.append(Proposed(unit, float(seconds[row]), reasons, (place[0], place[1], place[2]), way))
        return tuple(found)

    def _roads(self, city: City) -> RoadTimes:
        with self._lock:
            if self._drive is None or self._city is not city:
                self._city, self._drive = city, RoadTimes(road_graph(city, "drive"))
            return self._drive


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
