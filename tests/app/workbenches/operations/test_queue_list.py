from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication

from app.look import Look
from app.texts import Texts
from app.workbenches.operations.queue_list import QueueList
from app.workbenches.operations.row import QueueRow


def row(number: int, **fields: object) -> QueueRow:
    made = QueueRow(
        f"a:{number}", "alert", 2, f"失驾 {number}", "人民大道", "new", 1000.0, 1180.0, 180.0, "work.accept"
    )
    return replace(made, **fields)  # type: ignore[arg-type]  # fields of a row


@pytest.fixture
def queue(qapp: QApplication) -> Iterator[QueueList]:
    shown = QueueList(Look(qapp, Texts("zh"), "dark"))
    shown.resize(380, 400)
    yield shown
    shown.deleteLater()


def test_the_first_row_comes_to_hand_by_itself(queue: QueueList) -> None:
    told: list[tuple[str, bool]] = []
    queue.current_changed.connect(lambda key, by_hand: told.append((key, by_hand)))
    queue.set_rows([row(1), row(2)])
    assert told == [("a:1", False)]


def test_the_row_in_hand_stays_in_hand_while_others_come_and_go(queue: QueueList) -> None:
    queue.set_rows([row(number) for number in range(20)])
    queue.step_to("a:7")
    queue.set_rows([row(99, severity=1), *(row(number) for number in range(5, 30))])
    assert queue.current is not None
    assert queue.current.key == "a:7"


def test_when_it_is_gone_what_took_its_place_comes_to_hand(queue: QueueList) -> None:
    queue.set_rows([row(number) for number in range(5)])
    queue.step_to("a:2")
    queue.set_rows([row(0), row(1), row(3), row(4)])
    assert queue.current is not None
    assert queue.current.key == "a:3"
    queue.set_rows([])
    assert queue.current is None


def test_the_program_can_say_what_is_in_hand(queue: QueueList) -> None:
    queue.set_rows([row(number) for number in range(5)])
    queue.set_rows([row(number) for number in range(6)], "a:5")
    assert queue.current is not None
    assert queue.current.key == "a:5"
    queue.set_rows([row(number, owner="wang") for number in range(6)], "a:1")
    assert queue.current is not None
    assert queue.current.key == "a:1"


def test_a_step_is_by_hand_and_stops_at_the_ends(queue: QueueList) -> None:
    queue.set_rows([row(1), row(2)])
    told: list[tuple[str, bool]] = []
    queue.current_changed.connect(lambda key, by_hand: told.append((key, by_hand)))
    for by in (1, 1, -1, -1):
        queue.step(by)
    assert told == [("a:2", True), ("a:1", True)]


def test_a_change_of_what_a_row_says_moves_nothing(queue: QueueList) -> None:
    queue.set_rows([row(1), row(2)])
    resets: list[int] = []
    queue.queue.modelReset.connect(lambda: resets.append(1))
    queue.set_rows([row(1), row(2, state="open", owner="wang")])
    assert not resets
    assert "wang" in queue.queue.index(1).data()


def test_a_row_is_told_in_words_to_those_who_hear_it(queue: QueueList) -> None:
    queue.set_rows([row(1, count=1200)])
    said = queue.queue.index(0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "二级 · 失驾 1 · 人民大道 · 待受理 · 1,200 起"


@pytest.mark.parametrize("due_s", [0.0, 10.0, 1000.0, float("inf")])
def test_every_kind_of_timer_is_painted(queue: QueueList, due_s: float) -> None:
    queue.set_rows([row(1, due_s=time.time() + due_s - 1.0, span_s=600.0), row(2, next="", count=12_345)])
    image = queue.grab().toImage()
    assert len({image.pixel(x, y) for x in range(0, 380, 3) for y in range(0, 88, 2)}) > 20
