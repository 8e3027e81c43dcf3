"""The ground as it is drawn, also where its heights are not known."""

from __future__ import annotations

import numpy as np
import pytest

from app.map.ground import ground_grid, is_mountainous, without_voids
from twin.city.city import City, Terrain
from twin.geo import LocalFrame

SIDE, STEP_M = 700, 10.0
BOUNDS = (0.0, -SIDE * STEP_M, SIDE * STEP_M, 0.0)


def _terrain(void: slice) -> Terrain:
    """Return a slope from 1,000 to 1,070 m with a square hole in its middle."""
    height = np.tile(np.linspace(1000.0, 1070.0, SIDE, dtype=np.float32), (SIDE, 1))
    height[void, void] = np.nan
    return Terrain(height, 0.0, 0.0, STEP_M)


@pytest.mark.parametrize("void", [slice(300, 320), slice(20, 680), slice(0, 5)])
def test_voids_are_neither_pits_nor_peaks(void: slice) -> None:
    terrain = _terrain(void)
    assert is_mountainous(terrain)
    filled = without_voids(terrain).height_m
    assert np.isfinite(filled).all()
    assert filled.min() >= 999.0
    assert filled.max() <= 1071.0
    known = np.isfinite(terrain.height_m)
    np.testing.assert_array_equal(filled[known], terrain.height_m[known])


def test_a_terrain_of_nothing_but_voids_is_level_ground() -> None:
    terrain = _terrain(slice(None))
    city = City("空", "Void", LocalFrame("EPSG:4549", (0, 0)), {}, terrain, invented=True)
    assert not is_mountainous(terrain)
    assert (ground_grid(city, BOUNDS, relief=False).z_m == 0.0).all()
