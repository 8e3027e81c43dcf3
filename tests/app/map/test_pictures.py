"""Fixed views of the small county look as they did: by the mean colour of each of 48 regions, with room for drivers.

After a wanted change: ``python -m tests.app.map.test_pictures`` writes ``pictures.json`` anew; look at what changed.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkRenderingCore import vtkRenderer, vtkRenderWindow, vtkWindowToImageFilter

from app.map.camera import Lens
from app.map.daylight import Light, light_under
from app.map.events import CameraState
from app.map.prepare import open_scene
from app.map.scene import PreparedScene
from app.map.scenery import Scenery
from app.map.style import load_style
from tests.small_county import small_county
from twin.sun import Sun

KEPT = Path(__file__).with_name("pictures.json")
SIZE, ROWS, COLUMNS = (640, 480), 6, 8
MEAN_OFF, REGION_OFF = 1.0, 8.0
NOON, DUSK, NIGHT = (light_under(sun) for sun in (Sun(170.0, 55.0), Sun(265.0, 12.0), Sun(20.0, -30.0)))
VIEWS = {
    "whole by day": (CameraState((0.0, 0.0, 0.0), 6000.0, 0.0, 60.0), NOON),
    "town at dusk": (CameraState((0.0, 0.0, 0.0), 1400.0, 20.0, 30.0), DUSK),
    "roofs by day": (CameraState((0.0, 0.0, 0.0), 3400.0, 330.0, 24.0), NOON),
    "street by day": (CameraState((0.0, 0.0, 0.0), 300.0, 40.0, 16.0), NOON),
    "trees from above": (CameraState((150.0, 0.0, 0.0), 420.0, 0.0, 84.0), NOON),
    "street at night": (CameraState((0.0, 0.0, 0.0), 300.0, 40.0, 16.0), NIGHT),
}


class Camera:
    """Takes pictures of a scene without a window on the screen."""

    def __init__(self, scene: PreparedScene) -> None:
        self._window, renderer = vtkRenderWindow(), vtkRenderer()
        self._window.SetOffScreenRendering(1)
        self._window.SetMultiSamples(0)
        self._window.SetSize(*SIZE)
        self._window.AddRenderer(renderer)
        self.scenery = Scenery(renderer, load_style("dark"), lambda: None)
        for _ in self.scenery.show(scene):
            pass

    def take(self, state: CameraState, light: Light) -> NDArray[np.float64]:
        """Return the picture, (H, W, 3), row 0 at the top."""
        self.scenery.set_style(load_style("dark"), light)
        lens = Lens(state, *SIZE)
        self.scenery.settle(lens)
        self.scenery.arrange(lens, 1.0, lambda _x, _y: 0.0, time.monotonic())
        self._window.Render()
        grab = vtkWindowToImageFilter()
        grab.SetInput(self._window)
        grab.ReadFrontBufferOff()
        grab.Update()
        values = vtk_to_numpy(grab.GetOutput().GetPointData().GetScalars())  # type: ignore[no-untyped-call]
        return np.asarray(values, np.float64).reshape(SIZE[1], SIZE[0], -1)[::-1, :, :3]

    def close(self) -> None:
        """Let go of VTK."""
        self.scenery.close()
        self._window.Finalize()


def regions(picture: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the mean colour of each region, (ROWS, COLUMNS, 3)."""
    height, width = picture.shape[0] // ROWS, picture.shape[1] // COLUMNS
    means: NDArray[np.float64] = picture.reshape(ROWS, height, COLUMNS, width, 3).mean(axis=(1, 3))
    return means


@pytest.fixture(scope="module")
def camera(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Camera]:
    taken = Camera(open_scene(small_county(), tmp_path_factory.mktemp("pictures") / "scene"))
    yield taken
    taken.close()


def looks_as_it_did(camera: Camera, name: str) -> bool:
    off = np.abs(regions(camera.take(*VIEWS[name])) - np.array(json.loads(KEPT.read_text("utf-8"))[name]))
    return bool(off.mean() < MEAN_OFF and off.max() < REGION_OFF)


@pytest.mark.parametrize("name", VIEWS)
def test_a_view_looks_as_it_did(camera: Camera, name: str) -> None:
    assert looks_as_it_did(camera, name)


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("roads", "street by day"),
        ("buildings", "roofs by day"),
        ("buildings", "town at dusk"),
        ("water", "street by day"),
        ("land", "street by day"),
        ("terrain", "whole by day"),
        ("trees", "street by day"),
        ("trees", "trees from above"),
    ],
)
def test_a_layer_that_is_missing_is_noticed(camera: Camera, layer: str, name: str) -> None:
    camera.scenery.stage.set_layer(layer, visible=False, opacity=1.0, hidden=None)
    missing = looks_as_it_did(camera, name)
    camera.scenery.stage.set_layer(layer, visible=True, opacity=1.0, hidden=None)
    assert not missing


def test_windows_that_are_missing_are_noticed(camera: Camera) -> None:
    usual = camera.scenery.stage.quality
    camera.scenery.stage.set_quality(replace(usual, windows_m=0.0))
    missing = looks_as_it_did(camera, "street by day")
    camera.scenery.stage.set_quality(usual)
    assert not missing


def test_trees_are_green_stand_apart_and_throw_shadows(camera: Camera) -> None:
    state, light = VIEWS["street by day"]
    with_trees = camera.take(state, light)
    camera.scenery.stage.set_layer("trees", visible=False, opacity=1.0, hidden=None)
    without = camera.take(state, light)
    camera.scenery.stage.set_layer("trees", visible=True, opacity=1.0, hidden=None)
    other = np.abs(with_trees - without).max(axis=-1) > 12.0
    red, green, blue = with_trees[other].T
    green_ = (green > red + 4) & (green > blue + 4)
    darker = (with_trees[other] < without[other] + 1.0).all(axis=-1)
    assert 0.02 < other.mean() < 0.3
    assert green_.mean() > 0.6
    assert (green_ | darker).mean() > 0.97
    assert (darker & ~green_).mean() > 0.02


def test_half_seen_through_trees_hide_half_of_what_is_behind(camera: Camera) -> None:
    state, light = VIEWS["street by day"]
    pictures = []
    for opacity in (1.0, 0.5, 0.02):
        camera.scenery.stage.set_layer("trees", visible=True, opacity=opacity, hidden=None)
        pictures.append(camera.take(state, light))
    camera.scenery.stage.set_layer("trees", visible=True, opacity=1.0, hidden=None)
    full, half, hardly = ((np.abs(picture - pictures[2]).max(axis=-1) > 12.0).mean() for picture in pictures)
    assert full > 0.02
    assert 0.35 * full < half < 0.65 * full
    assert hardly == 0.0


def test_night_is_darker_than_dusk_and_dusk_than_day_and_lit_by_windows(camera: Camera) -> None:
    state = VIEWS["street by day"][0]
    day, dusk, night = (camera.take(state, light) for light in (NOON, DUSK, NIGHT))
    assert day.mean() > dusk.mean() + 10 > night.mean() + 20
    warm = (night[..., 0] > night[..., 2] + 40) & (night[..., 0] > 110)
    assert 0.001 < warm.mean() < 0.2


def test_a_low_sun_darkens_ground_and_walls_that_others_stand_before(camera: Camera) -> None:
    state = VIEWS["town at dusk"][0]
    darker = (camera.take(state, replace(DUSK, shadow=0.0)) - camera.take(state, DUSK)).mean(axis=-1)
    assert 0.02 < (darker > 8.0).mean() < 0.7
    assert (darker < -3.0).mean() < 0.002


def main() -> None:
    """Write the regions of all views."""
    from tempfile import TemporaryDirectory

    with TemporaryDirectory() as place:
        camera = Camera(open_scene(small_county(), Path(place) / "scene"))
        kept = {name: np.round(regions(camera.take(*view)), 1).tolist() for name, view in VIEWS.items()}
        camera.close()
    KEPT.write_text(json.dumps(kept), "utf-8")


if __name__ == "__main__":
    main()
