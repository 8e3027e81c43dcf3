"""From the street plan to a road network that cars can drive: clipped, bridged, and all of one piece."""

from __future__ import annotations

from itertools import pairwise
from typing import cast

import networkx as nx
import numpy as np
import shapely

from data.simulate.county.bend import Bend
from data.simulate.county.edges import BoolArray, Edges, number_nodes, pieces, wet_spans
from data.simulate.county.plan import Plan
from data.simulate.county.shapes import Shapes, bent_lines
from data.simulate.county.streets import ALONG_V, LANES, SPEED_KMH, WIDTH_M, Streets
from data.simulate.county.waters import Waters

BRIDGE_MARGIN_M = 4.0
LONGEST_BRIDGE_M = {"motorway": 1e9, "primary": 900.0, "secondary": 350.0, "tertiary": 140.0, "residential": 30.0,
                    "service": 22.0}  # fmt: skip


def street_edges(bend: Bend, streets: Streets) -> Edges:
    """Return every cut of the plan as edges between the places where other cuts meet it."""
    start, end, cut_no = [], [], []
    for number, cut in enumerate(streets.cuts):
        stops = sorted({cut.low_m, cut.high_m, *cut.stops})
        for low, high in pairwise(stops):
            start.append((cut.at_m, low) if cut.axis == ALONG_V else (low, cut.at_m))
            end.append((cut.at_m, high) if cut.axis == ALONG_V else (high, cut.at_m))
            cut_no.append(number)
    cuts = [streets.cuts[number] for number in cut_no]
    return Edges(
        bent_lines(bend, np.array(start, dtype=np.float64), np.array(end, dtype=np.float64)),
        np.array([cut.road_class for cut in cuts], dtype=object),
        np.array([cut.street for cut in cuts], dtype=object),
        np.array([LANES[cut.road_class] for cut in cuts]),
        np.array([WIDTH_M[cut.road_class] for cut in cuts]),
        np.array([SPEED_KMH[cut.road_class] + (20 if _fast(cut.road_class, cut.urban) else 0) for cut in cuts]),
        np.zeros(len(cuts), dtype=bool),
        np.zeros(len(cuts), dtype=bool),
        np.array([cut.urban for cut in cuts]),
        np.array([cut.axis for cut in cuts]),
    )


def _fast(road_class: str, urban: bool) -> bool:
    return not urban and road_class in ("primary", "secondary", "tertiary")


def clip(edges: Edges, outline: shapely.Polygon) -> Edges:
    """Keep what lies in the county; main roads run on to its border, lanes end before it."""
    shapely.prepare(outline)
    edges = edges.take(np.asarray(shapely.intersects(outline, edges.line)))
    inside = np.asarray(shapely.contains_properly(outline, edges.line))
    main = np.isin(edges.road_class, ("motorway", "primary", "secondary", "tertiary"))
    edges = edges.take(inside | main)
    crossing = np.flatnonzero(~shapely.contains_properly(outline, edges.line))
    for row in crossing:
        edges.line[row] = _longest(shapely.intersection(edges.line[row], outline))
    return edges.take(np.asarray(shapely.length(edges.line) > 5.0))


def _longest(shape: shapely.Geometry) -> shapely.LineString:
    parts = shapely.get_parts(shape)
    parts = parts[shapely.get_type_id(parts) == 1]
    if not len(parts):
        return shapely.LineString()
    best = parts[int(np.argmax(shapely.length(parts)))]
    return cast(shapely.LineString, shapely.linestrings(np.round(shapely.get_coordinates(best), 2)))


def drop_drowned(edges: Edges, waters: Waters) -> Edges:
    """Drop roads that would need a longer bridge than their class is worth."""
    wide = waters.wide()
    row, water = shapely.STRtree(wide).query(edges.line, predicate="intersects")
    wet = np.zeros(len(edges))
    np.add.at(wet, row, shapely.length(shapely.intersection(edges.line[row], wide[water])))
    limit = np.array([LONGEST_BRIDGE_M[road_class] for road_class in edges.road_class])
    return edges.take(wet <= limit)


def bridge(edges: Edges, waters: Shapes) -> Edges:
    """Cut each road where it meets water, and mark the part over the water as a bridge."""
    row, water = shapely.STRtree(waters).query(edges.line, predicate="intersects")
    order = np.argsort(row, kind="stable")
    row, water = row[order], water[order]
    rows, first = np.unique(row, return_index=True)
    lines, owner, over = [], [], []
    for edge, group in zip(rows, np.split(water, first[1:]), strict=True):
        line = edges.line[edge]
        length = float(shapely.length(line))
        spans = wet_spans(line, waters[group], BRIDGE_MARGIN_M)
        spans = [(low if low > 3 else 0.0, high if high < length - 3 else length) for low, high in spans]
        stops = sorted({at for span in spans for at in span if 0 < at < length})
        for part, middle in zip(pieces(line, stops), _middles(stops, length), strict=True):
            lines.append(part)
            owner.append(edge)
            over.append(any(low <= middle <= high for low, high in spans))
    if not lines:
        return edges
    whole = np.ones(len(edges), dtype=bool)
    whole[rows] = False
    cut = edges.take(np.array(owner))
    cut.line[:] = np.array(lines, dtype=object)
    cut.bridge[:] = over
    return edges.take(whole).plus(cut)


def _middles(stops: list[float], length: float) -> list[float]:
    marks = [0.0, *stops, length]
    return [(a + b) / 2 for a, b in pairwise(marks)]


def graph_of(edges: Edges) -> nx.DiGraph[int]:
    """Return the directed graph that cars see, with nodes numbered as :func:`number_nodes` does."""
    _, start, end = number_nodes(edges)
    both = ~edges.oneway
    graph: nx.DiGraph[int] = nx.DiGraph()
    graph.add_edges_from(zip(start.tolist(), end.tolist(), strict=True))
    graph.add_edges_from(zip(end[both].tolist(), start[both].tolist(), strict=True))
    return graph


def connected(edges: Edges) -> Edges:
    """Keep the largest part in which each place can be reached from each; one-way streets that break it open up."""
    start, end = (ends for ends in number_nodes(edges)[1:])
    main = max(nx.weakly_connected_components(graph_of(edges)), key=len)
    member = np.zeros(int(max(start.max(), end.max())) + 1, dtype=bool)
    member[list(main)] = True
    edges = edges.take(member[start])
    for _ in range(4):
        stuck = _not_strong(edges)
        if not stuck.any():
            break
        edges.oneway[stuck & (edges.road_class != "motorway") & (edges.street != "ramp")] = False
        if not _not_strong(edges).any():
            break
        edges = edges.take(~_not_strong(edges))
    return edges


def _not_strong(edges: Edges) -> BoolArray:
    _, start, end = number_nodes(edges)
    main = max(nx.strongly_connected_components(graph_of(edges)), key=len)
    member = np.zeros(int(max(start.max(), end.max())) + 1, dtype=bool)
    member[list(main)] = True
    return ~(member[start] & member[end])


def make_oneways(edges: Edges, plan: Plan, bend: Bend) -> None:
    """Make alternate lanes of the old towns one-way, in place."""
    middle = shapely.get_coordinates(shapely.line_interpolate_point(edges.line, 0.5, normalized=True))
    for core in plan.cores:
        x, y, radius = core.old
        near = np.hypot(middle[:, 0] - bend.east_m - x, middle[:, 1] - bend.north_m - y) < radius * 1.2
        small = near & np.isin(edges.road_class, ("residential", "service"))
        for number, street in enumerate(np.unique(edges.street[small].astype(str))):
            rows = small & (edges.street == street)
            edges.oneway[rows] = True
            if number % 2:
                edges.line[rows] = shapely.reverse(edges.line[rows])
