"""Coordinates as people type them, or copy them from another map, as WGS 84."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

import numpy as np
from mgrs import MGRS
from mgrs.core import MGRSError

from twin.datums import Coordinates, to_wgs84

_NUMBER = r"""[+-]?\d{1,3}(?:\.\d+)?(?:\s*°\s*(?:\d{1,2}(?:\.\d+)?\s*['′]\s*(?:\d{1,2}(?:\.\d+)?\s*["″]\s*)?)?)?"""
_PAIR = re.compile(
    rf"^\s*([NSEW]?)\s*({_NUMBER})\s*([NSEW]?)\s*[,，;；\s]\s*([NSEW]?)\s*({_NUMBER})\s*([NSEW]?)\s*$", re.I
)
_SYSTEM = re.compile(
    r"(?:\b|(?<=[\d°'\"]))(?P<name>WGS[- ]?84|CGCS2000|GCJ[- ]?02|BD[- ]?09|高德|腾讯|百度|火星坐标)", re.I
)
_SYSTEMS: dict[str, Coordinates] = {
    "WGS84": "wgs-84", "CGCS2000": "wgs-84", "GCJ02": "gcj-02", "高德": "gcj-02", "腾讯": "gcj-02",
    "火星坐标": "gcj-02", "BD09": "bd-09", "百度": "bd-09",
}  # fmt: skip
_GRID = re.compile(r"^(\d{1,2}[C-HJ-NP-X][A-HJ-NP-Z]{2})((?:\d\d){0,5})$", re.I)


@dataclass(frozen=True, slots=True)
class TypedPoint:
    """A point on earth: where it is in WGS 84, and the system it was typed in (``mgrs`` for a grid reference)."""

    lon_deg: float
    lat_deg: float
    system: str


def read_point(text: str) -> TypedPoint | None:
    """Read coordinates; None if the text is something else or off the earth.

    ``120.92, 30.83`` has the longitude first, unless letters or a number above 90 say otherwise; ``GCJ-02`` (or 高德,
    腾讯) and ``BD-09`` (or 百度) before or after it name another system; ``51RUQ0105812613`` is a grid reference.
    """
    plain = text.strip()
    grid = _GRID.match(plain.replace(" ", ""))
    if grid is not None:
        return _of_grid(grid.group(0).upper())
    named = _SYSTEM.search(plain)
    system = _SYSTEMS[re.sub(r"[- ]", "", named["name"]).upper()] if named is not None else "wgs-84"
    pair = _PAIR.match(_SYSTEM.sub("", plain).strip(" :：,，"))
    place = _in_order(pair) if pair is not None else None
    if place is None:
        return None
    lon, lat = to_wgs84(system, np.array([place[0]]), np.array([place[1]]))
    return TypedPoint(float(lon[0]), float(lat[0]), system)


def _of_grid(reference: str) -> TypedPoint | None:
    try:
        lat_deg, lon_deg = MGRS().toLatLon(reference)
    except MGRSError:
        return None
    return TypedPoint(lon_deg, lat_deg, "mgrs")


def _in_order(pair: re.Match[str]) -> tuple[float, float] | None:
    """Return longitude and latitude of two numbers, or None if they cannot be that."""
    numbers = [_degrees(pair[2]), _degrees(pair[5])]
    letters = [(pair[1] or pair[3]).upper(), (pair[4] or pair[6]).upper()]
    numbers = [
        -abs(number) if letter in ("S", "W") else number for number, letter in zip(numbers, letters, strict=True)
    ]
    if any(letters):
        lat_first = letters[0] in ("N", "S") or letters[1] in ("E", "W")
        if lat_first and (letters[0] in ("E", "W") or letters[1] in ("N", "S")):
            return None
    else:
        lat_first = abs(numbers[0]) <= 90 < abs(numbers[1])
    lon_deg, lat_deg = reversed(numbers) if lat_first else numbers
    return (lon_deg, lat_deg) if abs(lon_deg) <= 180 and abs(lat_deg) <= 90 else None


def _degrees(text: str) -> float:
    """Return degrees of ``30.5``, ``30°30'`` or ``30°30'0"``."""
    parts = [float(part) for part in re.findall(r"[\d.]+", text)]
    return math.copysign(sum(part / 60**place for place, part in enumerate(parts)), -1.0 if "-" in text else 1.0)
