from __future__ import annotations

import numpy as np
import pytest

from twin.card.day import day_of_place, day_of_track


def test_a_day_is_what_was_driven_and_where_it_stood() -> None:
    time_s = np.arange(0.0, 1200.0, 10.0)
    x = np.clip(time_s - 100.0, 0.0, 500.0) + np.clip(time_s - 900.0, 0.0, 300.0)
    day = day_of_track(time_s, np.column_stack([x, np.zeros_like(x)]))
    assert day.metres == pytest.approx(790.0)
    assert [moment.what for moment in day.moments] == ["first", "stop", "last"]
    stop = day.moments[1]
    assert (stop.begin_s, stop.end_s) == (600.0, 900.0)
    assert stop.east_m == pytest.approx(500.0)


def test_silence_is_not_driving() -> None:
    day = day_of_track(np.array([0.0, 10.0, 5000.0]), np.array([(0, 0), (100, 0), (9000, 0)], np.float64))
    assert day.metres == pytest.approx(100.0)


def test_a_day_of_nothing_and_of_lost_places() -> None:
    assert day_of_track(np.zeros(0), np.zeros((0, 2))).moments == ()
    assert day_of_track(np.zeros(2), np.full((2, 2), np.nan)).states == 0
    assert day_of_place(np.zeros(0), np.zeros(0, "S4"), 0.0).moments == ()


def test_hours_of_a_place_count_each_thing_once() -> None:
    time_s = np.array([10.0, 20.0, 30.0, 3700.0])
    day = day_of_place(time_s, np.array([b"a", b"a", b"b", b"a"]), 0.0)
    assert [(moment.begin_s, moment.count) for moment in day.moments] == [(0.0, 2), (3600.0, 1)]
