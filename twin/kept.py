"""What people drew and measured and want to keep: results, areas that are watched, and the views they come back to."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import shapely

from twin.geo import BoolArray, FloatArray

FENCE_KINDS = ("watch", "keep_out", "stay_in", "event")
"""Told who comes and goes; nobody should be in it; those it concerns should not leave it; many people gather in it."""
NEVER_S = math.inf


@dataclass(frozen=True, slots=True)
class Result:
    """What an instrument found.

    Parameters
    ----------
    id : str
    kind : str
        The instrument: ``distance``, ``viewshed`` …
    name : str
    shape : shapely geometry
        In the city's projected system.
    figure, unit
        What was found, in SI units (``m``, ``m2``, ``share``), or a ``count``.
    made_s, shows_s : float
        When it was made, and the instant of the world it is about: seconds since 1970 UTC.
    live : bool
        It was about what was now when it was made.
    source : str
        What it was worked out from.
    details : str
        With what settings: one line.
    author : str
        Id of who made it.
    """

    id: str
    kind: str
    name: str
    shape: shapely.Geometry
    figure: float
    unit: str
    made_s: float
    shows_s: float
    live: bool
    source: str
    details: str = ""
    author: str = ""


@dataclass(frozen=True, slots=True)
class Geofence:
    """An area that is watched, until it expires.

    Parameters
    ----------
    kind : str
        One of :data:`FENCE_KINDS`.
    owner : str
        Who answers for it.
    shape : shapely geometry
        Polygon or MultiPolygon in the city's projected system.
    until_s : float
        When it ends, seconds since 1970 UTC; infinite for never.
    """

    id: str
    name: str
    kind: str
    owner: str
    shape: shapely.Geometry
    made_s: float
    until_s: float = NEVER_S

    def holds_at(self, at_s: float) -> bool:
        """Tell whether it counts at an instant."""
        return self.made_s <= at_s < self.until_s


@dataclass(frozen=True, slots=True)
class Bookmark:
    """A view to come back to.

    Parameters
    ----------
    lon_deg, lat_deg, height_m : float
        The point looked at.
    distance_m, bearing_deg, pitch_deg : float
        From how far, which way and how steeply.
    slot : int
        The figure key it is called with, 1 to 9; 0 for none.
    """

    id: str
    name: str
    lon_deg: float
    lat_deg: float
    height_m: float
    distance_m: float
    bearing_deg: float
    pitch_deg: float
    slot: int = 0


@dataclass(frozen=True, slots=True)
class Tour:
    """Bookmarks in a row, by id, and how many seconds each is looked at."""

    id: str
    name: str
    stops: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True)
class Kept:
    """All that is kept of a twin."""

    results: tuple[Result, ...] = ()
    fences: tuple[Geofence, ...] = ()
    bookmarks: tuple[Bookmark, ...] = ()
    tours: tuple[Tour, ...] = ()


NOTHING_KEPT = Kept()


def inside(fences: Sequence[Geofence], east_m: FloatArray, north_m: FloatArray) -> BoolArray:
    """Tell which of (N,) places lie in which of F areas: an (F, N) array; on the rim is inside."""
    answer = np.zeros((len(fences), len(east_m)), np.bool_)
    for row, fence in zip(answer, fences, strict=True):
        shapely.prepare(fence.shape)
        row[:] = shapely.intersects_xy(fence.shape, east_m, north_m)
    return answer


def written(figure: float, unit: str) -> str:
    """Write a figure with its unit: ``35.2 m``, ``1.204 km``, ``0.83 km²``, ``64 %``, ``18``."""
    if not math.isfinite(figure):
        return "—"
    if unit == "m":
        return f"{figure:,.1f} m" if abs(figure) < 1000 else f"{figure / 1000:,.3f} km"
    if unit == "m2":
        return f"{figure:,.0f} m²" if abs(figure) < 100_000 else f"{figure / 1e6:,.3f} km²"
    if unit == "share":
        return f"{figure * 100:.0f} %"
    return f"{figure:,.0f}"
