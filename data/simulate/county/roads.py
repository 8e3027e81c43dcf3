"""The network as tables: names, node numbers, and signals at the junctions that need them."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely

from data.simulate.county.bend import FloatArray
from data.simulate.county.edges import BoolArray, Edges, Texts, number_nodes
from data.simulate.county.frames import ids, table
from data.simulate.county.names import FAMOUS, Namer
from data.simulate.county.plan import Plan
from data.simulate.county.shapes import IntArray, points

MAIN = ("primary", "secondary")


@dataclass(frozen=True, slots=True)
class Network:
    """Edges with their names and the numbers of the junctions at their ends (1 for the first).

    Parameters
    ----------
    node_m : (M, 2) FloatArray
        Junctions, projected.
    signal : (M,) BoolArray
    """

    edges: Edges
    name: Texts
    name_en: Texts
    start: IntArray
    end: IntArray
    node_m: FloatArray
    signal: BoolArray


def join_up(edges: Edges, plan: Plan, rng: np.random.Generator) -> Network:
    """Number the junctions, name the streets, and set signals."""
    node_m, start, end = number_nodes(edges)
    name, name_en = _names(edges, plan, rng)
    signal = _not_crowded(_signals(edges, start, end, len(node_m)), node_m, start, end)
    return Network(edges, name, name_en, start + 1, end + 1, node_m, signal)


def _names(edges: Edges, plan: Plan, rng: np.random.Generator) -> tuple[Texts, Texts]:
    namer = Namer(rng)
    streets, first, inverse = np.unique(edges.street.astype(str), return_index=True, return_inverse=True)
    known = {f"motorway-{n}": (motorway.zh, motorway.en) for n, motorway in enumerate(plan.motorways)}
    known |= {"ramp": ("匝道", "Ramp"), "seat-1": FAMOUS[0], "seat-0": FAMOUS[1]}
    spare = list(FAMOUS[2:])
    given = []
    for street, row in zip(streets.tolist(), first.tolist(), strict=True):
        road_class = str(edges.road_class[row])
        if street in known:
            given.append(known[street])
        elif spare and street.startswith("grid0") and road_class in MAIN:
            given.append(spare.pop(0))
        else:
            given.append(namer.street(road_class))
    pairs = np.array(given, dtype=object)
    return pairs[inverse, 0], pairs[inverse, 1]


def _signals(edges: Edges, start: IntArray, end: IntArray, count: int) -> BoolArray:
    """Set signals where a main road meets a street of the town, or another main road in the country."""
    legs, main, streets = (np.zeros(count, dtype=np.int64) for _ in range(3))
    motorway, urban = np.zeros(count, dtype=bool), np.zeros(count, dtype=bool)
    is_main = np.isin(edges.road_class, MAIN)
    is_street = np.isin(edges.road_class, (*MAIN, "tertiary"))
    for nodes in (start, end):
        np.add.at(legs, nodes, 1)
        np.add.at(main, nodes, is_main)
        np.add.at(streets, nodes, is_street)
        motorway[nodes[edges.road_class == "motorway"]] = True
        urban[nodes[edges.urban]] = True
    return (legs >= 3) & ((main >= 3) | (urban & (main >= 2) & (streets >= 3)) | (motorway & (main >= 2)))


CLOSEST_SIGNALS_M = 75.0


def _not_crowded(signal: BoolArray, node_m: FloatArray, start: IntArray, end: IntArray) -> BoolArray:
    """Where two tees make one staggered crossing, signal the one with more legs, else the first."""
    nodes = np.flatnonzero(signal)
    legs = np.bincount(np.concatenate([start, end]), minlength=len(node_m))
    at = points(node_m[nodes])
    left, right = shapely.STRtree(at).query(at, predicate="dwithin", distance=CLOSEST_SIGNALS_M)
    rank = np.empty(len(nodes), dtype=np.int64)
    rank[np.argsort(-legs[nodes], kind="stable")] = np.arange(len(nodes))
    kept = signal.copy()
    for a, b in sorted(zip(rank[left].tolist(), rank[right].tolist(), strict=True)):
        if a < b and kept[nodes[rank == a][0]]:
            kept[nodes[rank == b][0]] = False
    return kept


def road_table(network: Network, crs: str) -> gpd.GeoDataFrame:
    """Return the table of roads."""
    edges = network.edges
    return table(
        "roads", crs, edges.line, id=ids("r", len(edges)), name=network.name, name_en=network.name_en,
        road_class=edges.road_class, lanes=edges.lanes, oneway=edges.oneway, speed_kmh=edges.speed_kmh,
        width_m=edges.width_m, bridge=edges.bridge, from_node=network.start, to_node=network.end,
    )  # fmt: skip


def junction_table(network: Network, crs: str, rng: np.random.Generator) -> gpd.GeoDataFrame:
    """Return the table of junctions; the signals of a corridor share a cycle, their offsets are not yet tuned."""
    count = len(network.node_m)
    cycle = np.where(network.signal, _cycles(network), 0.0)
    offset = np.where(network.signal, np.floor(rng.random(count) * cycle), 0.0)
    return table(
        "junctions", crs, points(network.node_m), id=np.arange(1, count + 1), name=crossing_names(network),
        signal=network.signal, cycle_s=cycle, offset_s=offset,
    )  # fmt: skip


def _cycles(network: Network) -> FloatArray:
    """Give each junction the cycle of its greatest street: 90 to 120 s on arterials, less elsewhere."""
    edges = network.edges
    longest = {"primary": (90.0, 100.0, 110.0, 120.0), "secondary": (70.0, 80.0, 90.0)}
    streets, inverse = np.unique(network.name.astype(str), return_inverse=True)
    choice = np.array([sum(name.encode()) for name in streets.tolist()])[inverse]
    cycle = np.full(len(network.node_m), 60.0)
    for road_class in ("secondary", "primary"):
        rows = np.flatnonzero(edges.road_class == road_class)
        values = np.array(longest[road_class])[choice[rows] % len(longest[road_class])]
        for nodes in (network.start, network.end):
            cycle[nodes[rows] - 1] = values
    seat = np.flatnonzero(edges.street == "seat-1")
    cycle[np.concatenate([network.start[seat], network.end[seat]]) - 1] = 100.0
    return cycle


def crossing_names(network: Network) -> Texts:
    """Name each junction of two named streets after both, the greater first; others have no name."""
    order = np.argsort(-network.edges.width_m, kind="stable")
    found: list[list[str]] = [[] for _ in range(len(network.node_m))]
    names, start, end = network.name.tolist(), (network.start - 1).tolist(), (network.end - 1).tolist()
    for row in order.tolist():
        for node in (start[row], end[row]):
            if len(found[node]) < 2 and names[row] not in found[node]:
                found[node].append(names[row])
    return np.array(["—".join(pair) if len(pair) > 1 else "" for pair in found], dtype=object)
