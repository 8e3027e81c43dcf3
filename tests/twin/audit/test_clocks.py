"""A clock that was moved shows, one that is slewed or of another machine does not."""

from __future__ import annotations

import numpy as np

from twin.audit.clocks import Move, moves

HOUR = 3600.0


def told(*rows: tuple[float, float, int, int]) -> list[Move]:
    at, up, boot, seat = (np.array(column) for column in zip(*rows, strict=True))
    return moves(np.arange(1, len(rows) + 1), at.astype(float), up.astype(float), boot, seat)


def test_clocks_that_go_on_together_are_in_order() -> None:
    assert told((1000, 10, 0, 0), (1010, 20, 0, 0), (1010 + HOUR, 20 + HOUR - 1.5, 0, 0)) == []
    assert told((1000, 10, 0, 0)) == []


def test_a_clock_set_back_or_on_is_named_with_the_entry_after() -> None:
    rows = ((9000, 10, 0, 0), (9010 - HOUR, 20, 0, 0), (9020 - HOUR, 30, 0, 0), (9030, 40, 0, 0))
    assert told(*rows) == [Move(2, -HOUR), Move(4, HOUR)]


def test_machines_are_compared_with_themselves() -> None:
    assert told((9000, 10, 0, 0), (5000, 99, 1, 1), (9010, 20, 0, 0), (5001, 100, 1, 1)) == []


def test_a_start_may_come_any_time_later_but_not_earlier() -> None:
    assert told((9000, 800, 0, 0), (9000 + 90 * HOUR, 10, 1, 0)) == []
    assert told((9000, 800, 0, 0), (9000 - HOUR, 10, 1, 0)) == [Move(2, -HOUR)]


def test_a_hundred_thousand_entries_are_compared_at_once() -> None:
    at = np.arange(100_000, dtype=float)
    codes = np.zeros(100_000, dtype=np.int64)
    shifted = np.where(at >= 60_000, at - 30.0, at)
    assert moves(np.arange(100_000), shifted, at, codes, codes) == [Move(60_000, -30.0)]
