"""The coordinates of Chinese maps and services, as WGS 84: GCJ-02 (Amap, Tencent and most platforms) and BD-09 (Baidu).

Neither was ever published by its maker. The formulae are those that all open converters share: from WGS 84 to GCJ-02 an
offset of some hundred metres, a sum of sines on the Krasovsky ellipsoid; from GCJ-02 to BD-09 a turn and a stretch (as
told by github.com/googollee/eviltransform and github.com/wandergis/coordtransform). They were never checked against the
authority's own software. The way back has no closed form and is iterated on the formula there, so that both ways agree
to well under a millimetre.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, get_args

import numpy as np

from twin.geo import FloatArray

Coordinates = Literal["wgs-84", "gcj-02", "bd-09"]
COORDINATES: tuple[Coordinates, ...] = get_args(Coordinates)
CHINA_DEG = (72.004, 0.8293, 137.8347, 55.8271)
"""West, south, east and north of where the offset applies; a rough frame, part of the public formula."""
_KRASOVSKY_A_M = 6378245.0
_KRASOVSKY_E2 = 0.00669342162296594323
_CLOSE_ENOUGH_DEG = 1e-10
_ROUNDS = 12

Pair = tuple[FloatArray, FloatArray]


def to_wgs84(coordinates: Coordinates, lon_deg: FloatArray, lat_deg: FloatArray) -> Pair:
    """Convert degrees of a source to WGS 84.

    Parameters
    ----------
    coordinates : str
        What the source speaks; CGCS2000 counts as WGS 84, from which it differs by decimetres.
    lon_deg, lat_deg : (N,) float arrays
    """
    if coordinates == "wgs-84":
        return lon_deg, lat_deg
    if coordinates == "bd-09":
        lon_deg, lat_deg = _back(gcj02_to_bd09, lon_deg, lat_deg)
    return _back(wgs84_to_gcj02, lon_deg, lat_deg)


def wgs84_to_gcj02(lon_deg: FloatArray, lat_deg: FloatArray) -> Pair:
    """Convert WGS 84 to GCJ-02: outside of China nothing changes."""
    west, south, east, north = CHINA_DEG
    inside = (lon_deg >= west) & (lon_deg <= east) & (lat_deg >= south) & (lat_deg <= north)
    x, y = lon_deg - 105.0, lat_deg - 35.0
    east_m, north_m = _offset(x, y)
    sine = np.sin(np.radians(lat_deg))
    w = 1.0 - _KRASOVSKY_E2 * sine * sine
    meridian_m = _KRASOVSKY_A_M * (1.0 - _KRASOVSKY_E2) / (w * np.sqrt(w))
    parallel_m = _KRASOVSKY_A_M / np.sqrt(w) * np.cos(np.radians(lat_deg))
    return (
        lon_deg + np.where(inside, np.degrees(east_m / parallel_m), 0.0),
        lat_deg + np.where(inside, np.degrees(north_m / meridian_m), 0.0),
    )


def _offset(x: FloatArray, y: FloatArray) -> Pair:
    """Return the offset in metres east and north, of degrees from 105° E 35° N."""
    root, xy = np.sqrt(np.abs(x)), x * y
    ripple = 20.0 * np.sin(6.0 * np.pi * x) + 20.0 * np.sin(2.0 * np.pi * x)
    waves_x = 20.0 * np.sin(np.pi * x) + 40.0 * np.sin(np.pi * x / 3.0)
    waves_x += 150.0 * np.sin(np.pi * x / 12.0) + 300.0 * np.sin(np.pi * x / 30.0)
    waves_y = 20.0 * np.sin(np.pi * y) + 40.0 * np.sin(np.pi * y / 3.0)
    waves_y += 160.0 * np.sin(np.pi * y / 12.0) + 320.0 * np.sin(np.pi * y / 30.0)
    east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * xy + 0.1 * root + (ripple + waves_x) * 2.0 / 3.0
    north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * xy + 0.2 * root + (ripple + waves_y) * 2.0 / 3.0
    return east, north


def gcj02_to_bd09(lon_deg: FloatArray, lat_deg: FloatArray) -> Pair:
    """Convert GCJ-02 to BD-09."""
    wave = np.pi * 3000.0 / 180.0
    radius = np.hypot(lon_deg, lat_deg) + 0.00002 * np.sin(lat_deg * wave)
    turn = np.arctan2(lat_deg, lon_deg) + 0.000003 * np.cos(lon_deg * wave)
    return radius * np.cos(turn) + 0.0065, radius * np.sin(turn) + 0.006


def _back(there: Callable[[FloatArray, FloatArray], Pair], lon_deg: FloatArray, lat_deg: FloatArray) -> Pair:
    """Find what ``there`` converts to a place: its offset changes slowly, so each round is a hundred times closer."""
    lon, lat = lon_deg, lat_deg
    for _ in range(_ROUNDS):
        to_lon, to_lat = there(lon, lat)
        off_lon, off_lat = to_lon - lon_deg, to_lat - lat_deg
        lon, lat = lon - off_lon, lat - off_lat
        if not np.any((np.abs(off_lon) > _CLOSE_ENOUGH_DEG) | (np.abs(off_lat) > _CLOSE_ENOUGH_DEG)):
            break
    return lon, lat
