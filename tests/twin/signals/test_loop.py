"""The loop without a street: radars whose vehicles are counted by hand."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.twin.signals.made import arterial_city
from twin.signals import loop as loops
from twin.signals.corridor import Corridor, corridors
from twin.signals.loop import BACK, FALLEN, KEPT, MEASURED, TRIED, WELL, Event, Loop
from twin.signals.plan import Plan
from twin.signals.radar import Kpi, Second, greens_of, kpi, watched
from twin.signals.wave import wave_at, wish_for

START_S = 1_795_000_000.0
LANES = {0: "west.through", 1: "east.through", 2: "north.through", 3: "south.through"}
AT_M = (0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)


@cache
def arterial() -> tuple[Corridor, tuple[Plan, ...]]:
    wish = wish_for(corridors(arterial_city(AT_M))[0])
    return wish.corridor, wave_at(wish, 80.0).plans


def second(junction: int, at_s: float, green: frozenset[str], queue: float = 0.0, passed: int = 0) -> Second:
    lanes = np.ones(4)
    return Second(
        junction, at_s, green, (passed * lanes).astype(np.int64), 7.5 * queue * lanes, 50.0 * lanes + at_s % 7
    )


def drive(loop: Loop, seconds: range, silent: int = -1) -> list[Event]:
    """Have all radars tell of a vehicle every five seconds, nobody standing."""
    found: list[Event] = []
    for at in seconds:
        for row, (junction, plan) in enumerate(zip(loop.corridor.junctions, loop.plans, strict=True)):
            stage, into = plan.stage_at(START_S + at)
            green = plan.stages[stage].greens if into < plan.stages[stage].green_s else frozenset()
            if row != silent:
                loop.hear(second(junction.id, START_S + at, green, passed=int(bool(green) and at % 5 == 0)))
        found += loop.tick(START_S + at)
    return found


def made() -> Loop:
    road, plans = arterial()
    return Loop(road, plans, {junction.id: LANES for junction in road.junctions})


def test_who_stopped_and_when_the_queue_was_gone_is_read_from_counts() -> None:
    green = frozenset({"west.through"})
    seconds = [second(1, at, frozenset(), queue=min(at // 4, 4)) for at in range(20)]
    seconds += [second(1, 20 + at, green, queue=max(0, 4 - at // 2), passed=int(at % 2 == 1)) for at in range(20)]
    seconds += [second(1, 40 + at, frozenset()) for at in range(10)]
    found = greens_of(watched(seconds, "west.through", LANES))
    assert (found.begin_s.tolist(), found.end_s.tolist()) == ([20.0], [40.0])
    assert (found.passed[0], found.stopped[0], found.queue[0], found.left[0]) == (10, 4, 4, 0)
    assert found.clear_s[0] == pytest.approx(28.0, abs=1.0)
    assert found.on_green == pytest.approx(0.6)


def test_a_plan_in_step_is_worth_more_than_one_out_of_step_and_without_vehicles_nothing_is_told() -> None:
    road, _ = arterial()
    loop, other = made(), made()
    other.plans = tuple(plan.shifted(29.0 * row * row) for row, plan in enumerate(other.plans))
    for each in (loop, other):
        drive(each, range(600))
    found, worse = (kpi(road, each._seen, each.lanes) for each in (loop, other))
    assert found.trips > 50
    assert found.one_stop > worse.one_stop
    none = {key: [replace(each, passed=0 * each.passed) for each in told] for key, told in loop._seen.items()}
    assert kpi(road, none, loop.lanes).trips == 0


def test_a_radar_that_is_silent_or_stuck_brings_the_released_plan_back_and_is_named() -> None:
    loop = made()
    loop.plans = tuple(plan.shifted(plan.offset_s + 4) for plan in loop.plans)
    assert drive(loop, range(60)) == []
    (fallen,) = drive(loop, range(60, 120), silent=2)
    assert (fallen.kind, fallen.plans) == (FALLEN, loop.released)
    assert loop.corridor.junctions[2].name in str(fallen.sentence)
    assert fallen.at_s - START_S == pytest.approx(60 + loops.SILENT_S, abs=1)
    (well,) = drive(loop, range(120, 320))
    assert well.kind == WELL
    assert well.at_s - START_S == pytest.approx(120 + loops.WELL_S, abs=1)
    key = loop.corridor.junctions[4].id
    loop._changed[key] = (START_S + 320 - loops.STUCK_S, loop._changed[key][1])
    loop.hear(replace(loop._seen[key][-1], at_s=START_S + 320))
    assert [event.kind for event in loop.tick(START_S + 321)] == [FALLEN]


@pytest.mark.parametrize(("after", "kind"), [(0.5, BACK), (0.9, KEPT)])
def test_a_step_that_lowers_the_figure_is_taken_back(after: float, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    values = iter([0.8, after, after, after])
    monkeypatch.setattr(loops, "kpi", lambda *_: Kpi(next(values), 1.0, 40, 0.5))
    loop = made()
    loop.released = loop.plans = tuple(plan.shifted(7.0 * row) for row, plan in enumerate(loop.plans))
    events = drive(loop, range(int(2.5 * loop.window_s)))
    assert [event.kind for event in events[:3]] == [MEASURED, TRIED, kind]
    tried, ended = events[1], events[2]
    assert tried.plans is not None
    assert tried.plans != loop.released
    if kind == BACK:
        assert ended.plans == loop.released == loop.plans
    else:
        assert events[3].kind == TRIED
