from __future__ import annotations

from dataclasses import replace

from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from app.features.hints import Hints
from app.main_window import MainWindow
from tests.app.conftest import until


def test_alt_left_goes_back_to_the_view_before_and_alt_right_on_again(window: MainWindow) -> None:
    start = window.map.camera()
    QTest.qWait(0)
    there = replace(start, focus_m=(start.focus_m[0] + 900.0, *start.focus_m[1:]), bearing_deg=40.0)
    window.map.set_camera(there)
    until(lambda: window.acts.by_id["view.back"].isEnabled())
    window.acts.run("view.back")
    until(lambda: abs(window.map.camera().bearing_deg - start.bearing_deg) < 0.1)
    assert window.acts.by_id["view.on"].isEnabled()
    window.acts.run("view.on")
    until(lambda: abs(window.map.camera().bearing_deg - 40.0) < 0.1)


def test_the_wall_is_the_map_alone_and_escape_leaves_it(window: MainWindow) -> None:
    window.acts.run("workspace.wall")
    around = (window.top, window.status, window.menus.tools, window.time_bar)
    assert not any(part.isVisible() for part in around)
    assert not any(dock.isVisible() for dock in window.arrangement.docks.values())
    assert "wall" in window.map.extras.paintings
    window.acts.run("selection.clear")
    assert window.arrangement.current == "watch"
    assert all(part.isVisible() for part in around)
    assert "wall" not in window.map.extras.paintings


def test_the_hints_are_shown_until_they_are_read_and_again_when_asked_for(window: MainWindow) -> None:
    hints = next(feature for feature in window.features if isinstance(feature, Hints))
    until(hints.card.isVisible)
    assert window.map.rect().contains(hints.card.geometry())
    QTest.mouseClick(hints.card.read, Qt.MouseButton.LeftButton)
    assert not hints.card.isVisible()
    assert window.settings.values.hints_seen == 1
    window.acts.run("hints.show")
    assert hints.card.isVisible()
    hints.card.hide()
