"""What an operator does when a call comes in late: find the place, go back in time, follow, measure, take it home."""

from __future__ import annotations

import itertools
import json
import math
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.features.compare import Compare
from app.instruments.feature import Instruments
from app.main_window import MainWindow
from app.settings import SettingsFile
from app.shell import grab
from app.widgets.day_picker import day_of
from data.sync.journal import journal_path
from tests.app.conftest import let_go, made_home, session_at, shared_home, small_city, until
from tests.data.history.factory import record
from twin.city.city import City
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

__all__ = ["made_home", "small_city"]

YESTERDAY_S = day_of(time.time()) - 86_400.0
CALLED_S = YESTERDAY_S + 8 * 3600 + 16 * 60
"""When the truck calls for help."""


def morning(city: City) -> ObservationArray:
    """Return a truck that drives east through the middle of the county from eight to half past, and calls once."""
    seconds = np.arange(0.0, 1800.0, 5.0)
    rows = np.zeros(len(seconds), OBSERVATION_DTYPE)
    rows["id"], rows["label"], rows["kind"], rows["state"] = b"truck-7", b"Z-00007", CODE["hazmat_truck"], 4
    rows["time_s"] = YESTERDAY_S + 8 * 3600 + seconds
    rows["state"][(rows["time_s"] >= CALLED_S) & (rows["time_s"] < CALLED_S + 60)] = STATE_CODE["alarm"]
    west, south, east, north = city.bounds_m()
    origin = city.frame.origin_m
    x, y = (west + east) / 2 - origin[0] - 900.0 + seconds, np.full(len(seconds), (south + north) / 2 - origin[1])
    lon, lat = city.frame.to_lonlat(x, y)
    rows["lon_deg"], rows["lat_deg"] = lon, lat
    rows["heading_deg"], rows["speed_mps"] = 90.0, 1.0
    rows["value"] = rows["accuracy_m"] = np.nan
    return rows


@pytest.fixture
def window(
    qapp: QApplication, tmp_path: Path, made_home: Path, small_city: City, monkeypatch: pytest.MonkeyPatch
) -> Iterator[MainWindow]:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))  # the engine, a process of its own, looks there
    session, _ = session_at(shared_home(tmp_path, made_home))
    journal = journal_path(session.home, "small")
    journal.parent.mkdir(parents=True, exist_ok=True)
    record(journal, morning(small_city))
    opened = MainWindow(session, SettingsFile.in_folder(session.home.data))
    opened.resize(1600, 900)
    opened.show()
    opened.open_twin("small", build=False)
    until(lambda: opened.live.world is not None and len(opened.live.world.tracks) > 100, 180)
    yield opened
    let_go(opened)


def typed(window: MainWindow, text: str, title: str) -> None:
    """Type into the one key, take the first answer, and wait for its card."""
    box = window.top.search
    window.acts.run("search.focus")
    box.setText(text)
    box.textEdited.emit(text)
    until(box.popup.isVisible)
    QTest.keyClick(box, Qt.Key.Key_Return)
    until(lambda: window.details.facts is not None and window.details.title.text() == title)


def pictured(window: MainWindow, path: Path) -> QImage:
    """Take a picture of the window, and check that its map shows something."""
    window.map.settle()
    grab(window, path)
    picture = QImage(str(path))
    corner, size = window.map.mapTo(window, QPoint(0, 0)), window.map.size()
    of_map = picture.copy(corner.x(), corner.y(), size.width(), size.height()).scaled(64, 64)
    assert len({of_map.pixel(x, y) for x in range(64) for y in range(64)}) > 30, path.name
    return picture


def result_of(window: MainWindow, instrument: str, *places: QPoint, double: bool = False) -> str:
    """Use an instrument on the map and return the id of its result."""
    found = next(feature for feature in window.features if isinstance(feature, Instruments))
    until(lambda: found.measuring.ground is not None)
    before = {result.id for result, _kept in found.book.all()}
    window.acts.run(f"instrument.{instrument}")
    for place in places:
        QTest.mouseClick(window.map, Qt.MouseButton.LeftButton, pos=place)
    if double:
        QTest.mouseDClick(window.map, Qt.MouseButton.LeftButton, pos=places[-1])
    until(lambda: len(found.book.all()) > len(before))
    return next(result.id for result, _kept in found.book.all() if result.id not in before)


def test_find_see_who_sees_it_go_back_follow_measure_keep_and_take_home(window: MainWindow, tmp_path: Path) -> None:
    typed(window, "xt", "西塘镇")
    sections = window.details.sections.parts
    until(lambda: sections["cameras"].empty.text() == window.look.texts("card.no_cameras"))
    there = window.map.camera().focus_m
    typed(window, "lxjd", "罗星街道")
    until(lambda: sections["cameras"].model.answers)
    until(lambda: math.dist(window.map.camera().focus_m, there) > 100.0)  # flown there
    pictures = [pictured(window, tmp_path / "found.png")]
    window.details.sections.chosen.emit(sections["cameras"].model.answers[0].value)
    assert [pick.layer for pick in window.selection.picks] == ["cameras"]

    bar = window.time_bar
    until(bar.strip.isEnabled)
    bar.day.before.click()
    until(lambda: len(bar.strip._marks) == 1)  # the call for help stands on the day
    bar.strip.setSliderDown(True)
    for minute in (300, 420, 495):
        bar.strip.setSliderPosition(minute * 60)
    bar.strip.setSliderDown(False)
    until(lambda: window.live.world is not None and window.live.world.at_s == YESTERDAY_S + 495 * 60)
    assert bar.clock.text() == "08:15:00"
    assert window.stage.property("framed") == "true"
    assert len(window.live.world.tracks) == 1  # type: ignore[union-attr]  # asserted by the wait
    pictures.append(pictured(window, tmp_path / "back.png"))

    window.acts.run("history.next_event")
    until(lambda: [pick.key for pick in window.selection.picks] == ["truck-7"])
    assert window.look_back.stand is not None
    assert window.look_back.stand.at_s == CALLED_S
    window.acts.run("selection.follow")
    bar.speed.activated.emit(bar.speed.findData(60.0))
    bar.play.click()
    until(lambda: window.look_back.stand is not None and window.look_back.stand.at_s > CALLED_S + 60)
    bar.play.click()
    until(lambda: window.look_back.stand is not None and not window.look_back.stand.reading)
    world = window.live.world
    assert world is not None
    east = float(world.tracks.position_m[0, 0])
    until(lambda: abs(window.map.camera().focus_m[0] - east) < 5.0)
    until(lambda: len(window.map._before) > 5)  # where it was before it was looked at: its trail
    pictures.append(pictured(window, tmp_path / "followed.png"))

    middle = window.map.rect().center()
    result_of(window, "distance", middle, middle + QPoint(120, 0), double=True)
    window.acts.run("selection.clear")
    seen = result_of(window, "viewshed", middle, middle + QPoint(90, 40))
    window.acts.run("result.keep", key=seen)
    assert window.layers.layers["results"].status(window.live.world).count == 1  # type: ignore[arg-type]  # there is one
    pictures.append(pictured(window, tmp_path / "seen.png"))
    assert all(one != other for one, other in itertools.pairwise(pictures))
    target = tmp_path / "seen.geojson"
    window.acts.run("result.export", key=seen, target=str(target))
    until((tmp_path / "seen.geojson.provenance.json").exists)  # what is written last
    assert json.loads(target.read_text("utf-8"))["features"][0]["properties"]["id"] == seen


def test_yesterday_and_now_stand_side_by_side_until_escape(window: MainWindow) -> None:
    compare = next(feature for feature in window.features if isinstance(feature, Compare))
    until(window.time_bar.strip.isEnabled)
    window.acts.run("history.look", value=CALLED_S)
    until(lambda: window.live.world is not None and window.live.world.at_s == CALLED_S)
    window.acts.run("compare.hold")
    window.acts.run("history.now")
    until(lambda: "B  现在" in compare.panel.instants.text())
    assert "A  昨天 08:16:00" in compare.panel.instants.text()
    trucks = {row[0]: row for row in compare.panel.table.rows._rows}["hazmat_truck"]
    assert trucks[1] == 1
    assert trucks[2] > 1
    window.acts.by_id["selection.clear"].trigger()
    assert compare.split is None
    assert window.live.world is not None
    assert window.live.world.live
