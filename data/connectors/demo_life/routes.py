"""Bus lines and patrols as ways: there and back, cut where a light or a stop makes one wait."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import cast

import geopandas as gpd
import numpy as np
import shapely
from shapely import LineString

from data.connectors.demo_life.signals import Lights, Signals, signals_at
from data.connectors.demo_life.ways import UNSET, IntArray, Lines, Ways, build_ways
from twin.geo import FloatArray, LocalFrame

NEAR_LIGHT_M = 15.0
SHORTEST_M = 20.0


@dataclass(frozen=True, slots=True)
class RouteStyle:
    """How a kind of route is travelled: speed, distance between stops (0 for none), halt at each, side of the line."""

    speed_mps: float
    stop_every_m: float
    dwell_s: float
    kerb_m: float
    lights: bool = True


@dataclass(frozen=True, slots=True)
class Routes:
    """The ways of all routes of a kind, their lights, and the route each way is part of."""

    ways: Ways
    signals: Signals
    route: IntArray


def route_ways(
    routes: gpd.GeoDataFrame,
    kind: str,
    style: RouteStyle,
    lights: Lights,
    junctions: gpd.GeoDataFrame,
    frame: LocalFrame,
) -> Routes | None:
    """Lay out the routes of a kind, or None if the city has none."""
    lines = [line for line in routes[routes["kind"] == kind].geometry if line.length > 2 * SHORTEST_M]
    if not lines:
        return None
    lit = junctions[junctions["signal"].to_numpy(dtype=bool)]
    tree, ids = shapely.STRtree(lit.geometry.to_numpy()), lit["id"].to_numpy(dtype=np.int64)
    parts: list[FloatArray] = []
    node: list[int] = []
    owner: list[int] = []
    dwell: list[float] = []
    for number, out in enumerate(lines):
        for line in (cast(LineString, out), cast(LineString, out.reverse())):
            near = tree.query(line, predicate="dwithin", distance=NEAR_LIGHT_M if style.lights else -1.0)
            marks, met, halts = _marks(line, lit.geometry.to_numpy()[near], ids[near], style)
            pieces = _cut(line, marks)
            parts += pieces
            node += met
            dwell += halts
            owner += [number] * len(pieces)
    ways = build_ways(_lines(parts, np.array(owner), np.array(dwell), style), frame)
    return Routes(ways, signals_at(lights, ways, np.array(node, np.int64)), np.array(owner, np.int64))


def _marks(
    line: LineString, point: np.ndarray[tuple[int], np.dtype[np.object_]], ids: IntArray, style: RouteStyle
) -> tuple[FloatArray, list[int], list[float]]:
    """Return where to cut a line, the junction at the end of each piece or -1, and the halt there."""
    length = line.length
    stops = (
        np.arange(style.stop_every_m, length - SHORTEST_M, style.stop_every_m) if style.stop_every_m else np.zeros(0)
    )
    at = np.concatenate([shapely.line_locate_point(line, point), stops])
    what = np.concatenate([ids, np.full(len(stops), UNSET)]).astype(np.int64)
    order = np.argsort(at, kind="stable")
    kept: list[int] = []
    last = 0.0
    for mark in order:
        if at[mark] - last >= SHORTEST_M and length - at[mark] >= SHORTEST_M:
            kept.append(int(mark))
            last = float(at[mark])
    met = [int(what[mark]) for mark in kept]
    halts = [0.0 if junction >= 0 else style.dwell_s for junction in met]
    return at[kept], [*met, UNSET], [*halts, 3 * style.dwell_s]


def _cut(line: LineString, marks: FloatArray) -> list[FloatArray]:
    """Return the vertices of the pieces of a line between marks; shapely's ``substring`` walks it anew for each."""
    xy = shapely.get_coordinates(line)
    run = np.concatenate([[0.0], np.cumsum(np.hypot(*np.diff(xy, axis=0).T))])
    new = np.column_stack([np.interp(marks, run, xy[:, 0]), np.interp(marks, run, xy[:, 1])])
    order = np.argsort(np.concatenate([run, marks]), kind="stable")
    points = np.vstack([xy, new])[order]
    ends = [0, *np.flatnonzero(order >= len(xy)).tolist(), len(points) - 1]
    return [_without_repeats(points[low : high + 1]) for low, high in pairwise(ends)]


def _without_repeats(points: FloatArray) -> FloatArray:
    fresh = np.append(True, np.any(np.abs(np.diff(points, axis=0)) > 1e-6, axis=1))
    return np.asarray(points[fresh])


def _lines(parts: list[FloatArray], owner: IntArray, dwell_s: FloatArray, style: RouteStyle) -> Lines:
    """Chain the pieces of each route into a ring: nodes are numbered so that each piece ends where the next begins."""
    count = len(parts)
    number = np.arange(count)
    last = np.append(owner[1:] != owner[:-1], True)
    first_of = np.searchsorted(owner, owner)
    full = np.ones(count)
    return Lines(
        line=np.asarray(shapely.linestrings(np.vstack(parts), indices=np.repeat(number, list(map(len, parts))))),
        start=number,
        end=np.where(last, first_of, number + 1),
        back=np.full(count, UNSET),
        limit_mps=full * style.speed_mps,
        lanes=np.ones(count, np.int64),
        lane_m=full * 3.0,
        kerb_m=full * style.kerb_m,
        setback_m=np.where(dwell_s > 0, 1.0, 12.0),
        dwell_s=dwell_s,
        weight=full,
    )
