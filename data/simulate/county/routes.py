"""Lines that buses, patrols and drones follow."""

from __future__ import annotations

from itertools import pairwise

import geopandas as gpd
import networkx as nx
import numpy as np
import shapely

from data.simulate.county.bend import FloatArray
from data.simulate.county.edges import BoolArray
from data.simulate.county.frames import ids, table
from data.simulate.county.plan import Plan
from data.simulate.county.plots import Plots
from data.simulate.county.roads import Network


class _Roads:
    """Shortest ways along the network."""

    def __init__(self, network: Network) -> None:
        edges = network.edges
        self.node_m = network.node_m
        self.lines = [shapely.get_coordinates(line) for line in edges.line]
        time = shapely.length(edges.line) / edges.speed_kmh
        # Buses and patrols keep to wider roads where they can.
        time = time * np.where(edges.width_m < 10, 2.0, 1.0) * np.where(edges.road_class == "motorway", 3.0, 1.0)
        self.graph: nx.DiGraph[int] = nx.DiGraph()
        for row in np.argsort(-time, kind="stable").tolist():
            a, b = int(network.start[row]), int(network.end[row])
            self.graph.add_edge(a, b, s=float(time[row]), row=row)
            if not edges.oneway[row]:
                self.graph.add_edge(b, a, s=float(time[row]), row=row)

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
    plan: Plan, network: Network, plots: Plots, county: shapely.Polygon, crs: str, rng: np.random.Generator
) -> gpd.GeoDataFrame:
    """Return the table of routes."""
    roads = _Roads(network)
    town, main = _town_nodes(network, plan, plots)
    lines: list[FloatArray] = []
    names: list[tuple[str, str, str]] = []
    for number in range(plan.counts.buses):
        stops = _far_apart(network.node_m, main if number % 3 else town, 3, rng)
        lines.append(roads.way(stops))
        names.append((f"{101 + number}路", f"Bus {101 + number}", "bus"))
    for number in range(plan.counts.patrols):
        stops = _far_apart(network.node_m, town, 3, rng)
        lines.append(roads.way([*stops, stops[0]]))
        names.append((f"巡逻{number + 1:02d}线", f"Patrol {number + 1:02d}", "patrol"))
    for number in range(plan.counts.drones):
        lines.append(_flight(plots, county, plan, rng))
        names.append((f"无人机航线{number + 1:02d}", f"Drone Flight {number + 1:02d}", "drone"))
    zh, en, kind = zip(*names, strict=True)
    shapes = np.array([shapely.linestrings(line) for line in lines], dtype=object)
    return table("routes", crs, shapes, id=ids("l", len(lines)), name=zh, name_en=en, kind=kind)


def _town_nodes(network: Network, plan: Plan, plots: Plots) -> tuple[list[int], list[int]]:
    edges = network.edges
    streets = np.isin(edges.road_class, ("primary", "secondary", "tertiary"))
    town = np.unique(network.start[streets & edges.urban])
    return town.tolist(), np.unique(network.start[streets]).tolist()


def _far_apart(node_m: FloatArray, nodes: list[int], count: int, rng: np.random.Generator) -> list[int]:
    """Draw junctions, the best spread of eight draws."""
    best: list[int] = []
    best_gap = -1.0
    for _ in range(8):
        drawn = [nodes[i] for i in rng.choice(len(nodes), count, replace=False)]
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
