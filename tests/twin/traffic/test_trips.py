from __future__ import annotations

import numpy as np
import pytest

from tests.data.router.grid import grid
from twin.datums import COORDINATES, Coordinates, wgs84_to_gcj02
from twin.geo import FloatArray
from twin.traffic.graph import road_graph
from twin.traffic.trips import Fixes, guess_coordinates, trips_of


def drive(
    vehicle: int, begin: tuple[float, float], mps: float, count: int, every_s: float = 5.0, at_s: float = 0.0
) -> Fixes:
    when = at_s + every_s * np.arange(count, dtype=np.float64)
    return Fixes(
        np.full(count, vehicle, np.uint64),
        when,
        np.column_stack([begin[0] + mps * (when - at_s), np.full(count, begin[1])]),
    )


def both(*parts: Fixes) -> Fixes:
    return Fixes(*(np.concatenate([getattr(part, name) for part in parts]) for name in Fixes.__slots__))


def test_a_plain_drive_is_one_trip_whatever_order_it_comes_in() -> None:
    fixes, rng = drive(7, (0, 0), 10.0, 50), np.random.default_rng(1)
    order = rng.permutation(50)
    trips = trips_of(Fixes(*(getattr(fixes, name)[order] for name in Fixes.__slots__)))
    assert len(trips) == 1
    assert trips.time_s.tolist() == fixes.time_s.tolist()


def test_nothing_gives_nothing() -> None:
    trips = trips_of(drive(1, (0, 0), 1.0, 0))
    assert len(trips) == 0
    assert trips.first.tolist() == [0]


def test_what_is_told_twice_or_nowhere_is_left_out_and_counted() -> None:
    fixes = drive(1, (0, 0), 10.0, 20)
    lost = both(fixes, fixes)
    lost.position_m[3] = np.nan
    trips = trips_of(lost)
    assert trips.left_out["no_position"] == 1
    assert trips.left_out["twice"] == 19
    assert len(trips.time_s) == 20


def test_a_lone_jump_is_left_out_and_the_trip_goes_on() -> None:
    fixes = drive(1, (0, 0), 10.0, 30)
    fixes.position_m[12] += 8000.0
    trips = trips_of(fixes)
    assert len(trips) == 1
    assert len(trips.time_s) == 29


def test_two_vehicles_on_one_id_are_two_trips() -> None:
    one, other = drive(1, (0, 0), 10.0, 30), drive(1, (9000, 0), -12.0, 30, at_s=2.0)
    trips = trips_of(both(one, other))
    assert len(trips) == 2
    assert sorted(trips.position_m[trips.first[:-1], 0].tolist()) == [0.0, 9000.0]


def test_a_taxi_that_stands_for_an_hour_is_no_jam() -> None:
    rng = np.random.default_rng(2)
    rank = drive(1, (500, 0), 0.0, 120, every_s=30.0, at_s=250.0)
    rank.position_m[:] += rng.normal(0, 5, rank.position_m.shape)
    away = drive(1, (500, 0), 10.0, 30, at_s=3900.0)
    trips = trips_of(both(drive(1, (0, 0), 10.0, 50), rank, away))
    assert trips.left_out["stands"] >= 115
    assert len(trips.time_s) <= 85


def test_a_queue_that_creeps_is_kept() -> None:
    creeping = drive(1, (0, 0), 0.4, 200)
    creeping.position_m[100:, 0] += np.arange(100) * 40.0
    trips = trips_of(creeping)
    assert trips.left_out["stands"] == 0
    assert len(trips.time_s) == 200


def test_who_walks_is_left_out() -> None:
    trips = trips_of(both(drive(1, (0, 0), 1.4, 100), drive(2, (0, 0), 9.0, 100)))
    assert trips.left_out["on_foot"] == 100
    assert trips.vehicle.tolist() == [2]


def test_a_long_silence_cuts_a_trip() -> None:
    trips = trips_of(both(drive(1, (0, 0), 10.0, 10), drive(1, (900, 0), 10.0, 10, at_s=400.0)))
    assert np.diff(trips.first).tolist() == [10, 10]


@pytest.mark.parametrize("told", COORDINATES[:2])
def test_the_datum_of_a_source_is_seen_on_the_roads(told: Coordinates) -> None:
    city = grid()
    graph, rng = road_graph(city), np.random.default_rng(4)
    local: FloatArray = np.column_stack([rng.uniform(0, 300, 200), rng.integers(0, 4, 200) * 100.0])
    lon, lat = city.frame.to_lonlat(local[:, 0], local[:, 1])
    shown = (lon, lat) if told == "wgs-84" else wgs84_to_gcj02(lon, lat)
    assert guess_coordinates(*shown, city.frame, graph) == told
