"""The sites of a city at a glance, and who is near one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import FloatArray
from twin.live.frame import TrackFrame
from twin.live.kinds import CODE, STATE_CODE


@dataclass(frozen=True, slots=True)
class Sites:
    """Sites, one row each; ``position_m`` (N, 2) is east and north in the local frame, ``town`` a row of places."""

    id: NDArray[np.object_]
    name: NDArray[np.object_]
    name_en: NDArray[np.object_]
    kind: NDArray[np.object_]
    status: NDArray[np.object_]
    capacity: NDArray[np.int64]
    town: NDArray[np.object_]
    town_en: NDArray[np.object_]
    position_m: FloatArray

    def __len__(self) -> int:
        return len(self.id)


@dataclass(frozen=True, slots=True)
class NearUnit:
    """A unit near a place: its row in the frame and how far it is as the crow flies."""

    row: int
    distance_m: float


def sites(city: City) -> Sites:
    """Return the sites with the town each lies in."""
    table = city.table("sites")
    centre = shapely.centroid(np.asarray(table.geometry.array, dtype=object))
    town, town_en = towns_of(city, centre)
    position_m = shapely.get_coordinates(centre) - np.asarray(city.frame.origin_m, dtype=np.float64)
    text = {name: table[name].to_numpy(object) for name in ("id", "name", "name_en", "kind", "status")}
    return Sites(
        **text, capacity=table["capacity"].to_numpy(np.int64), town=town, town_en=town_en, position_m=position_m
    )


def towns_of(city: City, points: NDArray[np.object_]) -> tuple[NDArray[np.object_], NDArray[np.object_]]:
    """Return the names (Chinese, English) of the town or subdistrict nearest to each of (N,) points."""
    places = city.table("places")
    towns = places[places["kind"].isin(("town", "subdistrict"))]
    empty = np.full(len(points), "", dtype=object)
    if not len(towns) or not len(points):
        return empty, empty
    areas = city.table("boundaries")
    areas = areas[areas["kind"].isin(("town", "subdistrict"))]
    table = areas if len(areas) else towns
    nearest = shapely.STRtree(np.asarray(table.geometry.array, dtype=object)).nearest(points)
    return table["name"].to_numpy(object)[nearest], table["name_en"].to_numpy(object)[nearest]


def nearest_units(
    tracks: TrackFrame, position_m: tuple[float, float], kinds: Sequence[str] = ("officer", "police_car"), most: int = 5
) -> tuple[NearUnit, ...]:
    """Return the units on duty nearest to a place (east, north in the local frame), nearest first."""
    rows = tracks.rows
    wanted = np.isin(rows["kind"], [CODE[kind] for kind in kinds])
    wanted &= ~np.isin(rows["state"], [STATE_CODE["off_duty"], STATE_CODE["fault"]])
    found = np.flatnonzero(wanted)
    away_m = np.hypot(*(tracks.position_m[found, :2].astype(np.float64) - np.asarray(position_m)).T)
    order = np.argsort(away_m, kind="stable")[:most]
    return tuple(NearUnit(int(found[i]), float(away_m[i])) for i in order)
