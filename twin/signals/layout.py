"""Signal junctions from the road graph: who comes from where, turns which way, and whose ways cross."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import shapely

from twin.city.city import City
from twin.signals.plan import LEFT, RIGHT, SIDES, THROUGH, WALK, Conflict, Junction, Movement
from twin.traffic.graph import IntArray, RoadGraph

NEAR_M = 25.0
"""Directions of legs are taken over so much of each road."""
STRAIGHT_DEG = 45.0
MIN_GREEN_S = {THROUGH: 8.0, LEFT: 6.0, RIGHT: 6.0}
WALK_MPS = 1.2
WALK_START_S = 5.0
UNKNOWN_WIDTH_M = 7.0
FILTER_LANES = 3
"""A left turn looks for gaps in so many lanes against it, at most."""


@dataclass(frozen=True, slots=True)
class Node:
    """A signal junction of the table on the graph: its links, each with the direction of its leg seen from the middle.

    Parameters
    ----------
    come, go : (K,) int arrays
        Links that end and that begin here.
    come_deg, go_deg : (K,) arrays
        Degrees from north, clockwise.
    """

    come: IntArray
    go: IntArray
    come_deg: np.ndarray[tuple[int], np.dtype[np.float64]]
    go_deg: np.ndarray[tuple[int], np.dtype[np.float64]]


class SignalLayout:
    """The signal junctions of a city, made when they are asked for."""

    def __init__(self, city: City, graph: RoadGraph) -> None:
        self.graph = graph
        roads, table = city.table("roads"), city.table("junctions")
        ends = roads[["from_node", "to_node"]].to_numpy(np.int64)[graph.road]
        self.tail_id = np.where(graph.forward, ends[:, 0], ends[:, 1])
        self.head_id = np.where(graph.forward, ends[:, 1], ends[:, 0])
        lit = table[table["signal"].to_numpy(bool)]
        at = shapely.get_coordinates(np.asarray(lit.geometry.array, dtype=object)) - np.asarray(city.frame.origin_m)
        self._rows = {
            int(key): (str(name), (float(x), float(y)))
            for key, name, (x, y) in zip(lit["id"], lit["name"], at, strict=True)
        }
        self._lanes = roads["lanes"].to_numpy(np.int64)
        self._oneway = roads["oneway"].to_numpy(bool)
        self._width_m = np.nan_to_num(roads["width_m"].to_numpy(np.float64), nan=UNKNOWN_WIDTH_M)
        self._bans = {(int(one), int(other)) for one, other in graph.bans}

    @property
    def ids(self) -> frozenset[int]:
        """Return the ids of all junctions with signals."""
        return frozenset(self._rows)

    def junction(self, key: int) -> Junction:
        """Return one junction with its movements and conflicts.

        Movements are ordered by the side they come from, clockwise from north.
        """
        name, position = self._rows[key]
        node = self._node(key)
        movements, ways = [], []
        for movement, way in self._movements(node):
            movements.append(movement)
            ways.append(way)
        return Junction(key, name, position, tuple(movements), tuple(_conflicts(movements, ways)))

    def _node(self, key: int) -> Node:
        come, go = np.flatnonzero(self.head_id == key), np.flatnonzero(self.tail_id == key)
        come, go = (links[np.argsort(self._leg_deg(links, at_head), kind="stable")]
                    for links, at_head in ((come, True), (go, False)))  # fmt: skip
        return Node(come, go, self._leg_deg(come, True), self._leg_deg(go, False))

    def _leg_deg(self, links: IntArray, at_head: bool) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
        """Return in which direction the road of each link lies from the junction at its head or tail."""
        lines = self.graph.lines[self.graph.road[links]]
        from_end = self.graph.forward[links] == at_head
        near = np.where(from_end, -1.0, 1.0) * np.minimum(NEAR_M, 0.5 * self.graph.length_m[links])
        far = shapely.get_coordinates(shapely.line_interpolate_point(lines, near))
        here = shapely.get_coordinates(shapely.get_point(lines, np.where(from_end, -1, 0)))
        return np.asarray(np.degrees(np.arctan2(*(far - here).T)) % 360.0)

    def _movements(self, node: Node) -> Iterator[tuple[Movement, tuple[float, float]]]:
        """Yield each movement with where on the rim of the junction it enters and leaves, degrees.

        Vehicles keep right: seen from the middle they enter a little before the direction of their leg.
        """
        used: set[str] = set()
        for link, leg in zip(node.come, node.come_deg, strict=True):
            turns = self._turns(int(link), float(leg), node)
            lanes = self._lanes_of(int(link))
            for turn, row in turns.items():
                share = 1 if turn != THROUGH else max(1, lanes - (LEFT in turns))
                side = _side(leg)
                name = _unused(f"{side}.{turn}", used)
                came, went = self.graph.names(np.array([link, node.go[row]]))
                yield (Movement(name, side, turn, came, went, share, MIN_GREEN_S[turn]),
                       ((float(leg) - 1.0) % 360.0, (float(node.go_deg[row]) + 1.0) % 360.0))  # fmt: skip
        for crossed, width in self._crossings(node):
            name = _unused(f"{_side(crossed)}.{WALK}", used)
            least = float(np.ceil(WALK_START_S + width / WALK_MPS))
            yield Movement(name, _side(crossed), WALK, min_green_s=least), (crossed % 360.0, crossed % 360.0)

    def _turns(self, link: int, leg_deg: float, node: Node) -> dict[str, int]:
        """Return to which row of ``node.go`` each turn of an approach leads; right only where there is nothing else."""
        found: dict[str, tuple[float, int]] = {}
        for row, (go, go_deg) in enumerate(zip(node.go, node.go_deg, strict=True)):
            if self.graph.road[go] == self.graph.road[link] or (link, int(go)) in self._bans:
                continue
            off = (float(go_deg) - (leg_deg + 180.0) + 180.0) % 360.0 - 180.0
            turn = THROUGH if abs(off) <= STRAIGHT_DEG else RIGHT if off > 0 else LEFT
            bad = float(abs(abs(off) - (0.0 if turn == THROUGH else 90.0)))
            if turn not in found or bad < found[turn][0]:
                found[turn] = (bad, row)
        if THROUGH in found or LEFT in found:
            found.pop(RIGHT, None)
        return {turn: found[turn][1] for turn in (LEFT, THROUGH, RIGHT) if turn in found}

    def _lanes_of(self, link: int) -> int:
        road = self.graph.road[link]
        lanes = int(self._lanes[road])
        return max(1, lanes if self._oneway[road] else lanes // 2)

    def _crossings(self, node: Node) -> list[tuple[float, float]]:
        """Return the direction and the width of each leg, once a road."""
        legs = {}
        for link, leg in zip((*node.come, *node.go), (*node.come_deg, *node.go_deg), strict=True):
            legs[int(self.graph.road[link])] = float(leg), float(self._width_m[self.graph.road[link]])
        return [legs[road] for road in sorted(legs, key=lambda road: legs[road][0])]


def _side(leg_deg: float) -> str:
    return SIDES[round(leg_deg / 45.0) % 8]


def _unused(name: str, used: set[str]) -> str:
    """Return a name, numbered from the second on: two roads may come from one side."""
    found, number = name, 2
    while found in used:
        found, number = f"{name}.{number}", number + 1
    used.add(found)
    return found


def _conflicts(movements: list[Movement], ways: list[tuple[float, float]]) -> Iterator[Conflict]:
    for (one, its), (other, others) in combinations(zip(movements, ways, strict=True), 2):
        if one.turn == WALK and other.turn == WALK:
            continue
        if WALK in (one.turn, other.turn):
            if _walks_into(its, others):
                turning = THROUGH not in (one.turn, other.turn) and _leaves(one, its, other, others)
                yield Conflict(one.name, other.name, filters=turning)
        elif one.come != other.come and (_cross(its, others) or _near(its[1], others[1])):
            yield Conflict(one.name, other.name, filters=_gives_way(one, its, other, others))


def _near(one_deg: float, other_deg: float) -> bool:
    return abs((one_deg - other_deg + 180.0) % 360.0 - 180.0) < 2.5


def _cross(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether two chords of a circle cross."""
    return _within(other[0], one) != _within(other[1], one)


def _within(at_deg: float, way: tuple[float, float]) -> bool:
    return (at_deg - way[0]) % 360.0 < (way[1] - way[0]) % 360.0


def _walks_into(one: tuple[float, float], other: tuple[float, float]) -> bool:
    """Tell whether a crossing (both numbers its leg) is on the leg where a stream enters or leaves."""
    return any(_near(a, b) for a in one for b in other)


def _leaves(one: Movement, its: tuple[float, float], other: Movement, others: tuple[float, float]) -> bool:
    """Tell whether the stream meets people where it leaves the junction, and not where it stops."""
    leg, way = (its[0], others) if one.turn == WALK else (others[0], its)
    return _near(leg, way[1]) and not _near(leg, way[0])


def _gives_way(one: Movement, its: tuple[float, float], other: Movement, others: tuple[float, float]) -> bool:
    """Tell whether one is a left turn that may look for gaps in the straight stream against it."""
    if {one.turn, other.turn} != {LEFT, THROUGH}:
        return False
    straight = one if one.turn == THROUGH else other
    against = abs((its[0] - others[0]) % 360.0 - 180.0) <= STRAIGHT_DEG
    return against and straight.lanes <= FILTER_LANES
