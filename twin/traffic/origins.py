"""Where they come from and go to: what matched trips tell of zones, of one link, of the turns at a junction.

Nothing is told of fewer than :data:`FEWEST` vehicles: a cell of fewer is left out, and so is what could be worked out
from the sum when only one cell is left out. Vehicles are counted, not trips: one that goes there ten times is one.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import NO_LINK, IntArray, RoadGraph
from twin.traffic.travel import Matches, runs
from twin.traffic.trips import Trips
from twin.traffic.zones import Zones

FEWEST = 5
"""Of fewer vehicles nothing is told."""


@dataclass(frozen=True, slots=True)
class Driven:
    """Trips as they were driven: one row for each unbroken piece of a trip, ``P`` of them.

    Parameters
    ----------
    vehicle : (P,) uint64 array
        A number that stands for an id; never shown.
    begin_s, end_s : (P,) arrays
    begin_m, end_m : (P, 2) arrays
        In the local frame.
    first : (P + 1,) int array
        Where the links of each begin, and where the last one's end.
    links : (M,) int array
        Of the graph, in the order of travel.
    """

    vehicle: NDArray[np.uint64]
    begin_s: FloatArray
    end_s: FloatArray
    begin_m: FloatArray
    end_m: FloatArray
    first: IntArray
    links: IntArray

    def __len__(self) -> int:
        return len(self.vehicle)

    @property
    def row(self) -> IntArray:
        """The row of each entry of ``links``."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))


@dataclass(frozen=True, slots=True)
class Cells:
    """Pairs of things with how many went from one to the other, the most first.

    Parameters
    ----------
    one, other : (C,) int arrays
        Zones, or links.
    trips, vehicles : (C,) int arrays
    hidden : int
        Cells that are left out because too few vehicles are in them.
    """

    one: IntArray
    other: IntArray
    trips: IntArray
    vehicles: IntArray
    hidden: int

    def __len__(self) -> int:
        return len(self.one)


def driven(trips: Trips, found: Matches) -> Driven:
    """Return the trips as they were matched; what no road explains is left out."""
    order = np.flatnonzero(found.piece >= 0)
    order = order[np.lexsort((trips.time_s[order], found.piece[order]))]
    begin = np.flatnonzero(np.diff(found.piece[order], prepend=-1))
    end = np.append(begin[1:], len(order)) - 1
    links = found.way[runs(found.first[order], found.first[order + 1])]
    many = np.append(0, np.cumsum(np.diff(found.first)[order]))
    first = np.append(many[begin], many[-1])
    return Driven(
        trips.vehicle[trips.trip[order[begin]]] if len(begin) else trips.vehicle[:0],
        trips.time_s[order[begin]], trips.time_s[order[end]],
        trips.position_m[order[begin]], trips.position_m[order[end]], first, links,
    )  # fmt: skip


def using(ways: Driven, links: IntArray) -> BoolArray:
    """Mark the rows that went along one of some links: select link."""
    return np.bincount(ways.row, weights=np.isin(ways.links, links), minlength=len(ways)) > 0


def between_zones(ways: Driven, zones: Zones, rows: BoolArray | None = None, fewest: int = FEWEST) -> Cells:
    """Return how many went from zone to zone, of all rows or of some."""
    kept = np.flatnonzero(np.ones(len(ways), np.bool_) if rows is None else rows)
    one, other = zones.of(ways.begin_m[kept]), zones.of(ways.end_m[kept])
    away = one != other
    return _cells(one[away], other[away], ways.vehicle[kept[away]], fewest)


def link_flows(ways: Driven, rows: BoolArray, links: int, fewest: int = FEWEST) -> IntArray:
    """Return how many vehicles of some rows went along each of ``links`` links; 0 where they are too few to tell."""
    row = ways.row
    inside = rows[row]
    pairs = np.unique(np.column_stack([ways.links[inside], _numbered(ways.vehicle)[row[inside]]]), axis=0)
    count = np.bincount(pairs[:, 0].astype(np.int64), minlength=links)
    return np.where(count >= fewest, count, 0)


def turning(ways: Driven, graph: RoadGraph, node: int, fewest: int = FEWEST) -> Cells:
    """Return how many went from each link into each at a junction, a node of the graph."""
    row = ways.row
    here = (np.diff(row) == 0) & (graph.head[ways.links[:-1]] == node) if len(row) else np.zeros(0, np.bool_)
    at = np.flatnonzero(here)
    return _cells(ways.links[at], ways.links[at + 1], ways.vehicle[row[at]], fewest)


def ratios(cells: Cells) -> FloatArray:
    """Return each cell's share of all that are told of its first side: turning ratios of what may be told."""
    whole = np.bincount(cells.one, weights=cells.trips) if len(cells) else np.zeros(0)
    share: FloatArray = cells.trips / np.maximum(whole[cells.one], 1.0)
    return share


def link_at(graph: RoadGraph, position_m: FloatArray) -> IntArray:
    """Return the links of the road nearest to a place, both directions."""
    road = int(graph.place(np.asarray(position_m, np.float64).reshape(1, -1)).road[0])
    both = graph.links_of[road] if road != NO_LINK else np.zeros(0, np.int64)
    found: IntArray = both[both != NO_LINK]
    return found


def _cells(one: IntArray, other: IntArray, vehicle: NDArray[np.uint64], fewest: int) -> Cells:
    """Count pairs; leave out those of too few vehicles, and one more where only one would be left out."""
    pairs, of, trips = np.unique(np.column_stack([one, other]), axis=0, return_inverse=True, return_counts=True)
    of = of.ravel()
    known = np.unique(np.column_stack([of, _numbered(vehicle)]), axis=0)[:, 0]
    vehicles = np.bincount(known.astype(np.int64), minlength=len(pairs))
    order = np.lexsort((np.arange(len(pairs)), -vehicles))
    shown = int((vehicles >= fewest).sum())
    hidden = len(pairs) - shown
    if hidden == 1:
        shown, hidden = max(shown - 1, 0), min(2, len(pairs))
    rows = order[:shown]
    return Cells(pairs[rows, 0], pairs[rows, 1], trips[rows].astype(np.int64), vehicles[rows], hidden)


def _numbered(vehicle: NDArray[np.uint64]) -> IntArray:
    """Return small numbers for vehicles, the same for the same."""
    numbers: IntArray = np.unique(vehicle, return_inverse=True)[1].astype(np.int64)
    return numbers
