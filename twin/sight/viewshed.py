"""What is seen from a place: every cell around it, over buildings and ground.

The surface is walked along rays one cell apart at the rim, in steps of half a cell. A cell is seen where the slope
from the eye to what stands on it is at least that of all that was met a cell or more before it on its ray; the highest
slope so far is a running maximum, so many rays are done at once. What differs from a ray of its own for each cell
(Franklin and Ray's R3), and by how much, is told in ``docs/decisions/sight.md``.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import Terrain
from twin.geo import BoolArray, FloatArray
from twin.sight.grid import Grid, IntArray, outline, raised, sloped
from twin.sight.obstacles import BULGE_PER_M, Obstacles

RAYS_AT_ONCE, STEPS_A_CELL = 256, 2
Surface = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class View:
    """From where, how far and which way one looks: all round, unless a heading and a field of view say otherwise.

    Parameters
    ----------
    eye_m : tuple of float
        East, north in the city's projected system, and height above the terrain's zero.
    range_m : float
    heading_deg, view_deg : float
        Clockwise from north, where the middle of the view lies, and how wide it is.
    target_m : float
        How high above ground or roof stands what is looked for.
    """

    eye_m: tuple[float, float, float]
    range_m: float
    heading_deg: float = 0.0
    view_deg: float = 360.0
    target_m: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """Which cells of a grid are seen (rows, cols), of those that were looked at."""

    grid: Grid
    seen: BoolArray
    looked: BoolArray

    @property
    def seen_m2(self) -> float:
        """Return the area that is seen."""
        return float(np.count_nonzero(self.seen)) * self.grid.step_m**2

    @property
    def share(self) -> float:
        """Return which share of what was looked at is seen; 0 for nothing."""
        looked = int(np.count_nonzero(self.looked))
        return int(np.count_nonzero(self.seen)) / max(looked, 1)

    def shape(self) -> shapely.MultiPolygon:
        """Return the cells that are seen as one shape in the city's projected system, their steps made slopes."""
        return sloped(outline(self.grid, self.seen), self.grid.step_m)


def surface_of(obstacles: Obstacles, grid: Grid) -> Surface:
    """Return the height of what stands in each cell's centre, ground or roof, (rows, cols)."""
    height = _ground_of(obstacles.terrain, grid)
    near = obstacles.tree.query(shapely.box(*grid.bounds_m))
    return raised(grid, obstacles.footprint[near], obstacles.top_m[near], height)


def _ground_of(terrain: Terrain | None, grid: Grid) -> Surface:
    """Return the terrain in a grid's cells; first down the columns, then along the rows, where it has no voids."""
    if terrain is None:
        return np.zeros((grid.rows, grid.cols), np.float32)
    rows, cols = terrain.height_m.shape
    left, right = _neighbours((grid.east_m - terrain.west_m) / terrain.step_m, cols)
    upper, lower = _neighbours((terrain.north_m - grid.northing_m) / terrain.step_m, rows)
    window = terrain.height_m[upper[0][0] : lower[0][-1] + 1, left[0][0] : right[0][-1] + 1]
    if not np.isfinite(window).all():
        east, north = np.meshgrid(grid.east_m, grid.northing_m)
        return np.asarray(terrain.sample(east, north), np.float32)
    down = (terrain.height_m[place] * share[:, None] for place, share in (upper, lower))
    columns = np.add(*down)
    return np.asarray(np.add(*(columns[:, place] * share for place, share in (left, right))), np.float32)


def _neighbours(place: FloatArray, count: int) -> tuple[tuple[IntArray, Surface], tuple[IntArray, Surface]]:
    """Return the cells before and after places along one axis, each with its share."""
    at = np.clip(place - 0.5, 0, count - 1)
    before = np.minimum(at.astype(np.int64), max(count - 2, 0))
    share = (at - before).astype(np.float32)
    return (before, 1 - share), (np.minimum(before + 1, count - 1), share)


def viewshed(surface: Surface, grid: Grid, view: View) -> Seen:
    """Return what is seen of a surface (rows, cols) from an eye above it."""
    rays = max(8, math.ceil(2.0 * math.pi * view.range_m / grid.step_m))
    steps = max(1, math.ceil(STEPS_A_CELL * view.range_m / grid.step_m))
    along = (np.arange(1, steps + 1) * (grid.step_m / STEPS_A_CELL)).astype(np.float32)
    drop = along**2 * np.float32(BULGE_PER_M)
    visible = np.zeros((rays, steps + 1), bool)
    visible[:, 0] = True
    first, count = _rays_within(view, rays)
    for start in range(0, count, RAYS_AT_ONCE):
        ray = (first + np.arange(start, min(start + RAYS_AT_ONCE, count))) % rays
        visible[ray, 1:] = _along(surface, grid, view, ray.astype(np.float64) * (2.0 * math.pi / rays), along, drop)
    return _to_cells(visible, grid, view)


def _rays_within(view: View, rays: int) -> tuple[int, int]:
    """Return the first ray within the field of view and how many there are, with one more at each side."""
    if view.view_deg >= 360.0:
        return 0, rays
    first = math.floor((view.heading_deg - view.view_deg / 2.0) / 360.0 * rays) - 1
    return first, min(math.ceil(view.view_deg / 360.0 * rays) + 3, rays)


def _along(surface: Surface, grid: Grid, view: View, bearing: FloatArray, along: Surface, drop: Surface) -> BoolArray:
    """Return which steps of some rays are seen, (rays, steps)."""
    east, north, up = view.eye_m
    sine, cosine = (f(bearing).astype(np.float32)[:, None] / np.float32(grid.step_m) for f in (np.sin, np.cos))
    column = (sine * along + np.float32((east - grid.west_m) / grid.step_m)).astype(np.int32)
    row = (np.float32((grid.north_m - north) / grid.step_m) - cosine * along).astype(np.int32)
    np.clip(column, 0, grid.cols - 1, out=column)
    np.clip(row, 0, grid.rows - 1, out=row)
    row *= grid.cols
    row += column
    height = surface.ravel()[row]
    height -= drop + np.float32(up)
    slope = height / along
    met = np.maximum.accumulate(slope, axis=1)
    if view.target_m:
        slope += np.float32(view.target_m) / along
    seen = np.ones(slope.shape, bool)
    seen[:, STEPS_A_CELL:] = slope[:, STEPS_A_CELL:] >= met[:, :-STEPS_A_CELL]
    return seen


def _to_cells(visible: BoolArray, grid: Grid, view: View) -> Seen:
    """Give each cell within range and field of view what the nearest step of the nearest ray tells."""
    east = (grid.east_m - view.eye_m[0]).astype(np.float32)[None, :]
    north = (grid.northing_m - view.eye_m[1]).astype(np.float32)[:, None]
    away = np.sqrt(east**2 + north**2)
    bearing = np.arctan2(east, north)
    looked = away <= view.range_m
    if view.view_deg < 360.0:
        off = np.abs((np.degrees(bearing) - np.float32(view.heading_deg) + 180.0) % 360.0 - 180.0)
        looked &= off <= view.view_deg / 2.0
    rays, steps = visible.shape
    ray = np.rint(bearing * np.float32(rays / (2.0 * math.pi))).astype(np.int32) % rays
    step = np.minimum(np.rint(away * np.float32(STEPS_A_CELL / grid.step_m)).astype(np.int32), steps - 1)
    return Seen(grid, looked & visible[ray, step], looked)
