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
    qtbot.waitUntil(lambda: "second" in seen)
    assert seen.index("answer") < seen.index("second")


def test_new_steps_replace_those_left_and_closing_forgets_them(qtbot: QtBot) -> None:
    parent, seen = QObject(), list[str]()
    turns = Turns(parent)
    turns.start(steps(lambda: seen.append("old"), lambda: seen.append("older")))
    turns.start(steps(lambda: seen.append("new"), turns.close, lambda: seen.append("never")))
    qtbot.waitUntil(lambda: "new" in seen)
    qtbot.wait(20)
    assert seen == ["new"]
