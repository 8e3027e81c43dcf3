from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from tests.data.router.grid import street, town
from twin.traffic.causes import Cause, Event, Known, causes_of, likely, moved
from twin.traffic.graph import RoadGraph, road_graph
from twin.traffic.indices import indices, network_index, strips
from twin.traffic.jams import Jam, is_recurring, jams_of, recurring
from twin.traffic.slots import SLOT_S, Slots, no_slots, together

GROUP = np.array([2], np.int8)


@pytest.fixture(scope="module")
def graph() -> RoadGraph:
    """Return a road of six links eastwards with a street that joins it from the south after the third."""
    streets = [street(f"e{x}", (2 * x, 0), (2 * x + 2, 0), oneway=True) for x in range(6)]
    return road_graph(town(*streets, street("south", (6, -2), (6, 0), oneway=True), kmh=36.0))


def told(graph: RoadGraph, speeds: dict[tuple[int, str], float], **columns: float) -> Slots:
    """Return slots in which ten vehicles drove each link at a speed in km/h."""
    rows = {key: link for link, key in enumerate(graph.names(np.arange(len(graph))))}
    slot, link = np.array([at for at, _ in speeds]), np.array([rows[key] for _, key in speeds])
    metres = 10.0 * graph.length_m[link]
    sums = {field.name: np.full(len(slot), columns.get(field.name, 0.0)) for field in fields(Slots)[2:]}
    sums |= {"metres": metres, "seconds": 3.6 * metres / np.array(list(speeds.values())),
             "vehicles": np.full(len(slot), columns.get("vehicles", 10.0))}  # fmt: skip
    return together([Slots(slot, link, **sums)])


def jams(graph: RoadGraph, slots: Slots) -> tuple[Jam, ...]:
    return jams_of(graph, slots, slots.grades(graph, np.array(["residential"] * len(graph.lines), object)))


def growing(begin: int = 100) -> dict[tuple[int, str], float]:
    """Return a jam that begins on e3, grows back to e1, and melts."""
    free = {(slot, f"e{x}"): 34.0 for slot in range(begin - 3, begin + 8) for x in range(6)}
    slow = {0: ("e3",), 1: ("e3", "e2"), 2: ("e3", "e2", "e1"), 3: ("e2", "e1"), 4: ("e1",)}
    return free | {(begin + at, key): 8.0 for at, keys in slow.items() for key in keys}


def test_a_jam_has_a_beginning_a_spreading_and_an_end(graph: RoadGraph) -> None:
    (jam,) = jams(graph, told(graph, growing()))
    assert graph.names(np.array([jam.head])) == ["e3"]
    assert (jam.begin_s, jam.end_s, jam.peak_s) == (100 * SLOT_S, 105 * SLOT_S, 102 * SLOT_S)
    assert jam.length_m.tolist() == [200, 400, 600, 400, 200]
    assert jam.kmh == pytest.approx(8.0)
    each_h = 200 / (8 / 3.6) / 3600 - 200 / 10 / 3600
    assert jam.lost_h == pytest.approx(9 * 10 * each_h)


def test_jams_far_apart_are_two_and_the_worst_is_first(graph: RoadGraph) -> None:
    speeds = {(50 + at, "e0"): 8.0 for at in range(4)} | {(50 + at, "e5"): 4.0 for at in range(4)}
    found = jams(graph, told(graph, speeds))
    assert [graph.names(jam.links) for jam in found] == [["e5"], ["e0"]]


def test_five_minutes_without_vehicles_do_not_cut_a_jam(graph: RoadGraph) -> None:
    assert len(jams(graph, told(graph, {(50, "e0"): 8.0, (52, "e0"): 8.0}))) == 1
    assert len(jams(graph, told(graph, {(50, "e0"): 8.0, (53, "e0"): 8.0}))) == 0  # neither is long enough


def test_nothing_jams_nothing(graph: RoadGraph) -> None:
    assert jams(graph, no_slots()) == ()
    assert jams(graph, told(graph, {(50, "e0"): 34.0})) == ()


def test_a_jam_of_most_days_is_recurring(graph: RoadGraph) -> None:
    day = round(86400 / SLOT_S)
    (today,) = jams(graph, told(graph, growing(100 + 5 * day)))
    earlier = [jams(graph, told(graph, growing(103 + n * day))) for n in range(3)]
    other = jams(graph, told(graph, {(180, "e5"): 5.0, (181, "e5"): 5.0}))
    assert recurring(graph, today, [*earlier, (), other]) == (3, 5)
    assert is_recurring(3, 5)
    assert not is_recurring(1, 5)
    assert not is_recurring(2, 2)


def around(graph: RoadGraph, slots: Slots, **more: object) -> Known:
    nowhere = np.zeros((0, 2))
    known = {
        "slots": slots, "usual": no_slots(), "days": 0, "seen": 0, "signals": np.zeros(0, np.int64),
        "schools_m": nowhere, "works_m": nowhere, "events": (), "local_hour": 10.0, "working_day": True,
    }  # fmt: skip
    return Known(**{**known, **more})  # type: ignore[arg-type]  # a test's own words


def named(causes: tuple[Cause, ...], name: str) -> Cause:
    return next(cause for cause in causes if cause.name == name)


def test_an_incident_that_was_told_is_the_cause(graph: RoadGraph) -> None:
    slots = told(graph, growing())
    (jam,) = jams(graph, slots)
    crash = Event("incident", 100 * SLOT_S, (700.0, 5.0))
    causes = causes_of(graph, jam, around(graph, slots, events=(crash,)))
    assert likely(causes) == "incident"
    far = Event("incident", 100 * SLOT_S, (700.0, 900.0))
    late = Event("incident", 200 * SLOT_S, (700.0, 5.0))
    assert likely(causes_of(graph, jam, around(graph, slots, events=(far, late), days=5, seen=5))) != "incident"


def test_a_plan_that_does_not_fit_shows_split_failures(graph: RoadGraph) -> None:
    slots = told(
        graph, growing() | {(slot, "south"): 33.0 for slot in range(100, 105)}, again=4.0, halted=9.0, stops=14.0
    )
    (jam,) = jams(graph, slots)
    signals = np.array([graph.head[jam.head]])
    causes = causes_of(graph, jam, around(graph, slots, signals=signals, days=5, seen=5))
    assert likely(causes) == "plan"
    numbers = {one.name: one for one in named(causes, "plan").numbers}
    assert numbers["split_failures"].value == pytest.approx(0.4)
    assert numbers["arrivals_on_green"].value == pytest.approx(0.1)
    without = causes_of(graph, jam, around(graph, slots, days=5, seen=5))
    assert named(without, "plan").score < named(causes, "plan").score


def test_what_was_full_ahead_spilled_back(graph: RoadGraph) -> None:
    slots = told(graph, growing() | {(99, "e4"): 9.9, (98, "e4"): 9.9}, queue_m=190.0)
    jam = jams(graph, told(graph, growing()))[0]
    assert named(causes_of(graph, jam, around(graph, slots)), "spill_back").score > 0


def test_a_school_counts_at_its_hours_only(graph: RoadGraph) -> None:
    slots = told(graph, growing())
    (jam,) = jams(graph, slots)
    near = np.array([[650.0, 120.0]])
    at = named(causes_of(graph, jam, around(graph, slots, schools_m=near, local_hour=16.5)), "school")
    night = named(causes_of(graph, jam, around(graph, slots, schools_m=near, local_hour=22.0)), "school")
    assert at.score > 0 > night.score


def test_more_vehicles_than_usual_speak_for_demand(graph: RoadGraph) -> None:
    slots, usual = told(graph, growing(), vehicles=20.0), told(graph, growing(100 - 288), vehicles=10.0)
    (jam,) = jams(graph, slots)
    usual = moved(usual, 86400.0)
    numbers = named(causes_of(graph, jam, around(graph, slots, usual=usual, days=1)), "demand").numbers
    assert numbers[0].value == pytest.approx(2.0)
    assert numbers[0].speaks_for


def test_what_is_not_known_speaks_neither_way(graph: RoadGraph) -> None:
    slots = told(graph, {(50, "e0"): 8.0, (51, "e0"): 8.0})
    (jam,) = jams(graph, slots)
    demand = named(causes_of(graph, jam, around(graph, slots)), "demand")
    assert np.isnan(demand.numbers[0].value)
    assert demand.score == 0


def test_indices_tell_mean_and_late_days(graph: RoadGraph) -> None:
    speeds = {(slot, "e0"): 36.0 if slot % 10 else 9.0 for slot in range(100)}
    slots = told(graph, speeds)
    part = np.where(np.array(graph.names(np.arange(len(graph)))) == "e0", 0, -1)
    found = indices(graph, slots, part, 2)
    assert found.travel_time[0] == pytest.approx(1.3)
    assert found.planning_time[0] == pytest.approx(4.0)
    assert found.buffer[0] == pytest.approx(4.0 / 1.3 - 1)
    assert found.slots.tolist() == [100, 0]
    assert np.isnan(found.travel_time[1])
    assert network_index(graph, slots) == pytest.approx(1.3)


def test_a_strip_has_a_grade_for_each_five_minutes(graph: RoadGraph) -> None:
    slots = told(graph, {(10, "e0"): 36.0, (10, "e1"): 36.0, (12, "e0"): 4.0, (12, "e1"): 4.0})
    part = np.zeros(len(graph), np.int64)
    assert strips(graph, slots, part, 1, GROUP, 9, 5).tolist() == [[0, 1, 0, 5, 0]]
    assert strips(graph, no_slots(), part, 1, GROUP, 9, 2).tolist() == [[0, 0]]
