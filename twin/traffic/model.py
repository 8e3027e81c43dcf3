"""The city's roads as a network that fills: capacities of links by class and lanes, delays in the turns at signals.

Figures of capacity are usual ones of textbooks (Highway Capacity Manual), not measured here; they can be wrong by a
quarter. Streets below ``tertiary`` are left out: nobody is led through a lane where people live.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra
from scipy.spatial import cKDTree

from twin.city.city import City
from twin.errors import ZhianError
from twin.geo import BoolArray, FloatArray
from twin.traffic.assignment import Delay, Demand, Network, Turns
from twin.traffic.graph import IntArray, RoadGraph, road_graph
from twin.traffic.roadside import at_its_side, buses_on, shops_along
from twin.traffic.zones import Zones, zones_of
from twin.words import say

LANE_H = {"motorway": 2000.0, "trunk": 1800.0, "primary": 1500.0, "secondary": 1300.0, "tertiary": 1000.0}
"""Vehicles an hour on a lane between junctions; classes that are not named are left out."""
LINK_B, LINK_POWER = 0.15, 4.0
TURN_B, TURN_POWER = 1.0, 4.0
SATURATION_H = 1800.0
"""Vehicles an hour on a lane while the light is green."""
LEFT, STRAIGHT, RIGHT = range(3)
GREEN = np.array([0.18, 0.38, 0.60])
"""Share of the cycle that is green for left, straight on, right (which may go on red)."""
LANES_FOR = np.array([[0.3, 0.5, 0.3], [0.7, 1.2, 0.6], [1.0, 2.0, 0.8]])
"""Lanes that are left, straight, right at the stop line of a road with one, two, three lanes in its direction."""
USUAL_CYCLE_S = 90.0
STRAIGHT_DEG = 45.0
ROUND_DEG = 160.0
DOORS, DOOR_REACH_M = 4, 5000.0
DOOR_KMH = 25.0
FAR_S = 720.0
"""So much longer a way is taken e times more seldom."""
DRIVE_SHARE = 0.05
"""Of the residents so many set out by car in the busiest hour: assumed."""
ROUNDS = 40


@dataclass(frozen=True, slots=True)
class RoadModel:
    """A city's roads and zones as a network.

    Parameters
    ----------
    link : (L,) int array
        The link of the graph each is, -1 for the ways from and to zones, which stand last.
    kind : (T,) int array
        Of each turn that takes time: ``LEFT``, ``STRAIGHT`` or ``RIGHT``.
    lanes : (L,) array
        In its direction; 0 for ways of zones.
    buses : (L,) array
        That stop there an hour, in the lane; assumed from the lines that run along.
    parked : (L,) bool array
        Shops stand along it, so that vehicles park at its side: assumed from land use.
    left_out : int
        Links that lead nowhere or from nowhere, as one-way loops do.
    """

    graph: RoadGraph
    zones: Zones
    network: Network
    link: IntArray
    kind: IntArray
    lanes: FloatArray
    buses: FloatArray
    parked: BoolArray
    left_out: int

    @property
    def zone_node(self) -> int:
        """The node of the first zone; the others follow."""
        return self.network.nodes - len(self.zones)

    def node_names(self, english: bool = False) -> list[str]:
        """Return the names of nodes: those of zones, empty for junctions."""
        return [""] * self.zone_node + [str(name) for name in (self.zones.name_en if english else self.zones.name)]

    def rows_of(self, links: IntArray) -> BoolArray:
        """Mark the rows of the network that are among links of the graph."""
        return np.isin(self.link, links) & (self.link >= 0)

    def with_network(self, network: Network) -> RoadModel:
        """Return the same with another network on the same links."""
        return replace(self, network=network)


def road_model(city: City, most_zones: int = 60) -> RoadModel:
    """Return the model of a city.

    Raises
    ------
    twin.errors.ZhianError
        If roads or places are missing, or a place is too far from every road.
    """
    graph, zones = road_graph(city), zones_of(city, most_zones)
    classes = city.table("roads")["road_class"].to_numpy(object)
    of_class = np.array([LANE_H.get(str(name), 0.0) for name in classes])[graph.road]
    links, left_out = _connected(graph, of_class > 0)
    nodes, ends = np.unique(np.concatenate([graph.tail[links], graph.head[links]]), return_inverse=True)
    tail, head = ends[: len(links)], ends[len(links) :]
    lanes = _lanes(city, graph)[links]
    doors = _doors(zones, graph.node_m[nodes] - np.asarray(graph.origin_m), len(nodes))
    buses, parked = buses_on(city, graph, links), shops_along(city, graph, links)
    room = of_class[links] * lanes * at_its_side(lanes, buses, parked)
    network = _network(graph, links, (tail, head), room, doors, len(nodes) + len(zones))
    turns, kind = _turns(city, graph, links, (tail, head), lanes)
    none = np.full(2 * len(doors[0]), -1)
    return RoadModel(
        graph, zones, replace(network, turns=turns), np.concatenate([links, none]), kind,
        np.append(lanes, 0.0 * none), np.append(buses, 0.0 * none), np.append(parked, none > 0), left_out,
    )  # fmt: skip


def _connected(graph: RoadGraph, usable: BoolArray) -> tuple[IntArray, int]:
    """Return the usable links between all of whose ends one can drive, both ways, and how many others there are."""
    links = np.flatnonzero(usable)
    if not len(links):
        raise ZhianError(say("this twin has no through roads: import roads of class tertiary or above first"))
    size = len(graph.node_m)
    matrix = csr_array((np.ones(len(links)), (graph.tail[links], graph.head[links])), shape=(size, size))
    _, part = connected_components(matrix, connection="strong")
    main = np.argmax(np.bincount(part[graph.tail[links]]))
    inside = (part[graph.tail[links]] == main) & (part[graph.head[links]] == main)
    return links[inside], int((~inside).sum())


def _lanes(city: City, graph: RoadGraph) -> FloatArray:
    lanes = city.table("roads")["lanes"].to_numpy(np.float64)[graph.road]
    both = np.all(graph.links_of >= 0, axis=1)[graph.road]
    told: FloatArray = np.maximum(np.where(both, lanes / 2.0, lanes), 1.0)
    return told


def _doors(zones: Zones, node_m: FloatArray, nodes: int) -> tuple[IntArray, IntArray, FloatArray]:
    """Return the ways between zones and roads: zone nodes, road nodes, seconds."""
    many = min(DOORS, nodes)
    away, node = cKDTree(node_m).query(zones.at_m, k=many)
    away, node = away.reshape(len(zones), many), node.reshape(len(zones), many)
    lost = np.flatnonzero(away[:, 0] > DOOR_REACH_M)
    if len(lost):
        names = ", ".join(str(zones.name[zone]) for zone in lost[:3])
        raise ZhianError(
            say("no through road comes near {names}: import the roads there, or leave the place out", names=names)
        )
    near = away <= np.maximum(2.0 * away[:, :1], 800.0)
    zone = np.repeat(np.arange(len(zones)), many).reshape(near.shape)
    return nodes + zone[near], node[near].astype(np.int64), away[near] / (DOOR_KMH / 3.6) + 30.0


def _network(
    graph: RoadGraph, links: IntArray, ends: tuple[IntArray, IntArray], capacity: FloatArray,
    doors: tuple[IntArray, IntArray, FloatArray], nodes: int,
) -> Network:  # fmt: skip
    zone, node, seconds = doors
    free = np.concatenate([3.6 * graph.length_m[links] / graph.free_kmh[links], seconds, seconds])
    door = np.arange(len(free)) >= len(links)
    delay = Delay(
        np.maximum(free, 0.1), np.concatenate([capacity, np.full(2 * len(zone), 1e6)]), np.where(door, 0.0, LINK_B),
        np.full(len(free), LINK_POWER),
    )  # fmt: skip
    empty = np.zeros(0, np.int64)
    return Network(
        np.concatenate([ends[0], zone, node]), np.concatenate([ends[1], node, zone]), delay,
        np.arange(nodes) >= nodes - len(np.unique(zone)),
        Turns(empty, empty, Delay(*(np.zeros(0) for _ in range(4))), np.zeros((0, 2), np.int64)),
    )  # fmt: skip


def _turns(
    city: City, graph: RoadGraph, links: IntArray, ends: tuple[IntArray, IntArray], lanes: FloatArray
) -> tuple[Turns, IntArray]:
    """Return the turns at signals, and the kind of each; to turn round on the spot is no turn."""
    tail, head = ends
    cycle = _cycles(city, graph)[graph.head[links]]
    order = np.argsort(tail, kind="stable")
    first = np.searchsorted(tail[order], np.arange(int(max(tail.max(), head.max())) + 2))
    lit = np.flatnonzero(cycle > 0)
    many = first[head[lit] + 1] - first[head[lit]]
    before = np.repeat(lit, many)
    after = order[np.arange(many.sum()) + np.repeat(first[head[lit]] - np.cumsum(many) + many, many)]
    turned = _turned_deg(graph, links[before], links[after])
    kept = np.abs(turned) < ROUND_DEG
    before, after, turned = before[kept], after[kept], turned[kept]
    kind = np.where(turned < -STRAIGHT_DEG, LEFT, np.where(turned > STRAIGHT_DEG, RIGHT, STRAIGHT))
    row = np.clip(np.floor(lanes[before]).astype(np.int64), 1, 3) - 1
    room = LANES_FOR[row, kind] + np.where(kind == STRAIGHT, np.maximum(lanes[before] - 3.0, 0.0), 0.0)
    size = len(before)
    delay = Delay(
        0.5 * cycle[before] * (1.0 - GREEN[kind]) ** 2, SATURATION_H * GREEN[kind] * room, np.full(size, TURN_B),
        np.full(size, TURN_POWER),
    )  # fmt: skip
    row_of = np.full(len(graph), -1)
    row_of[links] = np.arange(len(links))
    bans = row_of[graph.bans]
    return Turns(before, after, delay, bans[(bans >= 0).all(axis=1)]), kind


def _cycles(city: City, graph: RoadGraph) -> FloatArray:
    """Return the cycle of the signal at each node of the graph, 0 where there is none."""
    table = city.table("junctions")
    table = table[table["signal"].to_numpy(bool)]
    told = np.zeros(len(graph.node_m))
    if len(table):
        away, node = cKDTree(graph.node_m).query(shapely.get_coordinates(np.asarray(table.geometry.array, object)))
        cycle = table["cycle_s"].to_numpy(np.float64)
        told[node[away < 1.0]] = np.where(cycle > 0, cycle, USUAL_CYCLE_S)[away < 1.0]
    return told


def _turned_deg(graph: RoadGraph, one: IntArray, other: IntArray) -> FloatArray:
    """Return by how much the way turns from one link to the next, to the right, in -180 to 180."""
    told: FloatArray = (_heading(graph, other, 0.0) - _heading(graph, one, 1.0) + 180.0) % 360.0 - 180.0
    return told


def _heading(graph: RoadGraph, links: IntArray, share: float) -> FloatArray:
    """Return the direction of links where they begin (0) or end (1), from north, clockwise."""
    lines = graph.lines[graph.road[links]]
    along = np.where(graph.forward[links], share, 1.0 - share)
    reach = np.minimum(20.0, 0.5 * graph.length_m[links]) / graph.length_m[links]
    inner = np.where(along > 0.5, along - reach, along + reach)
    end, near = (
        shapely.get_coordinates(shapely.line_interpolate_point(lines, at, normalized=True)) for at in (along, inner)
    )
    way = (end - near) if share > 0.5 else (near - end)
    told: FloatArray = np.degrees(np.arctan2(way[:, 0], way[:, 1]))
    return told


def assumed_demand(model: RoadModel, trips: float = 0.0, evening: bool = False) -> Demand:
    """Return the trips of a busy hour as land use and distance suggest: from homes to work, or back in the evening.

    A gravity model, balanced so that trips begin in proportion to residents and end in proportion to places of work.
    Assumed, until tracks or counts say better.

    Parameters
    ----------
    trips : float
        In all; 0 for :data:`DRIVE_SHARE` of the residents.
    """
    zones = model.zones
    total = trips or DRIVE_SHARE * float(zones.people.sum())
    table = np.exp(-_free_seconds(model) / FAR_S)
    np.fill_diagonal(table, 0.0)
    out, into = (weight / max(weight.sum(), 1e-9) * total for weight in (zones.people, zones.places))
    for _ in range(ROUNDS):
        table *= (out / np.maximum(table.sum(axis=1), 1e-12))[:, None]
        table *= into / np.maximum(table.sum(axis=0), 1e-12)
    return demand_of(model, table.T if evening else table)


def demand_of(model: RoadModel, table: FloatArray) -> Demand:
    """Return a (Z, Z) table of trips as demand; trips within a zone stay in it."""
    inner = table.copy()
    np.fill_diagonal(inner, 0.0)
    one, other = np.nonzero(inner > 1e-6)
    return Demand(model.zone_node + one, model.zone_node + other, inner[one, other])


def _free_seconds(model: RoadModel) -> NDArray[np.float64]:
    network = model.network
    size = network.nodes
    begins = network.zone[network.tail]
    tail = np.where(begins, network.tail + len(model.zones), network.tail)
    matrix = csr_array((network.delay.free_s, (tail, network.head)), shape=(size + len(model.zones),) * 2)
    found = dijkstra(matrix, indices=np.arange(size, size + len(model.zones)))
    told: NDArray[np.float64] = found[:, model.zone_node : size]
    return told
