from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.home import Home
from data.sync.journal import journal_path
from data.traffic.demand import Known, demand, wished
from data.traffic.store import TrafficStore
from tests.data.history.factory import NOON, record
from tests.data.traffic.made import traffic
from tests.twin.signals.made import arterial_city
from twin.city.city import City
from twin.live.kinds import CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.signals.corridor import corridors
from twin.signals.stages import USUAL_VPH
from twin.signals.wave import wish_for
from twin.traffic.graph import road_graph
from twin.traffic.streams import ASSUMED, COUNTS, TRACKS

CITY = arterial_city((0.0, 400.0, 800.0, 1200.0, 1600.0, 2000.0))
(ROAD,) = corridors(CITY)
MPS, EVERY_S = 12.0, 4.0


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "data", tmp_path / "cache", tmp_path / "state", tmp_path / "runtime")


def ride(city: City, name: str, begin_s: float, corners: list[tuple[float, float]]) -> ObservationArray:
    """Return what a car tells that drives along corners."""
    at = np.array(corners)
    long_m = np.append(0.0, np.cumsum(np.hypot(*np.diff(at, axis=0).T)))
    when = np.arange(0.0, long_m[-1] / MPS, EVERY_S)
    east, north = (np.interp(when * MPS, long_m, axis) for axis in at.T)
    rows = np.zeros(len(when), OBSERVATION_DTYPE)
    rows["id"], rows["kind"], rows["time_s"] = name.encode(), CODE["car"], begin_s + when
    rows["lon_deg"], rows["lat_deg"] = city.frame.to_lonlat(east, north)
    rows["value"] = rows["accuracy_m"] = np.nan
    return rows


def driven(home: Home, cars: int) -> None:
    """Keep half an hour: of ``cars`` a third goes all the way out, a third back, a third turns left at 2街."""
    ways = [[(-290.0, -2.0), (2290.0, -2.0)], [(2290.0, 2.0), (-290.0, 2.0)],
            [(-290.0, -2.0), (400.0, -2.0), (400.0, 290.0)]]  # fmt: skip
    rows = [ride(CITY, f"car {n}", NOON - 3600.0 + 1500.0 * n / max(cars, 1), ways[n % 3]) for n in range(cars)]
    together = np.concatenate(rows)
    record(journal_path(home, "x"), together[np.argsort(together["time_s"], kind="stable")])


def test_the_last_hour_of_the_history_tells_who_goes_where_and_plans_are_made_for_it(home: Home) -> None:
    driven(home, 90)
    known = Known(home, "x", NOON, share=0.1)
    streams, wish = wished(CITY, road_graph(CITY), ROAD, known)
    assert streams.origin == TRACKS
    hours = (1500.0 + 2580.0 / MPS) / 3600.0
    one = 30 / hours / 0.1
    first, second = wish.flows[0], wish.flows[1]
    assert first[ROAD.out[0]] == pytest.approx(2 * one, rel=0.1)
    assert second[ROAD.out[1]] == pytest.approx(one, rel=0.1)
    assert second["west.left"] == pytest.approx(one, rel=0.1)
    assert second[ROAD.back[1]] == pytest.approx(one, rel=0.1)
    assert second["north.through"] == 0.0


def test_without_tracks_counts_are_taken_and_without_counts_the_usual(home: Home) -> None:
    graph, usual = road_graph(CITY), wish_for(ROAD)
    known = Known(home, "x", NOON)
    assert demand(CITY, graph, ROAD, usual.flows, known).origin == ASSUMED
    streams, wish = wished(CITY, graph, ROAD, known)
    assert (streams.origin, wish.flows[0][ROAD.out[0]]) == (ASSUMED, USUAL_VPH["out"])
    TrafficStore.of(home, "x", graph).add(traffic(graph, np.arange(len(graph)), NOON, range(0), range(12)))
    streams, wish = wished(CITY, graph, ROAD, known)
    assert streams.origin == COUNTS
    assert wish.flows[0][ROAD.out[0]] != USUAL_VPH["out"]


def test_few_tracks_tell_nothing(home: Home) -> None:
    driven(home, 6)
    assert demand(CITY, road_graph(CITY), ROAD, wish_for(ROAD).flows, Known(home, "x", NOON)).origin == ASSUMED


def test_what_is_told_later_than_now_does_not_count(home: Home) -> None:
    driven(home, 90)
    assert demand(CITY, road_graph(CITY), ROAD, wish_for(ROAD).flows, Known(home, "x", NOON - 3600.0)).origin == ASSUMED
