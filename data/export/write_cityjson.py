"""Buildings as CityJSON 2.0.

Each building is a block on its footprint (LoD 1.2) with its ground, walls and roof told apart; where a source has given
boundary surfaces, they stand beside it (LoD 2). A building of several polygons becomes one object with a part for each.
https://www.cityjson.org/specs/2.0.1/
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import shapely
from pyproj import CRS

from data.export.content import About, Features, iso

STEP_M = 0.001
_KINDS = ("GroundSurface", "WallSurface", "RoofSurface", "OuterFloorSurface", "OuterCeilingSurface", "ClosureSurface")
Ring = list[int]
Polygon = list[Ring]


class _Corners:
    """The corners of all shapes: whole steps from a common origin, each kept once."""

    def __init__(self, origin_m: tuple[float, float, float]) -> None:
        self._origin = origin_m
        self._place: dict[tuple[int, int, int], int] = {}

    def ring(self, points: Iterable[tuple[float, ...]], z: float | None = None) -> Ring:
        """Return the places of a closed ring's corners, without the last, which is the first."""
        x0, y0, z0 = self._origin
        found: Ring = []
        for point in points:
            height = point[2] if z is None else z
            corner = (round((point[0] - x0) / STEP_M), round((point[1] - y0) / STEP_M), round((height - z0) / STEP_M))
            place = self._place.setdefault(corner, len(self._place))
            if not found or found[-1] != place:  # two corners less than a step apart are one
                found.append(place)
        return found[:-1]

    def all(self) -> list[tuple[int, int, int]]:
        return list(self._place)


def write_cityjson(features: Features, about: About, path: Path) -> None:
    """Write one CityJSON file; a row's name is its object's id."""
    corners = _Corners(_origin(features))
    surfaces = _by_building(features)
    objects: dict[str, Any] = {}
    for row, key in enumerate(features.keys()):
        objects |= _building(features, row, key, surfaces.get(key, []), corners)
    document = {
        "type": "CityJSON",
        "version": "2.0",
        "transform": {"scale": [STEP_M] * 3, "translate": list(_origin(features))},
        "metadata": _metadata(features, about),
        "CityObjects": objects,
        "vertices": corners.all(),
    }
    path.write_bytes(msgspec.json.encode(document))


def _origin(features: Features) -> tuple[float, float, float]:
    if not len(features):
        return (0.0, 0.0, 0.0)
    west, south, _, _ = shapely.total_bounds(features.geometry)
    return (float(np.floor(west)), float(np.floor(south)), 0.0)


def _metadata(features: Features, about: About) -> dict[str, Any]:
    told: dict[str, Any] = {"title": about.sentence(), "referenceDate": iso(about.made)[:10]}
    code = CRS.from_user_input(features.crs).to_epsg()
    if code is not None:
        told["referenceSystem"] = f"https://www.opengis.net/def/crs/EPSG/0/{code}"
    if len(features):
        west, south, east, north = (float(v) for v in shapely.total_bounds(features.geometry))
        base, top = _base_m(features), _top_m(features)
        told["geographicalExtent"] = [west, south, float(base.min()), east, north, float(top.max())]
    return told


def _base_m(features: Features) -> Any:
    return np.nan_to_num(features.values["base_m"].astype(np.float64))


def _top_m(features: Features) -> Any:
    return _base_m(features) + np.maximum(np.nan_to_num(features.values["height_m"].astype(np.float64)), 0.0)


def _by_building(features: Features) -> dict[str, list[tuple[str, shapely.Polygon]]]:
    found: dict[str, list[tuple[str, shapely.Polygon]]] = {}
    if features.surfaces is not None:
        table = features.surfaces
        for key, kind, shape in zip(table["building_id"], table["kind"], table.geometry, strict=True):
            if isinstance(shape, shapely.Polygon):
                found.setdefault(str(key), []).append((str(kind), shape))
    return found


def _building(
    features: Features, row: int, key: str, surfaces: list[tuple[str, shapely.Polygon]], corners: _Corners
) -> dict[str, Any]:
    value = {column.name: features.values[column.name][row] for column in features.columns}
    base_m, height_m = float(np.nan_to_num(value["base_m"])), float(value["height_m"])
    parts = shapely.get_parts(features.geometry[row]).tolist()
    shapes = [_block(shapely.orient_polygons(part), base_m, height_m, corners) for part in parts]
    detail = [_detail(surfaces, corners)] if surfaces else []
    whole: dict[str, Any] = {"type": "Building", "attributes": _attributes(value)}
    if len(shapes) == 1:
        return {key: {**whole, "geometry": shapes + detail}}
    names = [f"{key}-part-{number}" for number in range(1, len(shapes) + 1)]
    pieces = {
        name: {"type": "BuildingPart", "parents": [key], "geometry": [shape]}
        for name, shape in zip(names, shapes, strict=True)
    }
    return {key: {**whole, "children": names, "geometry": detail}, **pieces}


def _attributes(value: Mapping[str, Any]) -> dict[str, Any]:
    height_m, floors = float(value["height_m"]), int(value["floors"])
    told = {
        "name": value["name"],
        "use": value["use"],
        "roofType": value["roof"],
        "measuredHeight": round(height_m, 3) if np.isfinite(height_m) else None,
        "storeysAboveGround": floors if floors > 0 else None,
        "base_m": round(float(np.nan_to_num(value["base_m"])), 3),
    }
    return {name: text for name, text in told.items() if text is not None and text != ""}


def _block(part: shapely.Polygon, base_m: float, height_m: float, corners: _Corners) -> dict[str, Any]:
    """Return the solid over one polygon, faces looking outward; the bare footprint where the height is unknown."""
    rings = [list(ring.coords) for ring in (part.exterior, *part.interiors)]
    below = [corners.ring(reversed(ring), base_m) for ring in rings]
    if not (np.isfinite(height_m) and height_m > 0):
        footprint = [corners.ring(ring, base_m) for ring in rings]
        return {"type": "MultiSurface", "lod": "0", "boundaries": [footprint]}
    above = [corners.ring(ring, base_m + height_m) for ring in rings]
    walls = [wall for ring in rings for wall in _walls(ring, base_m, base_m + height_m, corners)]
    shell = [below, *walls, above]
    semantics = {
        "surfaces": [{"type": "GroundSurface"}, {"type": "WallSurface"}, {"type": "RoofSurface"}],
        "values": [[0, *[1] * len(walls), 2]],
    }
    return {"type": "Solid", "lod": "1.2", "boundaries": [shell], "semantics": semantics}


def _walls(ring: list[tuple[float, ...]], low_m: float, high_m: float, corners: _Corners) -> list[Polygon]:
    low, high = corners.ring(ring, low_m), corners.ring(ring, high_m)
    after = [*range(1, len(low)), 0]
    return [[[low[i], low[j], high[j], high[i]]] for i, j in enumerate(after)]


def _detail(surfaces: list[tuple[str, shapely.Polygon]], corners: _Corners) -> dict[str, Any]:
    boundaries = [[corners.ring(ring.coords) for ring in (shape.exterior, *shape.interiors)] for _, shape in surfaces]
    kinds = sorted({kind for kind, _ in surfaces if kind in _KINDS})
    semantics = {
        "surfaces": [{"type": kind} for kind in kinds],
        "values": [kinds.index(kind) if kind in kinds else None for kind, _ in surfaces],
    }
    return {"type": "MultiSurface", "lod": "2", "boundaries": boundaries, "semantics": semantics}
