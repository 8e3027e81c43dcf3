"""Lakes, rivers, canals and ponds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

import numpy as np
import shapely

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.plan import Plan
from data.simulate.county.shapes import Shapes, bent_boxes, blob, polygons_only, smooth_line, without
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


def dig_waters(plan: Plan, bend: Bend, streets: Streets, outline: shapely.Polygon, rng: np.random.Generator) -> Waters:
    """Return the waters of the county; where two meet, the larger kind keeps the ground."""
    by_kind = {
        "lake": _lakes(plan, bend, outline, rng),
        "river": _rivers(plan, bend, rng),
        "canal": _canals(bend, streets),
    }
    done: list[Shapes] = []
    kinds: list[str] = []
    for kind, shapes in by_kind.items():
        shapes = shapes[shapely.intersects(shapes, outline)]
        outside = ~shapely.contains_properly(outline, shapes)
        shapes[outside] = shapely.intersection(shapes[outside], outline)
        shapes = _apart(without(shapes, np.concatenate(done) if done else shapes[:0]))
        shapes, _ = polygons_only(shapes, 25.0)
        done.append(shapes)
        kinds += [kind] * len(shapes)
    return Waters(np.concatenate(done), kinds)


def _apart(shapes: Shapes) -> Shapes:
    """Cut from each shape those before it that it meets."""
    left, right = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    out = shapes.copy()
    for index in np.unique(left[right < left]):
        before = right[(left == index) & (right < index)]
        out[index] = shapely.difference(out[index], shapely.union_all(shapes[before]))
    return out


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
    for width, points in plan.rivers:
        line = smooth_line(np.add(points, (bend.east_m, bend.north_m)), width * 8)
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
