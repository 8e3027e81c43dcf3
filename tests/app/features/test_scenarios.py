"""The scenarios in the real window: views open on live data, the rest are tried over what was recorded and switched."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from app.features.scenarios import GROUND, Scenarios, ScenariosPanel
from app.features.tried_marks import LAYER
from app.main_window import MainWindow
from data.connectors.demo_life.fleet import plate
from data.rules.demo import SUSPENDED
from data.sync.journal import journal_path
from tests.app.conftest import made_home, only_window, small_city, until, window
from tests.data.history.factory import record
from twin.access import Purpose
from twin.city.city import City
from twin.live.observation import Observation, batch
from twin.rules.scenario import PANELS, Loaded

__all__ = ["made_home", "only_window", "small_city", "window"]


@pytest.fixture
def panel(window: MainWindow) -> ScenariosPanel:
    panel = next(feature for feature in window.features if isinstance(feature, Scenarios)).panel
    until(lambda: len(panel.scenarios) == 38)
    return panel


def views_of(panel: ScenariosPanel) -> list[Loaded]:
    return [loaded for loaded in panel.scenarios.values() if loaded.scenario.form == "view"]


def told(window: MainWindow, layers: set[str]) -> bool:
    """Tell whether layers show something of now."""
    statuses = window.layers.statuses
    return all(name in statuses and statuses[name].count > 0 for name in layers)


def test_every_view_opens_with_its_layers_filters_and_panels_on_live_data(
    window: MainWindow, panel: ScenariosPanel
) -> None:
    assert set(window.arrangement.docks) >= {*PANELS}
    assert len(views_of(panel)) == 8
    for loaded in views_of(panel):
        view = loaded.scenario.view
        assert view is not None
        refused: list[str] = []
        window.acts.run("scenario.open", scenario=loaded.id, refused=refused.append)
        assert not refused
        states = window.layers.states
        assert {name for name, state in states.items() if state.visible} - GROUND == set(view.layers) - GROUND
        assert {name: states[name].where for name in view.layers if states[name].where} == view.filters
        assert all(window.arrangement.docks[name].isVisible() for name in view.panels)
        world = window.live.world
        assert world is not None
        assert world.live
        moving = {"vehicles", "people"} & set(view.layers) - set(view.filters)
        until(partial(told, window, moving))
    assert "“" in panel.explain.text()


def test_one_that_watches_opens_nothing_and_a_view_does_not_fire(window: MainWindow, panel: ScenariosPanel) -> None:
    refused: list[str] = []
    window.acts.run("scenario.open", scenario="flood", refused=refused.append)
    window.purpose.state(Purpose("核查"), 5.0)
    window.acts.run("scenario.try", scenario="heat", refused=refused.append)
    window.acts.run("scenario.open", scenario="flod", refused=refused.append)
    assert ["不是视图" in refused[0], "是视图" in refused[1], "没有场景" in refused[2]] == [True] * 3


def test_one_is_tried_over_the_last_day_with_its_picture_then_switched_off_and_on(
    window: MainWindow, panel: ScenariosPanel, small_city: City
) -> None:
    lon, lat = small_city.frame.to_lonlat(30.0, 480.0)
    now_s = time.time()
    seen = [Observation("a", "car", now_s - 60.0 * n, float(lon), float(lat), plate(SUSPENDED[0])) for n in (30, 20)]
    record(journal_path(window.session.home, "small"), np.concatenate([batch("gate", [one]).rows for one in seen]))
    window.acts.run("panel.scenarios")
    panel.choose("unlicensed-driver")
    assert "依据" in panel.explain.text()
    window.purpose.state(Purpose("规则修订"), 5.0)
    panel.try_.click()
    until(lambda: panel.picture.isVisible() or panel.problem.isVisible())
    assert not panel.problem.isVisible()
    assert "1 次" in panel.explain.text()
    assert panel.picture.pixmap().width() >= 160
    assert "没有记录更早的版本" in panel.explain.text()
    extras, (hit,) = window.map.extras, panel.examples.rows.keys
    assert {type(one).__name__ for one in extras.drawings[LAYER].drawings} == {"Symbols", "Labels"}
    refused: list[str] = []
    window.acts.run("scenario.example", hit=hit, refused=refused.append)
    window.acts.run("scenario.example", hit="none", refused=refused.append)
    assert len(refused) == 1
    panel.clear.click()
    assert LAYER not in extras.drawings
    assert not panel.picture.isVisible()

    version = panel.scenarios["unlicensed-driver"].version
    panel.turn.click()
    until(lambda: not panel.scenarios["unlicensed-driver"].scenario.on)
    own = window.session.home.data / "scenarios" / "security" / "unlicensed-driver.toml"
    assert own.exists()
    assert panel.turn.text() == "启用"
    panel.turn.click()
    until(lambda: panel.scenarios["unlicensed-driver"].scenario.on)
    assert panel.scenarios["unlicensed-driver"].version == version
    assert Path(own).read_text("utf-8").count("\non = ") == 1
