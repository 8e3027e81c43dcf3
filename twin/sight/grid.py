"""Grids over the ground, and shapes burnt into them."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray

IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Grid:
    """Square cells, north up.

    Parameters
    ----------
    west_m, north_m : float
        Outer corner of the first cell, in the city's projected system.
    step_m : float
        Cell size.
    rows, cols : int
    """

    west_m: float
    north_m: float
    step_m: float
    rows: int
    cols: int

    @classmethod
    def around(cls, east_m: float, north_m: float, radius_m: float, step_m: float) -> Grid:
        """Return the grid that holds a circle; its middle cell has the place as its centre."""
        half = math.ceil(radius_m / step_m)
        edge = (half + 0.5) * step_m
        return cls(east_m - edge, north_m + edge, step_m, 2 * half + 1, 2 * half + 1)

    @classmethod
    def over(cls, bounds_m: tuple[float, float, float, float], step_m: float) -> Grid:
        """Return the grid that holds a rectangle (west, south, east, north), its lines at whole multiples of a step."""
        west, south, east, north = bounds_m
        left, top = math.floor(west / step_m), math.ceil(north / step_m)
        rows, cols = top - math.floor(south / step_m), math.ceil(east / step_m) - left
        return cls(left * step_m, top * step_m, step_m, max(rows, 1), max(cols, 1))

    @property
    def east_m(self) -> FloatArray:
        """Return the eastings of the columns' centres, (cols,)."""
        return np.asarray(self.west_m + (np.arange(self.cols) + 0.5) * self.step_m)

    @property
    def northing_m(self) -> FloatArray:
        """Return the northings of the rows' centres, (rows,), from north to south."""
        return np.asarray(self.north_m - (np.arange(self.rows) + 0.5) * self.step_m)

    @property
    def bounds_m(self) -> tuple[float, float, float, float]:
        """Return west, south, east, north of the outer edges."""
        east, south = self.west_m + self.cols * self.step_m, self.north_m - self.rows * self.step_m
        return (self.west_m, south, east, self.north_m)


@dataclass(frozen=True, slots=True)
class Spans:
    """Runs of cells in rows: (S,) rows, first and past-the-last columns, and the shape each belongs to."""

    row: IntArray
    begin: IntArray
    end: IntArray
    owner: IntArray

    def cells(self, grid: Grid) -> tuple[IntArray, IntArray]:
        """Return the cells of all spans in their order, as places in the raveled grid, and their spans."""
        width = self.end - self.begin
        span = np.repeat(np.arange(len(width)), width)
        along = np.arange(len(span)) - np.repeat(np.cumsum(width) - width, width)
        return (self.row * grid.cols + self.begin)[span] + along, span


def spans_of(grid: Grid, shapes: NDArray[np.object_]) -> Spans:
    """Return the cells whose centres lie within polygons, by the even-odd rule; a centre on an edge may fall to either.

    Each edge is cut with the lines through the cells' centres; between the first and the second cut of a line, the
    third and the fourth, and so on, it is inside.
    """
    polygons, of_shape = shapely.get_parts(shapes, return_index=True)
    rings, of_polygon = shapely.get_rings(polygons, return_index=True)
    place, ring = shapely.get_coordinates(rings, return_index=True)
    column = (place[:, 0] - grid.west_m) / grid.step_m - 0.5
    row = (grid.north_m - place[:, 1]) / grid.step_m - 0.5
    edge = np.flatnonzero(ring[1:] == ring[:-1])
    upper = np.clip(np.ceil(np.minimum(row[edge], row[edge + 1])), 0, grid.rows).astype(np.int64)
    lower = np.clip(np.ceil(np.maximum(row[edge], row[edge + 1])), 0, grid.rows).astype(np.int64)
    count = lower - upper
    cut = np.repeat(edge, count)
    line = np.arange(len(cut)) - np.repeat(np.cumsum(count) - count, count) + np.repeat(upper, count)
    along = (line - row[cut]) / (row[cut + 1] - row[cut])
    at = column[cut] + along * (column[cut + 1] - column[cut])
    owner = of_shape[of_polygon[ring[cut]]]
    order = np.lexsort((at, line, owner))
    edges = np.clip(np.ceil(at[order]), 0, grid.cols).astype(np.int64)
    begin, end = edges[::2], edges[1::2]
    some = end > begin
    return Spans(line[order][::2][some], begin[some], end[some], owner[order][::2][some])


def raised(
    grid: Grid, shapes: NDArray[np.object_], value: FloatArray, under: NDArray[np.float32]
) -> NDArray[np.float32]:
    """Return ``under`` (rows, cols) with the cells that lie in shapes raised to the shapes' values."""
    spans = spans_of(grid, shapes)
    low_first = np.argsort(value[spans.owner], kind="stable")  # of a cell that is written twice the last stays
    spans = Spans(*(part[low_first] for part in (spans.row, spans.begin, spans.end, spans.owner)))
    cell, span = spans.cells(grid)
    top = np.full(under.size, -np.inf, np.float32)
    top[cell] = value[spans.owner[span]]
    return np.maximum(under, top.reshape(under.shape))


def outline(grid: Grid, mask: NDArray[np.bool_]) -> shapely.MultiPolygon:
    """Return the true cells of a mask (rows, cols) as one shape in the city's projected system.

    The sides between true and false cells are lines of the lattice; where four of them meet they are cut, and what
    lies within them is put together from them.
    """
    padded = np.pad(mask, 1)
    across, down = padded[1:, 1:-1] != padded[:-1, 1:-1], padded[1:-1, 1:] != padded[1:-1, :-1]
    crossed = np.zeros((grid.rows + 1, grid.cols + 1), bool)
    crossed[1:-1, 1:-1] = across[1:-1, :-1] & across[1:-1, 1:] & down[:-1, 1:-1] & down[1:, 1:-1]
    row, begin, end = _runs(across, crossed)
    column, top, bottom = _runs(down.T, crossed.T)
    lines = np.concatenate(
        [np.stack([begin, row, end, row], axis=1), np.stack([column, top, column, bottom], axis=1)]
    ).reshape(-1, 2, 2)
    corner = np.array([grid.west_m, grid.north_m])
    sides = shapely.linestrings(corner + lines * [grid.step_m, -grid.step_m])
    faces = shapely.get_parts(shapely.polygonize(sides))
    inside = shapely.get_coordinates(shapely.point_on_surface(faces))
    column, row = ((inside - corner) / [grid.step_m, -grid.step_m]).astype(np.int64).T
    return shapely.MultiPolygon(list(faces[mask[row, column]]))


def sloped(cells: shapely.MultiPolygon, step_m: float) -> shapely.MultiPolygon:
    """Return a shape of whole cells with every corner cut at half a cell, so that stairs are slopes.

    Of a stair as much is cut off as is added; what is left of its steps after that is less than half a cell.
    """
    rings, polygon = shapely.get_rings(shapely.get_parts(cells), return_index=True)
    if not len(rings):
        return cells
    at, ring = shapely.get_coordinates(rings, return_index=True)
    begin = np.flatnonzero(ring[1:] == ring[:-1])
    side = at[begin + 1] - at[begin]
    half = side / np.hypot(*side.T)[:, None] * (step_m / 2.0)
    cut = np.stack([at[begin] + half, at[begin + 1] - half], axis=1).reshape(-1, 2)
    turned = np.asarray(shapely.linearrings(cut, indices=np.repeat(ring[begin], 2)), dtype=object)
    bare = np.asarray(shapely.polygons(turned, indices=polygon), dtype=object)
    return shapely.MultiPolygon(list(shapely.get_parts(shapely.simplify(shapely.multipolygons(bare), step_m / 2.0))))


def _runs(sides: NDArray[np.bool_], cut: NDArray[np.bool_]) -> tuple[IntArray, IntArray, IntArray]:
    """Return the runs of true values in each row, cut where told: rows, first and past-the-last columns."""
    before = np.pad(sides, ((0, 0), (1, 0)))
    after = np.pad(sides, ((0, 0), (0, 1)))
    row, begin = np.nonzero(after & (~before | cut))
    end = np.nonzero(before & (~after | cut))[1]
    return row, begin, end
