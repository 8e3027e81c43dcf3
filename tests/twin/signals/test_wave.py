from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from tests.twin.signals.made import arterial_city
from twin.errors import BadInputError, CancelledError
from twin.signals.band import Choice
from twin.signals.check import check
from twin.signals.corridor import Corridor, corridors
from twin.signals.stops import fewest_stops, probe, way_of
from twin.signals.wave import LINKS, RUNGS, Wish, bands_of, each_wave, told, wave_at

AT_M = (0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)


@cache
def corridor(at_m: tuple[float, ...] = AT_M) -> Corridor:
    return corridors(arterial_city(at_m))[0].without_walkers()


def wish(road: Corridor, cycles_s: tuple[int, int] = (66, 90)) -> Wish:
    flows = []
    for junction, out, back in zip(road.junctions, road.out, road.back, strict=True):
        each = {m.name: 60.0 if m.turn == "left" else 200.0 for m in junction.movements}
        flows.append(each | {out: 380.0, back: 320.0})
    return Wish(road, flows, cycles_s)


def test_a_wave_for_six_signals_may_run_and_most_probes_stop_once_at_most() -> None:
    road = corridor()
    found = wave_at(wish(road), 82.0)
    assert all(not check(junction, plan) for junction, plan in zip(road.junctions, found.plans, strict=True))
    assert found.one_stop > 0.85
    assert min(found.band_s) > 15.0
    assert bands_of(road, found.plans)[0] == found.band_s


def test_the_optimiser_is_never_worse_than_where_it_began_and_says_what_a_new_count_says() -> None:
    rng = np.random.default_rng(3)
    lag, lead = Choice((0.0, 30.0), (13.0, 30.0)), Choice((13.0, 30.0), (0.0, 30.0))
    way = way_of(75.0, [[lag, lead]] * 4, rng.uniform(20.0, 35.0, 3), (1.0, 1.0))
    start, none = rng.uniform(0.0, 75.0, 4), np.zeros(4, np.int64)
    before = probe(way, np.round(start)[None], none[None])
    offset, chosen, after = fewest_stops(way, start, none)
    again = probe(way, offset[None], chosen[None])
    assert after.score[0] >= before.score[0]
    assert (again.one_stop[0], again.stops[0]) == (after.one_stop[0], after.stops[0])


def test_hardly_anybody_stops_where_all_is_green_and_everybody_where_nothing_is() -> None:
    green, red = Choice((0.0, 60.0), (0.0, 60.0)), Choice((0.0, 1.0), (0.0, 1.0))
    found = [
        probe(
            way_of(60.0, [[choice]] * 3, np.array([20.0, 30.0]), (1.0, 1.0)),
            np.zeros((1, 3)),
            np.zeros((1, 3), np.int64),
        )
        for choice in (green, red)
    ]
    assert found[0].one_stop[0] > 0.95
    assert found[1].one_stop[0] < 0.05


def test_the_first_plans_come_every_other_cycle_and_can_be_stopped() -> None:
    scan = each_wave(wish(corridor(AT_M[:6]), (70, 82)), lambda: False)
    share, first = next(scan)
    assert (share, first.cycle_s) == (0.25, 70.0)
    with pytest.raises(CancelledError):
        next(each_wave(wish(corridor()), lambda: True))


def test_a_cycle_that_is_too_short_names_the_junction_and_what_to_loosen() -> None:
    with pytest.raises(BadInputError, match="中山路") as told_off:
        next(each_wave(wish(corridor(), (30, 34))))
    assert "allow a longer cycle" in str(told_off.value)


def test_more_signals_than_a_band_can_join_still_get_a_plan() -> None:
    gaps = np.random.default_rng(5).uniform(280.0, 670.0, 17)
    road = corridor(tuple(float(at) for at in np.round(np.concatenate([[0.0], np.cumsum(gaps)]))))
    found = wave_at(replace(wish(road), cycles_s=(80, 80)), 80.0)
    assert len(found.plans) == 18
    assert found.rung in RUNGS
    assert told(replace(found, rung=LINKS)) != told(replace(found, rung=RUNGS[0]))
