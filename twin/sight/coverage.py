"""What many cameras see together, and where none of them looks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from twin.sight.cameras import Cameras
from twin.sight.grid import Grid
from twin.sight.obstacles import Obstacles
from twin.sight.viewshed import Seen, View, surface_of, viewshed

MOST_CELLS = 16_000_000


def coverage(obstacles: Obstacles, cameras: Cameras, step_m: float, target_m: float = 1.5) -> Seen:
    """Return what at least one camera sees of what stands ``target_m`` above ground or roofs.

    The cells are ``step_m`` wide, or wider where the cameras are spread so far that there would be too many.
    ``looked`` marks what lies within range and field of view of a camera, whatever hides it.
    """
    grid = _grid_of(cameras, step_m)
    seen, looked = np.zeros((grid.rows, grid.cols), bool), np.zeros((grid.rows, grid.cols), bool)
    surface = surface_of(obstacles, grid)
    for row in range(len(cameras)):
        part, rows, cols = _window(grid, cameras.position_m[row], float(cameras.range_m[row]))
        one = viewshed(np.ascontiguousarray(surface[rows, cols]), part, view_of(cameras, row, target_m))
        seen[rows, cols] |= one.seen
        looked[rows, cols] |= one.looked
    return Seen(grid, seen, looked)


def view_of(cameras: Cameras, row: int, target_m: float = 1.5) -> View:
    """Return how a camera looks."""
    east, north, up = (float(value) for value in cameras.position_m[row])
    reach, heading, view = (float(a[row]) for a in (cameras.range_m, cameras.heading_deg, cameras.view_deg))
    return View((east, north, up), reach, heading, view, target_m)


def _grid_of(cameras: Cameras, step_m: float) -> Grid:
    if not len(cameras):
        return Grid(0.0, 0.0, step_m, 1, 1)
    place, reach = cameras.position_m[:, :2], cameras.range_m[:, None]
    west, south = (place - reach).min(axis=0)
    east, north = (place + reach).max(axis=0)
    step_m = max(step_m, math.sqrt((east - west) * (north - south) / MOST_CELLS))
    return Grid.over((float(west), float(south), float(east), float(north)), step_m)


def _window(grid: Grid, place_m: NDArray[np.float64], reach_m: float) -> tuple[Grid, slice, slice]:
    """Return the part of a grid within reach of a place, and its rows and columns."""
    left, right = ((place_m[0] + side * reach_m - grid.west_m) / grid.step_m for side in (-1, 1))
    top, bottom = ((grid.north_m - place_m[1] - side * reach_m) / grid.step_m for side in (1, -1))
    cols = slice(max(math.floor(left), 0), min(math.ceil(right) + 1, grid.cols))
    rows = slice(max(math.floor(top), 0), min(math.ceil(bottom) + 1, grid.rows))
    corner = grid.west_m + cols.start * grid.step_m, grid.north_m - rows.start * grid.step_m
    return Grid(*corner, grid.step_m, rows.stop - rows.start, cols.stop - cols.start), rows, cols
