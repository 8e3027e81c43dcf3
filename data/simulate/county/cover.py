"""What grows or lies on the ground."""

from __future__ import annotations

import numpy as np
import shapely

from data.simulate.county.bend import Bend
from data.simulate.county.edges import Edges, Texts
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.shapes import Shapes, apart, bent_boxes, blob, polygons_only, slots_of, union_by, without
from data.simulate.county.sites import Built
from data.simulate.county.waters import Waters

LAND_OF_ZONE = {"industry": "industrial", "park": "park", "square": "square"}
YARD_M = 10.0


def cover(
    plots: Plots, plan: Plan, bend: Bend, waters: Waters, edges: Edges, built: Built, county: shapely.Polygon,
    rng: np.random.Generator,
) -> tuple[Shapes, Texts]:  # fmt: skip
    """Return the land as a patchwork: whole blocks in towns, parcels in the country, yards where houses stand."""
    over = [_greens(plots, bend, rng), _yards(plots, built, bend)]
    strips = _strips(plan, waters, edges)
    town = plots.take(np.flatnonzero(plots.zone != "rural"))
    blocks = bent_boxes(bend, town.west - 1, town.south - 1, town.east + 1, town.north + 1)
    block_kind = np.array([LAND_OF_ZONE.get(zone, "urban") for zone in town.zone], dtype=object)
    parcels, parcel_kind = _parcels(plots.take(plots.of("rural")), plan, bend, rng)
    top, top_kind = (np.concatenate(column) for column in zip(*over, strict=True))
    wooded, wooded_kind = _wooded(parcels, strips)
    parcels = without(parcels, strips)
    base, base_kind = np.concatenate([blocks, parcels, wooded]), np.concatenate([block_kind, parcel_kind, wooded_kind])
    shapes, kinds = np.concatenate([top, without(base, top)]), np.concatenate([top_kind, base_kind])
    outside = ~np.asarray(shapely.contains_properly(county, shapes))
    shapes[outside] = shapely.intersection(shapes[outside], county)
    shapes, owner = polygons_only(without(shapes, waters.shapes), 60.0)
    return shapes, kinds[owner]


def _greens(plots: Plots, bend: Bend, rng: np.random.Generator) -> tuple[Shapes, Texts]:
    """Return sports fields of schools, the greens of large estates, and woods in parks."""
    school = plots.take(plots.of("school"))
    wide, high = school.east - school.west, school.north - school.south
    pitch_w, pitch_h = np.minimum(wide * 0.5, 95.0), np.minimum(high * 0.36, 64.0)
    fields = bent_boxes(bend, school.east - 6 - pitch_w, school.south + 6, school.east - 6, school.south + 6 + pitch_h)
    fields = shapely.buffer(shapely.buffer(fields, -pitch_h.min(initial=64.0) * 0.3), pitch_h.min(initial=64.0) * 0.3)
    found, kinds = [np.asarray(fields, dtype=object)], ["grass"] * len(school)
    estate = plots.take(plots.of("estate"))
    size = np.minimum(estate.east - estate.west, estate.north - estate.south)
    for row in np.flatnonzero(size > 230).tolist():
        found.append(blob((estate.place_m[row, 0], estate.place_m[row, 1]), 0.09 * float(size[row]), rng, rough=0.3))
        kinds.append("grass")
    park = plots.take(plots.of("park"))
    reach = np.minimum(park.east - park.west, park.north - park.south)
    for row in range(len(park)):
        for _ in range(4):
            way, away = rng.uniform(0, 2 * np.pi), rng.uniform(0.27, 0.34) * reach[row]
            centre = park.place_m[row] + away * np.array([np.cos(way), np.sin(way)])
            found.append(blob((centre[0], centre[1]), float(reach[row]) * rng.uniform(0.05, 0.1), rng))
            kinds.append("forest")
    return apart(np.concatenate(found)), np.array(kinds, dtype=object)


def _yards(plots: Plots, built: Built, bend: Bend) -> tuple[Shapes, Texts]:
    """Return the ground of each village: a margin around its houses, within the block."""
    rows = np.flatnonzero((plots.zone[built.rows.plot] == "rural") & (built.rows.use != "farm"))
    rows = rows[np.argsort(built.rows.plot[rows], kind="stable")]
    blocks, owner = np.unique(built.rows.plot[rows], return_inverse=True)
    # One buffer of all houses of a block is one call into GEOS, far cheaper than a union of many.
    merged: Shapes = np.asarray(shapely.multipolygons(built.shapes[rows], indices=owner.reshape(-1)), dtype=object)
    merged = shapely.buffer(merged, YARD_M + 4.0, join_style="mitre", quad_segs=1)
    merged = shapely.simplify(shapely.buffer(merged, -4.0, join_style="mitre", quad_segs=1), 1.2)
    ground = plots.take(blocks)
    merged = shapely.intersection(merged, bent_boxes(bend, ground.west, ground.south, ground.east, ground.north))
    return merged, np.full(len(merged), "urban", dtype=object)


def _strips(plan: Plan, waters: Waters, edges: Edges) -> Shapes:
    """Return where trees stand in rows: along rivers and motorways."""
    rivers = waters.shapes[np.array(waters.kinds) == "river"]
    roads = edges.line[(edges.road_class == "motorway") & (edges.street != "ramp")]
    scale = 1.0 if plan.area_km2 > 50 else 0.5
    return np.concatenate(
        [shapely.buffer(rivers, 20.0 * scale, quad_segs=2), shapely.buffer(roads, 32.0 * scale, quad_segs=2)]
    )


def _wooded(parcels: Shapes, strips: Shapes) -> tuple[Shapes, Texts]:
    """Return the parts of parcels that lie in the strips."""
    left, right = shapely.STRtree(strips).query(parcels, predicate="intersects")
    rows, merged = union_by(left, strips[right])
    return shapely.intersection(parcels[rows], merged), np.full(len(rows), "forest", dtype=object)


def _parcels(block: Plots, plan: Plan, bend: Bend, rng: np.random.Generator) -> tuple[Shapes, Texts]:
    """Divide country blocks into parcels; neighbours in a block mostly grow the same."""
    size = plan.parcel_m * rng.choice([0.5, 0.7, 1.0, 1.5, 2.0], (2, len(block)), p=[0.1, 0.15, 0.25, 0.3, 0.2])
    found = slots_of(block.east - block.west, block.north - block.south, size[0], size[1])
    o = found.owner
    pu, pv = ((block.east - block.west) / found.columns)[o], ((block.north - block.south) / found.rows)[o]
    west, south = block.west[o] + found.column * pu, block.south[o] + found.row * pv
    gap = rng.uniform(0.6, 1.6, len(o))
    shapes = bent_boxes(bend, west + gap, south + gap, west + pu - gap, south + pv - gap)
    mixes = np.array(
        [[0.1, 0.78, 0.03, 0.03, 0.03, 0.03], [0.66, 0.2, 0.04, 0.04, 0.02, 0.04], [0.2, 0.1, 0.6, 0.04, 0.02, 0.04],
         [0.2, 0.12, 0.04, 0.56, 0.04, 0.04], [0.2, 0.2, 0.0, 0.1, 0.4, 0.1]]
    )  # fmt: skip
    mix = rng.choice(5, len(block), p=[0.46, 0.3, 0.07, 0.1, 0.07])
    pick = (rng.random(len(o))[:, None] > np.cumsum(mixes[mix[o]], axis=1)).sum(axis=1).clip(0, 5)
    kinds = np.array(["field", "paddy", "greenhouse", "orchard", "forest", "grass"], dtype=object)[pick]
    return shapes, kinds
