"""Where a simulated net lies on earth: metres of the net as longitude and latitude."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.geo import FloatArray

GRID = 6
"""Points along each side of the net at which SUMO is asked for longitude and latitude."""
MOST_OFF_M = 1.0
_METRES_A_DEGREE = 111_320.0


class NoPlaceError(ValueError):
    """A net's coordinates cannot be followed."""


@dataclass(frozen=True, slots=True)
class Places:
    """A cubic in x and y for each of longitude and latitude.

    TraCI converts one point a question, which is a question a vehicle; projections are smooth, and over a county a
    cubic follows them to millimetres.

    Parameters
    ----------
    middle_m, half_m : (2,) float arrays
        Of the net's box; the cubic is in the shares of it.
    terms : (10, 2) float array
    """

    middle_m: FloatArray
    half_m: FloatArray
    terms: FloatArray

    def lonlat(self, place_m: FloatArray) -> FloatArray:
        """Return (N, 2) degrees for (N, 2) metres of the net."""
        return np.asarray(_powers((place_m - self.middle_m) / self.half_m) @ self.terms)


def grid(boundary: Sequence[Sequence[float]]) -> FloatArray:
    """Return the (GRID², 2) points at which SUMO is to be asked, over the whole of the net's box."""
    (west, south), (east, north) = boundary[0][:2], boundary[1][:2]
    x, y = np.meshgrid(np.linspace(west, east, GRID), np.linspace(south, north, GRID))
    return np.column_stack([x.ravel(), y.ravel()])


def fitted(place_m: FloatArray, lonlat: FloatArray) -> Places:
    """Return the cubic through (N, 2) metres and degrees.

    Raises
    ------
    NoPlaceError
        If they are no degrees, or no cubic follows them to a metre.
    """
    low, high = place_m.min(axis=0), place_m.max(axis=0)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1.0)
    if not (np.isfinite(lonlat).all() and (np.abs(lonlat) <= (180, 90)).all()):
        raise NoPlaceError("its coordinates are not longitude and latitude")
    powers = _powers((place_m - middle) / half)
    terms = np.linalg.lstsq(powers, lonlat, rcond=None)[0]
    off_m = float(np.abs(powers @ terms - lonlat).max()) * _METRES_A_DEGREE
    if off_m > MOST_OFF_M:
        raise NoPlaceError("its projection is not smooth")
    return Places(middle, half, np.asarray(terms, np.float64))


def laid_at(boundary: Sequence[Sequence[float]], lon_deg: float, lat_deg: float) -> Places:
    """Return a net without a projection laid around a place, x to the east and y to the north."""
    place_m = grid(boundary)
    east_north = place_m - (place_m.min(axis=0) + place_m.max(axis=0)) / 2
    degree_m = np.array([_METRES_A_DEGREE * np.cos(np.radians(lat_deg)), _METRES_A_DEGREE])
    return fitted(place_m, np.array([lon_deg, lat_deg]) + east_north / degree_m)


def _powers(share: FloatArray) -> FloatArray:
    x, y = share[:, 0], share[:, 1]
    return np.column_stack([x**i * y**j for i in range(4) for j in range(4 - i)])
