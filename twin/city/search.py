"""What in a city can be found by its name."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from twin.city.city import City
from twin.pieces import in_pieces

# What is meant more often when a word is typed stands first.
_WEIGHT = {"places": 0, "sites": 2, "roads": 3, "buildings": 5, "devices": 6, "water": 4, "crossings": 7}
NAMED_TABLES = ("places", "sites", "roads", "water", "buildings", "devices")
_DISTANCE_M = {"places": 2500.0, "roads": 1200.0, "water": 1500.0, "sites": 500.0, "buildings": 400.0, "devices": 300.0,
               "crossings": 400.0}  # fmt: skip


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


class Weighted(NamedTuple):
    """An answer with its weight: what is meant more often has the smaller one."""

    weight: int
    found: Found


def names_of(city: City) -> list[Weighted]:
    """Return everything in a city that has a name; of the segments of a road the longest stands for it.

    A crossing is known by the names of two of its roads, in either order.
    """
    return [*(entry for name in NAMED_TABLES for entry in _entries(city, name)), *_crossings(city)]


def _entries(city: City, name: str) -> Iterator[Weighted]:
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
        yield Weighted(_WEIGHT[name] * 10 + min(int(rank), 9), found)


def _longest_of_each_name(roads: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    order = np.argsort(-shapely.length(np.asarray(roads.geometry.array, dtype=object)), kind="stable")
    return roads.iloc[order].drop_duplicates("name")


def _crossings(city: City) -> Iterator[Weighted]:
    """Yield where roads of two or three names meet.

    Where the same meet again and again, as across a middle strip, they are told once.
    """
    roads = city.table("roads")
    roads = roads[roads["name"].astype(str).str.len() > 0]
    if not len(roads):
        return
    shapes = np.asarray(roads.geometry.array, dtype=object)
    first = in_pieces(lambda some: shapely.get_coordinates(shapely.get_point(some, 0)), shapes)
    last = in_pieces(lambda some: shapely.get_coordinates(shapely.get_point(some, -1)), shapes)
    english = roads["name_en"] if "name_en" in roads else roads["name"]
    sides = [
        pd.DataFrame({"node": roads[node], "name": roads["name"], "en": english, "x": at[:, 0], "y": at[:, 1]})
        for node, at in (("from_node", first), ("to_node", last))
    ]
    arms = pd.concat(sides).drop_duplicates(["node", "name"])
    pairs = arms.merge(arms[["node", "name", "en"]], on="node", suffixes=("", "_2"))
    pairs = pairs[pairs["name"] != pairs["name_2"]].drop_duplicates(["name", "name_2"])
    many = arms[arms.groupby("node")["name"].transform("size") > 2]
    threes = pairs.merge(many[["node", "name", "en"]], on="node", suffixes=("", "_3"))
    threes = threes[(threes["name_3"] != threes["name"]) & (threes["name_3"] != threes["name_2"])]
    for told, weight in ((pairs, 0), (threes.drop_duplicates(["name", "name_2", "name_3"]), 1)):
        yield from _told_as(city, told, weight)


def _told_as(city: City, crossings: pd.DataFrame, weight: int) -> Iterator[Weighted]:
    """Yield crossings by the names of their roads, in the order of the columns."""
    lon, lat = city.frame.to_lonlat(crossings["x"] - city.frame.origin_m[0], crossings["y"] - city.frame.origin_m[1])
    zh = crossings[[name for name in ("name", "name_2", "name_3") if name in crossings]].to_numpy(str).tolist()
    en = crossings[[name for name in ("en", "en_2", "en_3") if name in crossings]].to_numpy(str).tolist()
    for node, names, english, lon_deg, lat_deg in zip(crossings["node"], zh, en, lon, lat, strict=True):
        name, name_en = "—".join(names), " / ".join(english) if all(english) else ""
        found = Found("crossings", f"n{node}", name, name_en, "crossing", float(lon_deg), float(lat_deg), 400.0)
        yield Weighted(_WEIGHT["crossings"] * 10 + weight, found)
