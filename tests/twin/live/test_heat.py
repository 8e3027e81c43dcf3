"""Heat on a grid: nothing is lost, nothing is made, and hostile points count nowhere."""

from __future__ import annotations

import numpy as np
import pytest

from twin.live.heat import HeatGrid, density, grid_over, mean, range_of, round_up


def test_the_grid_covers_the_box_with_round_cells() -> None:
    grid = grid_over(-14_950.0, -11_020.0, 15_010.0, 12_345.0)
    west, south, east, north = grid.box_m
    assert grid.cell_m == 100.0
    assert west <= -14_950
    assert south <= -11_020
    assert east >= 15_010
    assert north >= 12_345
    assert max(grid.rows, grid.cols) <= 402


def test_points_outside_or_nowhere_are_in_no_cell() -> None:
    grid = HeatGrid(0.0, 0.0, 10.0, 4, 5)
    cell = grid.cells(np.array([5.0, -1.0, 51.0, np.nan, np.inf, 45.0]), np.array([5.0, 5.0, 5.0, 5.0, 5.0, 35.0]))
    assert cell.tolist() == [0, 20, 20, 20, 20, 19]
    assert grid.counted(cell).sum() == 2


def test_smoothing_keeps_how_many_there_are() -> None:
    grid = HeatGrid(0.0, 0.0, 100.0, 60, 60)
    counts = grid.counted(grid.cells(np.full(500, 3000.0), np.full(500, 3000.0)))
    smooth = density(counts, grid.cell_m)
    assert smooth.sum() * (grid.cell_m / 1000) ** 2 == pytest.approx(500, rel=1e-3)
    assert smooth.max() == smooth[30, 30]


def test_the_mean_is_unknown_where_nothing_is_near() -> None:
    grid = HeatGrid(0.0, 0.0, 100.0, 60, 60)
    cell = grid.cells(np.full(10, 3000.0), np.full(10, 3000.0))
    speeds = mean(grid.counted(cell), grid.counted(cell, np.full(10, 42.0)), 0.01)
    assert speeds[30, 30] == pytest.approx(42.0, rel=1e-4)
    assert np.isnan(speeds[0, 0])


@pytest.mark.parametrize(("value", "rounded"), [(0.7, 1.0), (1.0, 1.0), (1.3, 2.0), (42.0, 50.0), (5001.0, 10_000.0)])
def test_rounding_up(value: float, rounded: float) -> None:
    assert round_up(value) == pytest.approx(rounded)


def test_the_end_of_a_scale_stays_while_it_fits() -> None:
    values = np.full((4, 4), 90.0, np.float32)
    assert range_of(values, 0.0) == 100.0
    assert range_of(values * 0.5, 100.0) == 100.0
    assert range_of(values * 2, 100.0) == 200.0
    assert range_of(values * 0.01, 100.0) == 1.0
    assert range_of(np.full((2, 2), np.nan, np.float32), 50.0) == 50.0
