from __future__ import annotations

import math

import numpy as np
import pytest

from tests.twin.small import city, frame
from twin.city.city import City
from twin.live.frame import TrackFrame, empty_frame
from twin.traffic.roads import named_roads
from twin.traffic.speeds import (
    ARTERIAL,
    EXPRESSWAY,
    OTHER,
    Sighting,
    grade,
    recent,
    road_index,
    road_speeds,
    sight,
)  # fmt: skip
from twin.world import World


def seen(place: City, tracks: TrackFrame, at_s: float = 0.0, live: bool = True) -> Sighting:
    return sight(World(place, tracks, (), at_s, live))


def test_a_vehicle_counts_for_the_road_that_runs_its_way() -> None:
    place = city()
    crossing = frame(("a", "car", 252.0, 3.0, 2.0, 5.0), ("b", "car", 252.0, 3.0, 268.0, 10.0))
    speeds = road_speeds([seen(place, crossing)])
    assert speeds.vehicles.tolist() == [1, 0, 1, 0]
    assert speeds.mean_kmh[0] == pytest.approx(36.0)
    assert speeds.mean_kmh[2] == pytest.approx(18.0)


def test_the_mean_is_over_all_vehicles_of_a_road() -> None:
    two = frame(("a", "car", 100.0, 1.0, 90.0, 5.0), ("b", "bus", 200.0, -1.0, 270.0, 15.0))
    assert road_speeds([seen(city(), two)]).mean_kmh[0] == pytest.approx(36.0)


def test_a_vehicle_of_unknown_heading_takes_the_nearest_road() -> None:
    assert road_speeds([seen(city(), frame(("a", "car", 100.0, 50.0, math.nan, 5.0)))]).vehicles.tolist() == [
        0,
        0,
        0,
        1,
    ]


def test_boats_people_the_parked_and_the_far_do_not_count() -> None:
    others = frame(("a", "boat", 100.0, 0.0, 90.0, 5.0), ("b", "officer", 100.0, 0.0, 90.0, 1.0))
    far = frame(("c", "car", 100.0, -200.0, 90.0, 5.0))
    parked = frame(("d", "car", 100.0, 0.0, 90.0, 0.0), state="off_duty")
    assert not any(road_speeds([seen(city(), tracks)]).vehicles.any() for tracks in (others, far, parked))


def test_nothing_seen_is_unknown_not_free() -> None:
    speeds = road_speeds([seen(city(), empty_frame())])
    assert np.isnan(speeds.mean_kmh).all()
    assert speeds.grade.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize(
    ("kmh", "group", "expected"),
    [
        (40.1, ARTERIAL, 1), (40.0, ARTERIAL, 2), (30.0, ARTERIAL, 3), (20.0, ARTERIAL, 4), (15.0, ARTERIAL, 5),
        (65.1, EXPRESSWAY, 1), (50.1, EXPRESSWAY, 2), (20.0, EXPRESSWAY, 5), (35.1, OTHER, 1), (10.0, OTHER, 5),
    ],
)  # fmt: skip
def test_grades_follow_the_bands(kmh: float, group: int, expected: int) -> None:
    assert grade(np.array([kmh]), np.array([group], np.int8), np.array([3])).tolist() == [expected]


def test_the_index_is_made_once_for_a_city() -> None:
    place = city()
    assert road_index(place) is road_index(place)


def test_segments_of_one_name_are_one_road() -> None:
    place = city()
    two = frame(("a", "car", 100.0, 0.0, 90.0, 2.0), ("b", "car", 700.0, 0.0, 90.0, 10.0))
    rows = named_roads([seen(place, two)])
    assert rows.name.tolist() == ["人民大道", "西塘路"]
    assert rows.length_km.tolist() == [1.0, 0.6]
    assert rows.mean_kmh[0] == pytest.approx(21.6)
    assert rows.vehicles.tolist() == [2, 0]
    assert rows.position_m[0].tolist() == [250.0, 0.0]  # the slow half


def test_speeds_are_means_over_a_minute_and_a_vehicle_counts_once() -> None:
    place = city()
    halted, going = (frame(("a", "car", 100.0 + 5 * v, 0.0, 90.0, v)) for v in (0.0, 10.0))
    sightings: tuple[Sighting, ...] = ()
    for at_s, tracks in ((0.0, halted), (30.0, halted), (61.0, going)):
        sightings = recent(sightings, seen(place, tracks, at_s))
    speeds = road_speeds(sightings)
    assert speeds.mean_kmh[0] == pytest.approx(18.0)
    assert speeds.vehicles[0] == 1
    rows = named_roads(sightings)
    assert rows.vehicles.tolist() == [1, 0]
    assert rows.mean_kmh[0] == pytest.approx(18.0)


def test_of_a_few_vehicles_no_grade_is_told() -> None:
    cars = [(name, "car", 100.0 + 20 * n, 0.0, 90.0, 2.0) for n, name in enumerate("abc")]
    assert road_speeds([seen(city(), frame(*cars[:2]))]).grade[0] == 0
    assert road_speeds([seen(city(), frame(*cars))]).grade[0] == 5


def test_a_recording_and_another_city_begin_anew() -> None:
    place, car = city(), frame(("a", "car", 100.0, 0.0, 90.0, 5.0))
    first = seen(place, car, 10.0)
    assert len(recent((first,), seen(place, car, 20.0))) == 2
    assert len(recent((first,), seen(place, car, 5.0))) == 1
    assert len(recent((first,), seen(place, car, 20.0, live=False))) == 1
    assert len(recent((first,), seen(city(), car, 20.0))) == 1
