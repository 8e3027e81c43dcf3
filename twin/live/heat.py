"""Where there is much of something: counts and means on a grid of the ground, smoothed, for many points at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter

from twin.geo import FloatArray

STEPS = (1.0, 2.0, 5.0)
FloatGrid = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class HeatGrid:
    """Square cells on the ground; row 0 lies in the south.

    Parameters
    ----------
    west_m, south_m : float
        Corner, in the local frame.
    cell_m : float
    rows, cols : int
    """

    west_m: float
    south_m: float
    cell_m: float
    rows: int
    cols: int

    @property
    def box_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north in the local frame."""
        east, north = self.west_m + self.cols * self.cell_m, self.south_m + self.rows * self.cell_m
        return self.west_m, self.south_m, east, north

    def cells(self, east_m: FloatArray, north_m: FloatArray) -> NDArray[np.int64]:
        """Return the cell of each point, (N,); one behind the last for what is outside or no number."""
        known = np.isfinite(east_m) & np.isfinite(north_m)
        col = np.floor((np.where(known, east_m, -np.inf) - self.west_m) / self.cell_m)
        row = np.floor((np.where(known, north_m, -np.inf) - self.south_m) / self.cell_m)
        inside = (col >= 0) & (col < self.cols) & (row >= 0) & (row < self.rows)
        cell = np.where(inside, row, 0) * self.cols + np.where(inside, col, 0)
        return np.where(inside, cell, self.rows * self.cols).astype(np.int64)

    def counted(self, cell: NDArray[np.int64], weights: FloatArray | None = None) -> FloatGrid:
        """Return how many of the points are in each cell, or the sum of their weights, (rows, cols)."""
        total = np.bincount(cell, weights, self.rows * self.cols + 1)[:-1]
        return total.reshape(self.rows, self.cols).astype(np.float32)


def grid_over(west_m: float, south_m: float, east_m: float, north_m: float, most_cells: int = 400) -> HeatGrid:
    """Return a grid over a box, with a round cell size and at most so many cells along its longer side."""
    longest = max(east_m - west_m, north_m - south_m, 1.0)
    cell = max(round_up(longest / most_cells), 1.0)
    west, south = math.floor(west_m / cell) * cell, math.floor(south_m / cell) * cell
    rows, cols = math.ceil((north_m - south) / cell), math.ceil((east_m - west) / cell)
    return HeatGrid(west, south, cell, max(rows, 1), max(cols, 1))


def round_up(value: float) -> float:
    """Return the smallest of 1, 2 or 5 times a power of ten that is not below ``value``."""
    power = 10.0 ** math.floor(math.log10(max(value, 1e-12)))
    return next(step * power for step in (*STEPS, 10.0) if step * power >= value * 0.999999)


def density(counts: FloatGrid, cell_m: float, sigma_cells: float = 2.0) -> FloatGrid:
    """Return how many there are in a square kilometre around each cell."""
    return np.asarray(gaussian_filter(counts, sigma_cells, mode="constant") * np.float32(1e6 / cell_m**2))


def mean(counts: FloatGrid, sums: FloatGrid, least: float, sigma_cells: float = 2.0) -> FloatGrid:
    """Return the mean around each cell; NaN where the weight of what is near is below ``least`` of one a cell."""
    weight = gaussian_filter(counts, sigma_cells, mode="constant")
    total = gaussian_filter(sums, sigma_cells, mode="constant")
    known = weight >= least
    return np.where(known, total / np.where(known, weight, 1.0), np.float32(np.nan)).astype(np.float32)


def range_of(values: FloatGrid, last: float) -> float:
    """Return the upper end of a scale for values: round, and the last one's while that still fits.

    A scale whose end follows each value cannot be read.
    """
    known = values[np.isfinite(values) & (values > 0)]
    if not len(known):
        return last or 1.0
    top = float(np.quantile(known, 0.995))
    return last if last * 0.3 <= top <= last else round_up(top)
