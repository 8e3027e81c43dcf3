"""Ways to move along: directed pieces of line with what may follow each, ready to be asked for thousands at once."""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from twin.geo import FloatArray, LocalFrame

IntArray = NDArray[np.int64]
GAP_M = 1.0
"""Between the measures of two ways, so that one search finds the way and the piece of it."""
CLASS_WEIGHT = {
    "motorway": 4.0, "trunk": 4.0, "primary": 4.0, "secondary": 2.5, "tertiary": 1.5, "residential": 0.5,
    "service": 0.12,
}  # fmt: skip
"""How much traffic a road draws; classes not named here carry no vehicles."""
TURN_MPS, TURN_LOSS = 5.5, 0.35
UNSET = -1


@dataclass(frozen=True, slots=True)
class Ways:
    """Directed ways, ``E`` of them, over ``V`` vertices.

    Parameters
    ----------
    first : (E + 1,) int array
        Index of each way's first vertex.
    base_m : (E,) array
        Measure of its first vertex; measures grow along a way and from way to way.
    measure_m, lon_deg, lat_deg : (V,) arrays
        Of the vertices.
    step_lon, step_lat : (V,) arrays
        Degrees a metre along the piece that begins at a vertex.
    right_lon, right_lat : (V,) arrays
        Degrees a metre to the right of it.
    heading_deg : (V,) array
        Of it, clockwise from true north.
    length_m, limit_mps, stop_m, dwell_s : (E,) arrays
        ``stop_m`` is how far the stop line lies from the start; ``dwell_s`` how long to halt there.
    lanes : (E,) int array
    lane_m, kerb_m : (E,) arrays
        Width of a lane, and how far the middle of the leftmost one lies to the right of the line.
    start, end : (E,) int arrays
        Nodes.
    back : (E,) int array
        The same road the other way, or -1.
    weight : (E,) array
        How much traffic it draws.
    next_first : (E + 1,), next_way : (S,) int arrays
        What may follow each way.
    next_share : (S,) array
        Way number plus the cumulated share of each follower.
    """

    first: IntArray
    base_m: FloatArray
    measure_m: FloatArray
    lon_deg: FloatArray
    lat_deg: FloatArray
    step_lon: FloatArray
    step_lat: FloatArray
    right_lon: FloatArray
    right_lat: FloatArray
    heading_deg: FloatArray
    length_m: FloatArray
    limit_mps: FloatArray
    stop_m: FloatArray
    dwell_s: FloatArray
    lanes: IntArray
    lane_m: FloatArray
    kerb_m: FloatArray
    start: IntArray
    end: IntArray
    back: IntArray
    weight: FloatArray
    next_first: IntArray
    next_way: IntArray
    next_share: FloatArray

    def __len__(self) -> int:
        return len(self.length_m)

    def pieces(self, way: IntArray, along_m: FloatArray) -> IntArray:
        """Return the vertex at which the piece begins that holds each place."""
        found = np.searchsorted(self.measure_m, self.base_m[way] + along_m, side="right") - 1
        return np.clip(found, self.first[way], self.first[way + 1] - 2)

    def places(
        self, way: IntArray, along_m: FloatArray, right_m: FloatArray
    ) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Return longitude, latitude and heading of places on ways, in degrees."""
        piece = self.pieces(way, along_m)
        past_m = self.base_m[way] + along_m - self.measure_m[piece]
        lon = self.lon_deg[piece] + past_m * self.step_lon[piece] + right_m * self.right_lon[piece]
        lat = self.lat_deg[piece] + past_m * self.step_lat[piece] + right_m * self.right_lat[piece]
        return lon, lat, self.heading_deg[piece]

    def first_heading(self) -> FloatArray:
        """Return the heading at the start of each way, in degrees."""
        return self.heading_deg[self.first[:-1]]

    def last_heading(self) -> FloatArray:
        """Return the heading at the end of each way, in degrees."""
        return self.heading_deg[self.first[1:] - 2]

    def follow(self, way: IntArray, chance: FloatArray) -> IntArray:
        """Choose what follows each way; ``chance`` is from 0 up to 1."""
        found = np.searchsorted(self.next_share, way + chance, side="right")
        return self.next_way[np.clip(found, self.next_first[way], self.next_first[way + 1] - 1)]


@dataclass(frozen=True, slots=True)
class Lines:
    """What ways are made of: lines in the projected system and, for each, what :class:`Ways` tells."""

    line: NDArray[np.object_]
    start: IntArray
    end: IntArray
    back: IntArray
    limit_mps: FloatArray
    lanes: IntArray
    lane_m: FloatArray
    kerb_m: FloatArray
    setback_m: FloatArray
    dwell_s: FloatArray
    weight: FloatArray

    def take(self, rows: IntArray) -> Lines:
        """Return some of the lines; the way back of one whose other half is not taken becomes -1."""
        place = np.full(len(self.line) + 1, UNSET)
        place[rows] = np.arange(len(rows))
        fields = {name: getattr(self, name)[rows] for name in self.__slots__}
        return Lines(**{**fields, "back": place[fields["back"]]})


def road_lines(roads: gpd.GeoDataFrame) -> Lines:
    """Turn the roads that vehicles use into lines, one a direction, those that lead nowhere left out."""
    roads = roads[roads["road_class"].isin(CLASS_WEIGHT)]
    both = np.flatnonzero(~roads["oneway"].to_numpy(dtype=bool))
    count = len(roads)
    row = np.concatenate([np.arange(count), both])
    flipped = np.arange(len(row)) >= count
    line = roads.geometry.to_numpy()[row].copy()
    line[flipped] = shapely.reverse(line[flipped])
    node = {name: roads[name].to_numpy(dtype=np.int64)[row] for name in ("from_node", "to_node")}
    back = np.full(len(row), UNSET)
    back[both], back[count:] = np.arange(count, len(row)), both
    one_way = roads["oneway"].to_numpy(dtype=bool)[row]
    total = np.maximum(roads["lanes"].to_numpy(dtype=np.int64)[row], 1)
    lanes = np.where(one_way, total, np.maximum(total // 2, 1))
    width = np.nan_to_num(roads["width_m"].to_numpy(dtype=np.float64)[row], nan=7.0)
    lane_m = np.clip(width / np.maximum(total, np.where(one_way, 1, 2)), 1.5, 3.75)
    limit = np.clip(np.nan_to_num(roads["speed_kmh"].to_numpy(dtype=np.float64)[row], nan=40.0), 10.0, 120.0) / 3.6
    lines = Lines(
        line=line,
        start=np.where(flipped, node["to_node"], node["from_node"]),
        end=np.where(flipped, node["from_node"], node["to_node"]),
        back=back,
        limit_mps=limit,
        lanes=lanes,
        lane_m=lane_m,
        kerb_m=np.where(one_way, (0.5 - lanes / 2) * lane_m, 0.5 * lane_m),
        setback_m=np.full(len(row), 0.0),
        dwell_s=np.zeros(len(row)),
        weight=roads["road_class"].map(CLASS_WEIGHT).to_numpy(dtype=np.float64)[row],
    )
    return _without_sinks(_with_setback(lines, width))


def _with_setback(lines: Lines, width_m: FloatArray) -> Lines:
    """Set stop lines back by half of the widest road that meets them."""
    nodes, where = np.unique(np.concatenate([lines.start, lines.end]), return_inverse=True)
    widest = np.zeros(len(nodes))
    np.maximum.at(widest, where, np.tile(width_m, 2))
    setback = widest[where[len(lines.line) :]] / 2 + 2.0
    return Lines(**{**{name: getattr(lines, name) for name in lines.__slots__}, "setback_m": setback})


def _without_sinks(lines: Lines) -> Lines:
    while True:
        keep = np.flatnonzero(np.isin(lines.end, lines.start))
        if len(keep) == len(lines.line):
            return lines
        lines = lines.take(keep)


def build_ways(lines: Lines, frame: LocalFrame) -> Ways:
    """Lay out lines as ways; longitude and latitude are worked out here once, not each second."""
    coordinates, owner = shapely.get_coordinates(lines.line, return_index=True)
    east, north = coordinates[:, 0], coordinates[:, 1]
    lon, lat = frame.to_lonlat(east - frame.origin_m[0], north - frame.origin_m[1])
    first = np.searchsorted(owner, np.arange(len(lines.line) + 1))
    span = np.hypot(np.diff(east, append=0.0), np.diff(north, append=0.0))
    last = first[1:] - 1
    span[last] = 0.0
    length = np.add.reduceat(span, first[:-1]) if len(lines.line) else np.zeros(0)
    base = np.concatenate([[0.0], np.cumsum(length + GAP_M)[:-1]]) if len(length) else np.zeros(0)
    run = np.cumsum(span) - span
    measure = run - np.repeat(run[first[:-1]], np.diff(first)) + np.repeat(base, np.diff(first))
    shape = _directions(lon, lat, span)
    follow = _followers(lines, shape["heading_deg"], first)
    return Ways(
        first=first,
        base_m=base,
        measure_m=measure,
        lon_deg=lon,
        lat_deg=lat,
        **shape,
        length_m=length,
        limit_mps=lines.limit_mps,
        stop_m=np.maximum(length - lines.setback_m, 0.5 * length),
        dwell_s=lines.dwell_s,
        lanes=lines.lanes,
        lane_m=lines.lane_m,
        kerb_m=lines.kerb_m,
        start=lines.start,
        end=lines.end,
        back=lines.back,
        weight=lines.weight,
        next_first=follow[0],
        next_way=follow[1],
        next_share=follow[2],
    )


def metres_per_degree(lat_deg: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Return the metres in a degree of longitude and of latitude, from the series for the WGS 84 ellipsoid."""
    phi = np.radians(lat_deg)
    east = 111412.84 * np.cos(phi) - 93.5 * np.cos(3 * phi) + 0.118 * np.cos(5 * phi)
    north = 111132.92 - 559.82 * np.cos(2 * phi) + 1.175 * np.cos(4 * phi)
    return east, north


def _directions(lon: FloatArray, lat: FloatArray, span_m: FloatArray) -> dict[str, FloatArray]:
    east_m, north_m = metres_per_degree(lat)
    dlon, dlat = np.diff(lon, append=0.0), np.diff(lat, append=0.0)
    x, y = dlon * east_m, dlat * north_m
    size = np.maximum(np.hypot(x, y), 1e-9)
    inverse = 1.0 / np.maximum(span_m, 1e-6)
    still = span_m == 0.0  # a way's last vertex: nothing begins there
    return {
        "step_lon": np.where(still, 0.0, dlon * inverse),
        "step_lat": np.where(still, 0.0, dlat * inverse),
        "right_lon": np.where(still, 0.0, y / size / east_m),
        "right_lat": np.where(still, 0.0, -x / size / north_m),
        "heading_deg": np.degrees(np.arctan2(x, y)) % 360.0,
    }


def turn_deg(before_deg: FloatArray, after_deg: FloatArray) -> FloatArray:
    """Return how far one heading turns to another, 0 to 180 degrees."""
    return np.abs((after_deg - before_deg + 180.0) % 360.0 - 180.0)


def _followers(lines: Lines, heading_deg: FloatArray, first: IntArray) -> tuple[IntArray, IntArray, FloatArray]:
    """Find what may follow each way: straight on and main roads more, turning back only where nothing else is."""
    order = np.argsort(lines.start, kind="stable")
    low = np.searchsorted(lines.start[order], lines.end, side="left")
    count = np.searchsorted(lines.start[order], lines.end, side="right") - low
    next_first = np.concatenate([[0], np.cumsum(count)])
    way = np.repeat(np.arange(len(lines.line)), count)
    next_way = order[np.arange(len(way)) - next_first[way] + low[way]]
    turn = turn_deg(heading_deg[first[1:] - 2][way], heading_deg[first[:-1]][next_way])
    weight = lines.weight[next_way] * np.where(turn < 30.0, 1.0, TURN_LOSS)
    alone = count[way] == 1
    weight = np.where((next_way == lines.back[way]) & ~alone, 0.0, weight)
    total = np.bincount(way, weight, len(lines.line))
    share = np.cumsum(weight / total[way]) if len(way) else np.zeros(0)
    whole = share - np.concatenate([[0.0], share])[next_first[:-1]][way] if len(way) else share
    return next_first, np.asarray(next_way, np.int64), np.asarray(way + np.minimum(whole, 1.0), np.float64)
