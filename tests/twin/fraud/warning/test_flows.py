"""Window features are what counting by hand gives, and never know what came later."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.fraud.warning.flows import Transfers, features
from twin.geo import FloatArray

ROWS = st.lists(
    st.tuples(st.integers(0, 5), st.integers(0, 5), st.integers(1, 900), st.integers(0, 12)), min_size=1, max_size=40
)
Row = tuple[int, int, int, int]


def moved(rows: list[Row]) -> Transfers:
    source, target, amount, when = np.array(rows, np.int64).T
    return Transfers(source, target, amount.astype(float), when)


def named(rows: list[Row], settle: int = 0) -> dict[str, FloatArray]:
    columns, names = features(moved(rows), (3,), 400.0, settle)
    return dict(zip(names, columns.T, strict=True))


@settings(max_examples=80, deadline=None)
@given(ROWS)
def test_counts_and_sums_are_those_of_counting_by_hand(rows: list[Row]) -> None:
    rows = sorted(rows, key=lambda row: row[3])
    told = named(rows)
    for at, (source, target, amount, when) in enumerate(rows):
        in_window = [row for row in rows[:at] if when - 2 <= row[3]]
        assert told["payer_out_count_3"][at] == sum(row[0] == source for row in in_window)
        assert told["payee_in_sum_3"][at] == pytest.approx(sum(row[2] for row in in_window if row[1] == target))
        assert told["paid_before"][at] == sum(row[:2] == (source, target) for row in rows[:at])
        assert told["paid_back_before"][at] == sum(row[:2] == (target, source) for row in rows[:at])
        before = [row[2] for row in rows[:at] if row[1] == source]
        lowest = told["payer_in_lowest"][at]
        assert np.isnan(lowest) if not before else lowest == min(before)
        assert told["amount"][at] == amount


@settings(max_examples=60, deadline=None)
@given(ROWS)
def test_nothing_that_comes_later_is_known(rows: list[Row]) -> None:
    rows = sorted(rows, key=lambda row: row[3])
    half = len(rows) // 2 + 1
    early, all_of_it = named(rows[:half]), named(rows)
    for name in early:
        assert np.array_equal(early[name], all_of_it[name][:half], equal_nan=True), name


def test_looked_at_again_it_sees_so_many_steps_and_no_further() -> None:
    rows = [(0, 1, 100, 0), (1, 2, 5, 4), (1, 2, 1, 9)]
    told = named(rows, settle=5)
    assert told["payee_out_settled_lowest"][0] == 5
    assert told["payee_out_after_count"][0] == 1


def test_money_that_goes_on_is_seen_by_its_amount_and_its_age() -> None:
    told = named([(0, 1, 100, 0), (9, 1, 700, 1), (1, 2, 98, 3)])
    assert told["passed_on_off"][2] == pytest.approx(abs(np.log(0.98)))
    assert told["passed_on_ago"][2] == 3


def test_rows_keep_their_places_whatever_their_order() -> None:
    rows = [(1, 2, 30, 5), (0, 1, 50, 1), (1, 2, 40, 7)]
    told, turned = named(rows), named(rows[::-1])
    for name in told:
        assert np.array_equal(told[name], turned[name][::-1], equal_nan=True), name
