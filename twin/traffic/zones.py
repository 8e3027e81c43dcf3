"""Where trips begin and end: the quarters, villages and towns of a city, with who lives and works there."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from twin.city.city import City
from twin.errors import ZhianError
from twin.geo import FloatArray
from twin.traffic.graph import IntArray
from twin.words import say

MOST_ZONES = 60
KINDS = ("quarter", "village", "town", "subdistrict", "locality")
HOME_M2, WORK_M2, SHOP_M2 = 60.0, 30.0, 20.0
"""Floor area of a resident, and of one who works in an office or plant, or comes to a shop or school: ours."""
PLACES_M2 = {
    "commercial": SHOP_M2, "public": SHOP_M2, "school": SHOP_M2, "hospital": SHOP_M2,
    "office": WORK_M2, "industrial": 3.0 * WORK_M2,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Zones:
    """Zones of a city, ``Z`` of them.

    Parameters
    ----------
    name, name_en : (Z,) object arrays of str
    at_m : (Z, 2) array
        The middle of where people live and work, in the local frame.
    people, places : (Z,) arrays
        Residents; those who can work, learn or shop there at once. By floor area: assumed, not counted.
    of_place : (P,) int array
        The zone of each point of ``place_m``.
    place_m : (P, 2) array
        A position belongs to the zone of the nearest of these points.
    """

    name: NDArray[np.object_]
    name_en: NDArray[np.object_]
    at_m: FloatArray
    people: FloatArray
    places: FloatArray
    of_place: IntArray
    place_m: FloatArray

    def __len__(self) -> int:
        return len(self.name)

    def of(self, position_m: FloatArray) -> IntArray:
        """Return the zone of each of (N, 2) positions in the local frame."""
        zone: IntArray = self.of_place[cKDTree(self.place_m).query(position_m)[1]]
        return zone


def zones_of(city: City, most: int = MOST_ZONES) -> Zones:
    """Return the zones of a city: its places, those of few people joined to the nearest of more.

    Raises
    ------
    twin.errors.ZhianError
        If it has no two places where somebody lives or works.
    """
    origin = np.asarray(city.frame.origin_m, np.float64)
    places = city.table("places")
    places = places[np.isin(places["kind"].to_numpy(object), KINDS)]
    place_m = shapely.get_coordinates(np.asarray(places.geometry.array, dtype=object)).reshape(-1, 2) - origin
    if len(place_m) < 2:
        raise ZhianError(say("this twin has no two named places between which people could drive: import places first"))
    at_m, people, spots = _floors(city, origin)
    nearest = cKDTree(place_m).query(at_m)[1]
    size = len(place_m)
    weight = np.bincount(nearest, weights=people + spots, minlength=size)
    kept = np.sort(np.argsort(-weight, kind="stable")[: min(most, max(int((weight > 0).sum()), 2))])
    of_place = cKDTree(place_m[kept]).query(place_m)[1].astype(np.int64)
    zone, count = of_place[nearest], len(kept)
    whole = np.maximum(np.bincount(zone, weights=people + spots, minlength=count), 1e-9)
    middle = [np.bincount(zone, weights=(people + spots) * axis, minlength=count) / whole for axis in at_m.T]
    empty = whole <= 1e-9
    return Zones(
        places["name"].to_numpy(object)[kept], places["name_en"].to_numpy(object)[kept],
        np.where(empty[:, None], place_m[kept], np.column_stack(middle)),
        np.bincount(zone, weights=people, minlength=count).astype(np.float64),
        np.bincount(zone, weights=spots, minlength=count).astype(np.float64),
        of_place, place_m,
    )  # fmt: skip


def _floors(city: City, origin: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Return where buildings stand, and for how many residents and for how many others each has room."""
    buildings = city.table("buildings")
    shapes = np.asarray(buildings.geometry.array, dtype=object)
    floors = np.maximum(buildings["floors"].to_numpy(np.float64), 1.0)
    area_m2 = shapely.area(shapes) * floors
    use = buildings["use"].to_numpy(object)
    each = np.array([PLACES_M2.get(name, np.inf) for name in use])
    at_m = shapely.get_coordinates(shapely.centroid(shapes)).reshape(-1, 2) - origin
    return at_m, np.where(np.isin(use, ("residential", "farm")), area_m2 / HOME_M2, 0.0), area_m2 / each
