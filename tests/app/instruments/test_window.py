"""The instruments in the window: from clicks to results that stay."""

from __future__ import annotations

import json
import math
from functools import partial
from pathlib import Path

import numpy as np
import pytest
import shapely
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.instruments.book import Book
from app.instruments.feature import Instruments
from app.instruments.fences import FenceDialog
from app.instruments.kinds import KINDS
from app.instruments.pen import Pen
from app.main_window import MainWindow
from data.store.kept import kept_path
from tests.app.conftest import OpenWindow, until
from twin.kept import NEVER_S, Result

MIDDLE = (400, 300)


def instruments(window: MainWindow) -> Instruments:
    (found,) = [feature for feature in window.features if isinstance(feature, Instruments)]
    return found


def ready(window: MainWindow) -> Instruments:
    found = instruments(window)
    until(lambda: found.measuring.ground is not None)
    return found


def draw(window: MainWindow, name: str, *places: tuple[int, int], double: bool = False) -> None:
    """Take an instrument and click."""
    if not window.acts.by_id[f"instrument.{name}"].isChecked():
        window.acts.run(f"instrument.{name}")
    for place in places:
        QTest.mouseClick(window.map, Qt.MouseButton.LeftButton, pos=QPoint(*place))
    if double:
        QTest.mouseDClick(window.map, Qt.MouseButton.LeftButton, pos=QPoint(*places[-1]))


def measured(window: MainWindow, name: str, *places: tuple[int, int], double: bool = False) -> Result:
    """Return the result of an instrument."""
    book = ready(window).book
    before = {result.id for result, _kept in book.all()}
    draw(window, name, *places, double=double)
    until(lambda: len(book.all()) > len(before))
    (fresh,) = [result for result, _kept in book.all() if result.id not in before]
    return fresh


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    if "window" in request.fixturenames:
        window: MainWindow = request.getfixturevalue("window")
        window.map.set_tool(None)
        found = ready(window)
        for result, _kept in found.book.all():
            found.book.drop(result.id)
        found.keeper.change(fences=(), bookmarks=(), tours=())


def test_a_distance_is_measured_by_clicks_and_stands_in_the_panel(window: MainWindow) -> None:
    result = measured(window, "distance", (400, 300), (500, 300), double=True)
    assert (result.kind, result.unit, result.live) == ("distance", "m", True)
    lens = window.map._pilot.lens()
    assert result.figure > 0
    assert lens.width_px > 0
    panel = instruments(window).results
    assert panel.model.keys == [result.id]
    assert panel.isVisible()
    assert panel.chosen == result.id
    assert "水平" in panel.more.text()


def has_one_of(book: Book, kind: str) -> bool:
    return kind in {result.kind for result, _kept in book.all()}


def test_every_instrument_gives_a_result(window: MainWindow) -> None:
    for kind in KINDS:
        places = [(500, 400), (600, 400), (600, 480)][: kind.most or 3]
        if kind.outline == "band":
            book = ready(window).book
            draw(window, kind.name, *places[:2], double=True)
            draw(window, kind.name, (560, 430))
            until(partial(has_one_of, book, kind.name))
        else:
            result = measured(window, kind.name, *places, double=not kind.most)
            assert math.isfinite(result.figure)
        window.acts.run("selection.clear")
    assert window.map.tool is None
    assert {result.kind for result, _kept in instruments(window).book.all()} == {kind.name for kind in KINDS}


def test_the_figure_is_told_while_it_is_drawn_and_escape_leaves(window: MainWindow) -> None:
    found = ready(window)
    draw(window, "area", (400, 300), (500, 300))
    QTest.mouseMove(window.map, QPoint(500, 380))
    until(lambda: len(found.measuring.told.lines) == 2 and "m²" in found.measuring.told.lines[0])
    assert isinstance(window.map.tool, Pen)
    window.acts.run("selection.clear")
    assert window.map.tool is None
    assert "pen" not in window.map.extras.paintings
    assert not window.acts.by_id["instrument.area"].isChecked()
    assert found.book.all() == ()


def test_what_is_drawn_while_the_buildings_are_made_ready_is_worked_out_then(window: MainWindow) -> None:
    found = ready(window)
    ground, found.measuring.ground = found.measuring.ground, None
    draw(window, "distance", (400, 300), (500, 300), double=True)
    assert found.book.all() == ()
    assert ground is not None
    found.measuring._on_ground(ground)
    until(lambda: found.book.all())


def test_a_result_that_is_kept_is_a_layer_and_there_after_a_restart(open_window: OpenWindow) -> None:
    window = open_window()
    result = measured(window, "distance", (400, 300), (500, 300), double=True)
    other = measured(window, "distance", (400, 340), (500, 340), double=True)
    window.acts.run("result.rename", key=result.id, name="早高峰绕行")
    window.acts.run("result.keep", key=result.id)
    world = window.live.world
    assert world is not None
    assert window.layers.layers["results"].status(world).count == 1
    window.close()
    again = open_window()
    until(lambda: instruments(again).book.all())
    ((kept, is_kept),) = instruments(again).book.all()
    assert (kept.id, kept.name, is_kept) == (result.id, "早高峰绕行", True)
    assert kept.figure == result.figure
    assert other.id != kept.id
    again.acts.run("result.drop", key=kept.id)
    assert instruments(again).book.all() == ()


def test_a_result_is_exported_with_its_provenance(window: MainWindow, tmp_path: Path) -> None:
    result = measured(window, "viewshed", (500, 400), (560, 400))
    target = tmp_path / "seen.geojson"
    window.acts.run("result.export", key=result.id, target=str(target))
    until(lambda: list(tmp_path.glob("*.provenance.json")), 120.0)
    (feature,) = json.loads(target.read_text("utf-8"))["features"]
    assert feature["properties"]["id"] == result.id
    assert json.loads((tmp_path / "seen.geojson.provenance.json").read_text("utf-8"))["actor"] == "demo"


def test_a_lasso_selects_what_is_inside_and_nothing_else(window: MainWindow) -> None:
    world = window.live.world
    assert world is not None
    x, y = (float(value) for value in world.tracks.position_m[0, :2])
    around = np.array([[x - 20, y - 20, 0], [x + 20, y - 20, 0], [x + 20, y + 20, 0], [x - 20, y + 20, 0]])
    instruments(window)._on_lasso(around)
    until(lambda: window.selection.picks)
    picks = window.selection.picks
    assert ("vehicles", "car-1") in {(pick.layer, pick.key) for pick in picks}
    assert all(abs(pick.position_m[0] - x) <= 20 and abs(pick.position_m[1] - y) <= 20 for pick in picks)


def dialogs() -> list[FenceDialog]:
    top = QApplication.topLevelWidgets()
    return [widget for widget in top if isinstance(widget, FenceDialog) and widget.isVisible()]


def test_an_area_that_is_drawn_becomes_a_geofence_and_is_changed_and_dropped(window: MainWindow) -> None:
    found = ready(window)
    draw(window, "fence", (400, 300), (500, 300), (500, 400), double=True)
    until(dialogs)
    form = dialogs()[-1]
    assert not form.keep.isEnabled()
    form.name.setText("化工园区")
    form.kind.setCurrentIndex(1)
    form.accept()
    (fence,) = found.keeper.kept.fences
    assert (fence.name, fence.kind, fence.owner, fence.until_s) == ("化工园区", "keep_out", "演示用户", NEVER_S)
    assert shapely.area(fence.shape) > 0
    assert found.fences.panel.model.keys == [fence.id]
    window.acts.run("fence.edit", key=fence.id)
    until(dialogs)
    form = dialogs()[-1]
    form.ends.setChecked(True)
    form.accept()
    assert found.keeper.kept.fences[0].until_s < NEVER_S
    assert found.keeper.kept.fences[0].id == fence.id
    window.acts.run("fence.drop", key=fence.id)
    assert found.keeper.kept.fences == ()


def test_what_has_no_area_is_no_geofence(window: MainWindow) -> None:
    told: list[str] = []
    window.acts.refused.connect(lambda _id, why: told.append(why))
    instruments(window).fences.on_drawn(np.array([[0, 0, 0], [10, 0, 0], [5, 0, 0]], float))
    assert told == ["所画图形没有面积；请围住一块区域"]
    assert not dialogs()


def test_a_damaged_file_is_told_and_not_written_over(open_window: OpenWindow) -> None:
    window = open_window()
    path = kept_path(window.session.home, "small")
    window.close()
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(b"{broken")
    again = open_window()
    refused: list[str] = []
    again.acts.refused.connect(lambda _id, why: refused.append(why))
    result = measured(again, "distance", (400, 300), (500, 300), double=True)
    until(lambda: instruments(again).keeper._problem is not None)
    again.acts.run("result.keep", key=result.id)
    assert "无法读取" in refused[-1]
    assert path.read_bytes() == b"{broken"
    assert instruments(again).book.all() == ((result, False),)


def test_no_shortcut_of_an_instrument_is_lost(window: MainWindow) -> None:
    for kind in KINDS:
        assert window.acts.by_id[f"instrument.{kind.name}"].shortcut().toString() == kind.shortcut
