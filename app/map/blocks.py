"""Buildings as plain boxes, for where their shape is a few pixels: faces that know which way they look."""

from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from app.map.geometry import GroundAt, IntArray, Mesh, rings_of, roof_triangles, seed_of
from twin.geo import FloatArray

UP, TURN = 255, 254
"""How a face says where it looks: up, or as a share of a turn, counter-clockwise from the east."""
# Corners of a box: 0 to 3 below, 4 to 7 above. OpenGL takes what is flat over a triangle from its last corner, so each
# face ends on one of its own: a wall on where it begins below, the roof on its first corner.
_FACES = np.array([[5, 6, 4], [6, 7, 4], *([j, 4 + j, k] for k, j in ((0, 1), (1, 2), (2, 3), (3, 0))),
                   *([4 + j, 4 + k, k] for k, j in ((0, 1), (1, 2), (2, 3), (3, 0)))])  # fmt: skip


def blocks(
    footprints: NDArray[np.object_],
    base_m: FloatArray,
    height_m: FloatArray,
    floors: IntArray,
    style: IntArray,
    ground: GroundAt | None = None,
) -> Mesh:
    """Raise the smallest turned rectangle about each footprint to a box without a floor.

    Parameters
    ----------
    footprints : (N,) object array
        In local metres; what has no area is left out.
    base_m, height_m : (N,) float arrays
    floors, style : (N,) int arrays
    ground : callable, optional
        Height of the ground; walls are let down into it.

    Returns
    -------
    Mesh
        ``code`` is style, a seed of the row, where the face looks (:data:`UP` or :data:`TURN`) at the corner that its
        triangles end on, and storeys in all.
    """
    rings = rings_of(np.asarray(shapely.oriented_envelope(footprints), dtype=object))
    _, quads = roof_triangles(rings)
    owner = rings.point_owner[quads]
    corner = rings.xy[quads[:, None] + np.arange(4)]
    bottom = np.repeat(base_m[owner][:, None], 4, axis=1)
    if ground is not None:
        bottom = np.minimum(bottom, ground(corner[..., 0].ravel(), corner[..., 1].ravel()).reshape(-1, 4) - 1.0)
    top = np.repeat((base_m + height_m)[owner][:, None], 4, axis=1)
    xyz = np.concatenate([np.dstack([corner, bottom]), np.dstack([corner, top])], axis=1).reshape(-1, 3)
    edge = np.roll(corner, -1, axis=1) - corner
    outwards = np.arctan2(-edge[..., 0], edge[..., 1]) / (2 * np.pi) % 1.0
    code = np.full((len(quads), 8, 4), UP, np.uint8)
    code[..., 0], code[..., 1] = style[owner][:, None], seed_of(owner)[:, None]
    code[:, :4, 2] = np.round(outwards * TURN) % TURN
    code[..., 3] = np.clip(floors, 1, 250)[owner][:, None]
    triangles = (8 * np.arange(len(quads))[:, None, None] + _FACES).reshape(-1, 3)
    return Mesh(xyz, code.reshape(-1, 4), np.repeat(owner, 8).astype(np.int64), triangles)
