"""Heights: the plain, made ground in towns, mounds, dykes, and the water below."""

from __future__ import annotations

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import shapely
from rasterio.features import rasterize
from rasterio.transform import from_origin

from data.simulate.county.bend import FloatArray
from data.simulate.county.plan import Plan
from data.simulate.county.plots import URBAN, Plots
from data.simulate.county.waters import Waters
from twin.city.city import Terrain

WATER_M, LAND_M = 1.3, 2.9


def raise_terrain(
    plan: Plan, county: shapely.Polygon, waters: Waters, plots: Plots, rng: np.random.Generator
) -> Terrain:
    """Return a grid of heights: the plain at two to four metres, made ground in towns, water below, dykes beside it."""
    step = plan.terrain_step_m
    west, south, east, north = (np.floor(b / step) * step for b in county.bounds)
    rows, cols = int((north - south) / step) + 2, int((east - west) / step) + 2
    transform = from_origin(west, north + step, step, step)
    height = LAND_M + 0.55 * _rolling((rows, cols), 26, rng) + 0.18 * _rolling((rows, cols), 5, rng)
    built = plots.take(plots.of(*URBAN))
    if len(built):
        town = np.zeros((rows, cols))
        col = ((built.place_m[:, 0] - west) / step).astype(np.int64)
        row = ((north + step - built.place_m[:, 1]) / step).astype(np.int64)
        np.add.at(town, (np.clip(row, 0, rows - 1), np.clip(col, 0, cols - 1)), 1.0)
        height += 0.5 * np.minimum(_blur(town, 7) * 60, 1.0)
    wide = rasterize(
        ((shape, 1) for shape in waters.wide()), out_shape=(rows, cols), transform=transform, dtype="uint8"
    )
    shore = _blur(wide.astype(np.float64), 1)
    height += np.where((shore > 0.05) & (wide == 0), 0.9, 0.0)
    height = _mounds(height, rng)
    # Canals are narrower than a cell: they would be pits in a row.
    height = np.where(wide == 1, WATER_M + 0.05 * _rolling((rows, cols), 26, rng), np.clip(height, 1.8, 12.0))
    return Terrain(np.round(height, 2).astype(np.float32), float(west), float(north + step), step)


def _blur(grid: FloatArray, reach: int) -> FloatArray:
    """Average over squares of ``2·reach + 1`` cells, by running sums."""
    for axis in (0, 1):
        padded = np.pad(grid, [(reach + 1, reach) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
        total = np.cumsum(padded, axis=axis)
        size = grid.shape[axis]
        upper = np.take(total, np.arange(2 * reach + 1, 2 * reach + 1 + size), axis=axis)
        grid = (upper - np.take(total, np.arange(size), axis=axis)) / (2 * reach + 1)
    return grid


def _rolling(shape: tuple[int, int], reach: int, rng: np.random.Generator) -> FloatArray:
    grid = rng.normal(size=shape)
    for _ in range(2):
        grid = _blur(grid, reach)
    return grid / max(float(grid.std()), 1e-9)


def _mounds(height: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Heap a few mounds: old kilns, spoil of canals, hills in parks."""
    rows, cols = height.shape
    y, x = np.mgrid[0:rows, 0:cols]
    for _ in range(max(2, rows * cols // 14000)):
        r, c, reach = rng.uniform(0, rows), rng.uniform(0, cols), rng.uniform(1.5, 4.0)
        box = (slice(max(int(r - 12), 0), int(r + 13)), slice(max(int(c - 12), 0), int(c + 13)))
        height[box] += rng.uniform(1.0, 5.0) * np.exp(-((y[box] - r) ** 2 + (x[box] - c) ** 2) / (2 * reach**2))
    return height
