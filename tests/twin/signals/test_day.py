from __future__ import annotations

from dataclasses import replace

from tests.twin.signals.made import arterial_city
from twin.signals.check import check
from twin.signals.corridor import corridors
from twin.signals.day import USUAL, planned, timetables


def test_each_period_of_a_day_has_plans_that_may_run_and_the_same_traffic_the_same_plans() -> None:
    road = corridors(arterial_city((0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)))[0].without_walkers()
    periods = (*USUAL[1:3], replace(USUAL[3], share=USUAL[1].share))
    waves = dict(planned(road, periods))
    days = timetables(waves)
    assert len(days) == 6
    for junction, day in zip(road.junctions, days, strict=True):
        assert [slot.name for slot in day.slots] == ["morning_peak", "day", "evening_peak"]
        assert all(not check(junction, slot.plan) for slot in day.slots)
        assert day.at(8 * 3600.0).plan == day.at(17 * 3600.0).plan
        assert day.at(3 * 3600.0).name == "evening_peak"
