"""Lines that buses, patrols and drones follow."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from data.simulate.county.bend import Bend, FloatArray
from data.simulate.county.edges import BoolArray
from data.simulate.county.frames import ids, table
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.roads import Network
from data.simulate.county.shapes import IntArray

STOPS = 4
"""Junctions a patrol passes before it comes home."""


class _Roads:
    """Quickest ways along the streets, lanes left out: the largest part of them that hangs together."""

    def __init__(self, network: Network) -> None:
        edges = network.edges
        self.node_m = network.node_m
        self.lines = [shapely.get_coordinates(line) for line in edges.line]
        time = shapely.length(edges.line) / edges.speed_kmh
        streets = np.flatnonzero(np.isin(edges.road_class, ("primary", "secondary", "tertiary")))
        self.graph: nx.DiGraph[int] = nx.DiGraph()
        # Of two roads between the same junctions the quicker is added last and stays.
        for row in streets[np.argsort(-time[streets], kind="stable")].tolist():
            a, b = int(network.start[row]), int(network.end[row])
            self.graph.add_edge(a, b, s=float(time[row]), row=row)
            if not edges.oneway[row]:
                self.graph.add_edge(b, a, s=float(time[row]), row=row)
        whole = max(nx.strongly_connected_components(self.graph), key=len)
        self.stops = np.array(sorted(node for node in whole if self.graph.degree(node) > 4))

    def near(self, centre_m: FloatArray, radius_m: float) -> IntArray:
        """Return crossings within a radius, or the nearest few where there are none."""
        away = np.hypot(*(self.node_m[self.stops - 1] - centre_m).T)
        inside = self.stops[away < radius_m]
        return inside if len(inside) >= STOPS else self.stops[np.argsort(away, kind="stable")[:STOPS]]

    def way(self, stops: list[int]) -> FloatArray:
        """Return the coordinates of the way through the given junctions."""
        parts = []
        for a, b in pairwise(stops):
            nodes = nx.shortest_path(self.graph, a, b, weight="s")
            for here, there in pairwise(nodes):
                line = self.lines[self.graph.edges[here, there]["row"]]
                forward = np.array_equal(line[0], self.node_m[here - 1])
                parts.append(line if forward else line[::-1])
        coords: FloatArray = np.vstack(parts)
        moved: BoolArray = np.append(True, np.any(np.diff(coords, axis=0) != 0, axis=1))
        return np.asarray(coords[moved], dtype=np.float64)


def draw_routes(
    plan: Plan, network: Network, plots: Plots, bend: Bend, county: shapely.Polygon, crs: str, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the table of routes."""
    roads = _Roads(network)
    seat = np.array([bend.east_m, bend.north_m])
    towns = [roads.near(seat + core.centre_m, core.radius_m) for core in plan.cores]
    lines: list[FloatArray] = []
    names: list[tuple[str, str, str]] = []
    for number in range(plan.counts.buses):
        # Two in three join the county town to another town, the others stay within one.
        there = towns[number % len(towns)] if number % 3 else towns[0]
        ends = [_far_apart(network.node_m, nodes, 2, rng) for nodes in (towns[0], there)]
        lines.append(roads.way([*ends[0], *ends[1]]))
        names.append((f"{101 + number}路", f"Bus {101 + number}", "bus"))
    for number in range(plan.counts.patrols):
        stops = _far_apart(network.node_m, towns[number % len(towns)], STOPS, rng)
        lines.append(roads.way([*stops, stops[0]]))
        names.append((f"巡逻{number + 1:02d}线", f"Patrol {number + 1:02d}", "patrol"))
    for number in range(plan.counts.drones):
        lines.append(_flight(plots, county, plan, rng))
        names.append((f"无人机航线{number + 1:02d}", f"Drone Flight {number + 1:02d}", "drone"))
    zh, en, kind = zip(*names, strict=True)
    shapes = np.array([shapely.linestrings(line) for line in lines], dtype=object)
    return table("routes", crs, shapes, id=ids("l", len(lines)), name=zh, name_en=en, kind=kind)


def _far_apart(node_m: FloatArray, nodes: IntArray, count: int, rng: np.random.Generator) -> list[int]:
    """Draw junctions, the best spread of eight draws."""
    best: list[int] = []
    best_gap = -1.0
    for _ in range(8):
        drawn = nodes[rng.choice(len(nodes), count, replace=False)].tolist()
        place = node_m[np.array(drawn) - 1]
        gap = float(min(np.hypot(*(place[i] - place[i - 1])) for i in range(count)))
        if gap > best_gap:
            best, best_gap = drawn, gap
    return best


def _flight(plots: Plots, county: shapely.Polygon, plan: Plan, rng: np.random.Generator) -> FloatArray:
    """Fly out, sweep an area in strips, and come home."""
    size = np.sqrt(plan.area_km2 * 1e6)
    inner = county.buffer(-0.06 * size)
    inside = np.flatnonzero(shapely.contains_xy(inner, plots.place_m[:, 0], plots.place_m[:, 1]))
    home = plots.place_m[rng.choice(inside)]
    width, strips = 0.035 * size * rng.uniform(0.6, 1.2), int(rng.integers(3, 7))
    turn = rng.uniform(0, np.pi)
    path = [(0.0, 0.0)]
    for strip in range(strips):
        y = (strip + 1) * width / strips
        path += [(-width / 2, y), (width / 2, y)] if strip % 2 else [(width / 2, y), (-width / 2, y)]
    path.append((0.0, 0.0))
    xy = np.array(path)
    turned = np.column_stack([xy[:, 0] * np.cos(turn) - xy[:, 1] * np.sin(turn),
                              xy[:, 0] * np.sin(turn) + xy[:, 1] * np.cos(turn)])  # fmt: skip
    flight: FloatArray = np.round(home + turned, 2)
    return flight
