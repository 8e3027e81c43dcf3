"""Motorways: two one-way carriageways that meet other roads only at interchanges."""

from __future__ import annotations

from typing import cast

import numpy as np
import shapely

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.edges import Edges, number_nodes, pieces
from data.simulate.county.plan import Motorway, Plan
from data.simulate.county.shapes import Shapes, smooth_line

MEDIAN_M = 17.0
LANES, WIDTH_M, SPEED_KMH = 3, 15.0, 110.0
RAMP_WIDTH_M, RAMP_SPEED_KMH = 7.0, 40.0


def add_motorways(edges: Edges, plan: Plan, bend: Bend, outline: shapely.Polygon) -> Edges:
    """Return ``edges`` with the motorways and their ramps."""
    for number, motorway in enumerate(plan.motorways):
        edges = edges.plus(_motorway(edges, motorway, number, bend, outline))
    return edges


def _motorway(edges: Edges, motorway: Motorway, number: int, bend: Bend, outline: shapely.Polygon) -> Edges:
    axis = smooth_line(np.add(motorway.points_m, (bend.east_m, bend.north_m)), motorway.ramp_m / 4)
    middle = _inside(axis, outline)
    gates = _interchanges(edges, middle, motorway)
    lines: list[shapely.LineString] = []
    kinds: list[str] = []
    for side in (1, -1):
        carriageway = middle.offset_curve(-side * MEDIAN_M / 2)
        carriageway = carriageway if side > 0 else carriageway.reverse()
        carriageway = _rounded(carriageway)
        stops, ramps = [], []
        for at, place in sorted((float(carriageway.project(shapely.Point(place))), place.tolist()) for place in gates):
            off, on = at - motorway.ramp_m, at + motorway.ramp_m
            if off < 50 or on > carriageway.length - 50:
                continue
            stops += [off, on]
            ramps.append((len(stops) - 2, np.array(place)))
        parts = pieces(carriageway, stops)
        lines += parts
        kinds += ["motorway"] * len(parts)
        for index, place in ramps:
            lines.append(_ramp(_end(parts[index]), _way(parts[index], -1), place))
            lines.append(_ramp(_end(parts[index + 1]), -_way(parts[index + 2], 0), place).reverse())
            kinds += ["ramp", "ramp"]
    lines += _turns(lines, kinds)
    kinds += ["ramp"] * (len(lines) - len(kinds))
    return _as_edges(lines, kinds, f"motorway-{number}")


def _inside(axis: FloatArray, outline: shapely.Polygon) -> shapely.LineString:
    inner = outline.buffer(-30.0)
    parts = shapely.get_parts(shapely.intersection(shapely.linestrings(axis), inner))
    return cast(shapely.LineString, parts[int(np.argmax(shapely.length(parts)))])


def _rounded(line: shapely.Geometry) -> shapely.LineString:
    return cast(shapely.LineString, shapely.linestrings(np.round(shapely.get_coordinates(line), 2)))


def _interchanges(edges: Edges, middle: shapely.LineString, motorway: Motorway) -> list[FloatArray]:
    """Return junctions of main roads beside the motorway, at least ``interchange_every_m`` apart along it."""
    nodes, start, end = number_nodes(edges)
    main = np.isin(edges.road_class, ("primary", "secondary"))
    candidates = np.unique(np.concatenate([start[main], end[main]]))
    at = shapely.points(nodes[candidates])
    away, along = shapely.distance(middle, at), shapely.line_locate_point(middle, at)
    near = (away > 25) & (away < motorway.ramp_m * 1.2)
    near &= (along > motorway.ramp_m * 1.3) & (along < middle.length - motorway.ramp_m * 1.3)
    chosen: list[int] = []
    for index in np.flatnonzero(near)[np.argsort(away[near], kind="stable")]:
        if all(abs(along[index] - along[other]) > motorway.interchange_every_m for other in chosen):
            chosen.append(int(index))
    return [nodes[candidates[index]] for index in chosen]


def _end(line: shapely.LineString) -> FloatArray:
    return cast(FloatArray, shapely.get_coordinates(line)[-1])


def _way(line: shapely.LineString, end: int) -> FloatArray:
    coords = shapely.get_coordinates(line)
    step = coords[-1] - coords[-2] if end else coords[1] - coords[0]
    return cast(FloatArray, step / np.hypot(*step))


def _ramp(start: FloatArray, way: FloatArray, goal: FloatArray) -> shapely.LineString:
    """Leave ``start`` along ``way`` and curve to ``goal`` (a quadratic Bézier curve)."""
    t = np.linspace(0, 1, 10)[:, None]
    bend_at = start + way * float(np.hypot(*(goal - start))) * 0.55
    curve = np.round((1 - t) ** 2 * start + 2 * t * (1 - t) * bend_at + t**2 * goal, 2)
    curve[0], curve[-1] = start, goal
    return cast(shapely.LineString, shapely.linestrings(curve))


def _turns(lines: list[shapely.LineString], kinds: list[str]) -> list[shapely.LineString]:
    """Join the two carriageways at the county border, so that demo traffic that leaves comes back."""
    ways = [line for line, kind in zip(lines, kinds, strict=True) if kind == "motorway"]
    starts = [shapely.get_coordinates(line)[0] for line in ways]
    ends = [_end(line) for line in ways]
    open_starts = [s for s in starts if not any(np.array_equal(s, e) for e in ends)]
    open_ends = [e for e in ends if not any(np.array_equal(e, s) for s in starts)]
    turns = []
    for end in open_ends:
        start = min(open_starts, key=lambda s: float(np.hypot(*(s - end))))
        turns.append(cast(shapely.LineString, shapely.linestrings([end, start])))
    return turns


def _as_edges(lines: list[shapely.LineString], kinds: list[str], street: str) -> Edges:
    ramp = np.array(kinds) == "ramp"
    shapes: Shapes = np.array(lines, dtype=object)
    return Edges(
        shapes,
        np.full(len(lines), "motorway", dtype=object),
        np.where(ramp, "ramp", street).astype(object),
        np.where(ramp, 1, LANES),
        np.where(ramp, RAMP_WIDTH_M, WIDTH_M),
        np.where(ramp, RAMP_SPEED_KMH, SPEED_KMH),
        np.ones(len(lines), dtype=bool),
        np.zeros(len(lines), dtype=bool),
        np.zeros(len(lines), dtype=bool),
        np.full(len(lines), 2),
    )
