from __future__ import annotations

from collections.abc import Callable, Iterator
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

Grab = Callable[[], NDArray[np.uint8]]


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
    shown.close()
    shown.deleteLater()


def look_down(view: MapView, x: float, y: float, distance: float, z: float = 3.0) -> None:
    view.set_camera(CameraState((x, y, z), distance, 0.0, 90.0))


def picture(qtbot: QtBot, view: MapView) -> NDArray[np.uint8]:
    """Return what is on the widget, (H, W, 3)."""
    view.settle()
    with qtbot.waitSignal(view.frame_drawn, timeout=5000):
        view.refresh()
    image = view.grab().toImage().convertToFormat(view.grab().toImage().Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), image.bytesPerLine())
    return rows[:, : 3 * image.width()].reshape(image.height(), image.width(), 3).copy()
