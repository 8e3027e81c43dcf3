"""The pen: what clicks, drags and keys make of each outline."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import Qt

from app.instruments.kinds import FENCE, KINDS, LASSO, Kind
from app.instruments.pen import Pen
from app.instruments.sketch import outlines
from app.map.tools import Touch
from twin.geo import FloatArray

BY_NAME = {kind.name: kind for kind in (*KINDS, FENCE, LASSO)}


class Drawing:
    """A pen, and what it drew."""

    def __init__(self, kind: Kind) -> None:
        self.done: list[FloatArray] = []
        self.pen = Pen(kind, lambda: None, self.done.append)

    def click(self, *places: tuple[float, float]) -> None:
        for place in places:
            assert self.pen.click(touch(*place))


def touch(x: float, y: float) -> Touch:
    return Touch(x, y, Qt.KeyboardModifier.NoModifier, lambda: (x, y, 0.0), lambda: None)


def test_a_line_ends_with_a_double_click_and_the_pen_is_ready_for_the_next() -> None:
    drawing = Drawing(BY_NAME["distance"])
    drawing.click((0, 0), (10, 0), (10, 10))
    drawing.pen.double_click(touch(10, 10))
    assert drawing.done[0].tolist() == [[0, 0, 0], [10, 0, 0], [10, 10, 0]]
    assert drawing.pen.points == []


def test_too_few_points_are_not_finished() -> None:
    drawing = Drawing(BY_NAME["area"])
    drawing.click((0, 0), (10, 0))
    drawing.pen.double_click(touch(10, 0))
    assert drawing.done == []
    assert len(drawing.pen.points) == 2


def test_two_clicks_are_all_a_circle_needs() -> None:
    drawing = Drawing(BY_NAME["viewshed"])
    drawing.click((0, 0))
    drawing.click((30, 40))
    assert drawing.done[0].shape == (2, 3)


def test_keys_finish_and_take_back() -> None:
    drawing = Drawing(BY_NAME["distance"])
    drawing.click((0, 0), (10, 0), (99, 99))
    assert drawing.pen.key(Qt.Key.Key_Backspace)
    assert drawing.pen.key(Qt.Key.Key_Return)
    assert not drawing.pen.key(Qt.Key.Key_A)
    assert len(drawing.done[0]) == 2
    assert drawing.pen.key(Qt.Key.Key_Backspace)  # nothing there to be taken back


def test_a_band_is_widened_by_a_last_click() -> None:
    drawing = Drawing(BY_NAME["buffer"])
    drawing.click((0, 0), (100, 0))
    drawing.pen.double_click(touch(100, 0))
    assert drawing.pen.widening
    drawing.pen.hover(touch(50, 20))
    (line, closed), (rim, round_about) = outlines(drawing.pen, drawing.pen.drawn_m)
    assert (len(line), closed, round_about) == (2, False, True)
    assert np.ptp(rim[:, 1]) == pytest.approx(40, abs=0.1)
    drawing.click((50, 20))
    assert drawing.done[0].tolist() == [[0, 0, 0], [100, 0, 0], [50, 20, 0]]


def test_a_band_can_go_back_to_its_line() -> None:
    drawing = Drawing(BY_NAME["buffer"])
    drawing.click((0, 0))
    drawing.pen.double_click(touch(0, 0))
    assert drawing.pen.widening
    drawing.pen.key(Qt.Key.Key_Backspace)
    assert not drawing.pen.widening
    assert len(drawing.pen.points) == 1


def test_a_lasso_is_drawn_by_dragging_or_by_clicking() -> None:
    drawing = Drawing(LASSO)
    assert drawing.pen.press(touch(0, 0))
    for place in ((0, 0), (1, 1), (20, 0), (20, 20)):  # a pixel further is no new point
        drawing.pen.drag(touch(*place))
    drawing.pen.release(touch(20, 20))
    assert drawing.done[0][:, :2].tolist() == [[0, 0], [20, 0], [20, 20]]
    drawing.click((0, 0), (9, 0), (9, 9))
    drawing.pen.double_click(touch(9, 9))
    assert len(drawing.done) == 2
    assert not Drawing(BY_NAME["area"]).pen.press(touch(0, 0))  # other drags turn the map


def test_put_away_it_forgets_what_is_unfinished() -> None:
    drawing = Drawing(BY_NAME["distance"])
    drawing.click((0, 0), (5, 5))
    drawing.pen.left()
    assert drawing.pen.points == []
    assert drawing.done == []


@pytest.mark.parametrize("kind", [*KINDS, FENCE, LASSO], ids=lambda kind: kind.name)
def test_what_is_drawn_has_an_outline_from_the_second_point_on(kind: Kind) -> None:
    drawing = Drawing(kind)
    drawing.pen.hover(touch(0, 0))
    assert outlines(drawing.pen, drawing.pen.drawn_m) == []
    drawing.click((0, 0))
    drawing.pen.hover(touch(30, 40))
    ((line, _closed),) = outlines(drawing.pen, drawing.pen.drawn_m)
    assert line.shape[1] == 3
    if kind.outline == "circle":
        assert np.hypot(*line[:, :2].T) == pytest.approx(50)
