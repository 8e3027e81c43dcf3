"""The ground as it is drawn, also where its heights are not known."""

from __future__ import annotations

import numpy as np
import pytest

from app.map.ground import (
    LEVELS,
    SKIRT_M,
    SLOPE_STEPS,
    Grid,
    grid_mesh,
    ground_grid,
    is_mountainous,
    slopes,
    without_voids,
)  # fmt: skip
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


def test_levels_have_the_same_tiles_and_skirts_close_the_gaps_between_them() -> None:
    random = np.random.default_rng(5)
    axis = np.arange(0.0, 145 * 30.0, 30.0)
    grid = Grid(axis, axis, random.uniform(0.0, 100.0, (145, 145)))
    levels = [grid_mesh(grid, True, coarser) for coarser in LEVELS]
    for mesh in levels:
        np.testing.assert_array_equal(mesh.tiles["cell"], levels[0].tiles["cell"])
        np.testing.assert_allclose(mesh.tiles["low"][:, :2], levels[0].tiles["low"][:, :2])
        assert mesh.tiles["low"][:, 2].min() < levels[0].tiles["high"][:, 2].min() - SKIRT_M / 2
    sizes = [len(mesh.triangles) for mesh in levels]
    assert sizes[0] > 12 * sizes[1] > 50 * sizes[2]
    # Along each edge of a tile the skirt reaches from its heights to far below those of any neighbour.
    tile = levels[1].tiles[4]
    points = levels[1].vertices[slice(*tile["vertices"])]
    edge = points[np.isclose(points[:, 0], points[:, 0].min())]
    assert edge[:, 2].max() - edge[:, 2].min() > SKIRT_M
    assert len(edge) == 2 * len(np.unique(edge[:, 1]))


def test_slopes_are_told_from_all_heights_with_the_north_first() -> None:
    x, y = np.arange(0.0, 400.0, 10.0), np.arange(0.0, 300.0, 10.0)
    gx, gy = np.meshgrid(x, y)
    told = slopes(Grid(x, y, 0.5 * gx - np.where(gy > 150.0, gy - 150.0, 0.0))).astype(float)
    assert told.shape == (30, 40, 2)
    np.testing.assert_allclose((told[..., 0] - 128) / SLOPE_STEPS, 0.5, atol=0.02)
    np.testing.assert_allclose((told[:12, :, 1] - 128) / SLOPE_STEPS, -1.0, atol=0.02)
    np.testing.assert_allclose(told[20:, :, 1], 128.0, atol=0.5)
