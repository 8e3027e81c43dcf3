"""Find places, roads, sites, buildings and devices by name, and points by coordinates."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from twin.city.city import City
from twin.pieces import in_pieces

_NUMBERS = re.compile(r"^\s*(-?\d{1,3}(?:\.\d+)?)\s*[°]?\s*[,，\s]\s*(-?\d{1,3}(?:\.\d+)?)\s*[°]?\s*$")
# What is meant more often when a word is typed stands first.
_WEIGHT = {"places": 0, "sites": 2, "roads": 3, "buildings": 5, "devices": 6, "water": 4}
_TABLES = ("places", "sites", "roads", "water", "buildings", "devices")
_DISTANCE_M = {"places": 2500.0, "roads": 1200.0, "water": 1500.0, "sites": 500.0, "buildings": 400.0, "devices": 300.0}


@dataclass(frozen=True, slots=True)
class Found:
    """One answer: where it is and from how far to look at it; ``id`` is empty for a bare point."""

    table: str
    id: str
    name: str
    name_en: str
    kind: str
    lon_deg: float
    lat_deg: float
    distance_m: float


@dataclass(frozen=True, slots=True)
class _Entry:
    found: Found
    words: tuple[str, ...]
    weight: int


class SearchIndex:
    """The names of one city."""

    def __init__(self, city: City) -> None:
        self._entries = [entry for name in _TABLES for entry in _entries(city, name)]

    def __len__(self) -> int:
        return len(self._entries)

    def find(self, text: str, most: int = 12) -> tuple[Found, ...]:
        """Return the best answers to what was typed: the exact name first, then beginnings, then parts of names."""
        point = parse_point(text)
        if point is not None:
            return (Found("point", "", f"{point[0]:.5f}, {point[1]:.5f}", "", "point", *point, 800.0),)
        wanted = text.strip().casefold()
        if not wanted:
            return ()
        ranked = (
            (quality, entry.weight, len(entry.words[0]), number)
            for number, entry in enumerate(self._entries)
            if (quality := _quality(wanted, entry.words)) is not None
        )
        best = sorted(ranked)[:most]
        return tuple(self._entries[number].found for *_, number in best)


def parse_point(text: str) -> tuple[float, float] | None:
    """Read ``lon,lat`` in degrees; None if it is something else or off the earth."""
    match = _NUMBERS.match(text)
    if match is None:
        return None
    lon_deg, lat_deg = float(match[1]), float(match[2])
    return (lon_deg, lat_deg) if abs(lon_deg) <= 180 and abs(lat_deg) <= 90 else None


def _quality(wanted: str, words: tuple[str, ...]) -> int | None:
    if wanted in words:
        return 0
    if any(word.startswith(wanted) for word in words):
        return 1
    return 2 if any(wanted in word for word in words) else None


def _entries(city: City, name: str) -> Iterator[_Entry]:
    table = city.table(name)
    table = table[table["name"].astype(str).str.len() > 0]
    if name == "roads":
        table = _longest_of_each_name(table)
    if not len(table):
        return
    shapes = np.asarray(table.geometry.array, dtype=object)
    centre = in_pieces(lambda some: shapely.get_coordinates(shapely.point_on_surface(some)), shapes)
    east, north = (centre - np.asarray(city.frame.origin_m, dtype=np.float64)).T
    lon, lat = city.frame.to_lonlat(east, north)
    english = table["name_en"] if "name_en" in table else [""] * len(table)
    kinds = table[{"roads": "road_class", "buildings": "use"}.get(name, "kind")]
    ranks = table["rank"] if "rank" in table else [0] * len(table)
    rows = zip(table["id"], table["name"], english, kinds, ranks, lon, lat, strict=True)
    for key, zh, en, kind, rank, lon_deg, lat_deg in rows:
        found = Found(name, str(key), zh, en or "", str(kind), float(lon_deg), float(lat_deg), _DISTANCE_M[name])
        words = tuple(word.casefold() for word in (zh, en, str(key)) if word)
        yield _Entry(found, words, _WEIGHT[name] * 10 + min(int(rank), 9))


def _longest_of_each_name(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    order = np.argsort(-shapely.length(np.asarray(roads.geometry.array, dtype=object)), kind="stable")
    return roads.iloc[order].drop_duplicates("name")
