"""The clocks of the law: calendar months, working days, warnings, and what is left."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.fraud.clocks import (
    CHINA,
    DAY_S,
    HOUR_S,
    STOP_WARNINGS_S,
    Deadline,
    after_working_days,
    freeze_ends_s,
    stop_ends_s,
)


def at(text: str) -> float:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA).timestamp()


@pytest.mark.parametrize(
    ("begun", "months", "ends"),
    [
        ("2026-01-15T08:30", 6, "2026-07-15T08:30"),
        ("2026-08-31T23:59", 6, "2027-02-28T23:59"),
        ("2027-08-31T00:00", 6, "2028-02-29T00:00"),
        ("2026-11-23T10:00", 12, "2027-11-23T10:00"),
        ("2026-12-01T00:30", 1, "2027-01-01T00:30"),
    ],
)
def test_a_freeze_is_of_calendar_months(begun: str, months: int, ends: str) -> None:
    assert freeze_ends_s(at(begun), months) == at(ends)


@pytest.mark.parametrize(
    ("day", "ends"),
    [("2026-11-23T09:00", "2026-11-27T00:00"), ("2026-11-26T23:00", "2026-12-02T00:00"),
     ("2026-11-28T12:00", "2026-12-03T00:00")],
)  # fmt: skip
def test_three_working_days_leave_out_the_weekend(day: str, ends: str) -> None:
    assert after_working_days(at(day), 3) == at(ends)


def test_a_stop_warns_12_4_and_1_hours_before_its_end() -> None:
    ends_s = stop_ends_s(0.0)
    stop = Deadline("stop_ends", ends_s, "M", "C", STOP_WARNINGS_S)
    told = [len(stop.warnings_due(ends_s - left_h * HOUR_S)) for left_h in (12.1, 12.0, 4.0, 1.0, 0.0)]
    assert told == [0, 1, 2, 3, 4]
    assert [stop.tone(ends_s - left_h * HOUR_S) for left_h in (13.0, 11.0, 0.5, 0.0)] == ["", "soon", "urgent", "late"]


@given(st.floats(1.7e9, 2.5e9), st.integers(1, 12))
def test_a_freeze_is_never_longer_than_its_months(begun_s: float, months: int) -> None:
    ends_s = freeze_ends_s(begun_s, months)
    assert 28 * DAY_S * months - 1 <= ends_s - begun_s <= 31 * DAY_S * months + 1
