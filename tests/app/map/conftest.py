from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.map.events import CameraState
from app.map.prepare import open_scene
from app.map.scene import PreparedScene
from app.map.view import MapView
from data.simulate.county.build import build_county
from tests.app.conftest import let_go
from twin.live.frame import TrackFrame
from twin.live.kinds import CODE
from twin.live.observation import OBSERVATION_DTYPE
from twin.world import World

AT_S = 1_700_000_000.0


@pytest.fixture(scope="session")
def scene(tmp_path_factory: pytest.TempPathFactory) -> PreparedScene:
    city = build_county(seed=1, small=True)
    return open_scene(city, Path(tmp_path_factory.mktemp("scene")) / "small")


@pytest.fixture
def view(qtbot: QtBot, scene: PreparedScene) -> Iterator[MapView]:
    shown = MapView()
    shown.resize(800, 600)
    shown.show()
    qtbot.waitExposed(shown)
    shown.show_city(scene)
    yield shown
    let_go(shown)


def look_down(view: MapView, x: float, y: float, distance: float, z: float = 3.0) -> None:
    view.set_camera(CameraState((x, y, z), distance, 0.0, 90.0))


def picture(qtbot: QtBot, view: MapView) -> NDArray[np.uint8]:
    """Return what is on the widget, (H, W, 3)."""
    view.settle()
    with qtbot.waitSignal(view.frame_drawn, timeout=60_000):
        view.refresh()
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()


def world_of(scene: PreparedScene, places: list[tuple[float, float]], *, kind: str = "police_car") -> World:
    """Return a world with one entity at each local place, all heading east at 10 m/s."""
    rows = np.zeros(len(places), OBSERVATION_DTYPE)
    x, y = (np.array([place[axis] for place in places]) for axis in (0, 1))
    rows["id"] = [f"unit-{i}".encode() for i in range(len(places))]
    rows["label"] = "巡警01".encode()
    rows["kind"], rows["time_s"] = CODE[kind], AT_S
    rows["lon_deg"], rows["lat_deg"] = scene.city.frame.to_lonlat(x, y)
    rows["heading_deg"], rows["speed_mps"] = 90.0, 0.0
    position = np.column_stack([x, y, np.full(len(x), 4.0)]).astype(np.float32)
    frame = TrackFrame(rows, position, np.zeros(len(rows), np.uint8), 1, AT_S)
    return World(scene.city, frame, (), AT_S, live=True)
