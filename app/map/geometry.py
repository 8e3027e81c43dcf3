"""From polygons and lines to triangles, for whole tables at once.

Everything here is numpy on flat arrays; only roofs and areas that are not convex quadrilaterals go through earcut.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import mapbox_earcut
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray

IntArray = NDArray[np.int64]
GroundAt = Callable[[FloatArray, FloatArray], FloatArray]
TALL_FLOORS, HEAD_SHARE, HEAD_M = 7, 0.34, 3.2


@dataclass(frozen=True, slots=True)
class Mesh:
    """Triangles over vertices, before they are cut into tiles.

    Parameters
    ----------
    xyz : (V, 3) float array
        Local metres.
    code : (V, 4) uint8 array
        What the shader of its layer reads: style, seed, and two numbers of the layer's own.
    owner : (V,) int array
        Row of the table the vertex belongs to.
    triangles : (T, 3) int array
        Counter-clockwise from outside; empty for points.
    across : (V, 3) float array or None
        For ribbons: the way from the middle line to this edge, as far as half the width; third number is the side, −1
        or 1.
    """

    xyz: FloatArray
    code: NDArray[np.uint8]
    owner: IntArray
    triangles: IntArray
    across: FloatArray | None = None


@dataclass(frozen=True, slots=True)
class Rings:
    """Every ring of a column of polygons: shells counter-clockwise, holes clockwise, closing point left out.

    Parameters
    ----------
    xy : (N, 2) float array
    following : (N,) int array
        Index of the next point of the same ring.
    first, size : (R,) int arrays
        Where each ring starts, and how many points it has.
    part : (R,) int array
        The part (single polygon) a ring belongs to.
    part_owner : (P,) int array
        The row a part belongs to.
    point_owner : (N,) int array
        The row a point belongs to.
    """

    xy: FloatArray
    following: IntArray
    first: IntArray
    size: IntArray
    part: IntArray
    part_owner: IntArray
    point_owner: IntArray


def rings_of(polygons: NDArray[np.object_]) -> Rings:
    """Take (multi)polygons apart; empty ones and rings of no area vanish."""
    parts, part_owner = shapely.get_parts(polygons, return_index=True)
    keep = (shapely.get_type_id(parts) == 3) & ~shapely.is_empty(parts)
    parts, part_owner = shapely.force_2d(parts[keep]), part_owner[keep]
    parts = shapely.orient_polygons(parts, exterior_cw=False)
    rings, part = shapely.get_rings(parts, return_index=True)
    xy, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True) if len(ring) else np.zeros(0, bool)
    # A closing point repeats the first; a point repeated on the way would make a wall of no width.
    repeated = np.append(np.all(xy[1:] == xy[:-1], axis=1) & (ring[1:] == ring[:-1]), False) if len(ring) else last
    keep_point = ~last & ~repeated
    xy, ring = xy[keep_point], ring[keep_point]
    size = np.bincount(ring, minlength=len(rings))
    if np.any(size < 3):
        good = size >= 3
        xy, ring = xy[good[ring]], (np.cumsum(good) - 1)[ring[good[ring]]]
        part, size = part[good], size[good]
    first = np.concatenate([[0], np.cumsum(size)[:-1]]).astype(np.int64) if len(size) else np.zeros(0, np.int64)
    following = np.arange(1, len(xy) + 1)
    following[first + size - 1] = first
    return Rings(xy, following, first, size, part, part_owner, part_owner[part[ring]])


def roof_triangles(rings: Rings) -> tuple[IntArray, IntArray]:
    """Close every part with triangles over its ring points.

    Returns
    -------
    triangles : (T, 3) int array
        Indices into ``rings.xy``.
    quads : (Q,) int array
        First point of each part that is one convex quadrilateral.
    """
    ring_count = np.bincount(rings.part, minlength=len(rings.part_owner))
    simple = (rings.size == 4) & (ring_count[rings.part] == 1)
    start = rings.first[simple]
    corner = rings.xy[start[:, None] + np.arange(4)]
    edge = np.roll(corner, -1, axis=1) - corner
    behind = np.roll(edge, 1, axis=1)
    turn = behind[..., 0] * edge[..., 1] - behind[..., 1] * edge[..., 0]
    convex = np.all(turn > 0, axis=1)
    quads = start[convex]
    fans = [np.concatenate([quads[:, None] + [0, 1, 2], quads[:, None] + [0, 2, 3]])]
    done = np.zeros(len(rings.size), bool)
    done[np.flatnonzero(simple)[convex]] = True
    fans += [_ear_cut(rings, group) for group in _rings_by_part(rings.part, ~done)]
    return np.concatenate(fans).astype(np.int64), quads


def _rings_by_part(part: IntArray, wanted: NDArray[np.bool_]) -> list[IntArray]:
    chosen = np.flatnonzero(wanted)
    if not len(chosen):
        return []
    return np.split(chosen, np.flatnonzero(np.diff(part[chosen])) + 1)


def _ear_cut(rings: Rings, group: IntArray) -> IntArray:
    start, size = rings.first[group[0]], rings.size[group]
    xy = rings.xy[start : start + size.sum()]
    # Subtracting the first corner keeps earcut's products small, far from the origin.
    cut = mapbox_earcut.triangulate_float64(xy - xy[0], np.cumsum(size).astype(np.uint32))
    triangles = cut.reshape(-1, 3).astype(np.int64)
    a, b, c = (xy[triangles[:, k]] for k in range(3))
    clockwise = (b[:, 0] - a[:, 0]) * (c[:, 1] - a[:, 1]) < (b[:, 1] - a[:, 1]) * (c[:, 0] - a[:, 0])
    triangles[clockwise] = triangles[clockwise][:, ::-1]
    return np.asarray(triangles + start)


def extrude(
    polygons: NDArray[np.object_],
    base_m: FloatArray,
    height_m: FloatArray,
    floors: IntArray,
    style: IntArray,
    gabled: NDArray[np.bool_],
    ground: GroundAt | None = None,
    hipped: NDArray[np.bool_] | None = None,
) -> Mesh:
    """Raise footprints to solids without floors: two vertices a corner, and two more where there is a ridge.

    Tall ones with a flat roof get the head of their stairs and lifts on it.

    Parameters
    ----------
    polygons : (N,) object array
        In local metres.
    base_m, height_m : (N,) float arrays
    floors, style : (N,) int arrays
    gabled : (N,) bool array
        Roofs with a ridge, where the footprint is a convex quadrilateral.
    ground : callable, optional
        Height of the ground; walls are let down into it.
    hipped : (N,) bool array, optional
        Those of the gabled roofs that slope on all four sides.

    Returns
    -------
    Mesh
        ``code`` is style, a seed of the row, storeys from the base, and storeys in all.
    """
    rings = rings_of(polygons)
    count, owner = len(rings.xy), rings.point_owner
    floors = np.clip(floors, 1, 250)
    roof, quads = roof_triangles(rings)
    ridged = quads[gabled[owner[quads]]]
    rise = np.zeros(len(polygons))
    rise[owner[ridged]] = np.minimum(_half_span(rings, ridged) * 0.55, height_m[owner[ridged]] * 0.4)
    bottom = base_m[owner]
    if ground is not None:
        bottom = np.minimum(bottom, ground(rings.xy[:, 0], rings.xy[:, 1]) - 1.0)
    top = (base_m + height_m - rise)[owner]
    xyz = np.empty((2 * count, 3))
    xyz[0::2, :2] = xyz[1::2, :2] = rings.xy
    xyz[0::2, 2], xyz[1::2, 2] = bottom, top
    code = np.empty((2 * count, 4), np.uint8)
    code[:, 0] = np.repeat(style[owner], 2)
    code[:, 1] = np.repeat(seed_of(owner), 2)
    code[0::2, 2], code[1::2, 2] = 0, floors[owner]
    code[:, 3] = np.repeat(floors[owner], 2)
    here, there = np.arange(count), rings.following
    walls = np.concatenate([_stack(2 * here, 2 * there, 2 * there + 1), _stack(2 * here, 2 * there + 1, 2 * here + 1)])
    flat = ~np.isin(roof, (ridged[:, None] + np.arange(4)).ravel()).any(axis=1) if len(ridged) else slice(None)
    mesh = Mesh(xyz, code, np.repeat(owner, 2), np.concatenate([walls, 2 * roof[flat] + 1]))
    if len(ridged):
        mesh = _with_ridges(mesh, rings, ridged, rise, np.zeros(len(polygons), bool) if hipped is None else hipped)
    return _with_heads(mesh, quads[~gabled[owner[quads]] & (floors[owner[quads]] >= TALL_FLOORS)])


def _stack(*columns: IntArray) -> IntArray:
    return np.stack(columns, axis=1)


def seed_of(owner: IntArray) -> NDArray[np.uint8]:
    """Return a number for each row, that looks random and stays the same."""
    return ((owner.astype(np.uint64) * np.uint64(2654435761) >> np.uint64(13)) & np.uint64(255)).astype(np.uint8)


def _edge_lengths(rings: Rings, quads: IntArray) -> FloatArray:
    corner = rings.xy[quads[:, None] + np.arange(4)]
    return np.asarray(np.linalg.norm(np.roll(corner, -1, axis=1) - corner, axis=2))


def _half_span(rings: Rings, quads: IntArray) -> FloatArray:
    length = _edge_lengths(rings, quads)
    return np.asarray(np.minimum(length[:, 0] + length[:, 2], length[:, 1] + length[:, 3]) / 4)


def _with_heads(mesh: Mesh, quads: IntArray) -> Mesh:
    """Put a small box in the middle of each of these flat roofs, without windows."""
    roof = mesh.xyz[2 * (quads[:, None] + np.arange(4)) + 1]
    corner = roof.mean(axis=1, keepdims=True) * (1 - HEAD_SHARE) + roof * HEAD_SHARE
    xyz = np.concatenate([corner, corner + np.array([0.0, 0.0, HEAD_M])], axis=1).reshape(-1, 3)
    code = np.repeat(mesh.code[2 * quads + 1], 8, axis=0)
    box = [[4, 5, 6], [4, 6, 7]]
    for k in range(4):
        j = (k + 1) % 4
        box += [[k, j, j + 4], [k, j + 4, k + 4]]
    faces = (len(mesh.xyz) + 8 * np.arange(len(quads))[:, None, None] + np.array(box)).reshape(-1, 3)
    return Mesh(
        np.concatenate([mesh.xyz, xyz]),
        np.concatenate([mesh.code, code]),
        np.concatenate([mesh.owner, np.repeat(mesh.owner[2 * quads], 8)]),
        np.concatenate([mesh.triangles, faces]),
    )


def _with_ridges(mesh: Mesh, rings: Rings, quads: IntArray, rise: FloatArray, hipped: NDArray[np.bool_]) -> Mesh:
    length = _edge_lengths(rings, quads)
    # Turn each quadrilateral so that the gables stand on its edges 0-1 and 2-3.
    turned = (length[:, 0] + length[:, 2] > length[:, 1] + length[:, 3]).astype(np.int64)
    corner = quads[:, None] + (np.arange(4) + turned[:, None]) % 4
    eaves = 2 * corner + 1
    owner = mesh.owner[eaves[:, 0]]
    ends = [(mesh.xyz[eaves[:, k]] + mesh.xyz[eaves[:, k + 1]]) / 2 for k in (0, 2)]
    # On a hipped roof the ridge ends as far inside as the eaves are from it.
    way = ends[1] - ends[0]
    long = np.maximum(np.linalg.norm(way, axis=1), 1e-6)
    inset = np.where(hipped[owner], np.minimum(_half_span(rings, quads) / long, 0.46), 0.0)[:, None] * way
    ends = [ends[0] + inset, ends[1] - inset]
    for end in ends:
        end[:, 2] += rise[owner]
    a = len(mesh.xyz) + np.arange(len(quads))
    b = a + len(quads)
    e0, e1, e2, e3 = eaves.T
    faces = np.concatenate(
        [
            _stack(e0, e1, a),
            _stack(e2, e3, b),
            _stack(e1, e2, b),
            _stack(e1, b, a),
            _stack(e3, e0, a),
            _stack(e3, a, b),
        ]
    )
    return Mesh(
        np.concatenate([mesh.xyz, *ends]),
        np.concatenate([mesh.code, mesh.code[e0], mesh.code[e0]]),
        np.concatenate([mesh.owner, owner, owner]),
        np.concatenate([mesh.triangles, faces]),
    )


def flat_areas(polygons: NDArray[np.object_], style: IntArray, ground: GroundAt) -> Mesh:
    """Triangulate areas on the ground; ``code`` is style, seed, 0, 0."""
    rings = rings_of(polygons)
    triangles, _ = roof_triangles(rings)
    xyz = np.column_stack([rings.xy, ground(rings.xy[:, 0], rings.xy[:, 1])])
    return Mesh(xyz, _codes(style, rings.point_owner), rings.point_owner, triangles)


def _codes(style: IntArray, owner: IntArray) -> NDArray[np.uint8]:
    code = np.zeros((len(owner), 4), np.uint8)
    code[:, 0], code[:, 1] = style[owner], seed_of(owner)
    return code


def ribbons(
    lines: NDArray[np.object_],
    half_m: FloatArray,
    style: IntArray,
    ground: GroundAt,
    *,
    cap: bool = True,
    mitre_limit: float = 2.0,
) -> Mesh:
    """Give lines a width; two vertices a point, both on the middle line, moved apart by the shader.

    ``code`` is style, seed, and how far along the line (half metres, low byte first). Corners are mitred up to
    ``mitre_limit`` times the half width; with ``cap`` the ends reach half a width further, so that roads close at
    junctions.
    """
    parts, part_owner = shapely.get_parts(lines, return_index=True)
    xy, line = shapely.get_coordinates(shapely.force_2d(parts), return_index=True)
    keep = np.ones(len(xy), bool)
    keep[1:] = np.any(xy[1:] != xy[:-1], axis=1) | (line[1:] != line[:-1])
    keep &= np.bincount(line[keep], minlength=len(parts))[line] > 1
    xy, line = xy[keep].copy(), line[keep]
    if not len(xy):
        return Mesh(
            np.zeros((0, 3)),
            np.zeros((0, 4), np.uint8),
            np.zeros(0, np.int64),
            np.zeros((0, 3), np.int64),
            np.zeros((0, 3)),
        )
    starts, ends = np.append(True, line[1:] != line[:-1]), np.append(line[1:] != line[:-1], True)
    ahead = np.zeros_like(xy)
    ahead[:-1] = xy[1:] - xy[:-1]
    ahead /= np.maximum(np.linalg.norm(ahead, axis=1, keepdims=True), 1e-9)
    behind = np.roll(ahead, 1, axis=0)
    ahead[ends], behind[starts] = behind[ends], ahead[starts]
    owner = part_owner[line]
    half = half_m[owner][:, None]
    if cap:
        xy = xy - np.where(starts[:, None], ahead * half, 0) + np.where(ends[:, None], ahead * half, 0)
    mitre = ahead + behind
    mitre /= np.maximum(np.linalg.norm(mitre, axis=1, keepdims=True), 1e-9)
    mitre = mitre / np.maximum(np.sum(mitre * ahead, axis=1, keepdims=True), 1.0 / mitre_limit)
    left = np.column_stack([-mitre[:, 1], mitre[:, 0]]) * half
    count = len(xy)
    xyz = np.repeat(np.column_stack([xy, np.zeros(count)]), 2, axis=0)
    for edge, way in ((0, left), (1, -left)):
        xyz[edge::2, 2] = ground(xy[:, 0] + way[:, 0], xy[:, 1] + way[:, 1])
    across = np.empty((2 * count, 3))
    across[0::2, :2], across[1::2, :2] = left, -left
    across[0::2, 2], across[1::2, 2] = 1.0, -1.0
    i = np.flatnonzero(~ends)
    triangles = np.concatenate([_stack(2 * i, 2 * i + 1, 2 * i + 3), _stack(2 * i, 2 * i + 3, 2 * i + 2)])
    owner2 = np.repeat(owner, 2)
    code = _codes(style, owner2)
    along = np.repeat(np.clip(_run(xy, starts) * 2, 0, 65_535), 2).astype(np.uint16)
    code[:, 2], code[:, 3] = along & 255, along >> 8
    return Mesh(xyz, code, owner2, triangles, across)


def _run(xy: FloatArray, starts: NDArray[np.bool_]) -> FloatArray:
    """Return how far along its line each point is."""
    step = np.zeros(len(xy))
    step[1:] = np.linalg.norm(xy[1:] - xy[:-1], axis=1)
    step[starts] = 0.0
    total = np.cumsum(step)
    return np.asarray(total - total[starts][np.cumsum(starts) - 1])


def boundaries(polygons: NDArray[np.object_], half_m: float, ground: GroundAt) -> Mesh:
    """Return ribbons along the edges of areas: the soft shore of water."""
    # Turns much tighter than the ribbon is wide would stand out as thorns.
    lines = np.asarray(shapely.simplify(shapely.boundary(polygons), half_m / 3), dtype=object)
    zeros = np.zeros(len(lines), np.int64)
    return ribbons(lines, np.full(len(lines), half_m), zeros, ground, cap=False, mitre_limit=1.15)
