from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer
from pytestqt.qtbot import QtBot

from app.turns import Turns


def steps(*calls: Callable[[], object]) -> Iterator[object]:
    for call in calls:
        yield call()


def test_the_window_answers_between_two_steps(qtbot: QtBot) -> None:
    parent, seen = QObject(), list[str]()
    turns = Turns(parent)
    QTimer.singleShot(0, lambda: seen.append("answer"))
    turns.start(steps(lambda: seen.append("first"), lambda: seen.append("second")))
    qtbot.waitUntil(lambda: "second" in seen, timeout=60_000)
    assert seen.index("answer") < seen.index("second")


def test_new_steps_replace_those_left_and_closing_forgets_them(qtbot: QtBot) -> None:
    parent, seen = QObject(), list[str]()
    turns = Turns(parent)
    turns.start(steps(lambda: seen.append("old"), lambda: seen.append("older")))
    turns.start(steps(lambda: seen.append("new"), turns.close, lambda: seen.append("never")))
    qtbot.waitUntil(lambda: "new" in seen, timeout=60_000)
    qtbot.wait(20)
    assert seen == ["new"]


def test_what_is_wanted_soon_comes_one_a_turn_and_only_the_newest_of_a_name(qtbot: QtBot) -> None:
    parent, seen = QObject(), list[str]()
    turns = Turns(parent)
    turns.soon(lambda: seen.append("old picture"), "picture")
    turns.soon(lambda: seen.append("answer"))
    turns.soon(lambda: seen.append("new picture"), "picture")
    QTimer.singleShot(0, lambda: seen.append("click"))
    turns.start(steps(lambda: seen.append("step")))
    qtbot.waitUntil(lambda: "step" in seen, timeout=60_000)
    assert [one for one in seen if one != "click"] == ["new picture", "answer", "step"]
    assert seen.index("click") < seen.index("step")


def test_what_comes_again_and_again_does_not_hold_up_the_rest(qtbot: QtBot) -> None:
    parent, seen = QObject(), list[str]()
    turns = Turns(parent)

    def frame() -> None:
        seen.append("frame")
        turns.soon(frame, "frame")

    turns.soon(frame, "frame")
    turns.start(steps(*[lambda: seen.append("step")] * 3))
    qtbot.waitUntil(lambda: seen.count("step") == 3, timeout=60_000)
    assert seen[:6] == ["frame", "step"] * 3
    turns.close()
