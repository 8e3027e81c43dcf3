"""Balances never fall below nothing, however little of an account was seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.fraud.tracing.balances import before_each, before_fen

AMOUNTS = st.lists(st.integers(-(10**14), 10**14).filter(bool), min_size=1, max_size=20)


def by_hand(amounts: list[int], opening: int) -> list[int]:
    before = []
    for amount in amounts:
        before.append(opening)
        opening = max(opening + amount, 0)
    return before


@settings(max_examples=100, deadline=None)
@given(st.lists(st.tuples(AMOUNTS, st.integers(0, 10**14)), min_size=1, max_size=5))
def test_all_accounts_at_once_are_as_one_after_the_other(accounts: list[tuple[list[int], int]]) -> None:
    lengths = [len(amounts) for amounts, _ in accounts]
    starts = np.cumsum([0, *lengths[:-1]])
    amounts = np.concatenate([amounts for amounts, _ in accounts])
    found = before_each(amounts, starts, np.array([opening for _, opening in accounts]))
    assert found.tolist() == [before for account in accounts for before in by_hand(*account)]


def test_sums_that_do_not_fit_one_pass_are_right() -> None:
    large = 2**60
    found = before_each(np.array([large, -1, -large, 5, -7]), np.array([0, 2, 3]), np.array([0, 3, 1]))
    assert found.tolist() == [0, large, 3, 1, 6]


def test_no_lines_have_no_balances() -> None:
    assert before_fen(np.empty(0, np.int64)).tolist() == []
