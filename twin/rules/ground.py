"""Areas of one condition, and in which of them a place is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.errors import UsageError
from twin.geo import FloatArray
from twin.kept import Geofence
from twin.rules.memory import IntArray
from twin.rules.scenario import Area
from twin.words import say

COLUMN = {
    "sites": "kind",
    "land": "kind",
    "water": "kind",
    "roads": "road_class",
    "routes": "kind",
    "boundaries": "name",
}


@dataclass(frozen=True)
class Ground:
    """A areas with their names.

    Parameters
    ----------
    names : tuple of str
    shapes : (A,) array of shapely geometry
        In the city's local frame, metres.
    from_s, until_s : (A,) float array
        When each counts, seconds since 1970-01-01 UTC: a drawn area ends, the others always count.
    """

    names: tuple[str, ...]
    shapes: NDArray[np.object_]
    from_s: FloatArray
    until_s: FloatArray

    @cached_property
    def whole(self) -> shapely.Geometry:
        """All areas as one, prepared."""
        whole = shapely.union_all(self.shapes)
        shapely.prepare(whole)
        return whole

    @cached_property
    def _tree(self) -> shapely.STRtree:
        return shapely.STRtree(self.shapes)

    def find(self, place_m: FloatArray, at_s: float) -> IntArray:
        """Return in which area that counts at a time each place of (N, 2) is, the first if in several, -1 for none.

        On the edge is inside.
        """
        found = np.full(len(place_m), -1, np.int64)
        if not len(self.shapes) or not len(place_m):
            return found
        west, south, east, north = shapely.bounds(self.whole)
        x, y = place_m.T
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        inside = near[shapely.intersects_xy(self.whole, x[near], y[near])]
        if len(inside):
            which, area = self._tree.query(shapely.points(x[inside], y[inside]), predicate="intersects")
            counts = (self.from_s <= at_s) & (at_s < self.until_s)
            which, area = which[counts[area]], area[counts[area]]
            order = np.lexsort((-area, which))
            found[inside[which[order]]] = area[order]  # the last one written is the first area
        return found


def ground_of(area: Area, city: City, fences: Sequence[Geofence] = ()) -> Ground:
    """Return the areas that a scenario names, as they are in a city; none where it has none of them.

    What was drawn by hand is taken as it was drawn: the margin is for what the city's tables tell.

    Raises
    ------
    twin.errors.UsageError
        If the polygon cannot be used.
    """
    names: list[str] = []
    shapes: list[shapely.Geometry] = []
    for table, wanted in area.named().items():
        found = [] if table == "fences" else _of_table(city, table, wanted)
        names += [name for name, _ in found]
        shapes += [shape for _, shape in found]
    if area.polygon:
        names.append("")
        shapes.append(_polygon(area.polygon, city))
    if area.margin_m:
        shapes = [shapely.buffer(shape, area.margin_m, quad_segs=4) for shape in shapes]
    drawn = [fence for fence in fences if fence.name in area.fences or fence.kind in area.fences]
    spans = [(-np.inf, np.inf)] * len(names) + [(fence.made_s, fence.until_s) for fence in drawn]
    names += [fence.name for fence in drawn]
    shapes += [fence.shape for fence in drawn]
    moved = np.array([shapely.transform(shape, lambda xy: xy - city.frame.origin_m) for shape in shapes], object)
    solid = np.flatnonzero(shapely.area(moved) > 0)
    from_s, until_s = np.array(spans, np.float64).reshape(-1, 2)[solid].T
    return Ground(tuple(names[number] for number in solid), moved[solid], from_s, until_s)


def _of_table(city: City, table: str, wanted: Sequence[str]) -> list[tuple[str, shapely.Geometry]]:
    rows = city.table(table)
    rows = rows[rows[COLUMN[table]].isin(wanted)]
    names = rows["name"] if "name" in rows else rows["id"]
    return list(zip(names.astype(str), rows.geometry, strict=True))


def _polygon(text: str, city: City) -> shapely.Geometry:
    shape, origin_m = read_polygon(text), np.array(city.frame.origin_m)
    return shapely.transform(shape, lambda lonlat: np.column_stack(city.frame.to_local(*lonlat.T)) + origin_m)


def read_polygon(text: str) -> shapely.Geometry:
    """Return a polygon of WKT in longitude and latitude.

    Raises
    ------
    twin.errors.UsageError
        If it is none, crosses itself or has no area.
    """
    try:
        shape = shapely.from_wkt(text)
    except shapely.errors.ShapelyError:
        raise UsageError(say("the area cannot be read")) from None
    if shape is None or shape.geom_type not in ("Polygon", "MultiPolygon") or not shape.is_valid or not shape.area > 0:
        raise UsageError(say("the area has no surface or crosses itself"))
    return shape
