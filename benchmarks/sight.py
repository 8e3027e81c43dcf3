"""What is seen from a place: all rays at once, against a line of its own for each cell, on the full county.

``python -m benchmarks.sight`` prints the time of the surface, of the viewshed and of its outline at 10, 5 and 2 m for a
radius of 2 km, and beside them what exact lines of sight (the program's own, one for each of some cells) and the usual
loop (one ray for each cell, sampled in numpy) would take for all cells.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import TypeVar

import numpy as np
import shapely

from benchmarks._county import bare_folder
from data.store.twin_folder import open_city
from twin.geo import FloatArray
from twin.sight.grid import Grid
from twin.sight.lines import look
from twin.sight.obstacles import BULGE_PER_M, Obstacles
from twin.sight.viewshed import Surface, View, surface_of, viewshed

Answer = TypeVar("Answer")
RADIUS_M, EYE_M, RUNS, SAMPLE = 2000.0, 20.0, 3, 2000


def main() -> None:
    """Measure and print a table."""
    obstacles = Obstacles.of(open_city(bare_folder(), ("buildings",)))
    east, north = _densest(obstacles)
    print(f"{len(obstacles.top_m):,} buildings, radius {RADIUS_M:.0f} m, median of {RUNS}, wall ms")
    print("| cell | cells | surface | viewshed | outline | a ray a cell | ratio | exact lines | ratio | agree |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |")
    for step in (10.0, 5.0, 2.0):
        print(_row(obstacles, east, north, step))


def _row(obstacles: Obstacles, east: float, north: float, step: float) -> str:
    grid = Grid.around(east, north, RADIUS_M, step)
    surface_ms, surface = _timed(lambda: surface_of(obstacles, grid))
    up = float(surface[grid.rows // 2, grid.cols // 2]) + EYE_M
    view = View((east, north, up), RADIUS_M, target_m=1.5)
    view_ms, seen = _timed(lambda: viewshed(surface, grid, view))
    outline_ms, _ = _timed(seen.shape)
    row, col = np.nonzero(seen.looked)
    some = np.random.default_rng(1).choice(len(row), min(SAMPLE, len(row)), replace=False)
    place = np.column_stack([grid.east_m[col[some]], grid.northing_m[row[some]], surface[row[some], col[some]] + 1.5])
    share = len(row) / len(some)
    loop_ms, _ = _timed(lambda: _a_ray_each(surface, grid, view, place))
    exact_ms, exact = _timed(lambda: look(obstacles, np.array([view.eye_m]), place).seen)
    agree = float((exact == seen.seen[row[some], col[some]]).mean())
    ours = surface_ms + view_ms
    return (
        f"| {step:.0f} m | {len(row):,} | {surface_ms:.0f} | {view_ms:.0f} | {outline_ms:.0f} | {loop_ms * share:,.0f} "
        f"| {(loop_ms * share + surface_ms) / ours:,.0f} | {exact_ms * share:,.0f} | {exact_ms * share / ours:,.0f} "
        f"| {agree:.1%} |"
    )


def _a_ray_each(surface: Surface, grid: Grid, view: View, place: FloatArray) -> int:
    """Walk a line to each place in steps of half a cell; the usual way without a sweep."""
    east, north, up = view.eye_m
    seen = 0
    for x, y, z in place:
        away = float(np.hypot(x - east, y - north))
        t = np.arange(1, int(2 * away / grid.step_m)) / max(2 * away / grid.step_m, 1)
        col = ((east + t * (x - east) - grid.west_m) / grid.step_m).astype(np.int32)
        row = ((grid.north_m - north - t * (y - north)) / grid.step_m).astype(np.int32)
        line = up + t * (z - up) - t * (1 - t) * away**2 * BULGE_PER_M
        seen += not (surface[row, col] > line)[: -2 or None].any()
    return seen


def _densest(obstacles: Obstacles) -> tuple[float, float]:
    middle = shapely.get_coordinates(shapely.centroid(obstacles.footprint))
    count, east, north = np.histogram2d(middle[:, 0], middle[:, 1], bins=60)
    i, j = np.unravel_index(int(count.argmax()), count.shape)
    return float(east[i] + east[i + 1]) / 2, float(north[j] + north[j + 1]) / 2


def _timed(function: Callable[[], Answer]) -> tuple[float, Answer]:
    took = []
    for _ in range(RUNS):
        begun = time.perf_counter()
        answer = function()
        took.append(1000 * (time.perf_counter() - begun))
    return statistics.median(took), answer


if __name__ == "__main__":
    main()
