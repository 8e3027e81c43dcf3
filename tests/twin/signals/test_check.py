from __future__ import annotations

import math
from dataclasses import replace

import pytest

from tests.twin.signals.made import CROSS, LEFTS, MAIN, crossing, plan
from twin.errors import BadInputError
from twin.signals.check import check, verify
from twin.signals.plan import Plan, Stage, whole

CROSSING = crossing()


def kinds(made: Plan) -> list[str]:
    return [fault.kind for fault in check(CROSSING, made)]


def test_a_good_plan_may_run() -> None:
    verify(CROSSING, plan(30.0, 10.0, 15.0, offset_s=12.0))


def test_conflicting_greens_are_refused_with_both_named() -> None:
    bad = plan(30.0, 10.0, 15.0, greens=(MAIN | {"north.left"}, LEFTS, CROSS))
    fault = check(CROSSING, bad)[0]
    assert fault.kind == "conflict"
    assert "north.left" in fault.movements
    with pytest.raises(BadInputError, match="left from the north") as told:
        verify(CROSSING, bad)
    assert "through from the" in str(told.value)


def test_a_left_turn_may_look_for_gaps_but_not_in_more_lanes_than_three() -> None:
    filtering = plan(30.0, 15.0, greens=(MAIN | LEFTS, CROSS))
    assert kinds(filtering) == []
    wide = replace(CROSSING, conflicts=tuple(replace(c, filters=False) for c in CROSSING.conflicts))
    assert {fault.kind for fault in check(wide, filtering)} == {"conflict"}


def test_a_cycle_that_two_movements_cannot_share_is_refused_with_both_named() -> None:
    fault = next(fault for fault in check(CROSSING, plan(4.0, 1.0, 2.0)) if fault.kind == "cycle")
    assert len(fault.movements) == 2
    assert "shorter than" in fault.sentence


@pytest.mark.parametrize("offset_s", [70.0, 599.0])
def test_an_offset_beyond_the_cycle_is_refused(offset_s: float) -> None:
    fault = check(CROSSING, plan(30.0, 10.0, 15.0, offset_s=offset_s))[0]
    assert fault.kind == "offset"
    assert len(fault.movements) == 2


@pytest.mark.parametrize("value", [math.nan, math.inf, -1.0, 1e9])
def test_times_that_are_none_are_refused(value: float) -> None:
    good = plan(30.0, 10.0, 15.0)
    assert kinds(replace(good, offset_s=value)) == ["time"]
    assert kinds(replace(good, cycle_s=value)) == ["time"]
    assert kinds(replace(good, stages=(replace(good.stages[0], green_s=value), *good.stages[1:]))) == ["time"]


def test_stages_that_do_not_fill_the_cycle_and_no_stages_are_refused() -> None:
    assert kinds(replace(plan(30.0, 10.0, 15.0), cycle_s=71.0)) == ["time"]
    assert kinds(Plan(1, 60.0, 0.0, ())) == ["time"]


def test_who_never_gets_green_and_who_is_not_there_is_named() -> None:
    assert kinds(plan(30.0, 15.0, greens=(MAIN, CROSS))) == ["never", "never"]
    assert kinds(plan(30.0, 10.0, 15.0, greens=(MAIN | {"up.left"}, LEFTS, CROSS))) == ["unknown"]


def test_a_green_below_its_minimum_and_an_intergreen_that_is_too_short_are_refused() -> None:
    assert kinds(plan(30.0, 4.0, 15.0)) == ["short", "short"]
    good = plan(30.0, 10.0, 15.0)
    hasty = replace(good, cycle_s=68.0, stages=(replace(good.stages[0], all_red_s=0.0), *good.stages[1:]))
    assert "clear" in kinds(hasty)


def test_people_on_foot_need_their_time() -> None:
    junction = crossing(walkers=True)
    walks = {"west.walk", "east.walk"}
    across = {"north.walk", "south.walk"}
    greens = (MAIN | across, LEFTS, CROSS | walks)
    short = [fault.movements[0] for fault in check(junction, plan(30.0, 10.0, 15.0, greens=greens))]
    assert sorted(short) == ["east.walk", "west.walk"]
    verify(junction, plan(30.0, 10.0, 23.0, greens=greens))


def test_a_green_over_two_stages_and_over_the_end_of_the_cycle_is_one() -> None:
    west, east = frozenset({"west.through", "west.left"}), frozenset({"east.through", "east.left"})
    made = plan(8.0, 20.0, 7.0, 15.0, greens=(west, MAIN, east, CROSS))
    assert check(CROSSING, made) == ()
    assert made.greens()["west.through"] == ((0.0, 33.0),)
    assert made.greens()["east.through"] == ((13.0, 45.0),)
    rolled = replace(made, stages=(*made.stages[1:], made.stages[0]))
    assert rolled.greens()["west.through"] == ((57.0, 90.0),)
    assert check(CROSSING, rolled) == ()


def test_whole_seconds_keep_the_cycle() -> None:
    made = whole(Plan(1, 66.3, 70.6, (Stage(MAIN, 29.4), Stage(LEFTS, 7.2), Stage(CROSS, 14.7))))
    assert (made.cycle_s, made.offset_s) == (66.0, 5.0)
    assert sum(stage.long_s for stage in made.stages) == 66.0


def test_the_stage_of_a_moment() -> None:
    made = plan(30.0, 10.0, 15.0, offset_s=12.0)
    assert made.stage_at(12.0) == (0, 0.0)
    assert made.stage_at(12.0 + 70.0 * 9 + 36.0) == (1, 1.0)
    assert made.stage_at(11.0)[0] == 2
