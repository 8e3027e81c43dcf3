"""Many shapes at once, from arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely
from numpy.typing import ArrayLike, NDArray

from data.simulate.county.bend import Bend, FloatArray

Shapes = NDArray[np.object_]
IntArray = NDArray[np.int64]


def spread(counts: IntArray) -> tuple[IntArray, IntArray]:
    """Return, for ``counts[i]`` items of each owner, the owner of each item and its number within the owner."""
    owner = np.repeat(np.arange(len(counts)), counts)
    first = np.cumsum(counts) - counts
    return owner, np.arange(len(owner)) - first[owner]


def bent_lines(bend: Bend, start: FloatArray, end: FloatArray, step_m: float = 60.0) -> Shapes:
    """Return straight grid segments, (N, 2) starts and ends, as bent lines on the ground."""
    length = np.hypot(*(end - start).T)
    counts = np.maximum(np.ceil(length / step_m).astype(np.int64), 1) + 1
    owner, number = spread(counts)
    t = (number / (counts[owner] - 1))[:, None]
    grid = start[owner] * (1 - t) + end[owner] * t
    return cast(Shapes, shapely.linestrings(bend.to_world(grid[:, 0], grid[:, 1]), indices=owner))


def bent_boxes(bend: Bend, west: ArrayLike, south: ArrayLike, east: ArrayLike, north: ArrayLike) -> Shapes:
    """Return grid rectangles as bent polygons on the ground, each side divided so that the bend shows."""
    w, s, e, n = (np.asarray(side, dtype=np.float64) for side in (west, south, east, north))
    across = np.maximum(np.ceil((e - w) / 60.0).astype(np.int64), 1)
    along = np.maximum(np.ceil((n - s) / 60.0).astype(np.int64), 1)
    sides = (
        (w, s, e, s, across), (e, s, e, n, along), (e, n, w, n, across), (w, n, w, s, along),
    )  # fmt: skip
    parts = []
    for side, (u0, v0, u1, v1, counts) in enumerate(sides):
        owner, number = spread(counts)
        t = number / counts[owner]
        u, v = u0[owner] * (1 - t) + u1[owner] * t, v0[owner] * (1 - t) + v1[owner] * t
        parts.append((owner, np.full(len(owner), side), number, u, v))
    owner, side_no, number, u, v = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.lexsort((number, side_no, owner))
    rings = shapely.linearrings(bend.to_world(u[order], v[order]), indices=owner[order])
    return cast(Shapes, shapely.polygons(rings))


def blob(centre: tuple[float, float], radius_m: float, rng: np.random.Generator, rough: float = 0.22) -> Shapes:
    """Return a rounded, irregular area: a circle whose radius wavers by a few harmonics."""
    angle = np.linspace(0, 2 * np.pi, 72, endpoint=False)
    radius = np.ones_like(angle)
    for harmonic in range(2, 7):
        radius += rough / harmonic**0.8 * rng.normal() * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    radius = np.clip(radius, 0.45, 1.7) * radius_m
    ring = np.column_stack([centre[0] + radius * np.cos(angle), centre[1] + radius * np.sin(angle)])
    return cast(Shapes, np.array([shapely.make_valid(shapely.polygons(np.round(ring, 2)))], dtype=object))


def smooth_line(points: FloatArray, step_m: float) -> FloatArray:
    """Return a Catmull-Rom curve through (N, 2) points, about ``step_m`` between vertices."""
    padded = np.vstack([2 * points[0] - points[1], points, 2 * points[-1] - points[-2]])
    out = []
    for i in range(1, len(padded) - 2):
        a, b, c, d = padded[i - 1 : i + 3]
        count = max(int(np.hypot(*(c - b)) / step_m), 2)
        t = np.linspace(0, 1, count, endpoint=False)[:, None]
        out.append(0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - 3 * c + d - a) * t**3))
    out.append(points[-1:])
    return np.vstack(out)


def polygons_only(shapes: Shapes, smallest_m2: float = 1.0) -> tuple[Shapes, IntArray]:
    """Split into single valid polygons, drop slivers, and return them with the index each came from."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    keep = (shapely.get_type_id(parts) == 3) & (shapely.area(parts) >= smallest_m2)
    return cast(Shapes, parts[keep]), owner[keep]


def without(shapes: Shapes, holes: Shapes) -> Shapes:
    """Cut ``holes`` out of ``shapes``, touching only those that meet one."""
    if not len(shapes) or not len(holes):
        return shapes
    left, right = shapely.STRtree(holes).query(shapes, predicate="intersects")
    out = shapes.copy()
    rows, merged = union_by(left, holes[right])
    out[rows] = shapely.difference(out[rows], merged)
    return out


def apart(shapes: Shapes) -> Shapes:
    """Cut from each shape those before it that it meets."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    before = right < left
    out = shapes.copy()
    rows, merged = union_by(left[before], shapes[right[before]])
    out[rows] = shapely.difference(out[rows], merged)
    return out


def union_by(owner: IntArray, shapes: Shapes) -> tuple[IntArray, Shapes]:
    """Return each owner once, in order, and the union of its shapes."""
    order = np.argsort(owner, kind="stable")
    owners, first, counts = np.unique(owner[order], return_index=True, return_counts=True)
    merged = shapes[order][first] if len(owners) else np.empty(0, dtype=object)
    for row in np.flatnonzero(counts > 1).tolist():
        merged[row] = shapely.union_all(shapes[order[first[row] : first[row] + counts[row]]])
    return owners, merged


def points(places: FloatArray) -> Shapes:
    """Return (N, 2) coordinates as points."""
    return cast(Shapes, np.asarray(shapely.points(places), dtype=object).reshape(-1))


@dataclass(frozen=True, slots=True)
class Cells:
    """Rectangles divided into columns and rows: of each owner how many, and of each cell its owner and place."""

    columns: IntArray
    rows: IntArray
    owner: IntArray
    column: IntArray
    row: IntArray


def slots_of(width: FloatArray, height: FloatArray, cell_width: FloatArray, cell_height: FloatArray) -> Cells:
    """Divide rectangles into cells of about the given size, at least one each."""
    columns = np.maximum(np.round(width / cell_width), 1).astype(np.int64)
    rows = np.maximum(np.round(height / cell_height), 1).astype(np.int64)
    owner, number = spread(columns * rows)
    return Cells(columns, rows, owner, number % columns[owner], number // columns[owner])
