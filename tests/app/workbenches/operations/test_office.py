"""What stands beside the queue: the figures, the handover note, the wall's board."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from pathlib import Path

import pytest

from app.texts import Texts
from app.workbenches.operations.duty import Shift, handover_note
from app.workbenches.operations.figures import Wish, answer, save
from app.workbenches.operations.row import QueueRow
from app.workbenches.operations.wall_board import urgent
from data.audit.trail import append
from data.operations.store import SqlOperations
from data.records.database import open_records
from tests.app.conftest import home_at
from tests.app.workbenches.operations.made import START, alert, hit, incident
from twin.operations.deeds import By, ConfirmAlerts, DismissAlerts
from twin.operations.store import Row

NOON_S = 1_790_000_000.0
WEEK = Wish("alerts", "scenario", NOON_S - 600.0, NOON_S + 5400.0)


@pytest.fixture
def store(tmp_path: Path) -> SqlOperations:
    return SqlOperations(open_records(home_at(tmp_path)), append)


def filled(store: SqlOperations) -> None:
    """Let ten alerts of one storm and two others come in, answer some of them."""
    for number in range(10):
        store.take([hit(number, "parking", 3, NOON_S + number)])
    store.take([hit(50, "=SUM(A1)", 2, NOON_S + 1300.0)])
    (last,) = store.take([hit(51, "hospital", 1, NOON_S + 3000.0)])
    store.do(ConfirmAlerts((last,), START), By("ann", NOON_S + 3040.0))
    (row,) = (row for row in store.queue() if row.alert is not None and row.alert.scenario == "parking")
    store.do(DismissAlerts(row.ids, "false_alarm"), By("ann", NOON_S + 60.0))


def test_figures_are_counted_from_the_records_with_their_question(store: SqlOperations) -> None:
    filled(store)
    found = answer(store._engine, WEEK)
    assert {one.key: one.count for one in found.lines} == {"parking": 10, "=SUM(A1)": 1, "hospital": 1}
    assert "operation_alert" in found.query
    confirmed = answer(store._engine, replace(WEEK, figure="confirmed", by="all")).lines
    assert [(one.count, round(one.median)) for one in confirmed] == [(1, 39)]
    store.close()


def test_a_storm_is_one_alarm_of_the_load(store: SqlOperations) -> None:
    filled(store)
    load = answer(store._engine, WEEK).load
    assert (load.alarms, load.worst, load.over, load.steps) == (3, 1, 0, 10)
    assert load.mean == pytest.approx(0.3)
    store.close()


def test_without_records_there_is_no_load(store: SqlOperations) -> None:
    found = answer(store._engine, WEEK)
    assert (found.lines, found.load.alarms) == ((), 0)
    store.close()


def test_figures_are_saved_with_their_question_and_no_formula(store: SqlOperations, tmp_path: Path) -> None:
    filled(store)
    target = tmp_path / "alerts.csv"
    save(answer(store._engine, WEEK), target)
    rows = list(csv.reader(target.read_text("utf-8-sig").splitlines()))
    assert rows[0] == ["key", "count", "median_s", "p90_s", "year_before"]
    assert ["'=SUM(A1)", "1", "", "", "0"] in rows
    assert any(row and row[0] == "query" for row in rows)
    store.close()


def test_the_note_tells_what_waits_what_is_at_work_and_what_was_ended() -> None:
    rows = (Row(2, 1000.0, alert(), 3, 3, ("A1",)), Row(1, 900.0, incident=incident(id="I7")))
    closed = (incident(id="I8", state="closed", resolved_s=5000.0), incident(id="I9", resolved_s=10.0))
    note = handover_note(Shift((), rows, (), (), closed), 500.0, 9000.0, Texts("zh"), lambda _: "失驾")
    assert "待受理 3 起" in note
    assert "I7" in note
    assert "本班办结 1 件" in note


def test_the_wall_shows_what_breaks_first() -> None:
    row = QueueRow("a", "alert", 3, "x", "y", "new", 0.0, 1000.0, 600.0, "work.accept")
    rows = [replace(row, key="calm", due_s=9000.0), replace(row, key="none", severity=1, due_s=math.inf),
            replace(row, key="soon", due_s=520.0), replace(row, key="broken", severity=4, due_s=400.0)]  # fmt: skip
    assert [one.key for one in urgent(rows, 500.0)] == ["none", "broken", "soon", "calm"]
