"""A town of straight streets for tests of routing: a grid of two-way roads, some one-way, with forbidden turns."""

from __future__ import annotations

from collections.abc import Sequence

import geopandas as gpd
from shapely.geometry import LineString, Point

from tests.twin.small import FRAME, table
from twin.city.city import City

BLOCK_M = 100.0


def street(
    key: str, one: tuple[int, int], two: tuple[int, int], oneway: bool = False
) -> tuple[str, object, int, int, bool]:
    """Return a road between two crossings, counted in blocks; a node's number is ``100 * x + y``."""
    line = LineString([(one[0] * BLOCK_M, one[1] * BLOCK_M), (two[0] * BLOCK_M, two[1] * BLOCK_M)])
    return key, line, 100 * one[0] + one[1], 100 * two[0] + two[1], oneway


def town(
    *streets: tuple[str, object, int, int, bool], turns: Sequence[tuple[str, str, int, str]] = (), kmh: float = 36.0
) -> City:
    """Return a city of streets; a turn is (kind, from, via, to). At 36 km/h a block takes ten seconds."""
    keys, lines, begins, ends, oneway = zip(*streets, strict=True)
    count = len(keys)
    roads = table(
        lines, id=keys, name=[""] * count, name_en=[""] * count, road_class=["residential"] * count, lanes=[1] * count,
        oneway=oneway, speed_kmh=[kmh] * count, width_m=[6.0] * count, bridge=[False] * count,
        from_node=begins, to_node=ends,
    )  # fmt: skip
    tables: dict[str, gpd.GeoDataFrame] = {"roads": roads}
    if turns:
        kinds, one, via, two = zip(*turns, strict=True)
        tables["turns"] = table(
            [Point(0, 0)] * len(turns), id=[f"t{n}" for n in range(len(turns))], kind=kinds, from_road=one,
            via_node=via, to_road=two,
        )  # fmt: skip
    return City("方格", "Grid", FRAME, tables, invented=True)


def grid(size: int = 4, turns: Sequence[tuple[str, str, int, str]] = ()) -> City:
    """Return ``size`` by ``size`` crossings: ``h<x><y>`` runs east from crossing (x, y), ``v<x><y>`` north."""
    across = [street(f"h{x}{y}", (x, y), (x + 1, y)) for x in range(size - 1) for y in range(size)]
    up = [street(f"v{x}{y}", (x, y), (x, y + 1)) for x in range(size) for y in range(size - 1)]
    return town(*across, *up, turns=turns)
