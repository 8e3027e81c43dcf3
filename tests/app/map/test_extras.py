from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import shapely
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QColor, QPainter
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.map.areas import MOST_CELLS, in_cells
from app.map.camera import Lens
from app.map.events import Pick
from app.map.scene import PreparedScene
from app.map.style import MapStyle, load_style, rgb
from app.map.tools import Tool, Touch
from app.map.view import MapView
from layers.layer import Areas, LayerState, Lines, Raster, Rows, Symbols
from tests.app.map.conftest import look_down, picture
from tests.app.map.test_movers import OPEN_GROUND


def rows_of(*shapes: shapely.Geometry) -> Rows:
    ids = np.array([f"row-{number}" for number in range(len(shapes))], object)
    return Rows(len(shapes), {"id": ids}, np.array(shapes, object))


def shown(qtbot: QtBot, view: MapView, put: Callable[[], None]) -> NDArray[np.uint8]:
    """Put something on the map, and return the picture once the feed has drawn it."""
    with qtbot.waitSignal(view._answered, timeout=60_000):
        put()
    return picture(qtbot, view)


@pytest.fixture
def bare(view: MapView) -> MapView:
    for name in ("buildings", "vehicles", "roads", "land", "places"):
        view.set_layer_state(name, LayerState(visible=False))
    look_down(view, *OPEN_GROUND, 300)
    return view


def test_an_area_of_a_feature_is_filled_with_the_colour_of_its_style_and_goes_with_its_name(
    qtbot: QtBot, bare: MapView, scene: PreparedScene
) -> None:
    before = picture(qtbot, bare)
    origin = scene.city.frame.origin_m
    zone = shapely.Point(OPEN_GROUND[0] + origin[0], OPEN_GROUND[1] + origin[1]).buffer(60.0)
    areas = Areas(rows_of(zone), np.array(["other"], object))
    after = shown(qtbot, bare, lambda: bare.extras.draw("zone", areas))
    assert np.abs(after[300, 400] / 255 - rgb(load_style("dark").colour("areas", "other"))).max() < 0.06
    assert np.abs(after[20, 20].astype(int) - before[20, 20]).max() < 12
    gone = shown(qtbot, bare, lambda: bare.extras.remove("zone"))
    assert np.abs(gone[300, 400].astype(int) - before[300, 400]).max() < 12


def test_lines_and_symbols_of_a_feature_are_drawn_and_picked_by_its_name(
    qtbot: QtBot, bare: MapView, scene: PreparedScene
) -> None:
    x, y = OPEN_GROUND
    origin = scene.city.frame.origin_m
    line = shapely.LineString([(x + origin[0] - 40, y + origin[1] + 20), (x + origin[0] + 40, y + origin[1] + 20)])
    lines = Lines(rows_of(line), np.array([4.0], np.float32), np.array(["jammed"], object))
    at = np.array([[x, y, 3.0]], np.float32)
    pins = Symbols(
        Rows(1, {"id": np.array(["pin"], object)}, None, at), at, np.zeros(1, np.uint8), ("other",),
        np.full(1, np.nan, np.float32), np.zeros(1, bool),
    )  # fmt: skip
    before = picture(qtbot, bare)
    after = shown(qtbot, bare, lambda: bare.extras.draw("sketch", lines, pins))
    assert np.abs(after.astype(int) - before).max() > 60
    found = bare.pick_at(400, 300)
    assert found is not None
    assert (found.layer, found.key) == ("sketch", "pin")


def test_a_raster_colours_the_ground_where_it_has_values(qtbot: QtBot, bare: MapView) -> None:
    x, y = OPEN_GROUND
    before = picture(qtbot, bare)
    values = np.array([[np.nan, 1.0], [np.nan, 0.0]], np.float32)  # the north-east is full, the south-east empty
    heat = Raster(values, (x - 60, y - 60, x + 60, y + 60), "amount")
    after = shown(qtbot, bare, lambda: bare.extras.draw("heat", heat)).astype(int)
    full, empty, none = (360 - 100, 480), (360 + 100, 480), (260, 330)
    assert after[full][1] > before[full][1] + 60
    assert np.abs(after[none] - before[none]).max() < 25
    assert after[full][1] > after[empty][1] + 60


def test_a_painting_is_over_the_picture_until_it_is_removed(qtbot: QtBot, bare: MapView) -> None:
    def paint(painter: QPainter, lens: Lens, _style: MapStyle) -> None:
        painter.fillRect(lens.width_px // 2 - 5, lens.height_px // 2 - 5, 10, 10, QColor("#ff00ff"))

    bare.extras.paint("mark", paint)
    assert picture(qtbot, bare)[300, 400].tolist() == [255, 0, 255]
    bare.extras.remove("mark")
    assert picture(qtbot, bare)[300, 400].tolist() != [255, 0, 255]


class Pen(Tool):
    """Keeps what it was told."""

    def __init__(self, *, drags: bool) -> None:
        self.drags, self.told = drags, list[str]()
        self.points: list[tuple[float, float, float]] = []

    def press(self, at: Touch) -> bool:
        self.told.append("press")
        return self.drags

    def drag(self, at: Touch) -> None:
        self.told.append("drag")

    def release(self, at: Touch) -> None:
        self.told.append("release")

    def click(self, at: Touch) -> bool:
        self.points.append(at.point())
        return True

    def double_click(self, at: Touch) -> None:
        self.told.append("double")

    def key(self, key: Qt.Key) -> bool:
        self.told.append("key")
        return key == Qt.Key.Key_Return

    def left(self) -> None:
        self.told.append("left")


LEFT = Qt.MouseButton.LeftButton


def drag(view: MapView) -> None:
    QTest.mousePress(view, LEFT, pos=QPoint(300, 300))
    QTest.mouseMove(view, QPoint(360, 330))
    QTest.mouseRelease(view, LEFT, pos=QPoint(360, 330))


def test_a_tool_that_takes_drags_leaves_the_camera_alone(bare: MapView) -> None:
    pen, before = Pen(drags=True), bare.camera()
    bare.set_tool(pen)
    drag(bare)
    assert pen.told == ["press", "drag", "release"]
    assert bare.camera() == before


def test_a_tool_that_does_not_take_drags_leaves_them_to_the_camera(bare: MapView) -> None:
    pen, before = Pen(drags=False), bare.camera()
    bare.set_tool(pen)
    drag(bare)
    assert pen.told == ["press"]
    assert bare.camera() != before


def test_clicks_and_keys_go_to_the_tool_and_select_nothing(bare: MapView) -> None:
    pen, picked = Pen(drags=False), list[Pick | None]()
    bare.picked.connect(picked.append)
    bare.set_tool(pen)
    QTest.mouseClick(bare, LEFT, pos=QPoint(400, 300))
    QTest.mouseDClick(bare, LEFT, pos=QPoint(400, 300))
    QTest.keyClick(bare, Qt.Key.Key_Return)
    assert picked == []
    assert pen.told[-2:] == ["double", "key"]
    assert np.hypot(pen.points[0][0] - OPEN_GROUND[0], pen.points[0][1] - OPEN_GROUND[1]) < 2.0


def test_a_tool_is_told_when_another_takes_its_place(bare: MapView) -> None:
    first, second, changes = Pen(drags=False), Pen(drags=False), list[Tool | None]()
    bare.tool_changed.connect(changes.append)
    bare.set_tool(first)
    bare.set_tool(second)
    bare.set_tool(None)
    assert (first.told, second.told) == (["left"], ["left"])
    assert changes == [first, second, None]


def test_an_area_cut_into_cells_stays_whole_and_keeps_its_row() -> None:
    zones = np.array([shapely.box(5000.0, 0.0, 5090.0, 90.0), shapely.Point(0.0, 0.0).buffer(100.0)], object)
    pieces, row = in_cells(zones, 20.0)
    for number, zone in enumerate(zones):
        assert shapely.area(pieces[row == number]).sum() == pytest.approx(zone.area, rel=1e-9)
    assert np.ptp(shapely.bounds(pieces)[:, ::2], axis=1).max() <= 5190.0 / MOST_CELLS + 1e-6
