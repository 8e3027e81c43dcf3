from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest

from app.features.second_map import SecondMap
from app.main_window import MainWindow
from app.map.events import Pick
from app.widgets.map_window import MapWindow
from tests.app.conftest import until


@pytest.fixture
def second(window: MainWindow) -> Iterator[MapWindow]:
    feature = next(feature for feature in window.features if isinstance(feature, SecondMap))
    window.acts.run("map.second")
    assert feature.shown is not None
    shown = feature.shown
    until(lambda: shown.view.city is not None and shown.view.shown_symbols() is not None)
    for name in ("camera", "time", "selection"):
        window.acts.run("second.link", name=name, on=True)
    yield shown
    if feature.shown is not None:
        feature.shown.close()
    assert not window.acts.by_id["map.second"].isChecked()


def test_linked_maps_are_seen_from_one_place_whichever_is_moved(window: MainWindow, second: MapWindow) -> None:
    there = replace(window.map.camera(), bearing_deg=123.0)
    window.map.set_camera(there)
    assert second.view.camera().bearing_deg == pytest.approx(123.0)
    second.view.set_camera(replace(there, bearing_deg=77.0))
    assert window.map.camera().bearing_deg == pytest.approx(77.0)


def test_a_free_camera_time_and_selection_are_the_windows_own(window: MainWindow, second: MapWindow) -> None:
    for name in ("camera", "time", "selection"):
        window.acts.run("second.link", name=name, on=False)
    before = second.view.camera()
    window.map.set_camera(replace(window.map.camera(), bearing_deg=200.0))
    assert second.view.camera() == before
    assert second.at.isVisible()
    assert "并非现在" in second.view._overlay.banner
    pick = Pick("vehicles", "car-1", (0.0, 0.0, 3.0))
    second.view.picked.emit(pick)
    assert window.selection.picks == ()


def test_a_pick_in_the_linked_second_map_is_the_selection_of_both(window: MainWindow, second: MapWindow) -> None:
    pick = Pick("vehicles", "car-1", (0.0, 0.0, 3.0))
    second.view.picked.emit(pick)
    assert window.selection.picks == (pick,)


def test_its_layers_are_its_own(window: MainWindow, second: MapWindow) -> None:
    window.acts.run("second.layer", name="roads", visible=False)
    assert not second.book.states["roads"].visible
    assert window.layers.states["roads"].visible


def test_its_bubbles_and_trails_are_its_own(window: MainWindow, second: MapWindow) -> None:
    window.acts.run("second.show", name="clusters", on=True)
    window.acts.run("second.show", name="trails", on=False)
    assert second.view._crowd.wanted
    assert not second.view._trails.selected
    assert window.map._trails.selected
    window.acts.run("trails.minutes", minutes=3)
    assert not second.own["trails"].isChecked()
    window.acts.run("second.show", name="trails", on=True)
    assert second.view._trails == window.map._trails
    assert second.view._trails.minutes == 3.0


def test_it_opens_where_it_stood(window: MainWindow, second: MapWindow) -> None:
    second.resize(700, 500)
    second.close()
    assert window.settings.values.second_map
    window.acts.run("map.second")
