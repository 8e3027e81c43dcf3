from __future__ import annotations

import numpy as np
import pytest

from data.router.matching import HmmMatcher
from tests.data.router.grid import street, town
from tests.twin.traffic.test_trips import both, drive
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.slots import SLOT_S, Slots, groups_of, slots_of, together
from twin.traffic.trips import Fixes, trips_of


@pytest.fixture(scope="module")
def matcher() -> HmmMatcher:
    return HmmMatcher(road_graph(town(*(street(f"s{x}", (5 * x, 0), (5 * x + 5, 0)) for x in range(4)), kmh=36.0)))


def told(matcher: HmmMatcher, fixes: Fixes, begin_s: float = -np.inf, end_s: float = np.inf) -> Slots:
    trips = trips_of(fixes)
    found = matcher.match_many(trips.position_m, trips.time_s, trips.first)
    return slots_of(matcher.graph, trips, found, begin_s, end_s)


def of(slots: Slots, graph: RoadGraph, name: str) -> Slots:
    return slots.take(np.array([graph.names(np.array([link]))[0] == name for link in slots.link]))


def test_a_drive_tells_the_speed_of_each_link(matcher: HmmMatcher) -> None:
    slots = told(matcher, both(*(drive(v, (20.0 * v, 1.0), 8.0, 45) for v in range(5))))
    middle = of(slots, matcher.graph, "s1")
    assert middle.kmh.tolist() == pytest.approx([28.8], rel=0.02)
    assert middle.vehicles.tolist() == [5]
    assert middle.metres.sum() == pytest.approx(2500, rel=0.02)
    assert middle.unsure[0] < 0.05


def test_metres_and_seconds_are_those_of_the_trips(matcher: HmmMatcher) -> None:
    fixes = drive(1, (10.0, 1.0), 9.0, 40, every_s=5.0, at_s=3 * SLOT_S - 60.0)
    slots = told(matcher, fixes)
    assert slots.metres.sum() == pytest.approx(9.0 * 195, rel=0.01)
    assert slots.seconds.sum() == pytest.approx(195)
    assert set(slots.slot.tolist()) == {2, 3}


def test_parts_of_a_look_are_counted_once(matcher: HmmMatcher) -> None:
    fixes = both(*(drive(v, (10.0 * v, 1.0), 8.0, 60) for v in range(4)))
    whole = told(matcher, fixes)
    parts = together([told(matcher, fixes, end_s=100.0), told(matcher, fixes, 100.0, 400.0)])
    assert parts.metres.sum() == pytest.approx(whole.metres.sum())
    assert parts.seconds == pytest.approx(whole.seconds)


def test_a_halt_tells_delay_stops_and_the_queue(matcher: HmmMatcher) -> None:
    # 60 s at a light, 30 m before the end of s0; free flow is 10 m/s
    wait = drive(1, (470.0, 1.0), 0.0, 12, at_s=47.0)
    slots = told(
        matcher, both(drive(1, (0.0, 1.0), 10.0, 10, every_s=4.7), wait, drive(1, (470.0, 1.0), 10.0, 30, at_s=107.0))
    )
    first = of(slots, matcher.graph, "s0")
    assert first.stops.tolist() == [1]
    assert first.stopped_s[0] == pytest.approx(60, abs=15)
    assert first.delay_s(matcher.graph)[0] == pytest.approx(60, abs=8)
    least, most = first.queue_between_m(matcher.graph)
    assert least[0] == pytest.approx(30, abs=12)
    assert most[0] >= least[0]
    assert first.again.tolist() == [0]


def test_who_drives_off_the_roads_disturbs_nobody_else(matcher: HmmMatcher) -> None:
    off = [drive(v, (3000.0, 5000.0), 8.0, 20, at_s=at) for v, at in ((1, 500.0), (2, 0.0), (3, 300.0))]
    alone = told(matcher, drive(4, (0.0, 1.0), 8.0, 45))
    beside = told(matcher, both(*off, drive(4, (0.0, 1.0), 8.0, 45)))
    assert beside.stops.tolist() == alone.stops.tolist()
    assert beside.metres == pytest.approx(alone.metres)


def test_of_few_vehicles_no_grade_is_told(matcher: HmmMatcher) -> None:
    classes = np.array(["primary"] * 4, object)
    few = told(matcher, drive(1, (0.0, 1.0), 4.0, 100))
    assert set(few.grades(matcher.graph, classes).tolist()) == {0}
    many = of(told(matcher, both(*(drive(v, (0.0, 1.0), 4.0, 50) for v in range(4)))), matcher.graph, "s0")
    assert many.grades(matcher.graph, classes).tolist() == [4]  # 14.4 km/h where the sign says 36


def test_a_ramp_is_graded_by_what_its_sign_allows() -> None:
    fast, slow = (road_graph(town(street("a", (0, 0), (5, 0)), kmh=kmh)) for kmh in (60.0, 40.0))
    assert set(groups_of(fast, np.array(["primary"], object)).tolist()) == {1}
    assert set(groups_of(fast, np.array(["motorway"], object)).tolist()) == {1}
    assert set(groups_of(slow, np.array(["motorway"], object)).tolist()) == {2}


def test_nothing_tells_nothing(matcher: HmmMatcher) -> None:
    assert len(told(matcher, drive(1, (0, 0), 1.0, 0))) == 0
