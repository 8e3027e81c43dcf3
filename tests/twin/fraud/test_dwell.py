"""How long money stays: the prior as it is stated, Kaplan and Meier as in the textbook, and what lies between."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.fraud.dwell import GRID_S, STAYS, Curve, Stays, learn, learn_by_bank, prior

TIMES = st.lists(st.tuples(st.floats(0.0, 1e7), st.booleans()), max_size=40)


def stays(*rows: tuple[float, bool]) -> Stays:
    return Stays(np.array([time for time, _ in rows], float), np.array([left for _, left in rows], bool))


@pytest.mark.parametrize(
    ("age_s", "there"), [(0.0, 1.0), (900.0, 0.7228), (3600.0, 0.4753), (72 * 3600.0, STAYS), (9e9, STAYS)]
)
def test_the_prior_says_what_it_is_stated_to_say(age_s: float, there: float) -> None:
    assert prior().at(np.array([age_s]))[0] == pytest.approx(there, abs=0.01)


def test_without_a_prior_it_is_the_estimate_of_kaplan_and_meier() -> None:
    # five accounts: left at 1 h, still there when stopped at 2 h, left at 4 h, 8 h, still there at 16 h
    seen = stays((3600.0, True), (7200.0, False), (14_400.0, True), (28_800.0, True), (57_600.0, False))
    told = learn(seen, worth=0.0).at(np.array([3000.0, 5000.0, 20_000.0, 40_000.0, 50_000.0]))
    assert told == pytest.approx([1.0, 4 / 5, 4 / 5 * 2 / 3, 4 / 5 * 2 / 3 / 2, 4 / 5 * 2 / 3 / 2])


def test_without_cases_nothing_changes() -> None:
    assert learn(stays()).still_there == pytest.approx(prior().still_there)


def test_many_cases_speak_for_themselves() -> None:
    rng = np.random.default_rng(5)
    dwell_s = rng.exponential(1800.0, 20_000)
    told = learn(Stays(dwell_s, np.ones(len(dwell_s), bool))).at(np.array([600.0, 1800.0, 5400.0]))
    assert told == pytest.approx(np.exp(-np.array([600.0, 1800.0, 5400.0]) / 1800.0), abs=0.02)


def test_what_was_stopped_early_does_not_make_money_look_quick() -> None:
    quick = learn(stays(*[(600.0, True)] * 60))
    stopped = learn(stays(*[(600.0, False)] * 60))
    at = np.array([1800.0])
    assert quick.at(at) < prior().at(at) < stopped.at(at)


def test_a_bank_with_few_cases_stays_near_all_and_one_with_many_does_not() -> None:
    few, many = [(60.0, True)] * 2, [(36_000.0, True)] * 400
    seen, bank = stays(*few, *many), np.array([0] * 2 + [1] * 400)
    curves = learn_by_bank(seen, bank, ("few", "many", "none"))
    of_few, of_many, of_none = (curve.at(np.array([7200.0]))[0] for curve in curves.table(("few", "many", "none")))
    assert of_none == curves.of_all.at(np.array([7200.0]))[0]
    assert of_few == pytest.approx(of_none, abs=0.1)
    assert of_many > 0.9


@settings(max_examples=60, deadline=None)
@given(TIMES, st.floats(0.0, 100.0))
def test_a_curve_begins_with_one_never_rises_and_stays_a_chance(rows: list[tuple[float, bool]], worth: float) -> None:
    curve = learn(stays(*rows), worth=worth)
    assert curve.still_there[0] == 1.0
    assert np.all(np.diff(curve.still_there) <= 0.0)
    assert curve.still_there[-1] >= 0.0
    assert curve.seen == len(rows)


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 3e6), st.floats(0.0, 3e6))
def test_what_was_seen_later_is_more_likely_still_there(age_s: float, seen_s: float) -> None:
    age, seen = np.array([max(age_s, seen_s)]), np.array([min(age_s, seen_s)])
    told = prior().given(age, seen)
    assert prior().at(age) - 1e-12 <= told <= 1.0


@settings(max_examples=60, deadline=None)
@given(st.floats(0.0, 2e5))
def test_half_of_it_is_gone_when_it_says_so(age_s: float) -> None:
    age = np.array([age_s])
    half_s = prior().half_left_s(age)
    if np.isfinite(half_s[0]):
        assert prior().at(age + half_s)[0] == pytest.approx(prior().at(age)[0] / 2, rel=1e-6)


def test_what_never_leaves_is_never_half_gone() -> None:
    assert np.isinf(Curve(np.ones_like(GRID_S)).half_left_s(np.array([0.0, 1e6]))).all()


def test_times_that_nobody_knows_are_left_out() -> None:
    assert learn(stays((float("nan"), True), (-5.0, True), (60.0, True))).seen == 1
