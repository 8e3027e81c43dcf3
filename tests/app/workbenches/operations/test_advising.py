from __future__ import annotations

from dataclasses import replace

import numpy as np

from app.workbenches.operations.advising import Advice
from app.workbenches.operations.worklist import Held
from tests.app.conftest import still_frame
from tests.app.workbenches.operations.made import incident
from tests.small_county import small_county
from twin.operations.records import Dispatch, Unit
from twin.operations.store import Whole
from twin.world import World

UNIT = Unit("U1", 1, "assigned", "罗星3号车", "police_car", "police", entity="car-1")


def world_at(after_s: float, moved_m: float = 0.0) -> World:
    city = small_county()
    frame = still_frame(city)
    rows = frame.rows.copy()
    rows["time_s"] = 1000.0 + after_s
    place_m = frame.position_m + np.float32(moved_m)
    return World(city, replace(frame, rows=rows, position_m=place_m), (), 1000.0 + after_s, live=True)


def held(state: str = "en_route", unit: Unit = UNIT) -> Held:
    sent = Dispatch("D1", 1, state, "I1", "U1", "wang", 1000.0, 120.0, en_route_s=1000.0)
    whole = Whole(incident(lon_deg=120.0, lat_deg=30.0), (), (sent,), (), (), (), (), ())
    return Held("i:I1", None, whole, (), (unit,))


def test_a_unit_that_stands_still_is_told_of_and_one_that_moves_is_not() -> None:
    standing, moving = Advice(), Advice()
    for after_s in (0.0, 100.0, 200.0):
        still = standing.of(held(), world_at(after_s))
        on = moving.of(held(), world_at(after_s, 5.0 * after_s))
    assert still == {"D1": "still"}
    assert on == {}


def test_a_unit_nobody_hears_of_is_lost() -> None:
    assert Advice().of(held(unit=replace(UNIT, entity="gone")), world_at(400.0)) == {"D1": "lost"}


def test_who_does_not_answer_is_told_of_and_who_was_cleared_is_not() -> None:
    assert Advice().of(held("sent"), world_at(100.0)) == {"D1": "silent"}
    assert Advice().of(held("cleared"), world_at(100.0)) == {}
    assert Advice().of(Held(""), world_at(0.0)) == {}
