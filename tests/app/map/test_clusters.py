"""A crowd seen from far is bubbles: everybody is in one, units are not, and a click goes closer."""

from __future__ import annotations

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from app.map.camera import Lens
from app.map.clusters import FROM_M, Patches, bubble_at, bubbles, counted, patches, spread
from app.map.events import CameraState
from app.map.labels import Grid
from app.map.scene import PreparedScene
from app.map.symbols import SymbolBatch, pack, placed, velocities
from app.map.view import MapView
from layers.catalogue import layer_by_name
from layers.layer import LayerState, Symbols
from tests.app.map.conftest import look_down, picture, world_of
from twin.live.kinds import CODE, STATE_CODE
from twin.world import World


def _patches(world: World) -> Patches:
    drawn = layer_by_name("vehicles").draw(world, layer_by_name("vehicles").rows(world))
    assert isinstance(drawn, Symbols)
    return patches(pack([SymbolBatch("vehicles", placed(drawn), velocities(drawn))]))


def test_everybody_is_counted_once_but_units_alarms_and_those_nowhere(scene: PreparedScene) -> None:
    random = np.random.default_rng(3)
    world = world_of(scene, [tuple(p) for p in random.uniform(-800, 800, (500, 2)).tolist()], kind="car")
    world.tracks.rows["kind"][:50] = CODE["ambulance"]
    world.tracks.rows["state"][50:60] = STATE_CODE["alarm"]
    world.tracks.position_m[60:65] = np.nan
    found = _patches(world)
    assert found.count.sum() == 500 - 65
    seen = bubbles(found, Lens(CameraState((0.0, 0.0, 0.0), 20_000.0, 0.0, 60.0), 800, 600))
    assert sum(bubble.count for bubble in seen) == 500 - 65


def test_bubbles_stay_while_the_camera_moves_a_little(scene: PreparedScene) -> None:
    random = np.random.default_rng(4)
    found = Patches(np.column_stack([random.uniform(-9000, 9000, (400, 2)), np.zeros(400)]), np.full(400, 3))
    sizes = [
        sorted(b.count for b in bubbles(found, Lens(CameraState((x, 0.0, 0.0), 30_000.0, 0.0, 90.0), 1600, 900)))
        for x in (0.0, 40.0)
    ]
    assert sizes[0] == sizes[1]


def test_no_bubble_covers_another_by_more_than_its_rim() -> None:
    random = np.random.default_rng(5)
    found = Patches(np.column_stack([random.uniform(-6000, 6000, (3000, 2)), np.zeros(3000)]), np.full(3000, 2))
    lens = Lens(CameraState((0.0, 0.0, 0.0), 25_000.0, 0.0, 60.0), 1600, 900)
    drawn = spread(bubbles(found, lens), Grid(1600, 900))
    off = [np.hypot(a.x - b.x, a.y - b.y) / (a.width + b.width) for i, a in enumerate(drawn) for b in drawn[:i]]
    assert np.mean(np.array(off) < 0.35) < 0.002


@pytest.mark.parametrize(
    ("count", "zh", "en"),
    [(950, "950", "950"), (12_345, "1.2万", "12k"), (2400, "2400", "2.4k"), (99_999, "10.0万", "100k")],
)
def test_counts_are_short(count: int, zh: str, en: str) -> None:
    assert (counted(count, "zh"), counted(count, "en")) == (zh, en)


def test_a_click_on_a_bubble_goes_closer(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    for name in ("signals", "cameras", "sites", "places", "buildings"):
        view.set_layer_state(name, LayerState(visible=False))
    view.set_clusters(True)
    look_down(view, 0.0, 0.0, 2 * FROM_M)
    known = view.shown_symbols()
    view.set_world(world_of(scene, [(0.0, 0.0), (20.0, 10.0), (30.0, 20.0)], kind="car"))
    qtbot.waitUntil(lambda: view.shown_symbols() is not known, timeout=60_000)
    picture(qtbot, view)
    assert view.pick_at(400, 300) is None
    QTest.mouseMove(view, QPoint(401, 301))
    qtbot.waitUntil(lambda: view._overlay.card == ("3 个目标", "小客车　3", "点击飞近"), timeout=60_000)
    told: list[object] = []
    view.picked.connect(told.append)
    QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=QPoint(400, 300))
    qtbot.waitUntil(lambda: view.camera().distance_m < FROM_M, timeout=60_000)
    assert told == []


def test_nothing_is_hit_between_bubbles() -> None:
    assert bubble_at([], 10.0, 10.0) is None
