"""The ground as a mesh: coarse where it is flat, in tiles with levels where it is not."""

from __future__ import annotations

from dataclasses import dataclass, replace

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
from numpy.typing import NDArray
from rasterio.fill import fillnodata

from app.map.geometry import IntArray, Mesh
from app.map.scene import TiledMesh, cut
from twin.city.city import City, Terrain
from twin.geo import FloatArray

RELIEF_M = 40.0
FLAT_STEP_M, TILE_CELLS = 500.0, 48
BEYOND_M = 60_000.0
SLOPE_STEPS = 60.0


def is_mountainous(terrain: Terrain | None) -> bool:
    """Tell whether the ground rises and falls enough to hide what is behind it."""
    if terrain is None or not np.isfinite(terrain.height_m).any():
        return False
    low, high = np.nanpercentile(terrain.height_m, (1, 99))
    return bool(high - low > RELIEF_M)


@dataclass(frozen=True, slots=True)
class Grid:
    """The corners of the ground's triangles.

    Parameters
    ----------
    x_m, y_m : (C,), (R,) float arrays
        Local metres, growing.
    z_m : (R, C) float array
    """

    x_m: FloatArray
    y_m: FloatArray
    z_m: FloatArray

    def height_m(self, x_m: FloatArray, y_m: FloatArray) -> FloatArray:
        """Return the height of the drawn triangles, (N,): what lies on the ground must lie on these."""
        col = np.clip(np.searchsorted(self.x_m, x_m, side="right") - 1, 0, len(self.x_m) - 2)
        row = np.clip(np.searchsorted(self.y_m, y_m, side="right") - 1, 0, len(self.y_m) - 2)
        fx = np.clip((x_m - self.x_m[col]) / (self.x_m[col + 1] - self.x_m[col]), 0.0, 1.0)
        fy = np.clip((y_m - self.y_m[row]) / (self.y_m[row + 1] - self.y_m[row]), 0.0, 1.0)
        a, b = self.z_m[row, col], self.z_m[row, col + 1]
        d, c = self.z_m[row + 1, col], self.z_m[row + 1, col + 1]
        return np.where(fx >= fy, a + fx * (b - a) + fy * (c - b), a + fy * (d - a) + fx * (c - d))


def ground_grid(city: City, bounds_m: tuple[float, float, float, float], relief: bool) -> Grid:
    """Return the grid of the ground; flat ground is coarse and reaches on to the horizon."""
    west, south, east, north = bounds_m
    if relief and city.terrain is not None:
        x, y = _steps(west, east, city.terrain.step_m), _steps(south, north, city.terrain.step_m)
    else:
        x = np.concatenate([[west - BEYOND_M], _steps(west, east, FLAT_STEP_M), [east + BEYOND_M]])
        y = np.concatenate([[south - BEYOND_M], _steps(south, north, FLAT_STEP_M), [north + BEYOND_M]])
    gx, gy = np.meshgrid(x, y)
    at = city.frame.origin_m
    if city.terrain is None:
        return Grid(x, y, np.zeros(gx.shape))
    return Grid(x, y, without_voids(city.terrain).sample(gx + at[0], gy + at[1]))


def without_voids(terrain: Terrain) -> Terrain:
    """Return a terrain whose unknown heights are guessed from those around them, so that no pits are drawn."""
    known = np.isfinite(terrain.height_m)
    if known.all():
        return terrain
    # What is too far from all that is known is as high as most of it; where nothing is known the ground is level.
    usual = float(np.median(terrain.height_m[known])) if known.any() else 0.0
    filled = fillnodata(np.where(known, terrain.height_m, usual).astype(np.float32), known, max_search_distance=200.0)
    return replace(terrain, height_m=filled)


def grid_mesh(grid: Grid, relief: bool, coarser: int = 1) -> TiledMesh:
    """Return the ground below everything.

    ``code`` holds the slope to the east and to the north (128 is level), for a shading that does not show the facets.
    With ``coarser`` only each such row and column is taken; tiles of all levels share their edges.
    """
    cols, rows = (np.unique(np.append(np.arange(0, len(a), coarser), len(a) - 1)) for a in (grid.x_m, grid.y_m))
    gx, gy = np.meshgrid(grid.x_m[cols], grid.y_m[rows])
    gz = grid.z_m[np.ix_(rows, cols)]
    slope_y, slope_x = np.gradient(gz, grid.y_m[rows], grid.x_m[cols])
    code = np.zeros((gx.size, 4), np.uint8)
    code[:, 0] = np.clip(128 + slope_x.ravel() * SLOPE_STEPS, 0, 255)
    code[:, 1] = np.clip(128 + slope_y.ravel() * SLOPE_STEPS, 0, 255)
    xyz = np.column_stack([gx.ravel(), gy.ravel(), gz.ravel()])
    side = TILE_CELLS // coarser if relief else max(gx.shape)
    return _cut_cells(xyz, code, gx.shape, side)


def _steps(low: float, high: float, step: float) -> FloatArray:
    return np.linspace(low, high, max(int(np.ceil((high - low) / step)), 1) + 1)


def cells(rows: int, cols: int) -> IntArray:
    """Return two triangles for each cell of a grid of points."""
    index = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    ).astype(np.int64)


def _cut_cells(xyz: FloatArray, code: NDArray[np.uint8], shape: tuple[int, ...], side: int) -> TiledMesh:
    """Cut a grid into tiles of ``side`` cells, repeating the vertices along the seams."""
    triangles = cells(shape[0], shape[1])
    cell = np.arange((shape[0] - 1) * (shape[1] - 1))
    tile_col, tile_row = cell % (shape[1] - 1) // side, cell // (shape[1] - 1) // side
    across = int(tile_col.max()) + 1
    tile = np.tile(tile_row * across + tile_col, 2)
    keys, corner = np.unique(tile[:, None] * len(xyz) + triangles, return_inverse=True)
    vertex, owner = keys % len(xyz), keys // len(xyz)
    tiles = np.arange(int(tile.max()) + 1)
    place = np.stack([tiles % across, tiles // across], axis=1).astype(np.float64)
    mesh = Mesh(xyz[vertex], code[vertex], owner, corner.reshape(triangles.shape))
    return cut(mesh, place, 1.0, shifted=False)
