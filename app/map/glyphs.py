"""The shapes of symbols: drawn once as distances to their edge, so that a shader cuts them sharp at any size.

Each is told apart from the others at 12 pixels and without colour; ahead is up. Distance fields for small shapes after
Green, "Improved Alpha-Tested Magnification for Vector Textures and Special Effects" (SIGGRAPH 2007).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Point, Polygon, box
from shapely.affinity import rotate, scale, translate
from shapely.geometry.base import BaseGeometry

TILE_PX = 48
HALF_SIDE = 1.5
"""A tile reaches so far from its middle; a shape fills a circle of radius 1."""
FAR = 0.75
"""Distances beyond this are not told apart."""
Shape = BaseGeometry


def _poly(*points: tuple[float, float]) -> Polygon:
    return Polygon(points)


def _mirrored(*right: tuple[float, float]) -> Polygon:
    """Return the shape whose right edge is given, from front to back."""
    return Polygon([*right, *((-x, y) for x, y in reversed(right))])


def _chevron(front: float) -> Polygon:
    return _mirrored((0.0, front), (0.86, front - 0.74), (0.86, front - 1.16), (0.0, front - 0.46))


def _heart() -> Shape:
    lobe = Point(0.40, 0.30).buffer(0.47)
    lower = _mirrored((0.0, 0.35), (0.80, 0.05), (0.0, -0.92))
    return shapely.union_all([lobe, scale(lobe, -1.0, 1.0, origin=(0, 0)), lower])


def _drone() -> Shape:
    arm = box(-0.13, -0.98, 0.13, 0.98)
    rotors = [Point(x, y).buffer(0.30) for x in (-0.66, 0.66) for y in (-0.66, 0.66)]
    nose = _mirrored((0.0, 0.72), (0.34, 0.05), (0.0, -0.2))
    return shapely.union_all([rotate(arm, 45, (0, 0)), rotate(arm, -45, (0, 0)), nose, *rotors])


def _person() -> Shape:
    body = Point(0.0, -0.85).buffer(0.78).intersection(box(-1.0, -0.9, 1.0, 1.0))
    return shapely.union_all([Point(0.0, 0.52).buffer(0.42), body])


def _drop() -> Shape:
    return shapely.union_all([Point(0.0, -0.32).buffer(0.6), _mirrored((0.0, 1.0), (0.56, -0.12), (0.0, -0.5))])


_ARROW = _mirrored((0.0, 1.0), (0.78, -0.80), (0.0, -0.48))
_HULL = Point(-0.62, 0.0).buffer(1.18, 32).intersection(Point(0.62, 0.0).buffer(1.18, 32))
_KITE = _mirrored((0.0, 1.05), (0.76, -0.10), (0.0, -0.85))
_PLUS = shapely.union_all([box(-0.30, -0.86, 0.30, 0.70), box(-0.86, -0.30, 0.86, 0.30)])

GLYPHS: Mapping[str, Shape] = {
    "dot": Point(0, 0).buffer(0.78),
    "arrow": _ARROW,
    "diamond": _poly((0, 0.98), (0.98, 0), (0, -0.98), (-0.98, 0)),
    "square": box(-0.74, -0.74, 0.74, 0.74),
    "ring": Point(0, 0).buffer(0.86).difference(Point(0, 0).buffer(0.40)),
    "cross": shapely.union_all([box(-0.30, -0.88, 0.30, 0.88), box(-0.88, -0.30, 0.88, 0.30)]),
    "triangle": _mirrored((0.0, 0.98), (0.92, -0.68)),
    # What moves: the traffic is plain, those who are sent are broad and marked.
    "open_arrow": _ARROW.difference(translate(scale(_ARROW, 0.50, 0.56, origin=(0, 0)), 0.0, -0.04)),
    "bus": _mirrored((0.0, 1.0), (0.34, 0.92), (0.42, 0.74), (0.42, -1.0)).difference(box(-0.5, 0.22, 0.5, 0.42)),
    "truck": shapely.union_all([box(-0.66, -1.0, 0.66, 0.20), _mirrored((0.0, 1.1), (0.52, 0.44))]),
    "kite": _KITE.difference(Point(0, 0.0).buffer(0.24)),
    "chevrons": shapely.union_all([_chevron(1.0), _chevron(0.28)]),
    "pump": shapely.union_all([_mirrored((0.0, 1.0), (0.86, -0.14)), box(-0.86, -0.88, 0.86, -0.42)]),
    "aid": shapely.union_all([_PLUS, _mirrored((0.0, 1.12), (0.52, 0.52))]),
    "hull": _HULL.difference(Point(0, -0.12).buffer(0.24)),
    "drone": _drone(),
    "person": _person(),
    "shield": _mirrored((0.0, 0.92), (0.78, 0.66), (0.72, -0.10), (0.42, -0.62), (0.0, -0.98)),
    "heart": _heart(),
    # What stands and measures.
    "drop": _drop().difference(Point(0.0, -0.34).buffer(0.24)),
    "bars": shapely.union_all(
        [box(-0.88, -0.80, -0.42, 0.10), box(-0.23, -0.80, 0.23, 0.90), box(0.42, -0.80, 0.88, 0.45)]
    ),
    "portal": box(-0.80, -0.85, 0.80, 0.85).difference(box(-0.38, -1.0, 0.38, 0.40)),
    "bell": shapely.union_all(
        [
            Point(0.0, 0.10).buffer(0.66).intersection(box(-1, 0.10, 1, 1)),
            _mirrored((0.66, 0.12), (0.94, -0.52)),
            Point(0.0, -0.62).buffer(0.30),
        ]
    ),
    "card": box(-0.98, -0.62, 0.98, 0.62).difference(box(-0.98, 0.06, 0.98, 0.30)),
    "fan": Point(0.0, -0.86).buffer(1.75, 32).intersection(_poly((0.0, -0.9), (-1.05, 0.95), (0, 2), (1.05, 0.95))),
}
SHAPES = tuple(GLYPHS)
UPRIGHT = frozenset({"person", "shield", "heart", "drop", "bars", "portal", "bell", "card"})
"""Shapes that stand for a thing as it is: they are not turned."""


@cache
def atlas() -> NDArray[np.uint8]:
    """Return the distances of all shapes side by side, row 0 at the top.

    Returns
    -------
    (TILE_PX, TILE_PX * len(GLYPHS)) uint8 array
        128 on the edge, more inside; 127 steps are :data:`FAR`.
    """
    at = ((np.arange(TILE_PX) + 0.5) / TILE_PX * 2 - 1) * HALF_SIDE
    x, y = np.meshgrid(at, at[::-1])
    points = np.asarray(shapely.points(x, y), dtype=object)
    return np.concatenate([_tile(shape, points) for shape in GLYPHS.values()], axis=1)


def _tile(shape: Shape, points: NDArray[np.object_]) -> NDArray[np.uint8]:
    shapely.prepare(shape)
    off = shapely.distance(shape.boundary, points)
    signed = np.where(shapely.contains(shape, points), off, -off)
    return np.clip(np.round(128 + signed * (127 / FAR)), 0, 255).astype(np.uint8)
