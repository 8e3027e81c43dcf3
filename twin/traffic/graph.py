"""The road graph: directed links of a city's roads, and where on them a place is."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import Literal

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.pieces import in_pieces

IntArray = NDArray[np.int64]
Mode = Literal["drive", "walk"]
NO_LINK = -1
REACH_M = 1000.0
"""A place farther than this from every road is off the network."""
WALK_KMH = 5.0
DRIVE_KMH = {
    "motorway": 100.0, "trunk": 80.0, "primary": 60.0, "secondary": 50.0, "tertiary": 40.0, "residential": 30.0,
    "service": 15.0, "track": 15.0,
}  # fmt: skip
"""Roads that vehicles use, with the speed of those that name none."""
NO_WALK = ("motorway", "trunk")


@dataclass(frozen=True, slots=True)
class OnRoad:
    """Where places are on the roads, one row a place.

    Parameters
    ----------
    road : (N,) int array
        Row of the city's roads; -1 for a place that is off the network or not known.
    along_m : (N,) array
        From the beginning of the road as it is drawn.
    away_m : (N,) array
        How far the place is from the road; NaN for a place that is not known.
    """

    road: IntArray
    along_m: FloatArray
    away_m: FloatArray


@dataclass(frozen=True, slots=True)
class RoadGraph:
    """Directed links, ``L`` of them; a link is one way along one road, and what follows it begins where it ends.

    Parameters
    ----------
    road : (L,) int array
        Row of the city's roads.
    forward : (L,) bool array
        True where the link runs as the road is drawn.
    tail, head : (L,) int arrays
        Nodes, numbered from 0.
    length_m, free_kmh : (L,) arrays
        ``free_kmh`` is the speed where nothing is known of the traffic.
    bans : (B, 2) int array
        Links of which the second may not follow the first.
    node_m : (K, 2) array
        Where the nodes are, in the projected system.
    links_of : (R, 2) int array
        The links of each road, as it is drawn and against it; -1 where there is none.
    lines : (R,) object array
        The roads, in the projected system.
    road_ids : (R,) object array of str
    """

    road: IntArray
    forward: BoolArray
    tail: IntArray
    head: IntArray
    length_m: FloatArray
    free_kmh: FloatArray
    bans: IntArray
    node_m: FloatArray
    links_of: IntArray
    lines: NDArray[np.object_]
    road_ids: NDArray[np.object_]
    origin_m: tuple[int, int]
    usable: IntArray
    tree: shapely.STRtree
    """Of the lines of the ``usable`` rows."""

    def __len__(self) -> int:
        return len(self.road)

    def names(self, links: IntArray) -> list[str]:
        """Return the ids of links: the road's own, with ``-`` before it where the link runs against the drawing."""
        return [("" if self.forward[link] else "-") + str(self.road_ids[self.road[link]]) for link in links]

    def place(self, position_m: FloatArray) -> OnRoad:
        """Find the nearest road of each place.

        Parameters
        ----------
        position_m : (N, 2) or (N, 3) array
            East and north in the local frame; what is not finite is nowhere.
        """
        at = np.asarray(position_m, np.float64)[:, :2] + np.asarray(self.origin_m)
        road = np.full(len(at), NO_LINK)
        along, away = np.full(len(at), np.nan), np.where(np.isfinite(at).all(axis=1), np.inf, np.nan)
        known = np.flatnonzero(np.isfinite(at).all(axis=1))
        if len(known) and len(self.usable):
            points = np.asarray(shapely.points(at[known]), dtype=object)
            (row, found), far = self.tree.query_nearest(
                points, max_distance=REACH_M, return_distance=True, all_matches=False
            )
            road[known[row]], away[known[row]] = self.usable[found], far
            along[known[row]] = shapely.line_locate_point(self.lines[self.usable[found]], points[row])
        return OnRoad(road, along, away)


def road_graph(city: City, mode: Mode = "drive") -> RoadGraph:
    """Return the links of a city's roads that vehicles, or people on foot, may use."""
    roads = city.table("roads")
    classes = roads["road_class"].astype(str).to_numpy(object)
    lines = np.asarray(roads.geometry.array, dtype=object)
    length = in_pieces(shapely.length, lines).astype(np.float64)
    walk = mode == "walk"
    allowed = ~np.isin(classes, NO_WALK) if walk else np.isin(classes, list(DRIVE_KMH))
    usable = np.flatnonzero(allowed & (length > 0))
    both = usable if walk else usable[~roads["oneway"].to_numpy(bool)[usable]]
    road = np.concatenate([usable, both])
    forward = np.arange(len(road)) < len(usable)
    links_of = np.full((len(roads), 2), NO_LINK)
    links_of[road, (~forward).astype(np.int64)] = np.arange(len(road))
    ends = np.column_stack([roads[name].to_numpy(np.int64) for name in ("from_node", "to_node")])
    names, nodes = np.unique(ends[usable], return_inverse=True)
    nodes = nodes.reshape(-1, 2)
    node_m = np.zeros((len(names), 2))
    for side, end in enumerate((0, -1)):
        points = in_pieces(partial(shapely.get_point, index=end), lines[usable])
        node_m[nodes[:, side]] = shapely.get_coordinates(points).reshape(-1, 2)
    node = np.full((len(roads), 2), NO_LINK)
    node[usable] = nodes
    turned = node[road]
    turned[~forward] = turned[~forward, ::-1]
    return RoadGraph(
        road, forward, turned[:, 0], turned[:, 1], length[road],
        np.full(len(road), WALK_KMH) if walk else _free_kmh(roads, classes)[road],
        np.zeros((0, 2), np.int64) if walk else _bans(city.table("turns"), roads, links_of, node, names),
        node_m, links_of, lines, roads["id"].to_numpy(object), city.frame.origin_m, usable,
        shapely.STRtree(lines[usable]),
    )  # fmt: skip


def _free_kmh(roads: gpd.GeoDataFrame, classes: NDArray[np.object_]) -> FloatArray:
    told = roads["speed_kmh"].to_numpy(np.float64)
    usual = np.array([DRIVE_KMH.get(name, WALK_KMH) for name in classes])
    return np.where(np.isfinite(told) & (told > 0), told, usual)


def _bans(
    turns: gpd.GeoDataFrame, roads: gpd.GeoDataFrame, links_of: IntArray, node: IntArray, names: IntArray
) -> IntArray:
    """Return the pairs of links that may not follow each other; an ``only`` bans all that it does not name."""
    rows = {str(key): row for row, key in enumerate(roads["id"])}
    at = {int(name): number for number, name in enumerate(names)}
    banned: set[tuple[int, int]] = set()
    for kind, one, other, via in zip(
        turns["kind"], turns["from_road"], turns["to_road"], turns["via_node"], strict=True
    ):
        if one not in rows or other not in rows or int(via) not in at:
            continue
        before = _at(rows[one], at[int(via)], links_of, node, side=1)
        after = _at(rows[other], at[int(via)], links_of, node, side=0)
        if kind == "only":
            touching = np.flatnonzero((node == at[int(via)]).any(axis=1))
            every = {link for row in touching for link in _at(int(row), at[int(via)], links_of, node, side=0)}
            after = list(every - set(after))
        banned |= {(a, b) for a in before for b in after}
    return np.array(sorted(banned), np.int64).reshape(-1, 2)


def _at(row: int, via: int, links_of: IntArray, node: IntArray, side: int) -> list[int]:
    """Return the links of a road that begin (``side`` 0) or end (1) at a node."""
    found = [(links_of[row, 0], node[row, side]), (links_of[row, 1], node[row, 1 - side])]
    return [int(link) for link, end in found if link != NO_LINK and end == via]
