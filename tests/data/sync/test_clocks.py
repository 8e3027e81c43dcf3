from __future__ import annotations

import numpy as np
import pytest

from data.sync.clocks import AGREED, report
from data.sync.devices import Devices
from data.sync.gate import AHEAD, Gate, Passed
from tests.twin.live.factory import rows
from tests.twin.small import city

NOW_S = 1_800_000_000.0
DAY_S = 86_400.0


def tell(gate: Gate, *ahead_s: float, name: str = "truck") -> Passed:
    return gate.check(rows(*((name, NOW_S + ahead) for ahead in ahead_s)), NOW_S)


def test_a_clock_a_day_ahead_is_learnt_and_taken_back() -> None:
    gate = Gate(city())
    first = tell(gate, DAY_S - 2, DAY_S - 1)
    assert first.reasons == (AHEAD, AHEAD)
    later = tell(gate, DAY_S, DAY_S + 1, DAY_S + 2)
    assert later.reasons == ()
    assert later.rows["time_s"] - NOW_S == pytest.approx([2, 2, 2], abs=2)
    assert (np.diff(later.rows["time_s"]) >= 0).all()


def test_a_wrong_date_now_and_then_is_kept_out_and_costs_nothing_else() -> None:
    gate = Gate(city())
    passed = [tell(gate, ahead) for ahead in (0, DAY_S, 1, 2, 3, 4, 400 * DAY_S, 5)]
    assert [p.reasons for p in passed if p.reasons] == [(AHEAD,), (AHEAD,)]
    assert gate.clocks("").ahead == 0
    assert passed[-1].rows["time_s"].tolist() == [NOW_S + 5]


def test_a_clock_put_right_is_believed_at_once() -> None:
    gate = Gate(city())
    for _ in range(2 * AGREED):
        tell(gate, DAY_S)
    assert tell(gate, 0.0).rows["time_s"].tolist() == [NOW_S]


def test_what_comes_late_is_taken_as_told() -> None:
    gate = Gate(city())
    passed = tell(gate, -7200, -3600, -0.2)
    assert passed.rows["time_s"].tolist() == [NOW_S - 7200, NOW_S - 3600, NOW_S - 0.2]


def test_late_messages_of_a_clock_that_is_ahead_go_where_they_belong() -> None:
    gate = Gate(city())
    for _ in range(AGREED):
        tell(gate, DAY_S)
    late = tell(gate, DAY_S - 3600.0)
    assert late.rows["time_s"].tolist() == [NOW_S - 3600.0]


def test_the_clocks_of_a_source_are_told() -> None:
    gate = Gate(city())
    for name, ahead in (("a", 0.0), ("b", -30.0), ("c", DAY_S), ("d", -2 * DAY_S)):
        for _ in range(AGREED):
            tell(gate, ahead, name=name)
    tell(gate, 0.0, name="heard once")
    told = gate.clocks("")
    assert (told.told, told.ahead, told.median_s, told.worst_s) == (4, 1, -15.0, -2 * DAY_S)


def test_nothing_is_told_of_a_source_that_never_spoke() -> None:
    assert report(Devices()).told == 0
    assert Gate(city()).clocks("nobody").told == 0


def test_many_readings_at_once_leave_the_newest() -> None:
    gate = Gate(city())
    tell(gate, *(-100.0 - i for i in range(50)))
    tell(gate, *(float(i) for i in range(8)))
    assert gate.clocks("").median_s == 5.0


def test_a_source_that_was_wound_back_is_forgotten() -> None:
    gate = Gate(city())
    for _ in range(AGREED):
        tell(gate, 0.0)
    gate.forget("")
    assert gate.clocks("").told == 0
