"""What lies under a pixel or inside a box, by arithmetic on the arrays that are drawn."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from app.map.camera import GroundHeights, Lens
from app.map.scene import TiledMesh
from twin.geo import BoolArray, FloatArray

REACH_PX = 8.0
FARTHEST_HIT_M = 60_000.0


@dataclass(frozen=True, slots=True)
class Hit:
    """Where a ray meets a building: the row of its table, the point, and how far it is."""

    row: int
    position_m: tuple[float, float, float]
    distance_m: float


def ground_hit(eye_m: FloatArray, ray: FloatArray, heights: GroundHeights) -> tuple[float, float, float] | None:
    """Return where a ray meets the ground; None if it looks into the sky."""
    near, far = 1.0, FARTHEST_HIT_M
    for _ in range(4):
        steps = np.geomspace(near, far, 48)
        points = eye_m + steps[:, None] * ray
        below = points[:, 2] <= heights(points[:, 0], points[:, 1])
        if not below.any():
            return None
        first = int(np.argmax(below))
        far = float(steps[first])
        near = float(steps[max(first - 1, 0)])
        if far - near < 0.05:
            break
    x, y, _ = eye_m + far * ray
    return float(x), float(y), float(heights(np.array([x]), np.array([y]))[0])


def building_hit(
    mesh: TiledMesh, tiles: NDArray[np.int64], eye_m: FloatArray, ray: FloatArray, hidden: BoolArray | None
) -> Hit | None:
    """Return the first building along a ray among the given tiles."""
    best: Hit | None = None
    for entry, index in _entered(mesh, tiles, eye_m, ray):
        if best is not None and entry > best.distance_m:
            break
        hit = _hit_in_tile(mesh, index, eye_m, ray, hidden)
        if hit is not None and (best is None or hit.distance_m < best.distance_m):
            best = hit
    return best


def _entered(mesh: TiledMesh, tiles: NDArray[np.int64], eye_m: FloatArray, ray: FloatArray) -> list[tuple[float, int]]:
    """Return the boxes a ray enters and how far away, nearest first."""
    inverse = 1.0 / np.where(np.abs(ray) < 1e-9, 1e-9, ray)
    a = (mesh.tiles["low"][tiles] - eye_m) * inverse
    b = (mesh.tiles["high"][tiles] - eye_m) * inverse
    enter, leave = np.minimum(a, b).max(axis=1), np.maximum(a, b).min(axis=1)
    hit = (leave >= np.maximum(enter, 0.0)) & (enter < FARTHEST_HIT_M)
    return sorted(zip(enter[hit].tolist(), tiles[hit].tolist(), strict=True))


def _hit_in_tile(
    mesh: TiledMesh, index: int, eye_m: FloatArray, ray: FloatArray, hidden: BoolArray | None
) -> Hit | None:
    """Intersect a ray with the triangles of a tile (Möller and Trumbore, 1997)."""
    tile = mesh.tiles[index]
    vertices = mesh.vertices[slice(*tile["vertices"])]
    triangles = mesh.triangles[slice(*tile["triangles"])]
    start = (eye_m - [tile["corner"][0], tile["corner"][1], 0.0]).astype(np.float32)
    way = ray.astype(np.float32)
    a = vertices[triangles[:, 0]]
    ab, ac = vertices[triangles[:, 1]] - a, vertices[triangles[:, 2]] - a
    p = np.cross(way, ac)
    det = np.einsum("ij,ij->i", ab, p)
    safe = np.where(np.abs(det) < 1e-9, 1e-9, det)
    s = start - a
    u = np.einsum("ij,ij->i", s, p) / safe
    q = np.cross(s, ab)
    v = q @ way / safe
    t = np.einsum("ij,ij->i", ac, q) / safe
    good = (det > 1e-9) & (u >= 0) & (v >= 0) & (u + v <= 1) & (t > 0)
    owner = mesh.owner[slice(*tile["vertices"])]
    if hidden is not None:
        good &= ~hidden[owner[triangles[:, 0]]]
    if not good.any():
        return None
    chosen = np.flatnonzero(good)
    first = int(chosen[np.argmin(t[chosen])])
    distance = float(t[first])
    x, y, z = eye_m + distance * ray
    return Hit(int(owner[triangles[first, 0]]), (float(x), float(y), float(z)), distance)


def nearest_point(lens: Lens, position_m: NDArray[np.float32], reach_m: FloatArray, x: float, y: float) -> int | None:
    """Return the entity drawn nearest to a pixel, within :data:`REACH_PX`; of equals the one nearest to the eye.

    ``reach_m`` (N,) is how far away each is still drawn.
    """
    px, py, depth = lens.project(position_m)
    off = (px - x) ** 2 + (py - y) ** 2
    near = np.flatnonzero((depth < reach_m) & (depth > 0.5) & (off < REACH_PX**2))
    if not len(near):
        return None
    return int(near[np.lexsort((depth[near], np.round(np.sqrt(off[near]) / 3.0)))[0]])


def inside_box(
    lens: Lens, position_m: NDArray[np.floating], box: tuple[float, float, float, float]
) -> NDArray[np.int64]:
    """Return which points are drawn inside a rectangle (x0, y0, x1, y1) of the screen."""
    x0, y0, x1, y1 = box
    px, py, depth = lens.project(position_m)
    inside = (px >= min(x0, x1)) & (px <= max(x0, x1)) & (py >= min(y0, y1)) & (py <= max(y0, y1)) & (depth > 0.5)
    return np.flatnonzero(inside)
