"""Two instants on one map: each on its side of the line, named and counted."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest

from app.features.compare import Compare
from app.main_window import MainWindow
from app.map.events import CameraState
from app.map.split import Split
from tests.app.conftest import made_home, only_window, small_city, still_frame, until, window
from tests.app.test_look_back import BEGIN_S, MadeUpPast
from twin.city.city import City

__all__ = ["made_home", "only_window", "small_city", "window"]


@pytest.fixture
def compare(window: MainWindow, small_city: City) -> Compare:
    """Return the feature of a window that has a past of one car; all four entities are there now."""
    found = next(feature for feature in window.features if isinstance(feature, Compare))
    window.acts.run("compare.end")
    window.look_back.open(MadeUpPast(small_city))
    return found


def sides(window: MainWindow) -> tuple[set[str], set[str]]:
    """Return whose symbols are drawn left and right of the middle of the map."""
    packed = window.map._movers.packed
    assert packed is not None
    x, _, _ = window.map._pilot.lens().project(packed.position_m)
    found: tuple[set[str], set[str]] = (set(), set())
    for row, x_px in enumerate(x.tolist()):
        batch = packed.batches[packed.batch[row]]
        if batch.layer in ("vehicles", "people"):
            found[int(x_px >= window.map.width() / 2)].add(batch.keys(packed.row[[row]].astype(np.int64))[0])
    return found


def test_each_instant_is_drawn_on_its_side_of_the_line(window: MainWindow, compare: Compare, small_city: City) -> None:
    east, north = still_frame(small_city).position_m[1, :2]
    between = (float(east) + 20.0, float(north), 0.0)  # the second and the third of a row
    window.map.set_camera(CameraState(between, 300.0, 0.0, 60.0))
    window.acts.run("compare.hold", value=BEGIN_S)
    until(lambda: compare.split is not None)
    until(lambda: sides(window) == ({"car-1"}, {"car-2", "officer-1"}))
    compare.move_to(0.02)
    assert compare.split is not None
    assert compare.split.share == 0.05
    until(lambda: sides(window) == ({"bus-1", "car-1"}, {"car-2", "officer-1"}))
    window.acts.run("compare.end")
    assert compare.split is None
    until(lambda: sides(window) == ({"bus-1", "car-1"}, {"car-2", "officer-1"}))


def test_the_two_instants_are_named_and_their_differences_listed(window: MainWindow, compare: Compare) -> None:
    window.acts.run("compare.hold")  # now is A; what is looked at next is B
    until(lambda: compare.panel.isVisible())
    dock = window.arrangement.docks["compare"]
    assert window.dockWidgetArea(dock) == Qt.DockWidgetArea.RightDockWidgetArea
    assert dock.geometry().left() > window.map.width()
    window.look_back.go_to(BEGIN_S + 8 * 3600.0)
    until(lambda: "昨天 08:00:00" in compare.panel.instants.text())
    assert "A  今天" in compare.panel.instants.text()
    rows = {row[0]: row[1:] for row in compare.panel.table.rows._rows}
    assert rows == {"car": (2, 1, -1), "bus": (1, 0, -1), "officer": (1, 0, -1)}
    assert "仅在 A：3" in compare.panel.totals.text()
    window.acts.run("compare.swap")
    until(lambda: compare.panel.instants.text().startswith("A  昨天 08:00:00"))
    window.look_back.back_to_now()
    until(lambda: "B  现在" in compare.panel.instants.text())
    compare.panel.end.click()
    assert compare.split is None
    assert not compare.panel.isVisible()


def test_the_line_is_dragged_and_the_rest_of_the_map_is_not_caught(window: MainWindow, compare: Compare) -> None:
    window.acts.run("compare.hold")
    view = window.map
    middle = QPoint(view.width() // 2, view.height() // 3)
    QTest.mousePress(view, Qt.MouseButton.LeftButton, pos=middle)
    for step in range(1, 11):
        QTest.mouseMove(view, middle + QPoint(20 * step, 0))
    QTest.mouseRelease(view, Qt.MouseButton.LeftButton, pos=middle + QPoint(200, 0))
    assert compare.split is not None
    moved = compare.split.share
    assert moved == pytest.approx((view.width() // 2 + 200) / view.width(), abs=0.02)
    assert compare.line.key(Qt.Key.Key_BracketLeft)
    assert compare.split.share == pytest.approx(moved - 0.02)
    assert not compare.line.key(Qt.Key.Key_Up)
    window.acts.run("compare.end")
    assert window.map.tool is None


def test_escape_ends_it_and_another_tool_gives_the_line_back(window: MainWindow, compare: Compare) -> None:
    window.acts.run("compare.hold")
    window.acts.run("view.box")
    assert window.map.tool is window.map.boxes
    window.acts.by_id["selection.clear"].trigger()
    assert window.map.tool is compare.line
    assert compare.split is not None
    window.acts.by_id["selection.clear"].trigger()
    assert window.map.tool is None
    assert compare.split is None


def test_nothing_is_held_before_a_twin_is_open(window: MainWindow, compare: Compare) -> None:
    told: list[str] = []
    window.acts.refused.connect(lambda _command, words: told.append(words))
    window.acts.run("compare.swap")
    assert "A" in told[0] or "对比" in told[0]


def test_what_covers_the_ground_is_drawn_once(window: MainWindow, small_city: City) -> None:
    world = window.live.world
    assert world is not None
    split = Split(replace(world, live=False))
    drawn = object()
    assert split.half(drawn, window.map._pilot.lens(), small_city, left=True) is drawn  # type: ignore[arg-type]  # as a raster is
    assert np.isclose(split.line_px(window.map._pilot.lens()), window.map.width() / 2, atol=1)
