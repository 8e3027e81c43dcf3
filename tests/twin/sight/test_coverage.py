"""What cameras see together."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from tests.small_county import small_county
from twin.sight.cameras import Cameras, cameras_of, that_see
from twin.sight.coverage import coverage, view_of
from twin.sight.grid import Grid
from twin.sight.obstacles import Obstacles
from twin.sight.viewshed import surface_of, viewshed

EMPTY = Obstacles(np.empty(0, dtype=object), np.empty(0))


def cameras(*rows: tuple[float, float, float]) -> Cameras:
    """Return cameras 6 m high of (east, north, heading), 90° wide, 50 m far."""
    place = np.array([(east, north, 6.0) for east, north, _ in rows]).reshape(-1, 3)
    names = np.array([f"c{i}" for i in range(len(rows))], dtype=object)
    every = np.ones(len(rows))
    return Cameras(names, names, place, np.array([row[2] for row in rows]), 90 * every, 50 * every)


def test_two_cameras_that_look_apart_cover_twice_as_much_and_two_in_one_place_no_more_than_one() -> None:
    quarter = np.pi * 50**2 / 4
    assert coverage(EMPTY, cameras((0, 0, 0)), 0.5).seen_m2 == pytest.approx(quarter, rel=0.02)
    assert coverage(EMPTY, cameras((0, 0, 0), (0, 0, 180)), 0.5).seen_m2 == pytest.approx(2 * quarter, rel=0.02)
    assert coverage(EMPTY, cameras((0, 0, 0), (0, 0, 0)), 0.5).seen_m2 == pytest.approx(quarter, rel=0.02)


def test_behind_a_wall_is_within_range_and_not_seen() -> None:
    wall = np.empty(1, dtype=object)
    wall[0] = shapely.box(-40.2, 20.2, 40.2, 22.2)
    seen = coverage(Obstacles(wall, np.array([20.0])), cameras((0, 0, 0)), 0.5)
    north = seen.grid.northing_m[np.nonzero(seen.seen)[0]]
    assert seen.looked.sum() > seen.seen.sum()
    assert north.max() < 22.5


def test_cameras_far_apart_make_the_cells_wider_and_none_make_nothing() -> None:
    far = coverage(EMPTY, cameras((0, 0, 0), (60_000, 60_000, 0)), 2.0)
    assert far.seen.size <= 17_000_000
    assert far.grid.step_m > 10
    nothing = coverage(EMPTY, cameras(), 1.0)
    assert nothing.seen_m2 == 0.0


def test_it_is_what_each_camera_sees_on_its_own_and_what_exact_lines_say() -> None:
    city = small_county()
    obstacles, every = Obstacles.of(city), cameras_of(city)
    few = every.take(np.arange(len(every)) < 6)
    together = coverage(obstacles, few, 1.0)
    one = view_of(few, 2)
    grid = Grid.around(one.eye_m[0], one.eye_m[1], one.range_m, 1.0)
    alone = viewshed(surface_of(obstacles, grid), grid, replace(one, target_m=1.5))
    assert together.seen_m2 > 0.9 * alone.seen_m2 > 0
    row, col = np.nonzero(together.looked)
    some = np.random.default_rng(1).choice(len(row), 2000, replace=False)
    row, col = row[some], col[some]
    east, north = together.grid.east_m[col], together.grid.northing_m[row]
    target = np.column_stack([east, north, obstacles.surface_m(east, north) + 1.5])
    exact = that_see(obstacles, replace(few, range_m=few.range_m + 3.0), target).any(axis=0)
    assert (exact == together.seen[row, col]).mean() > 0.96  # they differ at the rims of cells
