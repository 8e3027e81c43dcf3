from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.twin.signals.made import plan
from twin.errors import BadInputError
from twin.signals.timetable import Slot, Timetable, transition

PEAK, QUIET = plan(45.0, 15.0, 25.0), plan(30.0, 10.0, 15.0)


def test_the_last_plan_of_a_day_runs_into_the_next() -> None:
    table = Timetable((Slot(7 * 3600.0, "早高峰", PEAK), Slot(9 * 3600.0, "平峰", QUIET)))
    assert table.at(3600.0).name == "平峰"
    assert table.at(7 * 3600.0).name == "早高峰"
    assert table.at(86_400.0 + 8 * 3600.0).plan is PEAK


@pytest.mark.parametrize("starts", [(), (3600.0, 3600.0), (7200.0, 3600.0), (-1.0,), (86_400.0,)])
def test_a_day_that_makes_no_sense_is_refused(starts: tuple[float, ...]) -> None:
    with pytest.raises(BadInputError):
        Timetable(tuple(Slot(start, "平峰", QUIET) for start in starts))


@settings(max_examples=200, deadline=None)
@given(st.floats(0.0, 1e6), st.floats(0.0, 69.0))
@example(begin_s=0.0, offset_s=1.2e-42)  # a remainder that is the whole cycle
def test_a_transition_ends_in_step_and_keeps_minima(begin_s: float, offset_s: float) -> None:
    new = QUIET.shifted(offset_s)
    least = (8.0, 6.0, 8.0)
    cycles = transition(new, begin_s, least)
    end_s = begin_s + sum(cycle.cycle_s for cycle in cycles)
    assert abs((end_s - new.offset_s + 35.0) % 70.0 - 35.0) < 1e-3
    assert len(cycles) <= 4
    for cycle in cycles:
        assert all(stage.green_s >= low - 1e-9 for stage, low in zip(cycle.stages, least, strict=True))
        assert cycle.cycle_s <= 70.0 * 1.25 + 1e-6
        assert abs(sum(stage.long_s for stage in cycle.stages) - cycle.cycle_s) < 1e-6
