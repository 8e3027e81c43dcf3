"""Figures of warnings against textbook values."""

from __future__ import annotations

import numpy as np
import pytest

from twin.fraud.warning.figures import false_alarms, lead, precision_at, share


def test_the_interval_of_a_share_is_wilsons() -> None:
    # Newcombe (1998), Statistics in Medicine 17, table I: 81 of 263 and 0 of 20
    told = share(81, 263)
    assert (told.low, told.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    none = share(0, 20)
    assert (none.low, none.high) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_precision_counts_the_highest_alone() -> None:
    told = precision_at(np.array([0.9, 0.1, 0.8, 0.7]), np.array([True, True, False, True]), 3)
    assert told.of == 3
    assert told.share == pytest.approx(2 / 3)
    assert precision_at(np.array([0.5]), np.array([True]), 50).of == 1


def test_lead_is_how_long_before_the_payment_it_came() -> None:
    told = lead(np.array([0.0, 0.0, 0.0]), np.array([60.0, 1200.0, 7200.0]))
    assert told.median_s == 1200.0
    assert told.above_10_min.share == pytest.approx(2 / 3)
    assert told.low_s <= told.median_s <= told.high_s
    assert np.isnan(lead(np.empty(0), np.empty(0)).median_s)


def test_a_group_that_is_called_in_vain_more_often_is_found() -> None:
    rng = np.random.default_rng(1)
    group = np.where(np.arange(40_000) % 4 == 0, "old", "young")
    warned = rng.random(40_000) < np.where(group == "old", 0.04, 0.01)
    old, young = false_alarms(warned, np.zeros(40_000, bool), group.tolist())
    assert old.ratio == pytest.approx(4.0, rel=0.15)
    assert old.low < 4.0 < old.high
    assert old.fair is False
    assert young.fair is False


def test_few_alarms_leave_it_open() -> None:
    warned, group = np.array([True] + [False] * 9), ["a"] * 5 + ["b"] * 5
    assert false_alarms(warned, np.zeros(10, bool), group)[0].fair is None


def test_one_group_alone_is_compared_with_nobody() -> None:
    (only,) = false_alarms(np.array([True]), np.array([False]), ["a"])
    assert np.isnan(only.ratio)
