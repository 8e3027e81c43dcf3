"""Names on the map: the county, its towns, villages and quarters; and the areas of the towns."""

from __future__ import annotations

import geopandas as gpd
import numpy as np

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.frames import ids, table
from data.simulate.county.names import Namer
from data.simulate.county.outline import Areas
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.shapes import Shapes, points
from data.simulate.county.village_patterns import Villages

COUNTY, TOWN, QUARTER, VILLAGE = 1, 2, 3, 4
"""Ranks: the smaller, the sooner a label is shown."""


def places(
    plan: Plan, villages: Villages, plots: Plots, bend: Bend, crs: str, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the table of places."""
    namer = Namer(rng)
    rows: list[tuple[str, str, str, int, float, float]] = [(plan.zh, plan.en, "county", COUNTY, 0.0, 0.0)]
    rows += [(town.zh, town.en, town.kind, TOWN, *town.centre_m) for town in plan.towns]
    seat = (bend.east_m, bend.north_m)
    quarters = (_quarters(plots, plan.counts.quarters, rng) - seat).tolist()
    rows += [(*namer.quarter(), "quarter", QUARTER, x, y) for x, y in quarters]
    rows += [(*namer.village(), "village", VILLAGE, x, y) for x, y in (villages.place_m - seat).tolist()]
    zh, en, kind, rank, east, north = zip(*rows, strict=True)
    place = points(np.round(np.column_stack([east, north]) + seat, 2))
    return table("places", crs, place, id=ids("p", len(rows)), name=zh, name_en=en, kind=kind, rank=rank)


def _quarters(plots: Plots, count: int, rng: np.random.Generator) -> FloatArray:
    """Choose blocks of the towns, each as far as can be from those chosen before."""
    rows = rng.permutation(plots.of("estate", "old", "cbd"))
    place = plots.place_m[rows]
    chosen = [0]
    away = np.hypot(*(place - place[0]).T)
    while len(chosen) < min(count, len(rows)):
        # A little luck keeps the spacing from looking ruled.
        chosen.append(int(np.argmax(np.minimum(away, 1500.0) * rng.uniform(0.5, 1.0, len(rows)))))
        away = np.minimum(away, np.hypot(*(place - place[chosen[-1]]).T))
    found: FloatArray = place[chosen]
    return found


def boundaries(plan: Plan, areas: Areas, crs: str) -> gpd.GeoDataFrame:
    """Return the table of areas: the county first, then its towns."""
    shapes: Shapes = np.array([areas.county, *areas.towns], dtype=object)
    zh = [plan.zh, *(town.zh for town in plan.towns)]
    en = [plan.en, *(town.en for town in plan.towns)]
    kind = ["county", *(town.kind for town in plan.towns)]
    return table("boundaries", crs, shapes, id=ids("a", len(shapes)), name=zh, name_en=en, kind=kind)
