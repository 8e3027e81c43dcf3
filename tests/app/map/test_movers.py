from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.map.events import Pick
from app.map.scene import PreparedScene
from app.map.style import load_style, rgb
from app.map.symbols import MoverArrays
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import look_down, picture, world_of

OPEN_GROUND = (-820.0, -300.0)  # a corner of the small county where nothing stands


def _mover_pixels(image: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Return where the colour of police cars is, (N, 2) rows and columns."""
    colour = np.asarray(rgb(load_style("dark").symbol("police_car").colour)) * 255
    return np.argwhere(np.abs(image.astype(float) - colour).max(axis=2) < 24)


def _show(qtbot: QtBot, view: MapView, scene: PreparedScene, *places: tuple[float, float]) -> NDArray[np.uint8]:
    known = view.shown_symbols()
    view.set_world(world_of(scene, list(places)))
    qtbot.waitUntil(lambda: view.shown_symbols() is not known, timeout=60_000)
    return picture(qtbot, view)


@pytest.fixture
def over_open_ground(view: MapView) -> MapView:
    for name in ("signals", "cameras", "sites", "places"):
        view.set_layer_state(name, LayerState(visible=False))
    look_down(view, *OPEN_GROUND, 300)
    return view


def test_a_mover_moves_on_the_screen(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    x, y = OPEN_GROUND
    first = _mover_pixels(_show(qtbot, over_open_ground, scene, (x, y)))
    second = _mover_pixels(_show(qtbot, over_open_ground, scene, (x + 50, y)))
    assert len(first) > 20
    assert np.abs(first.mean(axis=0) - (300, 400)).max() < 5
    assert second.mean(axis=0)[1] > first.mean(axis=0)[1] + 50


def test_a_filter_hides_movers(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    _show(qtbot, over_open_ground, scene, OPEN_GROUND)
    known = over_open_ground.shown_symbols()
    over_open_ground.set_layer_state("vehicles", LayerState(where="kind = 'bus'"))
    qtbot.waitUntil(lambda: over_open_ground.shown_symbols() is not known, timeout=60_000)
    assert len(_mover_pixels(picture(qtbot, over_open_ground))) == 0


def test_a_layer_is_drawn_in_the_shape_that_is_chosen(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene
) -> None:
    drawn = {"": len(_mover_pixels(_show(qtbot, over_open_ground, scene, OPEN_GROUND)))}
    middle = {}
    for shape in ("dot", "ring"):
        known = over_open_ground.shown_symbols()
        over_open_ground.set_layer_state("vehicles", LayerState(symbol=shape))
        qtbot.waitUntil(lambda known=known: over_open_ground.shown_symbols() is not known, timeout=60_000)  # type: ignore[misc]  # mypy takes no default here
        pixels = _mover_pixels(picture(qtbot, over_open_ground))
        drawn[shape] = len(pixels)
        middle[shape] = bool((np.hypot(*(pixels - (300, 400)).T) < 1.5).any())
    assert len(set(drawn.values())) == 3
    assert middle == {"dot": True, "ring": False}


def test_a_mover_under_the_pointer_is_picked(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    _show(qtbot, over_open_ground, scene, OPEN_GROUND)
    pick = over_open_ground.pick_at(403, 302)
    assert pick is not None
    assert (pick.layer, pick.key) == ("vehicles", "unit-0")


def test_a_box_holds_what_is_in_it(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    x, y = OPEN_GROUND
    _show(qtbot, over_open_ground, scene, (x, y), (x + 4, y), (x + 90, y))
    picks = over_open_ground.picks_in((360, 260, 440, 340))
    assert {p.key for p in picks if p.layer == "vehicles"} == {"unit-0", "unit-1"}


def test_what_is_selected_is_ringed(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    before = _show(qtbot, over_open_ground, scene, OPEN_GROUND)
    over_open_ground.set_selection([Pick("vehicles", "unit-0", (*OPEN_GROUND, 4.0))])
    after = picture(qtbot, over_open_ground)
    changed = np.argwhere(np.abs(after.astype(int) - before).max(axis=2) > 30)
    changed = changed[changed[:, 0] < 307]  # above its name, which is larger now
    assert len(changed) > 20
    assert np.hypot(*(changed - (300, 400)).T).max() < 20


def test_names_are_written_in_chinese_and_masked(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    _show(qtbot, over_open_ground, scene, OPEN_GROUND)
    words = [str(text) for labels in over_open_ground.shown_labels() for text in labels.zh]
    assert words
    assert all("01" not in word for word in words)
    image = picture(qtbot, over_open_ground)
    under = image[306:326, 360:440].astype(int)
    assert (under.max(axis=2) > 110).sum() > 30


def test_a_dragged_box_selects_what_is_in_it(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    x, y = OPEN_GROUND
    _show(qtbot, over_open_ground, scene, (x, y), (x + 4, y), (x + 90, y))
    over_open_ground.set_tool(over_open_ground.boxes)
    told: list[set[str]] = []
    over_open_ground.box_selected.connect(lambda picks: told.append({pick.key for pick in picks}))
    for start, end in (((0, 0), (20, 20)), ((360, 260), (440, 340))):
        QTest.mousePress(over_open_ground, Qt.MouseButton.LeftButton, pos=QPoint(*start))
        QTest.mouseMove(over_open_ground, QPoint(*end))
        QTest.mouseRelease(over_open_ground, Qt.MouseButton.LeftButton, pos=QPoint(*end))
    qtbot.waitUntil(lambda: bool(told and told[-1]), timeout=60_000)
    assert told[-1] >= {"unit-0", "unit-1"}
    assert "unit-2" not in told[-1]


def test_the_drawing_is_left_to_the_window_when_the_map_gets_another_size(
    qtbot: QtBot, over_open_ground: MapView
) -> None:
    picture(qtbot, over_open_ground)
    renders = over_open_ground.renders
    with qtbot.waitSignal(over_open_ground.frame_drawn, timeout=60_000):
        over_open_ground.resize(780, 580)
        assert over_open_ground.renders == renders


@pytest.mark.parametrize(("pace", "metres_a_second"), [(0.0, 0.0), (0.5, 5.0), (2.0, 20.0), (60.0, 0.0)])
def test_symbols_go_on_at_the_pace_of_their_world_unless_time_flies(
    qtbot: QtBot, view: MapView, scene: PreparedScene, pace: float, metres_a_second: float
) -> None:
    world = world_of(scene, [OPEN_GROUND])
    world.tracks.rows["speed_mps"] = 10.0
    known = view.shown_symbols()
    view.set_world(world, pace)

    def at_that_pace() -> bool:  # symbols of the test before may still be on their way
        shown = view.shown_symbols()
        return shown is not known and shown is not None and abs(_fastest_mps(shown) - metres_a_second) < 0.01

    qtbot.waitUntil(at_that_pace, timeout=60_000)


def _fastest_mps(shown: MoverArrays) -> float:
    return float(np.abs(shown.velocity_mps).max())
