from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from app.workbenches.operations.advising import Advice, stuck
from tests.app.conftest import still_frame
from tests.app.workbenches.operations.made import incident
from tests.small_county import small_county
from twin.operations.records import Dispatch, Unit
from twin.world import World

UNIT = Unit("U1", 1, "assigned", "罗星3号车", "police_car", "police", entity="car-1")


def world_at(after_s: float, moved_m: float = 0.0) -> World:
    city = small_county()
    frame = still_frame(city)
    rows = frame.rows.copy()
    rows["time_s"] = 1000.0 + after_s
    place_m = frame.position_m + np.float32(moved_m)
    return World(city, replace(frame, rows=rows, position_m=place_m), (), 1000.0 + after_s, live=True)


INCIDENTS = {"I1": incident(lon_deg=120.0, lat_deg=30.0)}


def sent(state: str = "en_route", id_: str = "D1", unit: str = "U1") -> Dispatch:
    return Dispatch(id_, 1, state, "I1", unit, "wang", 1000.0, 120.0, en_route_s=1000.0)


def told(advice: Advice, world: World, state: str = "en_route", unit: Unit = UNIT) -> Mapping[str, str]:
    return advice.of([sent(state)], [unit], INCIDENTS, world)


def test_a_unit_that_stands_still_is_told_of_and_one_that_moves_is_not() -> None:
    standing, moving = Advice(), Advice()
    for after_s in (0.0, 100.0, 200.0):
        still = told(standing, world_at(after_s))
        on = told(moving, world_at(after_s, 5.0 * after_s))
    assert still == {"D1": "still"}
    assert on == {}


def test_a_unit_nobody_hears_of_is_lost() -> None:
    assert told(Advice(), world_at(400.0), unit=replace(UNIT, entity="gone")) == {"D1": "lost"}


def test_who_does_not_answer_is_told_of_and_what_is_no_longer_in_the_queue_is_not() -> None:
    assert told(Advice(), world_at(100.0), "sent") == {"D1": "silent"}
    assert Advice().of([sent("sent")], [UNIT], {}, world_at(100.0)) == {}
    assert Advice().of([], [], {}, world_at(0.0)) == {}


def test_an_incident_wants_another_unit_once_none_of_those_sent_gets_on() -> None:
    both = [sent(), sent(id_="D2", unit="U2")]
    assert stuck(both, {"D1": "still"}) == frozenset()
    assert stuck(both, {"D1": "still", "D2": "silent"}) == {"I1"}
    assert stuck(both, {"D1": "there", "D2": "still"}) == frozenset()
