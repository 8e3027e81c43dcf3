"""What is too busy, or is listed, is a hub."""

from __future__ import annotations

from tests.twin.fraud.tracing.factory import ledger
from twin.fraud.tracing.hubs import Hubs
from twin.fraud.tracing.rules import Rule
from twin.fraud.tracing.trace import Question, trace


def test_busy_and_listed_accounts_are_hubs() -> None:
    made, legs = ledger(
        (1, 0, 1, 9), (2, 1, 2, 5), (3, 1, 3, 4), (4, 2, 4, 5), (5, 3, 4, 4), (50, 1, 2, 1), (51, 1, 2, 1)
    )
    hubs = Hubs(made, 1, 40, {3}, most=2)
    assert [account for account in range(5) if account in hubs] == [1, 3]
    assert 1 not in Hubs(made, 1, 40, most=3)
    assert len(trace(made, Question((legs[0],), 40, hubs=hubs), Rule.FIFO).legs) == 1
