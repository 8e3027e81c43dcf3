"""Counts come before what is counted."""

from __future__ import annotations

import pytest

from tests.twin.fraud.tracing.factory import ledger
from twin.errors import UsageError
from twin.fraud.tracing import expand as module
from twin.fraud.tracing.expand import Counts, counts, expand

MADE, _ = ledger((1, 0, 1, 30), (2, 1, 2, 10), (3, 1, 3, 15), (4, 2, 1, 5))


def test_counts_tell_what_expanding_would_bring() -> None:
    assert counts(MADE, 1, 0, 9) == Counts(4, 2, 2, 3, 35, 25)
    assert counts(MADE, 1, 2, 3) == Counts(2, 0, 2, 2, 0, 25)
    assert counts(MADE, 8, 0, 9) == Counts(0, 0, 0, 0, 0, 0)


def test_the_largest_come_in_the_order_of_time() -> None:
    found = expand(MADE, 1, 0, 9, most=2)
    assert found["number"].tolist() == [0, 2]
    assert expand(MADE, 1, 0, 9, most=9, least_fen=10)["amount_fen"].tolist() == [30, -10, -15]


def test_an_account_that_is_too_large_is_only_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_COUNTED", 3)
    assert counts(MADE, 1, 0, 9) == Counts(4, -1, -1, -1, -1, -1)
    with pytest.raises(UsageError, match="less time"):
        expand(MADE, 1, 0, 9, most=2)
