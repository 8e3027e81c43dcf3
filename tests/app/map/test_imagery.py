from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.map.prepare import open_scene
from app.map.scene import PreparedScene
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import look_down, picture


@dataclasses.dataclass
class Halves:
    """A picture that is red in the west and green in the east, with nothing in its north."""

    bounds_m: tuple[float, float, float, float]
    size_px: tuple[int, int] = (4000, 4000)

    def read(self, bounds_m: tuple[float, float, float, float], size_px: tuple[int, int]) -> NDArray[np.uint8]:
        west, south, east, north = bounds_m
        x = west + (np.arange(size_px[0]) + 0.5) / size_px[0] * (east - west)
        y = north - (np.arange(size_px[1]) + 0.5) / size_px[1] * (north - south)
        middle = ((self.bounds_m[0] + self.bounds_m[2]) / 2, (self.bounds_m[1] + self.bounds_m[3]) / 2)
        rgba = np.zeros((size_px[1], size_px[0], 4), np.uint8)
        rgba[:, x < middle[0], 0] = 200
        rgba[:, x >= middle[0], 1] = 200
        rgba[y < middle[1], :, 3] = 255
        return rgba


def test_an_orthophoto_lies_where_it_belongs(qtbot: QtBot, view: MapView, scene: PreparedScene, tmp_path: Path) -> None:
    x, y = scene.city.frame.origin_m
    flown = dataclasses.replace(scene.city, imagery=Halves((x - 1500.0, y - 1500.0, x - 1100.0, y - 1100.0)))
    view.show_city(open_scene(flown, tmp_path / "scene"))
    for name in ("buildings", "roads", "places", "sites", "signals", "cameras"):
        view.set_layer_state(name, LayerState(visible=False))
    for distance in (900.0, 300.0):
        look_down(view, -1300.0, -1300.0, distance)
        image = picture(qtbot, view).astype(int)
        off = 60
        west, east = image[300 + off, 400 - off], image[300 + off, 400 + off]
        assert west[0] > 2 * west[1]
        assert east[1] > 2 * east[0]
        assert image[300 - off, 400 - off].max() < 60
    view.set_layer_state("imagery", LayerState(visible=False))
    assert picture(qtbot, view)[360, 340].max() < 60
