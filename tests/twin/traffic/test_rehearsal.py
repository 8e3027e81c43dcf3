from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from twin.traffic.rehearsal import (
    ACTUATED,
    FIXED,
    LEAVE,
    PRESSURE,
    Met,
    Rehearsed,
    Run,
    interval,
    pooled,
    seeds,
)

USUAL = Met(40.0, 60.0, 30.0, 20.0, 2.0, 0.4, 400)


def rehearsed(**modes: Met) -> Rehearsed:
    """Return three seeds of each kind; what differs between seeds is the same for all modes."""
    runs = [
        Run(mode, seed, held, replace(met, all_s=met.all_s + shift))
        for mode, met in ({LEAVE: USUAL} | modes).items()
        for held, first in ((False, 1), (True, 11))
        for seed, shift in zip(range(first, first + 3), (-1.0, 0.0, 1.0), strict=True)
    ]
    return Rehearsed("中山路", tuple(runs), "tracks", 2100.0, 30.0)


def test_the_mode_with_the_least_delay_is_advised() -> None:
    found = rehearsed(fixed=replace(USUAL, all_s=36.0), actuated=replace(USUAL, all_s=30.0))
    assert found.best == ACTUATED
    change = found.change(ACTUATED, "all_s")
    assert change.mean == pytest.approx(-0.25)
    assert change.low <= change.mean <= change.high


def test_a_simpler_mode_that_is_as_good_is_taken() -> None:
    assert rehearsed(fixed=replace(USUAL, all_s=30.2), pressure=replace(USUAL, all_s=30.0)).best == FIXED


def test_what_costs_others_too_much_is_not_advised() -> None:
    costly = replace(USUAL, all_s=20.0)
    for figure, bad in (
        ("cross_s", replace(costly, cross_s=33.0)),
        ("through_s", replace(costly, through_s=70.0)),
        ("walk_s", replace(costly, walk_s=60.0)),
    ):
        found = rehearsed(pressure=bad, fixed=replace(USUAL, all_s=35.0))
        assert found.too_much(PRESSURE) == (figure,)
        assert found.best == FIXED
    patient = replace(USUAL, all_s=20.0, walk_s=44.0)
    assert rehearsed(pressure=patient).best == PRESSURE


def test_leaving_it_is_advised_when_nothing_is_surely_better() -> None:
    assert rehearsed(fixed=USUAL).best == LEAVE
    runs = rehearsed(fixed=USUAL).runs
    unsure = [
        replace(run, met=replace(run.met, all_s=run.met.all_s + (-30.0 if run.seed == 1 else 2.0)))
        if run.mode == FIXED else run
        for run in runs
    ]  # fmt: skip
    assert Rehearsed("", tuple(unsure), "tracks", 1.0).best == LEAVE


def test_where_nobody_arrived_nothing_is_advised() -> None:
    nobody = Met(math.nan, math.nan, math.nan, math.nan, math.nan, math.nan, 0)
    found = rehearsed(fixed=replace(USUAL, all_s=30.0), actuated=nobody)
    assert found.best == FIXED
    empty = replace(found, runs=tuple(replace(run, met=nobody) for run in found.runs))
    assert empty.best == LEAVE


def test_the_verdict_does_not_choose() -> None:
    runs = [
        replace(run, met=replace(run.met, all_s=1.0)) if run.held_out and run.mode == FIXED else run
        for run in rehearsed(fixed=replace(USUAL, all_s=50.0), actuated=replace(USUAL, all_s=35.0)).runs
    ]
    assert Rehearsed("", tuple(runs), "tracks", 1.0).best == ACTUATED


def test_streams_that_are_not_there_stop_nothing() -> None:
    bare = Met(40.0, vehicles=100)
    runs = tuple(replace(run, met=bare if run.mode == LEAVE else replace(bare, all_s=30.0))
                 for run in rehearsed(actuated=USUAL).runs)  # fmt: skip
    assert Rehearsed("", runs, "tracks", 1.0).best == ACTUATED


def test_intervals_and_seeds() -> None:
    found = interval(np.array([1.0, 2.0, 3.0]))
    assert found.mean == 2.0
    assert found.high - 2.0 == pytest.approx(4.302653 / math.sqrt(3), rel=1e-5)
    assert math.isnan(interval(np.array([1.0])).low)
    assert seeds("choosing", 3) == seeds("choosing", 5)[:3]
    assert not set(seeds("choosing", 20)) & set(seeds("verdict", 20))


def test_runs_are_pooled_by_vehicles() -> None:
    assert pooled([Met(10.0, vehicles=1), Met(40.0, vehicles=2, outside=1)]).all_s == 30.0


def test_what_one_seed_says_is_not_sure_and_a_verdict_may_not_bear_it_out() -> None:
    better = replace(USUAL, all_s=30.0)
    found = rehearsed(fixed=better)
    assert (found.best, found.borne_out) == (FIXED, True)
    one = replace(found, runs=tuple(run for run in found.runs if run.seed in (1, 11)))
    assert (one.best, one.borne_out) == (LEAVE, True)
    worse = tuple(replace(run, met=replace(run.met, all_s=50.0)) if run.held_out and run.mode == FIXED else run
                  for run in found.runs)  # fmt: skip
    assert (replace(found, runs=worse).best, replace(found, runs=worse).borne_out) == (FIXED, False)
