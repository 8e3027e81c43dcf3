from __future__ import annotations

import math

import pytest

from app.workbenches.operations.reading import ACCEPT, CLOSE, PROPOSE, RESOLVE, SEND, key_of, next_level, queue_rows
from app.workbenches.operations.row import QueueRow
from tests.app.workbenches.operations.made import START, alert, incident
from twin.operations.deeds import Start
from twin.operations.store import Row


def read(row: Row, proposed: frozenset[str] = frozenset(), start: Start = START) -> QueueRow:
    return queue_rows([row], lambda name: f"<{name}>", lambda _: start, proposed)[0]


def test_a_new_alert_waits_to_be_accepted_by_the_clock_of_its_scenario() -> None:
    row = read(Row(2, 1000.0, alert(), 1, 1, ("A1",)))
    assert (row.kind, row.next, row.title, row.due_s, row.span_s) == (
        "alert",
        ACCEPT,
        "<suspended-driver>",
        1060.0,
        60.0,
    )


def test_a_storm_is_one_row_that_counts_its_alerts() -> None:
    row = read(Row(3, 1000.0, alert(group="A1"), 9_999, 12_000, ("A1",)))
    assert (row.kind, row.count, row.key) == ("group", 9_999, "a:A1")


def test_a_scenario_without_levels_has_no_clock() -> None:
    assert math.isinf(read(Row(2, 1000.0, alert(), 1, 1, ("A1",)), start=Start("x")).due_s)


@pytest.mark.parametrize(
    ("state", "step"),
    [("open", PROPOSE), ("on_scene", RESOLVE), ("resolved", CLOSE), ("dispatched", ""), ("en_route", ""),
     ("handed_over", "")],
)  # fmt: skip
def test_each_state_has_one_next_step_or_is_somebody_elses(state: str, step: str) -> None:
    assert read(Row(2, 1000.0, incident=incident(state=state))).next == step


def test_once_units_are_chosen_they_are_sent() -> None:
    assert read(Row(2, 1000.0, incident=incident()), frozenset({"I1"})).next == SEND
    again = read(Row(2, 1000.0, incident=incident(state="dispatched")), frozenset({"I1"}))
    assert again.next == SEND  # another, while the first stands still
    assert read(Row(2, 1000.0, incident=incident(state="resolved")), frozenset({"I1"})).next == CLOSE


def test_where_nobody_gets_on_others_are_proposed() -> None:
    row = Row(2, 1000.0, incident=incident(state="en_route"))
    assert queue_rows([row], str, lambda _: START, frozenset(), frozenset({"I1"}))[0].next == PROPOSE
    assert queue_rows([row], str, lambda _: START, frozenset({"I1"}), frozenset({"I1"}))[0].next == SEND


def test_the_clock_is_that_of_the_first_level_not_reached() -> None:
    assert read(Row(2, 1000.0, incident=incident())).due_s == 1180.0
    assert read(Row(2, 1000.0, incident=incident(dispatched_s=1100.0))).due_s == 1480.0
    assert next_level(incident(on_scene_s=1300.0)) is None


def test_a_level_that_was_passed_over_is_not_waited_for() -> None:
    level = next_level(incident(levels=(*incident().levels, *()), on_scene_s=0.0, dispatched_s=0.0, opened_s=1040.0))
    assert level is not None
    assert level.state == "dispatched"


def test_a_row_keeps_its_key_while_it_lives() -> None:
    assert key_of(Row(2, 0.0, alert(id="A7", group="A1"), 3, 3, ("A7",))) == "a:A1"
    assert key_of(Row(2, 0.0, incident=incident())) == "i:I1"
