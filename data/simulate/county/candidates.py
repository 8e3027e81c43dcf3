"""Buildings as columns before they have walls, and rows of them in rectangles."""

from __future__ import annotations

from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import ArrayLike

from data.simulate.county.bend import FloatArray
from data.simulate.county.edges import BoolArray, Texts
from data.simulate.county.shapes import IntArray, spread

BOX, ELL, YOU, RING, TOWER = range(5)
"""Plans of a building: a rectangle, an L, a U, a closed courtyard, a rectangle with cut corners."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """Buildings that may be built, as columns of equal length; grid metres.

    Parameters
    ----------
    plot : IntArray
        Row of the plot it stands on.
    u, v, width, depth : FloatArray
        Middle, and size east and north.
    turn : FloatArray
        Radians against the grid.
    urgency : FloatArray
        Where two collide the smaller is built.
    """

    plot: IntArray
    u: FloatArray
    v: FloatArray
    width: FloatArray
    depth: FloatArray
    turn: FloatArray
    floors: IntArray
    height_m: FloatArray
    use: Texts
    roof: Texts
    plan: IntArray
    urgency: FloatArray

    def __len__(self) -> int:
        return len(self.u)

    def take(self, rows: IntArray | BoolArray) -> Candidates:
        """Return some of the rows."""
        return Candidates(*(getattr(self, field.name)[rows] for field in fields(self)))


def join(parts: list[Candidates]) -> Candidates:
    """Return the rows of all ``parts``, in order."""
    return Candidates(*(np.concatenate([getattr(p, field.name) for p in parts]) for field in fields(Candidates)))


@dataclass(frozen=True, slots=True)
class Slots:
    """Places in rows and columns of rectangles: the owner of each, its middle, and its row and column."""

    owner: IntArray
    u: FloatArray
    v: FloatArray
    column: IntArray
    row: IntArray

    def take(self, rows: IntArray | BoolArray) -> Slots:
        """Return some of the places."""
        return Slots(*(getattr(self, field.name)[rows] for field in fields(self)))

    def __len__(self) -> int:
        return len(self.u)


def slots(
    west: ArrayLike, east: ArrayLike, south: ArrayLike, north: ArrayLike, pitch_u: ArrayLike, pitch_v: ArrayLike
) -> Slots:
    """Fill rectangles with as many places of the given pitch as fit, evenly spread."""
    w, e, s, n, pu, pv = np.broadcast_arrays(
        *(np.asarray(a, dtype=np.float64) for a in (west, east, south, north, pitch_u, pitch_v))
    )
    columns = np.maximum(np.floor((e - w) / pu + 0.12), 0).astype(np.int64)
    rows = np.maximum(np.floor((n - s) / pv + 0.12), 0).astype(np.int64)
    owner, number = spread(columns * rows)
    column, row = number % np.maximum(columns[owner], 1), number // np.maximum(columns[owner], 1)
    u = w[owner] + (column + 0.5) * (e - w)[owner] / np.maximum(columns[owner], 1)
    v = s[owner] + (row + 0.5) * (n - s)[owner] / np.maximum(rows[owner], 1)
    return Slots(owner, u, v, column, row)


def build(
    plot: IntArray,
    places: tuple[FloatArray, FloatArray],
    size: tuple[ArrayLike, ArrayLike],
    floors: ArrayLike,
    floor_m: ArrayLike,
    use: str | Texts,
    roof: str | Texts,
    *,
    plan: ArrayLike = BOX,
    urgency: float = 5.0,
    turn: ArrayLike = 0.0,
) -> Candidates:
    """Return candidates, numbers and words repeated for each place where only one was given."""
    count = len(plot)

    def column(value: ArrayLike) -> FloatArray:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (count,)).copy()

    def words(value: str | Texts) -> Texts:
        return np.full(count, value, dtype=object) if isinstance(value, str) else value

    storeys = np.maximum(column(floors).astype(np.int64), 1)
    return Candidates(
        plot, *places, column(size[0]), column(size[1]), column(turn), storeys, storeys * column(floor_m),
        words(use), words(roof), column(plan).astype(np.int64), column(urgency),
    )  # fmt: skip
