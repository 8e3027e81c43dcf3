"""The geometry of CityJSON: boundaries of vertex numbers, nested as deep as the type says, with semantics beside."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
import numpy as np
import shapely
from numpy.typing import NDArray

from data.importers.report import FileReport
from twin.geo import BoolArray, FloatArray

BROKEN = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What decoding raises for JSON that is not as it should be."""
_Surface = list[list[int]]
Area = shapely.Polygon | shapely.MultiPolygon

# How many lists stand around the surfaces, and whether the type closes a volume.
_DEPTH: dict[str, tuple[int, bool]] = {
    "MultiSurface": (0, False),
    "CompositeSurface": (0, False),
    "Solid": (1, True),
    "MultiSolid": (2, True),
    "CompositeSolid": (2, True),
}
_BOUNDARIES: tuple[Any, ...] = (list[_Surface], list[list[_Surface]], list[list[list[_Surface]]])

SURFACE_KINDS = {
    "RoofSurface": "roof",
    "WallSurface": "wall",
    "GroundSurface": "ground",
    "ClosureSurface": "closure",
    "OuterCeilingSurface": "ceiling",
    "OuterFloorSurface": "floor",
    "Window": "window",
    "Door": "door",
}
STEEP = 0.2
"""A face whose normal rises less than this is a wall: 78° and more."""


class _Kind(msgspec.Struct):
    type: str = ""


class _Semantics(msgspec.Struct):
    surfaces: list[_Kind] = msgspec.field(default_factory=list)
    values: Any = None


class _Geometry(msgspec.Struct):
    type: str
    lod: str | float | None = None
    boundaries: msgspec.Raw = msgspec.field(default_factory=lambda: msgspec.Raw(b"[]"))
    semantics: _Semantics | None = None


@dataclass(frozen=True, slots=True)
class Faces:
    """The faces of one object.

    Parameters
    ----------
    shapes : (N,) array of 3D polygons
    kinds : (N,) list of str
        ``roof``, ``wall``, ``ground`` and the others of :data:`SURFACE_KINDS`.
    low_m, high_m : float
        The lowest and the highest vertex.
    solid : bool
        Whether the source says that they close a volume.
    """

    shapes: NDArray[np.object_]
    kinds: list[str]
    low_m: float
    high_m: float
    solid: bool


def read_faces(raw: Sequence[msgspec.Raw], vertices: FloatArray, place: str, report: FileReport) -> Faces | None:
    """Return the faces of an object in its finest level of detail; None if it has none that can be read."""
    geometries = [g for i, r in enumerate(raw) if (g := _decode(r, f"{place}.geometry[{i}]", report)) is not None]
    areas = [g for g in geometries if g.type in _DEPTH]
    if len(areas) < len(geometries):
        report.counts["not_taken.geometry"] += len(geometries) - len(areas)
    if not areas:
        return None
    best = max(_level(g) for g in areas)
    chosen = [g for g in areas if _level(g) == best]
    surfaces: list[_Surface] = []
    kinds: list[str | None] = []
    for geometry in chosen:
        for surface, kind in _surfaces(geometry, place, report):
            if _usable(surface, len(vertices)):
                surfaces.append(surface)
                kinds.append(kind)
            else:
                report.fault(place, "bad_boundary", kept=True, detail=str(surface))
    if not surfaces:
        return None
    return _faces(surfaces, kinds, vertices, any(_DEPTH[g.type][1] for g in chosen))


def _decode(raw: msgspec.Raw, place: str, report: FileReport) -> _Geometry | None:
    try:
        return msgspec.json.decode(raw, type=_Geometry)
    except BROKEN as error:
        report.fault(place, "bad_object", kept=False, detail=str(error))
        return None


def _level(geometry: _Geometry) -> float:
    try:
        return float(geometry.lod or 0)
    except ValueError:
        return 0.0


def _surfaces(geometry: _Geometry, place: str, report: FileReport) -> Iterator[tuple[_Surface, str | None]]:
    depth = _DEPTH[geometry.type][0]
    try:
        boundaries = msgspec.json.decode(geometry.boundaries, type=_BOUNDARIES[depth])
    except BROKEN as error:
        report.fault(place, "bad_object", kept=False, detail=str(error))
        return
    semantics = geometry.semantics or _Semantics()
    for surface, value in _paired(boundaries, semantics.values, depth):
        known = isinstance(value, int) and 0 <= value < len(semantics.surfaces)
        yield surface, SURFACE_KINDS.get(semantics.surfaces[value].type, "other") if known else None


def _paired(boundaries: list[Any], values: Any, depth: int) -> Iterator[tuple[_Surface, Any]]:
    """Walk the boundaries and their semantic values together; the values may end, or be null, at any level."""
    for row, inner in enumerate(boundaries):
        value = values[row] if isinstance(values, list) and row < len(values) else None
        if depth == 0:
            yield inner, value
        else:
            yield from _paired(inner, value, depth - 1)


def _usable(surface: _Surface, vertices: int) -> bool:
    if not surface or any(len(set(ring)) < 3 for ring in surface):
        return False
    return all(0 <= vertex < vertices for ring in surface for vertex in ring)


def _faces(surfaces: list[_Surface], kinds: list[str | None], vertices: FloatArray, solid: bool) -> Faces:
    rings = [ring for surface in surfaces for ring in surface]
    points = vertices[np.concatenate([np.asarray(ring, dtype=np.int64) for ring in rings])]
    ring_of = np.repeat(np.arange(len(rings)), [len(ring) for ring in rings])
    face_of = np.repeat(np.arange(len(surfaces)), [len(surface) for surface in surfaces])
    shapes = shapely.polygons(shapely.linearrings(points, indices=ring_of), indices=face_of)
    guessed = _guess_kinds(surfaces, vertices) if None in kinds else []
    named = [kind if kind is not None else guessed[row] for row, kind in enumerate(kinds)]
    return Faces(shapes, named, float(points[:, 2].min()), float(points[:, 2].max()), solid)


def _guess_kinds(surfaces: list[_Surface], vertices: FloatArray) -> list[str]:
    """Tell roofs, walls and grounds by slope and height; which way a face looks is often wrong in such files."""
    sizes = np.array([len(surface[0]) for surface in surfaces])
    points = vertices[np.concatenate([surface[0] for surface in surfaces])]
    starts = np.concatenate([[0], np.cumsum(sizes)[:-1]])
    normals = _area_vectors(points, starts, sizes)
    heights = np.add.reduceat(points[:, 2], starts) / sizes
    length = np.linalg.norm(normals, axis=1)
    flat = np.abs(normals[:, 2]) > STEEP * np.maximum(length, 1e-12)
    low, high = heights.min(), heights.max()
    ground = flat & (heights <= low + max(0.3 * (high - low), 0.05))
    return [("ground" if g else "roof") if f else "wall" for f, g in zip(flat.tolist(), ground.tolist(), strict=True)]


def _area_vectors(points: FloatArray, starts: NDArray[np.int64], sizes: NDArray[np.int64]) -> FloatArray:
    """Return each ring's area vector (M. Newell's method: a sum over the edges, so that no three points are picked).

    Parameters
    ----------
    points : (P, 3) float array
        All rings one after the other, none closed by its first point again.
    starts, sizes : (N,) int arrays
        Where each ring begins, and how many points it has.
    """
    first = np.repeat(points[starts], sizes, axis=0)
    after = np.arange(1, len(points) + 1)
    after[starts + sizes - 1] = starts
    return np.asarray(np.add.reduceat(np.cross(points - first, points[after] - first), starts) / 2)


def footprint_of(parts: Sequence[Faces]) -> Area | None:
    """Return the outline on the ground of an object's faces: of its ground faces, else of all that are not walls."""
    if not parts:
        return None
    shapes = np.concatenate([p.shapes for p in parts])
    kinds = np.array([kind for p in parts for kind in p.kinds])
    ground, roof = _union(shapes, kinds == "ground"), _union(shapes, ~np.isin(kinds, ("wall", "window", "door")))
    if roof is None or (ground is not None and ground.area > 0.2 * roof.area):
        return ground
    return roof


def _union(shapes: NDArray[np.object_], chosen: BoolArray) -> Area | None:
    """Unite faces seen from above, snapped to a grid of the coordinates' own size so that slivers close."""
    flat = shapely.make_valid(shapely.force_2d(shapes[chosen]))
    if not len(flat):
        return None
    span = float(np.abs(shapely.total_bounds(flat)).max())
    united = shapely.union_all(flat, grid_size=1e-3 if span > 360 else 1e-8)
    areas = [p for p in shapely.get_parts(shapely.get_parts([united])) if isinstance(p, shapely.Polygon) and p.area]
    if not areas:
        return None
    return areas[0] if len(areas) == 1 else shapely.MultiPolygon(areas)
