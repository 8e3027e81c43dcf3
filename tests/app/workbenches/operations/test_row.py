from __future__ import annotations

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.workbenches.operations.row import BROKEN, NONE, RUNNING, SOON, QueueRow, counted, ranked, timer_words

ROW = QueueRow("a:1", "alert", 2, "失驾人员预警", "人民大道", "new", 1000.0, 1180.0, 180.0, "work.accept")


@pytest.mark.parametrize(("now_s", "how"), [(1000.0, RUNNING), (1140.0, SOON), (1180.0, SOON), (1180.5, BROKEN)])
def test_a_timer_warns_before_it_breaks(now_s: float, how: str) -> None:
    assert ROW.timer(now_s) == how


def test_a_short_level_warns_half_a_minute_before_it_breaks() -> None:
    assert replace(ROW, due_s=1060.0, span_s=60.0).timer(1031.0) == SOON


def test_without_a_level_there_is_no_timer() -> None:
    assert replace(ROW, due_s=math.inf).timer(9e9) == NONE
    assert timer_words(math.inf) == ""


def test_what_waits_for_a_hand_stands_above_what_others_are_at() -> None:
    sent, mild = replace(ROW, key="i:1", severity=1, next=""), replace(ROW, key="a:2", severity=4)
    resolved = replace(ROW, key="i:2", severity=1, state="resolved", next="work.close")
    assert [row.key for row in ranked([sent, mild, resolved, ROW])] == ["a:1", "a:2", "i:2", "i:1"]


def test_the_severer_then_the_sooner_due_then_the_older_comes_first() -> None:
    made = (("d", 2, 9.0, 1.0), ("c", 2, 8.0, 2.0), ("b", 2, 8.0, 1.0), ("a", 1, 99.0, 9.0))
    rows = [replace(ROW, key=key, severity=s, due_s=d, since_s=a) for key, s, d, a in made]
    assert "".join(row.key for row in ranked(rows)) == "abcd"


@given(st.floats(-1e6, 1e6))
def test_a_timer_says_how_much_is_left_or_over(left_s: float) -> None:
    words = timer_words(left_s)
    assert words.startswith("+") == (left_s < 0.0)
    parts = [int(part) for part in words.lstrip("+").split(":")]
    seconds = sum(part * 60**power for power, part in enumerate(reversed(parts)))
    assert abs(seconds - abs(left_s)) <= 1.0


def test_hours_are_written_when_there_are_some() -> None:
    assert [timer_words(left_s) for left_s in (134.0, -42.0, 3725.0)] == ["2:14", "+0:42", "1:02:05"]


def test_rows_are_counted_by_severity() -> None:
    assert counted([ROW, ROW, replace(ROW, severity=1)]) == {1: 1, 2: 2, 3: 0, 4: 0}
