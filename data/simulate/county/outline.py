"""Where the county ends, and which ground belongs to which town."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely

from data.simulate.county.bend import FloatArray
from data.simulate.county.plan import Plan
from data.simulate.county.shapes import Shapes


@dataclass(frozen=True, slots=True)
class Areas:
    """The county and its towns, in projected metres."""

    county: shapely.Polygon
    towns: Shapes


def draw_outline(plan: Plan, east_m: float, north_m: float, rng: np.random.Generator) -> shapely.Polygon:
    """Return a wavering outline of the planned area, to the square metre or so."""
    angle = np.linspace(0, 2 * np.pi, 240, endpoint=False)
    # A superellipse a little wider than high; real borders waver along canals.
    radius = (np.abs(np.cos(angle) / 1.06) ** 3 + np.abs(np.sin(angle) / 0.94) ** 3) ** (-1 / 3)
    for turn, swell in plan.bulges:
        away = np.abs((angle - np.radians(turn) + np.pi) % (2 * np.pi) - np.pi)
        radius *= 1 + swell * np.exp(-((away / 0.42) ** 2))
    for harmonic in (5, 7, 11, 17, 29, 41):
        radius += 0.2 / harmonic * rng.normal() * np.cos(harmonic * angle + rng.uniform(0, 2 * np.pi))
    shape = np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])
    scale = np.sqrt(plan.area_km2 * 1e6 / shapely.area(shapely.polygons(shape)))
    centre = np.array([east_m + plan.outline_m[0], north_m + plan.outline_m[1]])
    return cast(shapely.Polygon, shapely.polygons(np.round(centre + shape * scale, 2)))


def share_out(plan: Plan, county: shapely.Polygon, east_m: float, north_m: float, rng: np.random.Generator) -> Areas:
    """Give each patch of ground to the nearest town, along a crooked border."""
    west, south, east, north = county.bounds
    step = np.sqrt(plan.area_km2 * 1e6) / 42
    u, v = np.meshgrid(np.arange(west - step, east + step, step), np.arange(south - step, north + step, step))
    seeds = np.column_stack([u.ravel(), v.ravel()]) + rng.uniform(-0.42, 0.42, (u.size, 2)) * step
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(seeds), ordered=True))
    towns = np.add([town.centre_m for town in plan.towns], (east_m, north_m))
    weight = np.array([1.0 if town.kind == "town" else 0.9 for town in plan.towns])
    owner = np.argmin(_distance(seeds, towns) / weight, axis=1)
    merged = np.array([shapely.union_all(cells[owner == town]) for town in range(len(towns))], dtype=object)
    return Areas(county, shapely.intersection(merged, county))


def _distance(a: FloatArray, b: FloatArray) -> FloatArray:
    return cast(FloatArray, np.hypot(a[:, None, 0] - b[None, :, 0], a[:, None, 1] - b[None, :, 1]))
