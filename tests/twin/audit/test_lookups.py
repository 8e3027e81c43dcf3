"""What is out of the ordinary is told with its figures, and a day of honest work is not."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from twin.audit.lookups import AGAIN, DAY_S, HOUR_S, MANY, NO_CASE, ODD, Sign, unusual

MORNING = 20_000 * DAY_S + 9 * HOUR_S
"""Nine o'clock by local time, which here is UTC."""
COLUMNS = ["at_s", "actor", "object", "reference", "sensitive", "allowed"]


def work(actor: str = "wang", days: int = 20, each: int = 16, reference: str = "J-1") -> pd.DataFrame:
    """Return days of honest work: one look-up every half an hour from nine to five, each of another car."""
    at = MORNING + np.arange(days)[:, None] * DAY_S + np.arange(each) * 1800.0
    objects = [f"car {number}" for number in range(days * each)]
    return pd.DataFrame(
        {"at_s": at.ravel(), "actor": actor, "object": objects, "reference": reference, "sensitive": True,
         "allowed": True}
    )  # fmt: skip


def more(entries: pd.DataFrame, *rows: tuple[object, ...]) -> list[Sign]:
    return unusual(pd.concat([entries, pd.DataFrame(list(rows), columns=COLUMNS)], ignore_index=True), 0.0)


def test_honest_work_shows_nothing() -> None:
    assert unusual(work(), 0.0) == []
    assert unusual(work(days=0), 0.0) == []
    assert unusual(work().assign(reference="", sensitive=False), 0.0) == []


def test_many_in_a_short_time_are_told_with_what_is_usual() -> None:
    begin = MORNING + 3 * DAY_S + 1.0
    (sign,) = more(work(), *((begin + i * 10, "wang", f"person {i}", "J-1", True, True) for i in range(25)))
    assert (sign.kind, sign.actor, sign.of) == (MANY, "wang", 1.0)
    assert sign.count in (25, 26)
    assert begin - 1.0 <= sign.begin_s <= begin < sign.end_s == begin + 240


def test_many_across_the_edge_of_a_window_are_told_too() -> None:
    begin = MORNING + 3 * DAY_S + 600 - 100.0
    (sign,) = more(work(), *((begin + i * 8, "wang", f"person {i}", "J-1", True, True) for i in range(25)))
    assert sign.count >= 25


def test_the_same_one_many_times_at_once_is_not_many() -> None:
    signs = more(work(), *((MORNING + 1.0 + i, "wang", "person", "J-1", True, True) for i in range(25)))
    assert signs == []


def test_hours_that_are_odd_for_this_account_are_told_and_only_for_it() -> None:
    night = MORNING + 5 * DAY_S + 17.5 * HOUR_S
    lookups = [(night, "wang", "person", "J-1", True, True), (night + 60, "wang", "person", "J-1", True, True)]
    (sign,) = more(work(), *lookups)
    assert (sign.kind, sign.count, sign.begin_s, sign.end_s) == (ODD, 2, night, night + 60)
    assert sign.of == pytest.approx(100 * 2 / 322)
    keeper = work("night")
    keeper["at_s"] += 17 * HOUR_S
    assert more(pd.concat([work(), keeper], ignore_index=True), (night, "night", "p", "J-1", True, True)) == []
    assert more(work(days=3), *lookups) == []  # too little is known of it


def test_midnight_is_beside_eleven() -> None:
    late = work()
    late["at_s"] += 7 * HOUR_S  # works from four in the afternoon to midnight
    assert more(late, (MORNING + 15.2 * HOUR_S, "wang", "person", "J-1", True, True)) == []


def test_the_same_person_again_and_again_is_told_unless_there_is_a_case() -> None:
    again = [(MORNING + day * DAY_S + 900.0, "wang", "neighbour", "", True, True) for day in range(6)]
    (sign,) = more(work(), *again)
    assert (sign.kind, sign.about, sign.count, sign.of) == (AGAIN, "neighbour", 6, 6)
    assert more(work(), *((*row[:3], "J-2", *row[4:]) for row in again)) == []
    assert more(work(), *((*row[:5], False) for row in again)) == []  # it was refused


def test_look_ups_without_a_case_are_told_where_they_are_most() -> None:
    (sign,) = unusual(work(days=1, reference=""), 0.0)
    assert (sign.kind, sign.count, sign.of) == (NO_CASE, 16, 16)
    assert more(work(), *((MORNING + i * 700.0, "wang", f"p {i}", "", True, True) for i in range(12))) == []


def test_days_and_hours_are_local() -> None:
    entries = work()
    entries["at_s"] -= 8 * HOUR_S
    assert unusual(entries, 8 * HOUR_S) == []
    night = MORNING - 8 * HOUR_S + 17 * HOUR_S
    rows = pd.concat([entries, pd.DataFrame([(night, "wang", "p", "J", True, True)], columns=COLUMNS)])
    assert [sign.kind for sign in unusual(rows.reset_index(drop=True), 8 * HOUR_S)] == [ODD]
