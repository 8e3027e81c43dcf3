"""Where a row is in the twin, and why it is not in it: off the earth, far away, or with its axes exchanged."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.datums import Coordinates, to_wgs84
from twin.geo import FloatArray

REACH_M = 200_000.0
"""How far from a twin's origin a position still belongs to it; 32-bit metres keep centimetres within it."""
HERE, RANGE, FAR, EXCHANGED = range(4)
PROBLEMS = ("", "position out of range", "position far from this twin", "longitude and latitude exchanged")


class Placed(NamedTuple):
    """Where rows are.

    Parameters
    ----------
    lon_deg, lat_deg : (N,) float array
        In WGS 84; only of use where there is no problem.
    place_m : (N, 2) float array
        East and north in the city's frame; 0 where there is a problem.
    problem : (N,) int8 array
        Index into :data:`PROBLEMS`.
    """

    lon_deg: FloatArray
    lat_deg: FloatArray
    place_m: FloatArray
    problem: NDArray[np.int8]


def place(city: City, coordinates: Coordinates, lon_deg: FloatArray, lat_deg: FloatArray) -> Placed:
    """Place the degrees of a source in a city.

    What would lie in the twin with its axes exchanged is told as that, and not mended: whoever sends it must.
    """
    placed = _place(city, coordinates, lon_deg, lat_deg)
    doubtful = np.flatnonzero(placed.problem)
    if len(doubtful):
        other = _place(city, coordinates, lat_deg[doubtful], lon_deg[doubtful])
        placed.problem[doubtful[other.problem == HERE]] = EXCHANGED
    return placed


def _place(city: City, coordinates: Coordinates, lon_deg: FloatArray, lat_deg: FloatArray) -> Placed:
    on_earth = (np.abs(lon_deg) <= 180) & (np.abs(lat_deg) <= 90)
    lon, lat = to_wgs84(coordinates, np.where(on_earth, lon_deg, 0.0), np.where(on_earth, lat_deg, 0.0))
    east, north = city.frame.to_local(lon, lat)
    near = np.asarray(np.hypot(east, north) <= REACH_M)  # the projection answers inf where it does not reach
    problem = np.where(on_earth, np.where(near, HERE, FAR), RANGE).astype(np.int8)
    return Placed(lon, lat, np.where((problem == HERE)[:, None], np.column_stack([east, north]), 0.0), problem)


def raise_to_ground(city: City, place_m: FloatArray, height_m: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (N, 3) metres east, north and up above sea level, of places and heights above the ground."""
    east, north = place_m[:, 0], place_m[:, 1]
    up = city.ground_m(east + city.frame.origin_m[0], north + city.frame.origin_m[1]) + height_m
    return np.column_stack([east, north, up]).astype(np.float32)
