"""Arterials of a city: the signal junctions in a row along one named road, and the straight streams through them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

import networkx as nx
import numpy as np

from twin.city.city import City
from twin.geo import FloatArray
from twin.signals.layout import SignalLayout
from twin.signals.plan import THROUGH, Junction
from twin.traffic.graph import road_graph

LEAST = 6
Net: TypeAlias = "nx.DiGraph[int]"
CLASSES = ("primary", "secondary")


@dataclass(frozen=True, slots=True)
class Corridor:
    """Signal junctions in a row, seen in the direction ``out``; ``back`` runs against it.

    Parameters
    ----------
    name : str
        Of the road.
    junctions : tuple of Junction
        ``n`` of them, in their order.
    at_m : (n,) array
        Of the stop lines along the road, from the first.
    kmh : (n - 1,) array
        What is allowed between each and the next.
    out, back : tuple of str
        At each junction the straight movement of either direction.
    """

    name: str
    junctions: tuple[Junction, ...]
    at_m: FloatArray
    kmh: FloatArray
    out: tuple[str, ...]
    back: tuple[str, ...]

    def part(self, first: int, end: int) -> Corridor:
        """Return the junctions from ``first`` to before ``end`` as a corridor of their own."""
        cut = slice(first, end)
        return Corridor(self.name, self.junctions[cut], self.at_m[cut] - self.at_m[first],
                        self.kmh[first : end - 1], self.out[cut], self.back[cut])  # fmt: skip

    def without_walkers(self) -> Corridor:
        """Return the same as if nobody crossed on foot."""
        return replace(self, junctions=tuple(junction.without_walkers() for junction in self.junctions))


def corridors(city: City, least: int = LEAST, only: str = "") -> tuple[Corridor, ...]:
    """Return the arterials of a city with so many signal junctions in a row, the longest first.

    Parameters
    ----------
    only : str
        Name of the one road that is looked at; empty for all.
    """
    graph = road_graph(city)
    layout = SignalLayout(city, graph)
    roads = city.table("roads")
    names, classes = roads["name"].to_numpy(object)[graph.road], roads["road_class"].to_numpy(object)[graph.road]
    ends_lit = np.isin(layout.head_id, list(layout.ids))
    found: list[Corridor] = []
    for name in sorted({str(name) for name in names[np.isin(classes, CLASSES) & ends_lit] if name}):
        if only not in ("", name):
            continue
        links = np.flatnonzero((names == name) & np.isin(classes, CLASSES))
        found += _along(name, links, layout, least)
    return tuple(sorted(found, key=lambda corridor: (-len(corridor.junctions), corridor.name)))


def _along(
    name: str, links: np.ndarray[tuple[int], np.dtype[np.int64]], layout: SignalLayout, least: int
) -> list[Corridor]:
    """Return the corridors of one road, cut where a stream does not go straight on."""
    net: Net = nx.DiGraph()
    for link in links:
        net.add_edge(int(layout.tail_id[link]), int(layout.head_id[link]), link=int(link),
                     length_m=float(layout.graph.length_m[link]))  # fmt: skip
    found: list[Corridor] = []
    for nodes in sorted(nx.weakly_connected_components(net), key=min):
        path = _longest(net.subgraph(nodes)) if len(layout.ids & nodes) >= least else []
        row: list[_Lit] = []
        for lit in (*_lit(path, net, layout), None):
            if lit is not None and lit.out and lit.back:
                row.append(lit)
                continue
            if len(row) >= least:
                found.append(_corridor(name, row))
            row = []
    return found


@dataclass(frozen=True, slots=True)
class _Lit:
    junction: Junction
    at_m: float
    kmh: float
    out: str
    back: str


def _longest(net: Net) -> list[int]:
    """Return the way between the two nodes of a road that are farthest apart, by two sweeps."""
    both = net.to_undirected()
    first = min(both.nodes)
    for _ in range(2):
        far = nx.single_source_dijkstra_path_length(both, first, weight="length_m")
        start, first = first, max(sorted(far), key=far.__getitem__)
    path: list[int] = nx.dijkstra_path(both, min(start, first), max(start, first), weight="length_m")
    return path


def _lit(path: Sequence[int], net: Net, layout: SignalLayout) -> list[_Lit]:
    """Return the signal junctions on a way, each with its straight movements."""
    found, at = [], 0.0
    for row, node in enumerate(path):
        into = _link(net, path[row - 1], node) if row else None
        against = _link(net, path[row + 1], node) if row + 1 < len(path) else None
        at += float(net.edges[path[row - 1], node]["length_m"]) if into is not None else 0.0
        if node in layout.ids:
            junction = layout.junction(node)
            straight = {m.come: m.name for m in junction.movements if m.turn == THROUGH}
            kmh = float(layout.graph.free_kmh[into]) if into is not None else np.nan
            found.append(_Lit(junction, at, kmh, *(_named(layout, straight, link) for link in (into, against))))
    return found


def _link(net: Net, tail: int, head: int) -> int | None:
    return int(net.edges[tail, head]["link"]) if net.has_edge(tail, head) else None


def _named(layout: SignalLayout, straight: Mapping[str, str], link: int | None) -> str:
    """Return the straight movement that comes from a link; none without a link."""
    return straight.get(layout.graph.names(np.array([link]))[0], "") if link is not None else ""


def _corridor(name: str, row: Sequence[_Lit]) -> Corridor:
    at = np.array([lit.at_m for lit in row])
    return Corridor(name, tuple(lit.junction for lit in row), at - at[0], np.array([lit.kmh for lit in row[1:]]),
                    tuple(lit.out for lit in row), tuple(lit.back for lit in row))  # fmt: skip
