"""Levels are timers that are seen before they are missed, and units that were sent are followed."""

from __future__ import annotations

import math

import pytest

from twin.operations.following import Follower, Seen, tried
from twin.operations.levels import must_be_raised, next_timer, timers
from twin.operations.records import Dispatch, Incident, Level

SINCE_S = 1000.0


def incident(state: str = "open", escalated: int = 0, on_scene_s: float = 0.0) -> Incident:
    return Incident(
        "I", 1, state, "hospital-alarm", "alarm", 1, "医院报警", "", "", "", 0.0, 0.0, SINCE_S, SINCE_S + 20.0,
        "ann", "ann", levels=(Level("on_scene", 480.0), Level("confirmed", 60.0)),
        escalated=escalated, on_scene_s=on_scene_s,
    )  # fmt: skip


def test_the_timer_that_runs_out_first_is_the_next_and_what_was_reached_is_not() -> None:
    first, second = timers(incident())
    assert (first.level.state, first.state(9e9)) == ("confirmed", "met")
    assert next_timer(incident()) == second
    assert next_timer(incident("resolved")) is None
    assert next_timer(incident("on_scene", on_scene_s=1300.0)) is None


@pytest.mark.parametrize(
    ("after_s", "state", "left_s"),
    [
        (0.0, "running", 480.0), (359.0, "running", 121.0), (361.0, "soon", 119.0), (481.0, "missed", -1.0),
        (-3600.0, "running", 4080.0),
    ],
)  # fmt: skip
def test_a_level_is_soon_before_it_is_missed(after_s: float, state: str, left_s: float) -> None:
    timer = timers(incident())[1]
    assert timer.state(SINCE_S + after_s) == state
    assert timer.left_s(SINCE_S + after_s) == left_s


def test_it_is_raised_once_before_and_once_when_it_is_missed() -> None:
    assert must_be_raised(incident(), SINCE_S + 300.0) == ""
    assert must_be_raised(incident(), SINCE_S + 400.0) == "on_scene"
    assert must_be_raised(incident(escalated=1), SINCE_S + 400.0) == ""
    assert must_be_raised(incident(escalated=1), SINCE_S + 500.0) == "on_scene"
    assert must_be_raised(incident(escalated=2), SINCE_S + 500.0) == ""
    late = timers(incident("on_scene", on_scene_s=SINCE_S + 500.0))[1]
    assert (late.state(9e9), late.left_s(9e9)) == ("missed", -20.0)


def sent(state: str = "en_route", at_s: float = 1000.0) -> Dispatch:
    return Dispatch("D", 1, state, "I", "car", "ann", at_s, 300.0, acknowledged_s=at_s, en_route_s=at_s)


GOAL = Seen(0.0, 5000.0, 0.0)


def test_who_does_not_answer_is_told_of_and_who_answers_is_not() -> None:
    follower = Follower()
    assert follower.advice(sent("sent"), GOAL, 1080.0) == ""
    assert follower.advice(sent("sent"), GOAL, 1100.0) == "silent"
    assert follower.advice(sent("on_scene"), GOAL, 9000.0) == ""


def test_who_stands_still_on_the_way_is_told_of_and_who_creeps_on_is_not() -> None:
    follower, creeping = Follower(), Follower()
    for step in range(20):
        at_s = 1000.0 + 10.0 * step
        follower.note({"car": Seen(at_s, 5.0 * (step % 2), 0.0)})
        creeping.note({"car": Seen(at_s, 10.0 * step, 0.0)})
    assert follower.advice(sent(), GOAL, 1149.0) == ""
    assert follower.advice(sent(), GOAL, 1190.0) == "still"
    assert creeping.advice(sent(), GOAL, 1190.0) == ""


def test_who_is_there_or_lost_is_told_of() -> None:
    follower = Follower()
    follower.note({"car": Seen(1010.0, 4950.0, 0.0)})
    assert follower.advice(sent(), GOAL, 1012.0) == "there"
    assert follower.advice(sent(), GOAL, 1200.0) == "lost"
    follower.note({})
    assert follower.advice(sent(), GOAL, 1012.0) == ""
    assert follower.advice(sent(), GOAL, 1200.0) == "lost"
    follower.note({"car": Seen(1010.0, math.nan, math.nan)})
    assert follower.advice(sent(), GOAL, 1012.0) == ""


def test_those_who_were_sent_in_vain_are_known() -> None:
    assert tried([sent("silent"), sent("en_route")]) == {"car"}
    assert tried([sent("cleared")]) == frozenset()
