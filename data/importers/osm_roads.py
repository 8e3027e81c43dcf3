"""From OpenStreetMap's ways to a road graph: cut where ways share a node, at their ends and at signals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from data.importers.osm_tags import Road, Tags, names, read_road
from data.importers.part import make_table

Node = tuple[int, float, float]
"""Id, longitude, latitude."""


@dataclass(frozen=True, slots=True)
class Way:
    """A ``highway`` way, or a stretch of one whose other nodes the extract has cut off."""

    id: int
    tags: Tags
    nodes: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class _Edge:
    id: str
    way: Way
    road: Road
    nodes: tuple[Node, ...]


def road_tables(ways: list[Way], signals: set[int]) -> dict[str, gpd.GeoDataFrame]:
    """Return ``roads`` and ``junctions`` in longitude and latitude; nodes keep their OpenStreetMap ids.

    Parameters
    ----------
    ways : list of Way
    signals : set of int
        Ids of nodes with traffic signals.
    """
    uses = Counter(node[0] for way in ways for node in way.nodes)
    edges = [edge for way in ways for edge in _edges(way, uses, signals)]
    if not edges:
        return {}
    return {"roads": _roads(edges), "junctions": _junctions(edges, signals)}


def _edges(way: Way, uses: Counter[int], signals: set[int]) -> Iterator[_Edge]:
    road = read_road(way.tags)
    for number, nodes in enumerate(_stretches(way.nodes, uses, signals)):
        yield _Edge(f"w{way.id}-{number}", way, road, nodes[:: road.direction])


def _stretches(nodes: tuple[Node, ...], uses: Counter[int], signals: set[int]) -> Iterator[tuple[Node, ...]]:
    start = 0
    for at in range(1, len(nodes)):
        node = nodes[at][0]
        if at == len(nodes) - 1 or uses[node] > 1 or node in signals:
            yield nodes[start : at + 1]
            start = at


def _roads(edges: list[_Edge]) -> gpd.GeoDataFrame:
    named = [names(edge.way.tags) for edge in edges]
    columns: dict[str, Any] = {
        "id": [edge.id for edge in edges],
        "name": [local for local, _ in named],
        "name_en": [english for _, english in named],
        "from_node": [edge.nodes[0][0] for edge in edges],
        "to_node": [edge.nodes[-1][0] for edge in edges],
    }
    for column in ("road_class", "lanes", "oneway", "speed_kmh", "width_m", "bridge"):
        columns[column] = [getattr(edge.road, column) for edge in edges]
    points = np.array([node[1:] for edge in edges for node in edge.nodes], dtype=np.float64)
    owner = np.repeat(np.arange(len(edges)), [len(edge.nodes) for edge in edges])
    return make_table("roads", columns, np.asarray(shapely.linestrings(points, indices=owner)), "EPSG:4326")


def _junctions(edges: list[_Edge], signals: set[int]) -> gpd.GeoDataFrame:
    ends = [node for edge in edges for node in (edge.nodes[0], edge.nodes[-1])]
    arms = Counter(node[0] for node in ends)
    where = {node[0]: node[1:] for node in ends}
    chosen = sorted(node for node, count in arms.items() if count > 2 or node in signals)
    columns: dict[str, Any] = {
        "id": chosen,
        "signal": [node in signals for node in chosen],
        # How the signals are timed is not in the map.
        "cycle_s": np.full(len(chosen), np.nan),
        "offset_s": np.full(len(chosen), np.nan),
    }
    points = np.array([where[node] for node in chosen], dtype=np.float64).reshape(-1, 2)
    return make_table("junctions", columns, np.asarray(shapely.points(points)), "EPSG:4326")


def whole_stretches(nodes: Iterable[Node | None]) -> Iterator[tuple[Node, ...]]:
    """Yield the runs of nodes whose place is known, of two nodes or more, without repeats in a row."""
    run: list[Node] = []
    for node in nodes:
        if node is None:
            if len(run) > 1:
                yield tuple(run)
            run = []
        elif not run or run[-1][1:] != node[1:]:
            run.append(node)
    if len(run) > 1:
        yield tuple(run)
