"""The ground as a mesh: coarse where it is flat, in tiles with levels where it is not."""

from __future__ import annotations

import numpy as np

from app.map.geometry import IntArray, Mesh
from app.map.scene import TiledMesh, cut
from twin.city.city import City, Terrain
from twin.geo import FloatArray

RELIEF_M = 40.0
FLAT_STEP_M, TILE_M = 500.0, 4000.0
BEYOND_M = 60_000.0


def is_mountainous(terrain: Terrain | None) -> bool:
    """Tell whether the ground rises and falls enough to hide what is behind it."""
    if terrain is None or not np.isfinite(terrain.height_m).any():
        return False
    low, high = np.nanpercentile(terrain.height_m, (1, 99))
    return bool(high - low > RELIEF_M)


def grid_mesh(city: City, bounds_m: tuple[float, float, float, float], relief: bool) -> TiledMesh:
    """Return the ground below everything.

    ``code`` holds the slope to the east and to the north (128 is level), for a shading that does not show the facets.
    Flat ground reaches on to the horizon.
    """
    west, south, east, north = bounds_m
    terrain = city.terrain
    if relief and terrain is not None:
        x = _steps(west, east, terrain.step_m)
        y = _steps(south, north, terrain.step_m)
    else:
        x = np.concatenate([[west - BEYOND_M], _steps(west, east, FLAT_STEP_M), [east + BEYOND_M]])
        y = np.concatenate([[south - BEYOND_M], _steps(south, north, FLAT_STEP_M), [north + BEYOND_M]])
    gx, gy = np.meshgrid(x, y)
    at = city.frame.origin_m
    z = city.ground_m(gx + at[0], gy + at[1])
    slope_y, slope_x = np.gradient(z, y, x)
    code = np.zeros((gx.size, 4), np.uint8)
    code[:, 0] = np.clip(128 + slope_x.ravel() * 60, 0, 255)
    code[:, 1] = np.clip(128 + slope_y.ravel() * 60, 0, 255)
    xyz = np.column_stack([gx.ravel(), gy.ravel(), z.ravel()])
    return _cut_cells(xyz, code, cells(*gx.shape), TILE_M if relief else 1e9)


def _steps(low: float, high: float, step: float) -> FloatArray:
    return np.linspace(low, high, max(int(np.ceil((high - low) / step)), 1) + 1)


def cells(rows: int, cols: int) -> IntArray:
    """Return two triangles for each cell of a grid of points."""
    index = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    ).astype(np.int64)


def _cut_cells(xyz: FloatArray, code: np.ndarray, triangles: IntArray, tile_m: float) -> TiledMesh:
    """Cut by triangle, repeating the vertices along the seams."""
    middle = xyz[triangles].mean(axis=1)[:, :2]
    _, tile = np.unique(np.floor(middle / tile_m).astype(np.int64), axis=0, return_inverse=True)
    tile = tile.reshape(-1)
    keys, corner = np.unique(tile[:, None] * len(xyz) + triangles, return_inverse=True)
    vertex, owner = keys % len(xyz), keys // len(xyz)
    place = np.zeros((int(owner.max()) + 1, 2))
    np.add.at(place, tile, middle)
    place /= np.bincount(tile)[:, None]
    mesh = Mesh(xyz[vertex], code[vertex], owner, corner.reshape(triangles.shape))
    return cut(mesh, place, tile_m)
