"""A demo county lives, its scenarios find, and two operators work through what they found: in fast time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from data.connectors.demo_life.life import Life
from data.home import Home
from data.operations.opening import Starts
from data.operations.plans import agencies_of, plans_of
from data.operations.store import SqlOperations
from data.router.times import RoadTimes
from data.rules.demo import demo_fences, demo_lists
from data.rules.files import Folder
from data.simulate.shift import Arrive, Shift
from twin.city.city import City
from twin.operations import deeds
from twin.operations.agencies import Agency
from twin.operations.deeds import By
from twin.operations.records import Incident, Unit
from twin.rules.evaluate import Rules, Setting
from twin.rules.scenario import Loaded
from twin.traffic.graph import road_graph

START_S = 1_790_208_000.0
"""08:00 in Beijing."""
STEP_S = 10.0
SHIFT_S = 12 * 3600.0
LAST_S = 6 * 3600.0
"""After the last hit, what is open is worked off within this time."""


@dataclass(frozen=True)
class Town:
    """A city with its scenarios and its units."""

    city: City
    scenarios: dict[str, Loaded]
    starts: Starts
    agencies: dict[str, Agency]
    units: tuple[Unit, ...]
    arrive: Arrive


def town_of(city: City, home: Home, units: int, seed: int) -> Town:
    """Return a city ready to be lived in, with units that stand at random crossings."""
    graph = road_graph(city, "drive")
    drive, nodes = RoadTimes(graph), graph.node_m - np.asarray(graph.origin_m)
    rng = np.random.default_rng([seed, 41])
    at = nodes[rng.integers(len(nodes), size=units)]
    lon, lat = city.frame.to_lonlat(at[:, 0], at[:, 1])
    bare = Unit("", 0, "", "", "police_car", "police", ("patrol",))
    made = tuple(
        replace(bare, id=f"U{n:03d}", name=f"巡组{n}", lon_deg=float(lon[n]), lat_deg=float(lat[n]))
        for n in range(units)
    )
    place = {unit.id: at[n] for n, unit in enumerate(made)}

    def arrive(some: Sequence[Unit], incident: Incident) -> Sequence[float]:
        east, north = city.frame.to_local(incident.lon_deg, incident.lat_deg)
        goal = np.array([float(east), float(north)])
        if not some or not np.isfinite(goal).all():
            return [600.0] * len(some)
        seconds = drive.to_one(np.array([place[unit.id] for unit in some]), goal).seconds
        return [float(one) for one in np.where(np.isfinite(seconds), seconds, 900.0)]

    scenarios = Folder.of(home).scenarios
    return Town(city, scenarios, Starts(scenarios, plans_of(home)), agencies_of(home), made, arrive)


def live(
    store: SqlOperations, town: Town, hours: float, entities: int, seed: int,
    told: Callable[[float, Shift], None] = lambda _now, _shift: None,
) -> Shift:  # fmt: skip
    """Let the county live for some hours, and the shifts work until nothing is open.

    Parameters
    ----------
    told : callable
        Told each hour how far it is.
    """
    for unit in town.units:
        store.do(deeds.EnrolUnit(unit), By("supervisor", START_S))
        _on_duty(store, unit, START_S)
    life = Life(town.city, entities, seed, START_S)
    rules = Rules(town.scenarios.values(), Setting(town.city, demo_fences(town.city, START_S), demo_lists(START_S)))
    shift = Shift(store, town.starts, town.arrive, seed, town.agencies)
    steps = round(hours * 3600.0 / STEP_S)
    for step in range(1, steps + 1):
        life.step(STEP_S)
        rows = life.rows()
        east, north = town.city.frame.to_local(rows["lon_deg"], rows["lat_deg"])
        shift.step(life.time_s, rules.take(rows, np.column_stack([east, north]), life.time_s))
        if step % round(3600.0 / STEP_S) == 0:
            told(life.time_s, shift)
    now_s = life.time_s
    while shift.open() and now_s < life.time_s + LAST_S:
        now_s += STEP_S
        shift.step(now_s)
    return shift


def _on_duty(store: SqlOperations, unit: Unit, at_s: float) -> None:
    watch = deeds.PlanWatch(f"officer-{unit.id.lower()}", "patrol", at_s, at_s + SHIFT_S, unit.id)
    (planned,) = (one.id for one in store.do(watch, By("supervisor", at_s)).records)
    store.do(deeds.TurnWatch(planned, "on"), By("supervisor", at_s))
