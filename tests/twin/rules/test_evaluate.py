"""All scenarios over batches: late, doubled and old rows, changes while it runs, and equality with a plain loop."""

from __future__ import annotations

import numpy as np
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.twin.rules.town import START, Run, at, placed, scenario, town
from tests.twin.small import FRAME
from twin.kept import Geofence
from twin.live.observation import batch
from twin.rules.evaluate import Rules, Setting
from twin.rules.lists import RefList
from twin.rules.memory import Memory
from twin.rules.scenario import Loaded

FAST = {"kind": "holds", "holds": "speed_mps > 10"}


def test_rows_of_one_entity_in_one_batch_count_in_their_order() -> None:
    run = Run(scenario({"kind": "enters", "area": {"sites": ["school"]}}))
    rows = [at("a", 50, 50, 2), at("a", -50, 50, 1), at("a", 150, 50, 3), at("a", 60, 60, 4)]
    assert [hit.at_s - START for hit in run.tell(*rows)] == [2.0, 4.0]


def test_what_is_late_or_told_twice_changes_nothing() -> None:
    run = Run(scenario(FAST))
    assert len(run.tell(at("a", 0, 0, 10, speed_mps=12.0))) == 1
    assert run.fired(
        [at("a", 0, 0, 10, speed_mps=5.0)], [at("a", 0, 0, 5, speed_mps=5.0)], [at("a", 0, 0, 11, speed_mps=12.0)]
    ) == [[], [], []]


def test_a_clock_that_goes_back_an_hour_does_not_take_time_back() -> None:
    run = Run(scenario({"kind": "silent", "for_s": 300}, {"kinds": ["air_sensor"]}))
    run.tell(at("s", 0, 0, 3600, "air_sensor"))
    assert run.tell(at("other", 0, 0, 0), now_s=0) == []
    assert len(run.tell(now_s=3901)) == 1


def test_a_changed_scenario_begins_anew_and_one_that_stays_goes_on() -> None:
    stays = scenario({"kind": "stays", "area": {"sites": ["school"]}, "for_s": 100})
    rules = Rules([stays], Setting(town()))
    first = batch("t", [at("a", 50, 50, 0)]).rows
    rules.take(first, placed(first), START)
    rules.replace([stays])
    later = batch("t", [at("a", 50, 50, 101)]).rows
    assert len(rules.take(later, placed(later), START + 101)) == 1
    rules.replace([scenario({"kind": "stays", "area": {"sites": ["school"]}, "for_s": 50})])
    again = batch("t", [at("a", 50, 50, 102)]).rows
    assert rules.take(again, placed(again), START + 102) == []
    rules.replace([])
    assert rules.running == ()


def test_who_said_nothing_for_a_day_is_forgotten() -> None:
    memory = Memory()
    kept = memory.keep(np.int64, -1)
    rows = batch("t", [at(f"e{n}", 0, 0, n) for n in range(3000)]).rows
    slot = memory.slots(rows["id"])
    memory.take(slot, rows, placed(rows))
    kept.values[slot] = np.arange(3000)
    memory.forget(START + 2990)
    assert memory.known == 10
    assert kept.values[memory.slots(rows["id"][-1:])].tolist() == [2999]
    assert kept.values[memory.slots(rows["id"][:1])].tolist() == [-1]


def test_a_scenario_that_is_off_does_not_run() -> None:
    assert Run(scenario(FAST, on=False)).rules.running == ()


def test_no_rows_are_no_trouble_for_any_kind() -> None:
    area = {"sites": ["school"]}
    for when in (
        FAST, {"kind": "enters", "area": area}, {"kind": "stays", "area": area, "for_s": 9},
        {"kind": "stands", "for_s": 9},
        {"kind": "off_permit", "hours": ["08:00-09:00"]}, {"kind": "listed", "list": "x", "by": "plate"},
        {"kind": "crowd", "most": 2, "cell_m": 50}, {"kind": "near", "to": {"kinds": ["bus"]}, "within_m": 9},
        {"kind": "silent", "for_s": 9}, {"kind": "sequence", "steps": ["value > 1", "value > 2"], "within_s": 9},
        {"kind": "crowd", "most": 2, "area": {"sites": ["petrol_station"]}},
    ):  # fmt: skip
        run = Run(scenario(when), RefList("x", "", "", 0, 0, ()))
        assert run.tell(now_s=0) == []
        assert run.tell(at("a", 50, 50, 5), now_s=5) == []


ticks = st.lists(
    st.tuples(st.integers(0, 3), st.integers(1, 40), st.sampled_from([-50, 30, 60, 150])), min_size=1, max_size=40
)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(ticks=ticks)
def test_staying_is_what_a_plain_loop_says(ticks: list[tuple[int, int, int]]) -> None:
    run = Run(scenario({"kind": "stays", "area": {"sites": ["school"]}, "for_s": 60}))
    since: dict[int, float] = {}
    told: set[int] = set()
    now = 0.0
    for who, step, east in ticks:
        now += step
        hits = run.tell(at(f"e{who}", east, 50, now))
        if not 0 <= east <= 100:
            since.pop(who, None)
            told.discard(who)
        began = now - since.setdefault(who, now) >= 60 and who not in told if 0 <= east <= 100 else False
        told |= {who} if began else set()
        assert bool(hits) == began


def drawn(name: str, until_s: float, kind: str = "event") -> Geofence:
    shape = shapely.box(FRAME.origin_m[0], FRAME.origin_m[1], FRAME.origin_m[0] + 100, FRAME.origin_m[1] + 100)
    return Geofence("f1", name, kind, "罗星派出所", shape, START, START + until_s)


def test_a_drawn_area_counts_as_it_was_drawn_and_no_longer_than_it_was_drawn_for() -> None:
    loaded = scenario({"kind": "enters", "area": {"fences": ["event"], "sites": ["hospital"], "margin_m": 50}})
    rules = Rules([loaded], Setting(town(), (drawn("灯会", 100),)))

    def crossed(after_s: float, east_m: float) -> list[str]:
        hits: list[str] = []
        for moment, place in ((after_s, -500), (after_s + 1, east_m)):
            rows = batch("test", [at("a", place, 50, moment)]).rows
            hits += [hit.area for hit in rules.take(rows, placed(rows), START + moment)]
        return hits

    assert crossed(0, 120) == []
    assert crossed(10, 90) == ["灯会"]
    assert crossed(98, 90) == ["灯会"]
    assert crossed(100, 90) == []
    assert crossed(110, 470) == ["中医院"]


def test_an_area_that_is_drawn_anew_leaves_what_other_scenarios_remember() -> None:
    fast = Loaded(
        "fast", "security", "1", scenario({"kind": "stays", "area": {"sites": ["school"]}, "for_s": 10}).scenario
    )
    rules = Rules([scenario({"kind": "stays", "area": {"fences": ["灯会"]}, "for_s": 10}), fast], Setting(town()))
    found = []
    for moment, fences in ((0, ()), (5, (drawn("灯会", 100),)), (12, (drawn("灯会", 100),)), (16, ())):
        rules.replace_fences(fences)
        rows = batch("test", [at("a", 50, 50, moment)]).rows
        found.append([hit.scenario for hit in rules.take(rows, placed(rows), START + moment)])
    assert found == [[], [], ["fast"], []]
