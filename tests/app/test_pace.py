"""What changes beside the map waits for its next frame where drawing is slow."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtWidgets import QApplication, QWidget

from app.pace import LONGEST_S, Pace
from tests.app.conftest import until


class Drawn(QWidget):
    """Counts the requests that reach it."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = 0

    def event(self, event: QEvent) -> bool:
        self.asked += event.type() == QEvent.Type.UpdateRequest
        return super().event(event)


@pytest.fixture
def drawn(qapp: QApplication) -> Iterator[Drawn]:
    widget = Drawn()
    yield widget
    widget.deleteLater()


def paced(drawn: Drawn, took_s: float, due: list[bool]) -> tuple[Pace, list[float]]:
    now, frames = [0.0], list[float]()

    def clock() -> float:
        return now[0]

    pace = Pace(drawn, lambda: due[0], clock)

    def draw() -> bool:
        frames.append(now[0])
        now[0] += took_s
        return True

    pace.draw(draw)
    pace.draw(draw)
    now[0] += LONGEST_S
    pace.draw(draw)
    return pace, frames


def test_what_the_map_does_not_want_waits_and_asks_again(drawn: Drawn) -> None:
    _pace, frames = paced(drawn, 0.04, [False])
    assert frames == [0.0, pytest.approx(0.04 + LONGEST_S)]


def test_what_is_put_off_is_asked_for_again(drawn: Drawn) -> None:
    pace = Pace(drawn, lambda: False, iter([0.0, 0.03, 0.04]).__next__)
    pace.draw(lambda: True)
    assert pace.draw(lambda: pytest.fail("drawn at once"))
    until(lambda: drawn.asked == 1)


def test_a_frame_of_the_map_is_never_put_off(drawn: Drawn) -> None:
    _pace, frames = paced(drawn, 0.04, [True])
    assert frames == [0.0, 0.04, pytest.approx(0.08 + LONGEST_S)]
