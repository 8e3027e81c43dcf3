from __future__ import annotations

import functools
from itertools import pairwise

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from data.connectors.demo_life.fleet import entities_for, plate
from data.connectors.demo_life.life import CUT, Driving, Life
from data.connectors.demo_life.signals import AMBER, GREEN, RED, lights_of, signals_at
from data.connectors.demo_life.ways import Ways, build_ways, road_lines
from tests.small_county import small_county
from tests.twin.small import FRAME, table
from twin.access import mask_plate
from twin.city.city import City
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.live.kinds import CODE, KINDS
from twin.live.observation import ObservationArray

START_S = 1.7e9
MINUTES = 10


@functools.cache
def _ten_minutes() -> tuple[Life, list[ObservationArray], list[tuple[NDArray[np.int64], FloatArray]]]:
    """Return the life of the small county, all that it told, and where each vehicle was along which way."""
    life = Life(small_county(), 300, seed=1, start_s=START_S)
    told, tracks = [life.rows()], [_track(life)]
    for _ in range(60 * MINUTES):
        life.step(1.0)
        told.append(life.rows())
        tracks.append(_track(life))
    return life, told, tracks


def _vehicles(life: Life) -> Driving:
    part = life.parts[0]
    assert isinstance(part, Driving)
    return part


def _track(life: Life) -> tuple[NDArray[np.int64], FloatArray]:
    traffic = _vehicles(life).traffic
    return traffic.way.copy(), traffic.along_m.copy()


def _local(told: ObservationArray) -> FloatArray:
    return np.column_stack(small_county().frame.to_local(told["lon_deg"], told["lat_deg"]))


def test_nothing_jumps_farther_than_its_kind_can_go() -> None:
    _, told, _ = _ten_minutes()
    moving = [rows[~np.isnan(rows["speed_mps"])] for rows in told]
    top = np.array([kind.top_speed_mps for kind in KINDS])
    for before, after in pairwise(moving):
        assert (before["id"] == after["id"]).all()
        jump = np.hypot(*(_local(after) - _local(before)).T)
        assert (jump <= top[after["kind"]]).all()
        vehicle = after["kind"] < CODE["officer"]
        assert (jump <= CUT[0] * after["speed_mps"] + CUT[1] + 0.1)[vehicle].all()


def test_no_vehicle_passes_a_red_light() -> None:
    life, _, tracks = _ten_minutes()
    ways = life.ways
    signals = signals_at(life.lights, ways, ways.end)
    passed = 0
    for second, ((way, along), (then, farther)) in enumerate(pairwise(tracks)):
        shown = signals.aspects(START_S + second)
        crossed = (along <= ways.stop_m[way]) & ((way != then) | (farther > ways.stop_m[way]))
        assert not (crossed & (shown[way] == RED)).any()
        passed += int(np.count_nonzero(crossed & np.isin(way, signals.way)))
    assert passed > 200


def test_vehicles_are_on_their_road() -> None:
    life, told, _ = _ten_minutes()
    roads = small_county().table("roads")
    at = _vehicles(life).traffic.way
    rows = told[-1][: len(at)]
    line = _lines(life.ways)
    x, y = _local(rows).T
    away = np.asarray(shapely.distance(shapely.points(x, y), line[at]))
    half = roads["width_m"].to_numpy().max() / 2
    assert (away <= half + 20.0).all()  # across a junction, from one lane to the next
    assert np.mean(away <= half) > 0.97


def _lines(ways: Ways) -> NDArray[np.object_]:
    x, y = small_county().frame.to_local(ways.lon_deg, ways.lat_deg)
    owner = np.repeat(np.arange(len(ways)), np.diff(ways.first))
    return np.asarray(shapely.linestrings(x, y, indices=owner))


def test_vehicles_in_a_lane_keep_their_order_and_mostly_their_distance() -> None:
    life, _, _ = _ten_minutes()
    traffic = _vehicles(life).traffic
    lane = traffic.way * 16 + traffic.lane(traffic.way)
    order = np.lexsort((traffic.along_m, lane))
    same = lane[order][1:] == lane[order][:-1]
    gap = np.diff(traffic.along_m[order])[same]
    assert np.mean(gap < 4.0) < 0.05  # two that come into one lane from two sides stand close until one has gone


def test_traffic_flows() -> None:
    life, _, _ = _ten_minutes()
    speed = _vehicles(life).traffic.speed_mps
    assert 3.0 < float(speed.mean()) < 20.0
    assert np.mean(speed < 0.3) < 0.6


def test_the_day_has_gone_on_before_it_begins() -> None:
    life = Life(small_county(), 300, 1, START_S)
    life.step(0.1)
    speed = _vehicles(life).traffic.speed_mps
    assert float(np.median(speed)) > 5.0


def test_the_same_seed_gives_the_same_life_and_another_one_another() -> None:
    def after(seed: int) -> ObservationArray:
        life = Life(small_county(), 300, seed, START_S)
        for _ in range(30):
            life.step(1.0)
        return life.rows()

    assert after(3).tobytes() == after(3).tobytes()
    assert after(3).tobytes() != after(4).tobytes()


def test_every_kind_is_there_and_named_once() -> None:
    _, told, _ = _ten_minutes()
    kinds = {KINDS[code].name for code in told[0]["kind"]}
    assert kinds >= {
        "car", "taxi", "dump_truck", "hazmat_truck", "bus", "police_car", "ambulance", "officer", "guard", "volunteer",
        "drone", "air_sensor", "water_sensor", "noise_sensor", "gate",
    }  # fmt: skip
    assert len(np.unique(told[0]["id"])) == len(told[0])


def test_buses_halt_at_their_stops_and_go_on() -> None:
    _, told, _ = _ten_minutes()
    speeds = np.array([rows["speed_mps"][rows["kind"] == CODE["bus"]] for rows in told])
    assert ((speeds < 0.3).any(axis=0) & (speeds > 5.0).any(axis=0)).all()


def test_drones_fly_and_land() -> None:
    _, told, _ = _ten_minutes()
    heights = np.array([rows["height_m"][rows["kind"] == CODE["drone"]] for rows in told])
    assert (heights.max(axis=0) >= 60.0).all()
    assert heights.min() == 0.0


def test_sensors_report_once_a_minute_with_values() -> None:
    _, told, _ = _ten_minutes()
    reports = [rows for rows in told if (rows["kind"] == CODE["air_sensor"]).any()]
    assert len(reports) == MINUTES + 1
    sensors = reports[0][reports[0]["kind"] >= CODE["air_sensor"]]
    assert np.isfinite(sensors["value"]).all()


def test_no_plate_can_be_a_real_one() -> None:
    plates = [plate(number) for number in range(45_000)]
    assert all(text.startswith("浙F·I") for text in plates)
    assert len(set(plates)) == len(plates)
    assert mask_plate(plates[7]) == "浙F·I***7"


def test_a_county_gets_twenty_thousand_and_a_small_one_three_hundred() -> None:
    assert (entities_for(29.6), entities_for(1000.0), entities_for(4000.0)) == (300, 10_000, 20_000)


def test_a_city_without_roads_is_told() -> None:
    with pytest.raises(BadInputError, match="no roads"):
        Life(City("空", "Empty", FRAME, {}), 300, 1, START_S)


def test_lights_have_two_stages_that_never_go_together() -> None:
    city = small_county()
    ways = build_ways(road_lines(city.table("roads")), city.frame)
    signals = signals_at(lights_of(ways, city.table("junctions")), ways, ways.end)
    seen = np.array([signals.aspects(START_S + second)[signals.way] for second in range(120)])
    for junction in np.unique(ways.end[signals.way]):
        here = ways.end[signals.way] == junction
        first, second = (seen[:, here & (signals.second == stage)] for stage in (False, True))
        assert not ((first != RED).any(axis=1) & (second != RED).any(axis=1)).any()
    assert {GREEN, AMBER, RED} == set(np.unique(seen).tolist())


def test_a_dead_end_is_left_the_way_one_came_and_a_one_way_sink_is_not_entered() -> None:
    lines = [shapely.LineString(points) for points in ([(0, 0), (100, 0)], [(100, 0), (200, 0)], [(100, 0), (100, 90)])]
    roads = table(
        lines, id=["a", "b", "c"], name=[""] * 3, name_en=[""] * 3, road_class=["primary"] * 3, lanes=[2] * 3,
        oneway=[False, False, True], speed_kmh=[50.0] * 3, width_m=[7.0] * 3, bridge=[False] * 3,
        from_node=[1, 2, 2], to_node=[2, 3, 4],
    )  # fmt: skip
    ways = build_ways(road_lines(roads), FRAME)
    assert sorted(zip(ways.start.tolist(), ways.end.tolist(), strict=True)) == [(1, 2), (2, 1), (2, 3), (3, 2)]
    for way in range(len(ways)):
        follower = ways.follow(np.array([way]), np.array([0.5]))[0]
        assert ways.start[follower] == ways.end[way]
        turned = ways.back[way] == follower
        assert turned == (ways.end[way] in (1, 3))
