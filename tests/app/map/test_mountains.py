"""Mountains in a picture: no gap where levels meet, and no side of them one flat tone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from vtkmodules.util.numpy_support import vtk_to_numpy
from vtkmodules.vtkCommonCore import vtkFloatArray

from app.map import ground
from app.map.bands import GROUND_M
from app.map.daylight import light_of_theme
from app.map.events import CameraState
from app.map.prepare import open_scene
from app.map.scene import PreparedScene
from app.map.style import load_style
from tests.app.map.test_pictures import SIZE, Camera
from twin.city.city import City, Terrain
from twin.geo import FloatArray, LocalFrame

SIDE, STEP_M = 300, 80.0
HALF_M = SIDE * STEP_M / 2


def mountains(height_m: FloatArray, folder: Path) -> PreparedScene:
    terrain = Terrain(height_m.astype(np.float32), -HALF_M, HALF_M, STEP_M)
    return open_scene(City("山", "Mountains", LocalFrame("EPSG:4549", (0, 0)), {}, terrain, invented=True), folder)


def depths(camera: Camera) -> NDArray[np.float32]:
    told = vtkFloatArray()
    camera._window.GetZbufferData(0, 0, SIZE[0] - 1, SIZE[1] - 1, told)
    return np.asarray(vtk_to_numpy(told))  # type: ignore[no-untyped-call]


def gaps(height_m: FloatArray, folder: Path) -> int:
    """Return at how many pixels one sees through the ground, where all three levels are in the picture."""
    camera = Camera(mountains(height_m, folder))
    camera.take(CameraState((0.0, 0.0, 100.0), 11_000.0, 30.0, 42.0), light_of_theme(load_style("light")))
    drawn = [len(camera.scenery.stage.visible_tiles(name)) for name in ("ground", "ground_far", "ground_farthest")]
    through = int((depths(camera) > 0.9999).sum())
    camera.close()
    assert drawn[1] > 0 < drawn[2]
    assert GROUND_M[1] < 11_000.0 < GROUND_M[2]
    return through


def test_one_never_sees_through_the_ground_where_levels_meet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rough = np.random.default_rng(3).uniform(0.0, 140.0, (SIDE, SIDE))
    assert gaps(rough, tmp_path / "with") == 0
    monkeypatch.setattr(ground, "SKIRT_M", 0.0)
    assert gaps(rough, tmp_path / "without") > 10


def test_slopes_that_are_turned_away_differ_by_how_steep_they_are(tmp_path: Path) -> None:
    across = np.linspace(-HALF_M, HALF_M, SIDE)
    # South-eastern sides, away from the light of a map, the steeper the farther east.
    height = np.tile(np.where(across > 0, 2500.0 - across**2 / 40_000.0, 2500.0), (SIDE, 1))
    camera = Camera(mountains(height, tmp_path / "scene"))
    picture = camera.take(
        CameraState((HALF_M / 2, 0.0, 1800.0), 9000.0, 0.0, 88.0), light_of_theme(load_style("light"))
    )
    camera.close()
    row = picture[SIZE[1] // 2, 120:-120].mean(axis=-1)
    assert row[0] - row[-1] > 20.0
    assert np.all(np.diff(np.convolve(row, np.ones(40) / 40, "valid")[::40]) < -0.5)
