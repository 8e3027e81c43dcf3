"""What happens at the side of a road and takes room from it: buses that stop in the lane, vehicles that park.

How much room that takes is as in the Highway Capacity Manual (2000, chapter 16); how many there are is assumed.
"""

from __future__ import annotations

import numpy as np
import shapely

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.traffic.graph import IntArray, RoadGraph

BUSES_H = 6.0
"""Of each line in each direction: assumed."""
STOP_S = 14.4
"""A bus that stops blocks its lane so long."""
PARK_LANE, PARK_S, PARKS_H = 0.1, 18.0, 12.0
"""What parked vehicles take of a lane, how long one blocks it as it comes or goes, and how often: the last assumed."""
BESIDE_M, SHOPS_M2 = 30.0, 8.0
"""Shops count so near a road, if they have so much floor for each metre of it."""
BUS_NEAR_M = 12.0
PARK_MOST_LANES = 1.0


def at_its_side(lanes: FloatArray, buses: FloatArray, parked: BoolArray) -> FloatArray:
    """Return the share of the capacity that is left."""
    bus = (lanes - STOP_S * np.minimum(buses, 250.0) / 3600.0) / lanes
    park = np.where(parked, (lanes - PARK_LANE - PARK_S * PARKS_H / 3600.0) / lanes, 1.0)
    left: FloatArray = np.maximum(bus, 0.05) * np.maximum(park, 0.05)
    return left


def buses_on(city: City, graph: RoadGraph, links: IntArray) -> FloatArray:
    """Return how many buses an hour stop on each link, (K,)."""
    table = city.table("routes")
    lines = np.asarray(table[table["kind"].to_numpy(object) == "bus"].geometry.array, dtype=object)
    middles = shapely.line_interpolate_point(graph.lines[graph.road[links]], 0.5, normalized=True)
    if not len(lines):
        return np.zeros(len(links))
    line, place = shapely.STRtree(middles).query(lines, predicate="dwithin", distance=BUS_NEAR_M)
    pairs = np.unique(np.column_stack([place, line]), axis=0)
    return BUSES_H * np.bincount(pairs[:, 0], minlength=len(links)).astype(np.float64)


def shops_along(city: City, graph: RoadGraph, links: IntArray) -> BoolArray:
    """Mark links of one lane, (K,), along which shops stand."""
    buildings = city.table("buildings")
    shops = buildings[buildings["use"].to_numpy(object) == "commercial"]
    shapes = np.asarray(shops.geometry.array, dtype=object)
    floor_m2 = shapely.area(shapes)
    lines = graph.lines[graph.road[links]]
    if not len(shapes):
        return np.zeros(len(links), np.bool_)
    link, shop = shapely.STRtree(shapely.centroid(shapes)).query(lines, predicate="dwithin", distance=BESIDE_M)
    beside = np.bincount(link, weights=floor_m2[shop], minlength=len(links))
    both = np.all(graph.links_of >= 0, axis=1)[graph.road[links]]
    lanes = city.table("roads")["lanes"].to_numpy(np.float64)[graph.road[links]] / np.where(both, 2.0, 1.0)
    told: BoolArray = (beside > SHOPS_M2 * graph.length_m[links]) & (lanes <= PARK_MOST_LANES)
    return told
