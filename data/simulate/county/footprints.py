"""Walls for candidates, and the rule that nothing stands on a road, in water or on another building."""

from __future__ import annotations

import numpy as np
import shapely

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.candidates import BOX, ELL, RING, TOWER, YOU, Candidates
from data.simulate.county.edges import BoolArray, Edges
from data.simulate.county.shapes import Shapes

# Corners of each plan in a unit square around the middle, counter-clockwise.
PLANS: dict[int, FloatArray] = {
    BOX: np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64) / 2,
    ELL: np.array([(-1, -1), (1, -1), (1, 1), (0.1, 1), (0.1, 0.05), (-1, 0.05)], dtype=np.float64) / 2,
    YOU: np.array(
        [(-1, -1), (-0.5, -1), (-0.5, 0.4), (0.5, 0.4), (0.5, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64
    ) / 2,
    TOWER: np.array(
        [(-0.62, -1), (0.62, -1), (1, -0.62), (1, 0.62), (0.62, 1), (-0.62, 1), (-1, 0.62), (-1, -0.62)],
        dtype=np.float64,
    ) / 2,
    RING: np.array([(-1, -1), (1, -1), (1, 1), (-1, 1)], dtype=np.float64) / 2,
}  # fmt: skip
COURT = PLANS[BOX][::-1] * 0.42
ROAD_CLEARANCE_M = 1.0


def walls(candidates: Candidates, bend: Bend) -> Shapes:
    """Return the footprints, turned with the ground and on whole centimetres."""
    out = np.empty(len(candidates), dtype=object)
    for plan, corners in PLANS.items():
        rows = np.flatnonzero(candidates.plan == plan)
        if not len(rows):
            continue
        rings = shapely.linearrings(_placed(candidates.take(rows), corners, bend))
        holes = None
        if plan == RING:
            courts: Shapes = np.asarray(shapely.linearrings(_placed(candidates.take(rows), COURT, bend)))
            holes = courts[:, None]
        out[rows] = shapely.polygons(rings, holes=holes)
    return out


def _placed(c: Candidates, corners: FloatArray, bend: Bend) -> FloatArray:
    middle = bend.to_world(c.u, c.v)
    east, north = bend.axes(c.u, c.v)
    # Mean of the two axes' turns, and no larger than the ground they were given.
    angle = (np.arctan2(east[:, 1], east[:, 0]) + np.arctan2(-north[:, 0], north[:, 1])) / 2 + c.turn
    width = c.width * np.minimum(np.hypot(*east.T), 1.0)
    depth = c.depth * np.minimum(np.hypot(*north.T), 1.0)
    x, y = corners[None, :, 0] * width[:, None], corners[None, :, 1] * depth[:, None]
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]
    return np.round(np.stack([x * cos - y * sin, x * sin + y * cos], axis=-1) + middle[:, None, :], 2)


def on_free_ground(shapes: Shapes, edges: Edges, waters: Shapes, county: shapely.Polygon) -> BoolArray:
    """Mark the footprints that stand in the county, off its roads and out of its water."""
    shapely.prepare(county)
    free = np.asarray(shapely.contains_properly(county, shapes))
    roads = shapely.buffer(edges.line, edges.width_m / 2 + ROAD_CLEARANCE_M, cap_style="square", quad_segs=2)
    for obstacles in (roads, waters):
        tree = shapely.STRtree(obstacles)
        hit, _ = tree.query(shapes, predicate="intersects")
        free[hit] = False
    return free


def not_on_each_other(shapes: Shapes, urgency: FloatArray) -> BoolArray:
    """Choose among footprints that touch: the more urgent stays, then the earlier."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    order = np.empty(len(shapes), dtype=np.int64)
    order[np.argsort(urgency, kind="stable")] = np.arange(len(shapes))
    pair = order[left] < order[right]
    first, second = left[pair], right[pair]
    sequence = np.argsort(order[second], kind="stable")
    keep = np.ones(len(shapes), dtype=bool)
    for a, b in zip(first[sequence].tolist(), second[sequence].tolist(), strict=True):
        if keep[a]:
            keep[b] = False
    return keep
