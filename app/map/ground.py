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
SLOPE_STEPS, MOST_SLOPES = 60.0, 2048
SKIRT_M = 150.0
LEVELS = (1, 4, 12)
"""Each level of mountains takes one of so many rows and columns; divisors of :data:`TILE_CELLS`."""


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

    With ``coarser`` only each such row and column is taken; tiles of all levels have the same edges, seen from above.
    Where there is relief a skirt hangs from them: neighbours of different levels leave no gap.
    """
    cols, rows = (np.unique(np.append(np.arange(0, len(a), coarser), len(a) - 1)) for a in (grid.x_m, grid.y_m))
    gx, gy = np.meshgrid(grid.x_m[cols], grid.y_m[rows])
    xyz = np.column_stack([gx.ravel(), gy.ravel(), grid.z_m[np.ix_(rows, cols)].ravel()])
    return _cut_cells(xyz, gx.shape, TILE_CELLS // coarser if relief else max(gx.shape), SKIRT_M if relief else 0.0)


def slopes(grid: Grid) -> NDArray[np.uint8]:
    """Return how the ground slopes to the east and to the north, (H, W, 2), 128 is level; row 0 in the north.

    It is taken from all heights that are known, and so the light on far mountains does not get coarser with their mesh.
    """
    slope_y, slope_x = np.gradient(grid.z_m, grid.y_m, grid.x_m)
    every = max(1, -(-max(grid.z_m.shape) // MOST_SLOPES))
    told = np.stack([slope_x, slope_y], axis=-1)[::-every, ::every]
    return np.asarray(np.clip(128 + told * SLOPE_STEPS, 0, 255), np.uint8)


def _steps(low: float, high: float, step: float) -> FloatArray:
    return np.linspace(low, high, max(int(np.ceil((high - low) / step)), 1) + 1)


def cells(rows: int, cols: int) -> IntArray:
    """Return two triangles for each cell of a grid of points."""
    index = np.arange(rows * cols).reshape(rows, cols)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    return np.concatenate(
        [np.stack([a, b, c], axis=-1).reshape(-1, 3), np.stack([a, c, d], axis=-1).reshape(-1, 3)]
    ).astype(np.int64)


def _cut_cells(xyz: FloatArray, shape: tuple[int, ...], side: int, skirt_m: float) -> TiledMesh:
    """Cut a grid into tiles of ``side`` cells, repeating the vertices along the seams."""
    tall, wide = shape[0] - 1, shape[1] - 1
    cell = np.arange(tall * wide)
    row, col = cell // wide, cell % wide
    across = (wide - 1) // side + 1
    tile = row // side * across + col // side
    triangles, of = [cells(*shape)], [np.tile(tile, 2)]
    if skirt_m:
        southwest = row * shape[1] + col
        up, right, low = shape[1], 1, len(xyz)
        edges = (
            (row % side == 0, 0, right),
            ((row % side == side - 1) | (row == tall - 1), up, up + right),
            (col % side == 0, 0, up),
            ((col % side == side - 1) | (col == wide - 1), right, up + right),
        )
        for at_edge, begin, end in edges:
            a, b = southwest[at_edge] + begin, southwest[at_edge] + end
            triangles += [np.stack([a, b, b + low], axis=1), np.stack([a, b + low, a + low], axis=1)]
            of += [tile[at_edge]] * 2
        xyz = np.concatenate([xyz, xyz - (0.0, 0.0, skirt_m)])
    corners, owner = np.concatenate(triangles), np.concatenate(of)
    keys, corner = np.unique(owner[:, None] * len(xyz) + corners, return_inverse=True)
    tiles = np.arange(int(tile.max()) + 1)
    place = np.stack([tiles % across, tiles // across], axis=1).astype(np.float64)
    code = np.zeros((len(keys), 4), np.uint8)
    return cut(
        Mesh(xyz[keys % len(xyz)], code, keys // len(xyz), corner.reshape(corners.shape)), place, 1.0, shifted=False
    )
