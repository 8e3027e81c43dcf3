"""Raw positions of many sources made into trips that a road matcher can use.

What is thrown away is counted by its reason. Everything works on whole arrays: millions of fixes are one call.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.datums import COORDINATES, Coordinates, to_wgs84
from twin.geo import BoolArray, FloatArray, LocalFrame
from twin.traffic.graph import IntArray, RoadGraph

GAP_S = 120.0
"""After so long a silence another trip begins."""
FASTEST_MPS, SLACK_M = 55.0, 100.0
"""Who would have to be faster than this is not one vehicle, or was not there."""
STAND_S, STAND_M = 300.0, 35.0
"""Who stays so long within so few metres stands at a rank or is parked; jams creep on."""
WALK_MPS, WALK_WINDOW_S = 3.0, 30.0
"""A trip on which nobody was ever faster over half a minute is someone on foot."""
FEWEST = 3
REASONS = ("no_position", "twice", "stands", "on_foot", "too_short")


@dataclass(frozen=True, slots=True)
class Fixes:
    """Positions as sources told them, in any order.

    Parameters
    ----------
    vehicle : (N,) uint64 array
        A number that stands for an id; ids themselves are not kept.
    time_s : (N,) array
    position_m : (N, 2) array
        East and north in the local frame.
    """

    vehicle: NDArray[np.uint64]
    time_s: FloatArray
    position_m: FloatArray

    def __len__(self) -> int:
        return len(self.time_s)


@dataclass(frozen=True, slots=True)
class Trips:
    """Trips, their fixes one trip after the other and in the order of time.

    Parameters
    ----------
    first : (T + 1,) int array
        Where each trip's fixes begin, and where the last one's end.
    vehicle : (T,) uint64 array
    time_s : (N,) array
    position_m : (N, 2) array
    left_out : mapping of str to int
        How many fixes were left out, by :data:`REASONS`.
    """

    first: IntArray
    vehicle: NDArray[np.uint64]
    time_s: FloatArray
    position_m: FloatArray
    left_out: Mapping[str, int]

    def __len__(self) -> int:
        return len(self.vehicle)

    @property
    def trip(self) -> IntArray:
        """The trip of each fix."""
        return np.repeat(np.arange(len(self)), np.diff(self.first))


def trips_of(fixes: Fixes) -> Trips:
    """Clean fixes and cut them into trips.

    Jumps, and two vehicles that share one id, are told apart by one rule: each impossible step changes to the other of
    two strands. A lone wrong fix becomes a strand too short to keep.
    """
    known = np.isfinite(fixes.position_m).all(axis=1) & np.isfinite(fixes.time_s)
    rows = np.flatnonzero(known)
    rows = rows[np.lexsort((fixes.time_s[rows], fixes.vehicle[rows]))]
    again = _follows(fixes.vehicle[rows]) & (np.diff(fixes.time_s[rows], prepend=np.nan) == 0)
    rows = rows[~again]
    left = {"no_position": int((~known).sum()), "twice": int(again.sum())}
    rows, trip = _strands(fixes, rows)
    stands = _standing(fixes.time_s[rows], fixes.position_m[rows], trip)
    trip = _numbered(trip * 2 + stands, np.cumsum(np.diff(stands, prepend=stands[:1]) != 0))
    walks = _on_foot(fixes.time_s[rows], fixes.position_m[rows], trip) & ~stands
    short = (np.bincount(trip)[trip] < FEWEST) & ~stands & ~walks if len(trip) else stands
    left |= {"stands": int(stands.sum()), "on_foot": int(walks.sum()), "too_short": int(short.sum())}
    kept = ~(stands | walks | short)
    rows, trip = rows[kept], trip[kept]
    begin = np.flatnonzero(np.diff(trip, prepend=-1))
    return Trips(
        np.append(begin, len(rows)), fixes.vehicle[rows[begin]], fixes.time_s[rows], fixes.position_m[rows], left
    )


def _follows(key: NDArray[np.generic]) -> BoolArray:
    """Mark the entries that have the same key as the one before."""
    same: BoolArray = np.append(False, key[1:] == key[:-1])[: len(key)]
    return same


def _numbered(*keys: IntArray) -> IntArray:
    """Return a number for each run of equal keys, from 0."""
    fresh = ~np.logical_and.reduce([_follows(key) for key in keys])
    numbers: IntArray = np.cumsum(fresh) - 1
    return numbers


def _strands(fixes: Fixes, rows: IntArray) -> tuple[IntArray, IntArray]:
    """Return the rows in the order of their trips, and the trip of each."""
    vehicle = fixes.vehicle[rows]
    jump = _impossible(fixes, rows) & _follows(vehicle)
    jumps = np.cumsum(jump)
    begin = np.maximum.accumulate(np.where(_follows(vehicle), 0, np.arange(len(rows)))) if len(rows) else rows
    strand = np.mod(jumps - jumps[begin], 2)
    order = np.lexsort((fixes.time_s[rows], strand, vehicle))
    rows, strand = rows[order], strand[order]
    cut = _impossible(fixes, rows) | (np.diff(fixes.time_s[rows], prepend=np.nan) > GAP_S)
    same = _follows(fixes.vehicle[rows]) & _follows(strand) & ~cut
    return rows, np.cumsum(~same) - 1


def _impossible(fixes: Fixes, rows: IntArray) -> BoolArray:
    """Mark the rows to which no vehicle comes from the row before in the time between them."""
    step_m = np.hypot(*np.diff(fixes.position_m[rows], axis=0, prepend=fixes.position_m[rows[:1]]).T)
    seconds = np.abs(np.diff(fixes.time_s[rows], prepend=fixes.time_s[rows[:1]]))
    far: BoolArray = step_m > FASTEST_MPS * seconds + SLACK_M
    return far


def _later(time_s: FloatArray, trip: IntArray, seconds: float) -> tuple[IntArray, BoolArray]:
    """Return the first fix of the same trip so much later, and whether there is one."""
    if not len(trip):
        return trip, np.zeros(0, np.bool_)
    span = float(np.ptp(time_s)) + 2.0 * seconds + 1.0
    key = (time_s - time_s.min()) + trip * span
    at = np.searchsorted(key, key + seconds)
    there = at < len(trip)
    at = np.minimum(at, len(trip) - 1)
    return at, there & (trip[at] == trip)


def _standing(time_s: FloatArray, position_m: FloatArray, trip: IntArray) -> BoolArray:
    """Mark the fixes of vehicles that stay where they are for long."""
    stays = np.ones(len(trip), np.bool_)
    for share in (1 / 3, 2 / 3, 1.0):
        at, there = _later(time_s, trip, share * STAND_S)
        stays &= there & (np.hypot(*(position_m[at] - position_m).T) <= STAND_M)
    edge = np.zeros(len(trip) + 1, np.int64)
    np.add.at(edge, np.flatnonzero(stays), 1)
    np.add.at(edge, _later(time_s, trip, STAND_S)[0][stays] + 1, -1)
    standing: BoolArray = np.cumsum(edge)[:-1] > 0
    return standing


def _on_foot(time_s: FloatArray, position_m: FloatArray, trip: IntArray) -> BoolArray:
    """Mark the fixes of trips that were never faster than someone who walks."""
    if not len(trip):
        return np.zeros(0, np.bool_)
    at, there = _later(time_s, trip, WALK_WINDOW_S)
    seconds = np.maximum(time_s[at] - time_s, 1.0)
    speed = np.where(there, np.hypot(*(position_m[at] - position_m).T) / seconds, np.nan)
    begin = np.flatnonzero(np.diff(trip, prepend=-1))
    fastest = np.fmax.reduceat(speed, begin)
    slow: BoolArray = (fastest < WALK_MPS)[trip]  # NaN, a trip of less than half a minute, tells nothing
    return slow


def guess_coordinates(lon_deg: FloatArray, lat_deg: FloatArray, frame: LocalFrame, graph: RoadGraph) -> Coordinates:
    """Return the datum with which positions lie nearest to the roads: the offset of GCJ-02 is half a kilometre.

    Parameters
    ----------
    lon_deg, lat_deg : (N,) arrays
        Some hundred positions of vehicles of one source are enough.
    """
    away: dict[Coordinates, float] = {}
    for name in COORDINATES:
        east, north = frame.to_local(*to_wgs84(name, lon_deg, lat_deg))
        far = graph.place(np.column_stack([east, north])).away_m
        away[name] = float(np.nanmedian(np.where(np.isfinite(far), far, 1e6)))
    return min(away, key=lambda name: away[name])
