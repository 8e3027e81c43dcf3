"""The viewshed against a ray of its own for every cell, the exact lines of sight, and places worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from tests.small_county import small_county
from twin.city.city import Terrain
from twin.geo import BoolArray
from twin.sight.grid import Grid, outline, sloped, spans_of
from twin.sight.lines import look
from twin.sight.obstacles import BULGE_PER_M, Obstacles
from twin.sight.viewshed import Seen, Surface, View, surface_of, viewshed


def shapes(*some: shapely.Geometry) -> NDArray[np.object_]:
    out = np.empty(len(some), dtype=object)
    out[:] = some
    return out


def cell_by_cell(surface: Surface, grid: Grid, view: View) -> BoolArray:
    """Walk a line of its own to each cell's centre: slow, and with nothing of the code under test in it."""
    east, north, up = view.eye_m
    seen = np.zeros(surface.shape, bool)
    for i in range(grid.rows):
        for j in range(grid.cols):
            x, y = grid.west_m + (j + 0.5) * grid.step_m, grid.north_m - (i + 0.5) * grid.step_m
            away = float(np.hypot(x - east, y - north))
            if away > view.range_m:
                continue
            t = np.arange(1, int(away / grid.step_m * 4)) / max(away / grid.step_m * 4, 1)
            px, py = east + t * (x - east), north + t * (y - north)
            col, row = ((px - grid.west_m) // grid.step_m).astype(int), ((grid.north_m - py) // grid.step_m).astype(int)
            other = (col != j) | (row != i)
            target = surface[i, j] + view.target_m
            line = up + t * (target - up) - t * (1 - t) * away**2 * BULGE_PER_M
            seen[i, j] = not (surface[row, col] > line + 1e-3)[other].any()
    return seen


def at_edges(mask: BoolArray) -> BoolArray:
    """Mark cells that have another kind of cell among their eight neighbours."""
    padded = np.pad(mask, 1, mode="edge")
    around = [
        padded[1 + i : padded.shape[0] - 1 + i, 1 + j : padded.shape[1] - 1 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)
    ]
    return np.asarray(np.logical_or.reduce(around) & ~np.logical_and.reduce(around))


def test_flat_open_ground_is_seen_to_the_range() -> None:
    grid = Grid.around(1000.0, 2000.0, 100.0, 5.0)
    seen = viewshed(np.zeros((grid.rows, grid.cols), np.float32), grid, View((1000.0, 2000.0, 2.0), 100.0))
    assert seen.share == 1.0
    assert seen.seen_m2 == pytest.approx(np.pi * 100**2, rel=0.02)


def test_a_wall_throws_its_shadow_as_far_as_the_height_of_the_eye_allows() -> None:
    grid = Grid.around(0.0, 0.0, 200.0, 2.0)
    wall = Obstacles(shapes(shapely.box(40.3, -50, 43.7, 50)), np.array([6.0]))
    surface = surface_of(wall, grid)
    seen = viewshed(surface, grid, View((0.0, 0.0, 10.0), 200.0))
    row = grid.rows // 2
    shadow = grid.east_m[~seen.seen[row] & (grid.east_m > 0) & seen.looked[row]]
    assert shadow.min() == pytest.approx(45.0, abs=2.0)
    assert shadow.max() == pytest.approx(43.0 * 10.0 / 4.0, abs=4.0)  # over the centre of the wall's last cell


@settings(max_examples=8, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_it_differs_from_a_ray_for_each_cell_at_the_edges_of_shadows(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid.around(0.0, 0.0, 120.0, 4.0)
    middle, half = rng.uniform(-110, 110, (30, 2)), rng.uniform(3, 12, (30, 2))
    boxes = np.asarray(shapely.box(*(middle - half).T, *(middle + half).T), dtype=object)
    surface = surface_of(Obstacles(boxes, rng.uniform(3, 30, 30)), grid)
    eye = View((0.0, 0.0, float(surface[grid.rows // 2, grid.cols // 2]) + 8.0), 120.0, target_m=1.5)
    ours, theirs = viewshed(surface, grid, eye), cell_by_cell(surface, grid, eye)
    different = (ours.seen != theirs) & ours.looked
    assert different.sum() < 0.08 * ours.looked.sum()  # thirty towers on sixty cells: as many edges as can be
    assert (different & ~at_edges(theirs)).sum() < 0.03 * ours.looked.sum()


def test_it_agrees_with_exact_lines_of_sight_in_a_county() -> None:
    city = small_county()
    obstacles = Obstacles.of(city)
    east, north = shapely.get_coordinates(shapely.centroid(shapely.union_all(obstacles.footprint[:50])))[0]
    grid = Grid.around(east, north, 300.0, 1.0)
    surface = surface_of(obstacles, grid)
    eye = (east, north, float(surface[grid.rows // 2, grid.cols // 2]) + 15.0)
    seen = viewshed(surface, grid, View(eye, 300.0, target_m=1.5))
    rng = np.random.default_rng(4)
    row, col = np.nonzero(seen.looked & ~at_edges(seen.seen))
    some = rng.choice(len(row), 3000, replace=False)
    row, col = row[some], col[some]
    target = np.column_stack([grid.east_m[col], grid.northing_m[row], surface[row, col] + 1.5])
    exact = look(obstacles, np.array([eye]), target).seen
    assert (exact == seen.seen[row, col]).mean() > 0.99


def test_a_field_of_view_keeps_what_lies_within_it() -> None:
    grid = Grid.around(0.0, 0.0, 100.0, 2.0)
    flat = np.zeros((grid.rows, grid.cols), np.float32)
    seen = viewshed(flat, grid, View((0.0, 0.0, 5.0), 100.0, heading_deg=350.0, view_deg=60.0))
    assert seen.seen_m2 == pytest.approx(np.pi * 100**2 / 6, rel=0.03)
    row, col = np.nonzero(seen.seen)
    bearing = (np.degrees(np.arctan2(grid.east_m[col], grid.northing_m[row])) + 180) % 360 - 180
    assert bearing.min() >= -40.0
    assert bearing.max() <= 20.0
    assert (seen.seen == seen.looked).all()


def test_the_outline_is_the_cells_and_nothing_else() -> None:
    rng = np.random.default_rng(2)
    grid = Grid(100.0, 900.0, 2.0, 40, 60)
    mask = rng.random((40, 60)) < 0.5
    shape = outline(grid, mask)
    east, north = np.meshgrid(grid.east_m, grid.northing_m)
    assert shape.is_valid
    assert shape.area == pytest.approx(mask.sum() * 4.0)
    assert (shapely.contains_xy(shape, east, north) == mask).all()
    assert outline(grid, np.zeros_like(mask)).is_empty
    assert outline(grid, np.ones_like(mask)).area == pytest.approx(40 * 60 * 4.0)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_burnt_cells_are_those_whose_centres_lie_inside(seed: int) -> None:
    rng = np.random.default_rng(seed)
    grid = Grid(0.0, 100.0, 3.0, 30, 40)
    spot = shapely.Point(*rng.uniform(-10, 130, 2)).buffer(rng.uniform(1, 40), quad_segs=int(rng.integers(1, 9)))
    shape = spot.difference(shapely.box(40, 40, 60, 60).buffer(float(rng.uniform(0, 5)), quad_segs=2))
    mask = np.zeros((30, 40), bool)
    cells, _ = spans_of(grid, shapes(shape)).cells(grid)
    mask.ravel()[cells] = True
    east, north = np.meshgrid(grid.east_m, grid.northing_m)
    wrong = mask != shapely.contains_xy(shape, east, north)
    assert not wrong[shapely.distance(shapely.points(east, north), shapely.boundary(shape)) > 1e-9].any()


def test_of_two_buildings_over_each_other_the_higher_counts_and_the_ground_under_both() -> None:
    heights = np.add.outer(np.zeros(20), np.arange(20)).astype(np.float32)
    ground = Terrain(heights, -100.0, 100.0, 10.0)
    pair = Obstacles(
        shapes(shapely.box(-20.2, -20.2, 20.2, 20.2), shapely.box(-5.3, -5.3, 50.3, 50.3)),
        np.array([60.0, 30.0]),
        ground,
    )
    grid = Grid.around(0.0, 0.0, 60.0, 1.0)
    surface = surface_of(pair, grid)
    east, north = np.meshgrid(grid.east_m, grid.northing_m)
    assert surface == pytest.approx(pair.surface_m(east.ravel(), north.ravel()).reshape(surface.shape), abs=1e-4)
    heights[3, 3] = np.nan
    assert np.isfinite(surface_of(pair, Grid.around(-60.0, 60.0, 30.0, 1.0))).all()


def test_nothing_seen_has_no_share() -> None:
    grid = Grid(0.0, 10.0, 1.0, 10, 10)
    none = np.zeros((10, 10), bool)
    assert Seen(grid, none, none).share == 0.0


def test_the_stairs_of_cells_become_slopes_of_the_same_area() -> None:
    east, north = np.meshgrid(np.arange(120), np.arange(120))
    mask = (np.hypot(east - 60, north - 60) < 50) & (np.hypot(east - 60, north - 60) > 20)
    mask[30, 30:90:2] = False  # cells alone
    grid = Grid(1000.0, 2000.0, 2.0, 120, 120)
    stairs, even = outline(grid, mask), sloped(outline(grid, mask), grid.step_m)
    assert even.is_valid
    assert even.area == pytest.approx(stairs.area, rel=0.02)
    assert shapely.get_num_coordinates(even) < shapely.get_num_coordinates(stairs) / 2
    assert shapely.hausdorff_distance(even, stairs) <= grid.step_m * 1.2
    assert sloped(shapely.MultiPolygon(), 1.0).is_empty
