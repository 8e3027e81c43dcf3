"""Each kind of condition, from what was told to the hit: when it begins, when not, and what it says."""

from __future__ import annotations

import math

import pytest

from tests.twin.rules.town import START, Run, at, scenario
from twin.live.observation import Observation
from twin.rules.conditions import hours_of
from twin.rules.hit import Limit, Reading
from twin.rules.lists import Entry, RefList

SCHOOL = {"sites": ["school"]}


def sensor(value: float, after_s: float, key: str = "n1") -> Observation:
    return at(key, 50, 50, after_s, "noise_sensor", value=value)


def test_a_threshold_begins_once_and_ends_by_its_hysteresis() -> None:
    run = Run(scenario({"kind": "holds", "holds": "value > 75", "until": "value < 60"}))
    told = [70.0, 76.0, 80.0, 65.0, 76.0, 59.0, 76.0]
    fired = run.fired(*([sensor(value, 60.0 * n)] for n, value in enumerate(told)))
    assert fired == [[], ["n1"], [], [], [], [], ["n1"]]


def test_a_threshold_must_hold_for_its_time() -> None:
    run = Run(scenario({"kind": "holds", "holds": "value > 75", "for_s": 100}))
    told = [(0, 80.0), (60, 80.0), (90, 70.0), (120, 80.0), (180, 80.0), (230, 80.0), (300, 80.0)]
    assert run.fired(*([sensor(value, after)] for after, value in told)) == [[], [], [], [], [], ["n1"], []]


def test_a_hit_tells_values_units_and_what_would_have_kept_it_silent() -> None:
    run = Run(scenario({"kind": "holds", "holds": "value > 75 AND state <> 'fault'", "area": SCHOOL}))
    (hit,) = run.tell(sensor(80.5, 10.0))
    assert hit.readings == (Reading("value", 80.5, "dB"), Reading("state", "unknown"))
    assert hit.unless == (Limit("value", "<=", 75.0), Limit("state", "=", "fault"))
    assert (hit.area, hit.severity, hit.at_s) == ("鹿春小学", 2, START + 10.0)


def test_what_is_unknown_does_not_fire() -> None:
    run = Run(scenario({"kind": "holds", "holds": "NOT value > 75"}))
    assert run.tell(sensor(math.nan, 0.0)) == []


def test_entering_and_leaving_are_seen_where_the_edge_is_crossed() -> None:
    way = [[at("a", x, 50, n)] for n, x in enumerate((-50, 50, 60, 150, 550, 50))]
    entered = Run(scenario({"kind": "enters", "area": {"sites": ["school", "hospital"]}}))
    assert [bool(one) for one in entered.fired(*way)] == [False, True, False, False, True, True]
    left = Run(scenario({"kind": "leaves", "area": SCHOOL}))
    assert [bool(one) for one in left.fired(*way)] == [False, False, False, True, False, False]


def test_where_one_was_first_seen_is_no_crossing() -> None:
    assert Run(scenario({"kind": "enters", "area": SCHOOL})).tell(at("a", 50, 50, 0)) == []


def test_staying_counts_from_coming_in_and_is_told_once() -> None:
    run = Run(scenario({"kind": "stays", "area": SCHOOL, "for_s": 100}))
    way = [(0, 50), (60, 50), (80, 200), (90, 50), (180, 50), (195, 60), (260, 60)]
    fired = run.fired(*([at("a", x, 50, after)] for after, x in way))
    assert fired == [[], [], [], [], [], ["a"], []]
    (hit,) = run.tell(at("b", 50, 50, 300)) or run.tell(at("b", 50, 50, 401))
    assert hit.readings == (Reading("dwell_s", 101.0, "s"),)
    assert hit.unless == (Limit("dwell_s", "<", 100.0, "s"),)


def test_standing_forgives_a_wandering_place_and_ends_with_driving_off() -> None:
    run = Run(scenario({"kind": "stands", "for_s": 100, "within_m": 15}))
    way = [(0, 0), (50, 8), (101, -5), (150, 8), (160, 40), (200, 40), (261, 45)]
    assert run.fired(*([at("a", x, 0, after)] for after, x in way)) == [[], [], ["a"], [], [], [], ["a"]]


def test_off_its_route_or_hours_only_while_it_moves() -> None:
    route = Run(scenario({"kind": "off_permit", "route": {"routes": ["bus"], "margin_m": 30}}))
    assert route.fired(
        [at("b", 100, 310, 0, "bus", speed_mps=8.0)], [at("b", 100, 400, 10, "bus", speed_mps=0.0)],
        [at("b", 100, 410, 20, "bus", speed_mps=8.0)], [at("b", 100, 420, 30, "bus")],
    ) == [[], [], ["b"], []]  # fmt: skip
    hours = Run(scenario({"kind": "off_permit", "hours": ["22:00-06:00", "08:30-09:00"]}))
    assert hours.fired([at("c", 0, 0, 0, speed_mps=9.0)], [at("d", 0, 0, 1860, speed_mps=9.0)]) == [["c"], []]


@pytest.mark.parametrize("word", ["25:00-26:00", "8-x", "", "08:99-09:00"])
def test_hours_that_are_none_are_refused(word: str) -> None:
    with pytest.raises(ValueError, match=r"invalid|-"):
        hours_of([word])


def listed(*entries: Entry, as_of_s: float = START, good_for_s: float = 86400.0) -> RefList:
    return RefList("suspended", "交警支队", "秩序科", as_of_s, good_for_s, entries)


ENTRY = Entry("浙FI0042", "C1", START + 500, "道交法第九十九条", "王警官")


def test_a_plate_on_a_list_is_linked_to_its_vehicle_and_every_pass_is_a_sighting() -> None:
    run = Run(scenario({"kind": "listed", "list": "suspended", "by": "plate"}), listed(ENTRY))
    car = {"label": "浙F·I0042"}
    (hit,) = run.tell(at("a", 0, 0, 0, **car), at("b", 0, 0, 0, label="浙F·I0043"))
    assert (hit.subjects[0].id, hit.subjects[0].link) == ("a", "plate")
    (entry,) = hit.entries
    assert (entry.source, entry.owner, entry.legal_basis, entry.overdue) == (
        "交警支队",
        "王警官",
        "道交法第九十九条",
        False,
    )
    assert hit.unless == (Limit("plate", "not on list", "suspended"),)
    assert run.fired([at("a", 0, 0, 60, **car)], [at("a", 0, 0, 501, **car)]) == [["a"], []], "the entry has ended"


def test_a_list_past_its_age_says_so_and_a_new_one_counts_at_once() -> None:
    old = listed(ENTRY, as_of_s=START - 90_000)
    run = Run(scenario({"kind": "listed", "list": "suspended", "by": "plate"}), old)
    assert run.tell(at("a", 0, 0, 0, label="浙F I0042"))[0].overdue
    run.rules.replace_list(listed(Entry("浙FI0099")))
    assert run.fired([at("a", 0, 0, 1, label="浙F·I0042"), at("b", 0, 0, 1, label="浙F·I0099")]) == [["b"]]


def test_one_without_a_permit_is_missing_on_its_list_but_one_without_a_plate_is_nobody() -> None:
    run = Run(scenario({"kind": "listed", "list": "suspended", "by": "plate", "missing": True}), listed(ENTRY))
    rows = [at("a", 0, 0, 0, label="浙F·I0042"), at("b", 0, 0, 0, label="浙F·I0043"), at("c", 0, 0, 0)]
    assert run.fired(rows) == [["b"]]


def test_quiet_keeps_one_entity_from_firing_again_too_soon() -> None:
    run = Run(scenario({"kind": "listed", "list": "suspended", "by": "plate"}, quiet_s=100), listed(ENTRY))
    passes = [[at("a", 0, 0, after, label="浙F·I0042")] for after in (0, 50, 99, 101)]
    assert run.fired(*passes) == [["a"], [], [], ["a"]]


def test_a_crowd_is_told_when_it_forms_and_again_only_after_it_broke_up() -> None:
    run = Run(scenario({"kind": "crowd", "most": 2, "area": SCHOOL, "fresh_s": 60}))
    three = [at(key, 50, 50, 0) for key in "abc"]
    assert run.tell(*three[:2]) == []
    (hit,) = run.tell(three[2])
    assert (hit.area, hit.readings) == ("鹿春小学", (Reading("count", 3.0),))
    assert run.fired([at("a", 51, 50, 30)], [at("b", 300, 50, 40)], [at("b", 50, 50, 50)]) == [[], [], ["b"]]
    assert run.tell(at("d", 50, 50, 200)) == [], "the others are too long ago"


def test_a_crowd_in_the_cells_of_a_grid() -> None:
    run = Run(scenario({"kind": "crowd", "most": 2, "cell_m": 200}))
    assert run.tell(at("a", -10, 10, 0), at("b", 10, 10, 0), at("c", 10, 20, 0)) == []
    assert len(run.tell(at("d", 100, 100, 1))) == 1


def test_two_kinds_too_near_each_other() -> None:
    near = {"kind": "near", "to": {"kinds": ["bus", "dump_truck"]}, "within_m": 100}
    run = Run(scenario(near, {"kinds": ["dump_truck"]}))
    assert run.tell(at("t", 0, 0, 0, "dump_truck"), at("b", 300, 0, 0, "bus")) == []
    (hit,) = run.tell(at("t", 220, 0, 10, "dump_truck"))
    assert [subject.id for subject in hit.subjects] == ["t", "b"]
    assert hit.readings[0].name == "distance_m"
    assert hit.readings[0].value == pytest.approx(80, abs=0.5)
    assert run.fired([at("t", 230, 0, 20, "dump_truck")], [at("t", 0, 0, 30, "dump_truck")]) == [[], []]
    assert run.tell(at("t", 290, 0, 120, "dump_truck")) == [], "where the bus was a minute ago counts no more"


def test_a_device_that_spoke_and_says_nothing_is_told_once() -> None:
    run = Run(scenario({"kind": "silent", "for_s": 300}, {"kinds": ["air_sensor"]}))
    run.tell(at("s", 0, 0, 0, "air_sensor"), at("c", 0, 0, 0))
    assert run.tell(now_s=299) == []
    (hit,) = run.tell(now_s=301)
    assert (hit.subjects[0].id, hit.at_s) == ("s", START + 300)
    assert run.tell(now_s=900) == []
    assert run.fired([at("s", 0, 0, 901, "air_sensor")]) == [[]]
    assert len(run.tell(now_s=1300)) == 1


def test_steps_in_their_order_and_within_their_time() -> None:
    steps = ["state = 'stopped'", "state = 'alarm'", "state = 'moving'"]
    run = Run(scenario({"kind": "sequence", "steps": steps, "within_s": 100}))

    def told(*states: tuple[float, str]) -> list[list[str]]:
        return run.fired(*([at("a", 0, 0, after, state=state)] for after, state in states))

    assert told((0, "stopped"), (10, "alarm"), (20, "moving")) == [[], [], ["a"]]
    assert told((100, "alarm"), (110, "stopped"), (120, "moving")) == [[], [], []]
    assert told((300, "stopped"), (350, "stopped"), (360, "alarm"), (440, "moving")) == [[], [], [], ["a"]]
    assert told((600, "stopped"), (650, "alarm"), (701, "moving")) == [[], [], []]


def test_only_the_kinds_and_rows_that_are_watched_are_seen() -> None:
    watch = {"layers": ["people"], "kinds": ["car"], "where": "label LIKE '浙F%'"}
    run = Run(scenario({"kind": "holds", "holds": "speed_mps > 10"}, watch))
    told = [("a", "car", "浙F·1"), ("b", "bus", "浙F·2"), ("c", "officer", "浙F·3"), ("d", "car", "沪A")]
    rows = [at(key, 0, 0, 0, kind, label=label, speed_mps=11.0) for key, kind, label in told]
    assert run.fired(rows) == [["a", "c"]]


def test_what_stands_among_others_that_stand_waits_and_is_told_once_it_stands_alone() -> None:
    run = Run(scenario({"kind": "stands", "for_s": 60, "queue": 2}, {"kinds": ["hazmat_truck"]}))

    def look(after_s: float, others_mps: float) -> list[Observation]:
        truck = at("truck", 0, 0, after_s, "hazmat_truck", speed_mps=0.0)
        cars = [at(f"c{n}", 10.0 * n + 10, 0, after_s, speed_mps=others_mps) for n in range(2)]
        return [truck, *cars, at("far", 500, 0, after_s, speed_mps=0.0)]

    assert run.fired(look(0, 0.0), look(61, 0.0), look(90, 0.0)) == [[], [], []]
    (hit,) = run.tell(*look(100, 9.0))
    assert {reading.name: reading.value for reading in hit.readings}["others"] == 0
    assert run.fired(look(110, 9.0), look(120, 0.0)) == [[], []]
