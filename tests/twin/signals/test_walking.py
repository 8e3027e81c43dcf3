from __future__ import annotations

import math

import numpy as np
import pytest

from twin.signals.walking import wait_s


def test_the_wait_is_that_of_even_arrivals() -> None:
    free = np.tile(np.r_[np.zeros(60, np.bool_), np.ones(30, np.bool_)], 40)
    red = 90 - 30 + 4  # who comes in the last four seconds waits for the next green
    assert wait_s(free) == pytest.approx(red * (red + 1) / 2 / 90, rel=0.01)


def test_a_gap_too_short_to_set_out_is_none() -> None:
    assert wait_s(np.tile([True, True, False], 50)) == math.inf
    assert wait_s(np.zeros(3, np.bool_)) == math.inf
    assert wait_s(np.ones(100, np.bool_)) == 0.0
