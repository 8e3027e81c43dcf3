"""Road edges as arrays, and cutting lines into pieces."""

from __future__ import annotations

from dataclasses import dataclass, fields
from itertools import pairwise
from typing import Any, cast

import numpy as np
import shapely
from numpy.typing import NDArray

from data.simulate.county.bend import FloatArray
from data.simulate.county.shapes import IntArray, Shapes

BoolArray = NDArray[np.bool_]
Texts = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Edges:
    """Roads between junctions, as columns of equal length.

    Parameters
    ----------
    line : Shapes
        The middle of the road; one-way traffic runs along it.
    street : Texts
        Edges of one street share its key, and so its name.
    axis : IntArray
        0 for a street that runs north, 1 for one that runs east, 2 for others.
    """

    line: Shapes
    road_class: Texts
    street: Texts
    lanes: IntArray
    width_m: FloatArray
    speed_kmh: FloatArray
    oneway: BoolArray
    bridge: BoolArray
    urban: BoolArray
    axis: IntArray

    def __len__(self) -> int:
        return len(self.line)

    def columns(self) -> list[NDArray[Any]]:
        """Return the columns in order."""
        return [getattr(self, field.name) for field in fields(self)]

    def take(self, rows: IntArray | BoolArray) -> Edges:
        """Return some of the rows."""
        return Edges(*(column[rows] for column in self.columns()))

    def plus(self, other: Edges) -> Edges:
        """Return these rows and then those of ``other``."""
        return Edges(*(np.concatenate(pair) for pair in zip(self.columns(), other.columns(), strict=True)))

    def ends(self) -> tuple[FloatArray, FloatArray]:
        """Return the (N, 2) coordinates of the starts and of the ends."""
        start, end = shapely.get_point(self.line, 0), shapely.get_point(self.line, -1)
        return shapely.get_coordinates(start), shapely.get_coordinates(end)


def number_nodes(edges: Edges) -> tuple[FloatArray, IntArray, IntArray]:
    """Return the places where edges end, (M, 2), and for each edge the numbers of its two ends."""
    start, end = edges.ends()
    # Whole centimetres, so that equal places are equal numbers.
    key = np.round(np.vstack([start, end]) * 100).astype(np.int64)
    nodes, inverse = np.unique(key, axis=0, return_inverse=True)
    inverse = inverse.reshape(-1)
    return nodes / 100, inverse[: len(edges)], inverse[len(edges) :]


def pieces(line: shapely.LineString, stops_m: list[float]) -> list[shapely.LineString]:
    """Cut a line at distances along it, which must rise and lie inside it; new vertices on whole centimetres."""
    coords = shapely.get_coordinates(line)
    along = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(coords, axis=0).T))])
    cuts = np.array([0.0, *stops_m, along[-1]])
    at = np.round(np.column_stack([np.interp(cuts, along, coords[:, axis]) for axis in (0, 1)]), 2)
    at[0], at[-1] = coords[0], coords[-1]
    parts = []
    for i, (low, high) in enumerate(pairwise(cuts)):
        middle = coords[(along > low + 0.05) & (along < high - 0.05)]
        parts.append(
            cast(shapely.LineString, shapely.linestrings(np.vstack([at[i : i + 1], middle, at[i + 1 : i + 2]])))
        )
    return parts


def wet_spans(line: shapely.LineString, water: Shapes, margin_m: float) -> list[tuple[float, float]]:
    """Return the stretches of a line over water, as distances along it, widened and merged."""
    parts = shapely.get_parts(shapely.intersection(line, water))
    parts = parts[shapely.get_type_id(parts) == 1]
    if not len(parts):
        return []
    a = shapely.line_locate_point(line, shapely.get_point(parts, 0))
    b = shapely.line_locate_point(line, shapely.get_point(parts, -1))
    spans: list[tuple[float, float]] = []
    for low, high in sorted(zip(np.minimum(a, b) - margin_m, np.maximum(a, b) + margin_m, strict=True)):
        if spans and low <= spans[-1][1] + 2 * margin_m:
            spans[-1] = (spans[-1][0], max(spans[-1][1], float(high)))
        else:
            spans.append((float(low), float(high)))
    return spans
