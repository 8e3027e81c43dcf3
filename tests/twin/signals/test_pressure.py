from __future__ import annotations

import numpy as np

from twin.signals.pressure import Pressure

SERVES = np.array([[True, True, False], [False, False, True]])
RULE = Pressure(SERVES, SERVES.astype(float))
NONE = np.zeros(3)


def after(
    near: list[float], stood_s: list[float] | None = None, *, stage: int = 0, green_s: float = 20.0,
    full: list[float] | None = None, since_s: list[float] | None = None,
) -> int:  # fmt: skip
    given = (near, stood_s or NONE, full or NONE, since_s or NONE)
    return RULE.next_stage(stage, green_s, *(np.array(each, np.float64) for each in given))


def test_the_fuller_stage_runs_once_the_least_green_is_over() -> None:
    assert after([1, 1, 9]) == 1
    assert after([1, 1, 9], green_s=3.0) == 0
    assert after([9, 1, 1]) == 0


def test_a_little_more_is_not_worth_a_change() -> None:
    assert after([2, 2, 4.5]) == 0


def test_a_full_exit_is_not_filled() -> None:
    assert after([1, 1, 9], full=[0, 0, 0.9]) == 0


def test_who_stands_long_counts_more() -> None:
    assert after([3, 2, 2], [0, 0, 20]) == 0
    assert after([3, 2, 2], [0, 0, 120]) == 1


def test_nobody_waits_for_ever() -> None:
    busy = [99.0, 99.0, 1.0]
    assert after(busy, since_s=[0, 0, 80]) == 0
    assert after(busy, since_s=[0, 0, 91]) == 1
    assert after(busy, since_s=[0, 0, 91], full=[0, 0, 1]) == 1
    assert after(busy, since_s=[0, 0, 91], green_s=2.0) == 0
