"""Cameras, gates, sensors and signal controllers, on poles beside roads and water."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from data.simulate.county.bend import FloatArray
from data.simulate.county.edges import Texts
from data.simulate.county.frames import compass_deg, ids, table
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.roads import Network, crossing_names
from data.simulate.county.shapes import IntArray, points
from data.simulate.county.waters import Waters


@dataclass(frozen=True, slots=True)
class Poles:
    """Devices of one kind as columns; headings in degrees, ranges and heights in metres."""

    kind: str
    place_m: FloatArray
    name: list[str]
    heading_deg: FloatArray
    view_deg: float
    range_m: float
    height_m: float


def put_up(
    plan: Plan, network: Network, plots: Plots, waters: Waters, county: shapely.Polygon, crs: str,
    rng: np.random.Generator,
) -> gpd.GeoDataFrame:  # fmt: skip
    """Return the table of devices."""
    corner = crossing_names(network)
    poles = [
        _signals(network, corner),
        _cameras(plan, network, corner, rng),
        _gates(plan, network, county, rng),
        _at_plots(
            plan.counts.air, "air_sensor", "空气监测点", plots, rng, "estate", "industry", "old", "park", "rural"
        ),
        _at_plots(plan.counts.noise, "noise_sensor", "噪声监测点", plots, rng, "estate", "cbd", "old", "construction"),
        _in_water(plan, waters, rng),
    ]
    poles = [_inside(group, county) for group in poles]
    kinds = [group.kind for group in poles for _ in group.name]
    return table(
        "devices", crs, points(np.concatenate([group.place_m for group in poles])), id=ids("d", len(kinds)),
        name=[name for group in poles for name in group.name], kind=kinds,
        heading_deg=np.concatenate([group.heading_deg for group in poles]),
        view_deg=_each(poles, "view_deg"), range_m=_each(poles, "range_m"), height_m=_each(poles, "height_m"),
    )  # fmt: skip


def _each(poles: list[Poles], field: str) -> FloatArray:
    return np.concatenate([np.full(len(group.name), float(getattr(group, field))) for group in poles])


def _inside(group: Poles, county: shapely.Polygon) -> Poles:
    place = np.round(group.place_m, 2)
    keep = np.asarray(shapely.contains_xy(county, place[:, 0], place[:, 1]))
    names = [name for name, kept in zip(group.name, keep, strict=True) if kept]
    return Poles(group.kind, place[keep], names, group.heading_deg[keep], group.view_deg, group.range_m, group.height_m)


def _signals(network: Network, corner: Texts) -> Poles:
    nodes = np.flatnonzero(network.signal)
    names = [f"{corner[node] or '路口'} 信号机" for node in nodes]
    return Poles("signal", network.node_m[nodes] + (9.0, 9.0), names, np.zeros(len(nodes)), 0.0, 0.0, 1.5)


def _legs(network: Network) -> tuple[IntArray, FloatArray]:
    """Return, for each end of each edge, its node and the unit vector from there along the road."""
    line = network.edges.line
    start, end = network.edges.ends()
    from_start = shapely.get_coordinates(shapely.get_point(line, 1)) - start
    from_end = shapely.get_coordinates(shapely.get_point(line, -2)) - end
    way = np.vstack([from_start, from_end])
    node = np.concatenate([network.start, network.end]) - 1
    return node, way / np.maximum(np.hypot(*way.T), 1e-6)[:, None]


def _cameras(plan: Plan, network: Network, corner: Texts, rng: np.random.Generator) -> Poles:
    """Watch the legs of signal junctions first, then those of other junctions of the towns, then of the country."""
    node, way = _legs(network)
    degree = np.bincount(node, minlength=len(network.node_m))
    urban = np.tile(network.edges.urban, 2)
    wish = rng.random(len(node)) + 2.0 * network.signal[node] + 0.8 * urban + 0.4 * (degree[node] > 2)
    chosen = np.sort(np.argsort(-wish, kind="stable")[: plan.counts.cameras])
    width = np.tile(network.edges.width_m, 2)[chosen]
    across = np.column_stack([way[chosen, 1], -way[chosen, 0]])
    place = network.node_m[node[chosen]] + across * (width / 2 + 1.0)[:, None] + way[chosen] * 4.0
    names = [
        f"{corner[n] or network.name[row % len(network.name)]} 监控"
        for n, row in zip(node[chosen], chosen, strict=True)
    ]
    return Poles("camera", place, names, compass_deg(way[chosen]), 62.0, 90.0, 6.0)


def _gates(plan: Plan, network: Network, county: shapely.Polygon, rng: np.random.Generator) -> Poles:
    """Stand where main roads enter the county, then on main roads between towns."""
    edges = network.edges
    main = np.isin(edges.road_class, ("motorway", "primary", "secondary")) & (edges.street != "ramp")
    to_border = shapely.distance(
        shapely.boundary(county), shapely.line_interpolate_point(edges.line, 0.5, normalized=True)
    )
    wish = np.where(to_border < np.sqrt(plan.area_km2) * 25, 2.0, 0.0) + np.where(edges.urban, 0.0, 0.5)
    wish += rng.random(len(edges)) + np.where(edges.road_class == "primary", 0.4, 0.0)
    rows = np.flatnonzero(main)[np.argsort(-wish[main], kind="stable")]
    middle = shapely.get_coordinates(shapely.line_interpolate_point(edges.line, 0.5, normalized=True))
    chosen: list[int] = []
    for row in rows.tolist():
        if len(chosen) == plan.counts.gates:
            break
        if not chosen or np.hypot(*(middle[chosen] - middle[row]).T).min() > 150:
            chosen.append(row)
    a, b = edges.ends()
    names = [f"{network.name[row]} 卡口" for row in chosen]
    return Poles("gate", middle[chosen], names, compass_deg((b - a)[chosen]), 40.0, 60.0, 6.5)


def _at_plots(count: int, kind: str, title: str, plots: Plots, rng: np.random.Generator, *zones: str) -> Poles:
    rows = np.sort(rng.permutation(plots.of(*zones))[:count])
    names = [f"{title} {number:02d}" for number in range(1, len(rows) + 1)]
    return Poles(kind, plots.place_m[rows], names, np.zeros(len(rows)), 360.0, 500.0, 4.0)


def _in_water(plan: Plan, waters: Waters, rng: np.random.Generator) -> Poles:
    kind = np.array(waters.kinds)
    wish = rng.random(len(kind)) + 1.0 * (kind == "lake") + 0.8 * (kind == "river")
    rows = np.sort(np.argsort(-wish, kind="stable")[: plan.counts.water])
    place = shapely.get_coordinates(shapely.point_on_surface(waters.shapes[rows]))
    names = [f"水位监测点 {number:02d}" for number in range(1, len(rows) + 1)]
    return Poles("water_sensor", place, names, np.zeros(len(rows)), 360.0, 50.0, 1.0)
