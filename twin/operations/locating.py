"""The names of where something is: the site or road beside it, and the areas it is in."""

from __future__ import annotations

import numpy as np
import shapely

from twin.city.city import City
from twin.geo import FloatArray
from twin.operations.grouping import Where

BESIDE_M = 60.0
"""So near a site or a road one is at it."""
COUNTIES = ("county", "district", "city")


class CityPlaces:
    """Names places of a city; ready to be asked for many at once."""

    def __init__(self, city: City) -> None:
        self._city = city
        areas, sites, roads = (city.table(name) for name in ("boundaries", "sites", "roads"))
        order = np.argsort(shapely.area(np.asarray(areas.geometry.array, dtype=object)), kind="stable")
        self._areas = np.asarray(areas.geometry.array, dtype=object)[order]
        self._area_names = np.asarray(areas["name"], str)[order]
        self._wide = np.isin(np.asarray(areas["kind"], str)[order], COUNTIES)
        shapes, names = [], []
        for table in (sites, roads):
            named = np.asarray(table["name"], str) != ""
            shapes.append(np.asarray(table.geometry.array, dtype=object)[named])
            names.append(np.asarray(table["name"], str)[named])
        self._first_road = len(shapes[0])
        self._names = np.concatenate(names) if names else np.zeros(0, str)
        self._tree = shapely.STRtree(np.concatenate(shapes))
        self._area_tree = shapely.STRtree(self._areas)

    def __call__(self, lon_deg: FloatArray, lat_deg: FloatArray) -> tuple[Where, ...]:
        """Return the names of (N,) places; empty for those that are not known."""
        east, north = self._city.frame.to_local(lon_deg, lat_deg)
        at = np.column_stack([east, north]).reshape(-1, 2) + np.asarray(self._city.frame.origin_m)
        points = np.asarray(shapely.points(at), dtype=object)
        beside = self._beside(points)
        street, district = self._inside(points)
        return tuple(Where(place, county, town) for place, county, town in zip(beside, district, street, strict=True))

    def _beside(self, points: FloatArray) -> list[str]:
        """Return the nearest site of each place, or the nearest road where no site is near."""
        point, row = self._tree.query(points, predicate="dwithin", distance=BESIDE_M)
        away = shapely.distance(self._tree.geometries[row], points[point])
        order = np.lexsort((away, row >= self._first_road, point))
        point, row = point[order], row[order]
        first = np.diff(point, prepend=-1) != 0
        found = [""] * len(points)
        for number, name in zip(point[first].tolist(), self._names[row[first]].tolist(), strict=True):
            found[number] = name
        return found

    def _inside(self, points: FloatArray) -> tuple[list[str], list[str]]:
        """Return the smallest area of each place, and the county it is in."""
        point, area = self._area_tree.query(points, predicate="intersects")
        narrow, wide = [""] * len(points), [""] * len(points)
        for number, row in sorted(zip(point.tolist(), area.tolist(), strict=True), reverse=True):
            (wide if self._wide[row] else narrow)[number] = str(self._area_names[row])
        return narrow, wide
