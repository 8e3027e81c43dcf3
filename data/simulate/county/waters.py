"""Lakes, rivers, canals and ponds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import geopandas as gpd
import numpy as np
import shapely

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.frames import ids, table
from data.simulate.county.names import Namer
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.shapes import (
    Shapes,
    apart,
    bent_boxes,
    blob,
    points,
    polygons_only,
    slots_of,
    smooth_line,
    without,
)
from data.simulate.county.streets import ALONG_V, Cut, Streets


@dataclass(frozen=True, slots=True)
class Waters:
    """Polygons that do not overlap, with the kind of each, and those too wide for a lane to cross."""

    shapes: Shapes
    kinds: list[str]

    def wide(self) -> Shapes:
        """Return the lakes and rivers."""
        chosen = [kind in ("lake", "river") for kind in self.kinds]
        return self.shapes[chosen]


def dig_waters(
    plan: Plan, bend: Bend, streets: Streets, plots: Plots, outline: shapely.Polygon, rng: np.random.Generator
) -> Waters:
    """Return the waters of the county; where two meet, the larger kind keeps the ground."""
    by_kind = {
        "lake": _lakes(plan, bend, outline, rng),
        "river": _rivers(plan, bend, rng),
        "canal": _canals(bend, streets),
        "pond": np.concatenate([_park_ponds(plots, rng), _fish_ponds(plots, plan, bend, rng)]),
    }
    done: list[Shapes] = []
    kinds: list[str] = []
    for kind, shapes in by_kind.items():
        shapes = shapes[shapely.intersects(shapes, outline)]
        outside = ~shapely.contains_properly(outline, shapes)
        shapes[outside] = shapely.intersection(shapes[outside], outline)
        shapes = apart(without(shapes, np.concatenate(done) if done else shapes[:0]))
        shapes, _ = polygons_only(shapes, 25.0)
        done.append(shapes)
        kinds += [kind] * len(shapes)
    return Waters(np.concatenate(done), kinds)


def _lakes(plan: Plan, bend: Bend, outline: shapely.Polygon, rng: np.random.Generator) -> Shapes:
    found = [blob((bend.east_m + x, bend.north_m + y), r, rng) for x, y, r in plan.lakes]
    west, south, east, north = outline.bounds
    size = 0.012 * float(np.sqrt(outline.area))
    dry = [(bend.east_m + c.centre_m[0], bend.north_m + c.centre_m[1], c.radius_m * 1.2) for c in plan.cores]
    for _ in range(plan.extra_lakes):
        # More lakes in the north, as in the real lake country.
        x, y = rng.uniform(west, east), south + (north - south) * rng.beta(2.2, 1.3)
        radius = size * float(np.clip(rng.lognormal(-1.0, 0.45), 0.15, 1.0))
        if all(np.hypot(x - cx, y - cy) > reach for cx, cy, reach in dry):
            found.append(blob((x, y), radius, rng, rough=0.3))
    return cast(Shapes, np.concatenate(found))


def _rivers(plan: Plan, bend: Bend, rng: np.random.Generator) -> Shapes:
    found = []
    for width, course in plan.rivers:
        line = smooth_line(np.add(course, (bend.east_m, bend.north_m)), width * 8)
        line[1:-1] += rng.normal(0, width * 0.45, line[1:-1].shape)
        line = smooth_line(line, width)
        swell = width / 2 * (1 + 0.25 * np.sin(np.linspace(0, len(line) / 9, len(line)) + rng.uniform(0, 6)))
        found.append(shapely.polygons(np.round(_ribbon(line, swell), 2)))
    valid = shapely.make_valid(shapely.buffer(np.array(found, dtype=object), 0))
    return cast(Shapes, np.asarray(valid, dtype=object))


def _ribbon(line: FloatArray, half: FloatArray) -> FloatArray:
    along = np.gradient(line, axis=0)
    across = np.column_stack([-along[:, 1], along[:, 0]]) / np.hypot(*along.T)[:, None] * half[:, None]
    return np.vstack([line + across, (line - across)[::-1]])


def _canals(bend: Bend, streets: Streets) -> Shapes:
    wet = [cut for cut in streets.cuts if cut.canal_m]
    wet.sort(key=lambda cut: -cut.canal_m)
    low = np.array([_reach(streets, cut, cut.ends[0], cut.low_m, +1) for cut in wet])
    high = np.array([_reach(streets, cut, cut.ends[1], cut.high_m, -1) for cut in wet])
    middle = np.array([cut.canal_at_m for cut in wet])
    half = np.array([cut.canal_m for cut in wet]) / 2
    north = np.array([cut.axis == ALONG_V for cut in wet])
    west, east = np.where(north, middle - half, low), np.where(north, middle + half, high)
    south, top = np.where(north, low, middle - half), np.where(north, high, middle + half)
    return bent_boxes(bend, west, south, east, top)


def _reach(streets: Streets, cut: Cut, end: int, at_m: float, inward: int) -> float:
    """Run a canal on to the canal of the road it meets, under that road if need be; else stop short of the road."""
    if end < 0:
        return at_m
    other = streets.cuts[end]
    if other.canal_m:
        return other.canal_at_m
    return at_m + inward * (other.half_m + 6.0)


def _park_ponds(plots: Plots, rng: np.random.Generator) -> Shapes:
    rows = plots.of("park")
    radius = np.minimum(plots.east - plots.west, plots.north - plots.south)[rows] * rng.uniform(0.12, 0.22, len(rows))
    places = zip(plots.place_m[rows].tolist(), radius.tolist(), strict=True)
    found = [blob((x, y), r, rng, rough=0.32) for (x, y), r in places]
    return np.concatenate([np.empty(0, dtype=object), *found])


def _off_motorways(plan: Plan, bend: Bend, place: FloatArray) -> FloatArray:
    """Return how far places are from the planned motorways, in metres."""
    seat = (bend.east_m, bend.north_m)
    lines: Shapes = np.array(
        [shapely.linestrings(smooth_line(np.add(way.points_m, seat), 100.0)) for way in plan.motorways], dtype=object
    )
    return np.asarray(shapely.distance(points(place), shapely.union_all(lines)), dtype=np.float64)


def _fish_ponds(plots: Plots, plan: Plan, bend: Bend, rng: np.random.Generator) -> Shapes:
    """Lay rows of fish ponds in the middle of some country blocks, more of them near lakes."""
    rows = plots.of("rural")
    lakes = np.add([lake[:2] for lake in plan.lakes], (bend.east_m, bend.north_m))
    near = np.min(np.hypot(*(plots.place_m[rows][:, None] - lakes[None]).transpose(2, 0, 1)), axis=1)
    chance = 0.022 + 0.2 * np.exp(-near / (0.06 * np.sqrt(plan.area_km2 * 1e6)))
    chance = np.maximum(chance, 1.5 / max(len(rows), 1))
    block = plots.take(rows[rng.random(len(rows)) < chance])
    edge = 0.24 * np.minimum(block.east - block.west, block.north - block.south)
    width, height = block.east - block.west - 2 * edge, block.north - block.south - 2 * edge
    pond = np.full(len(block), 52.0)
    cells = slots_of(width, height, pond * rng.uniform(0.7, 1.1, len(block)), pond * rng.uniform(1.2, 2.2, len(block)))
    o = cells.owner
    step_u, step_v = (width / cells.columns)[o], (height / cells.rows)[o]
    west, south = (block.west + edge)[o] + cells.column * step_u, (block.south + edge)[o] + cells.row * step_v
    place = bend.to_world(west + step_u / 2, south + step_v / 2)
    dug = (rng.random(len(o)) < 0.9) & (_off_motorways(plan, bend, place) > 90.0)
    return bent_boxes(bend, (west + 2)[dug], (south + 2)[dug], (west + step_u - 2)[dug], (south + step_v - 2)[dug])


def water_table(waters: Waters, plan: Plan, bend: Bend, crs: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the table of waters; the pieces of a river share its name, ponds have none."""
    namer = Namer(rng)
    ends = {"lake": "荡", "canal": "港"}
    named = np.array([namer.stem()[0] + ends[kind] if kind in ends else "" for kind in waters.kinds], dtype=object)
    pieces = np.flatnonzero(np.array(waters.kinds) == "river")
    seat = (bend.east_m, bend.north_m)
    courses: Shapes = np.array([shapely.linestrings(np.add(course, seat)) for _, course in plan.rivers], dtype=object)
    away = shapely.distance(shapely.point_on_surface(waters.shapes[pieces])[:, None], courses[None, :])
    rivers = np.array([namer.stem()[0] + "塘" for _ in plan.rivers], dtype=object)
    named[pieces] = rivers[np.argmin(away, axis=1)]
    return table("water", crs, waters.shapes, id=ids("w", len(named)), name=named, kind=waters.kinds)
