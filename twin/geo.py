"""Frames and coordinates.

Longitude and latitude are degrees in WGS 84 (CGCS2000 agrees with it to well under a metre). The scene is metres east,
north and up from an integer origin in a projected system, so that 32-bit coordinates keep centimetres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

FloatArray = NDArray[np.float64]
BoolArray = NDArray[np.bool_]


@lru_cache(maxsize=32)
def _transformer(source: str, target: str) -> Transformer:
    return Transformer.from_crs(source, target, always_xy=True)


@lru_cache(maxsize=32)
def _operation(source: str, target: str, x: float, y: float) -> Transformer:
    """Return the one operation that PROJ chooses for a place: 65 ms quicker in each new thread than choosing anew."""
    general = _transformer(source, target)
    general.transform(x, y)
    try:
        return Transformer.from_pipeline(general.get_last_used_operation().definition)
    except ProjError:  # the place is outside of where the systems hold
        return general


@dataclass(frozen=True, slots=True)
class LocalFrame:
    """Metres from an integer origin in a projected system.

    Parameters
    ----------
    crs : str
        A projected system in metres, as ``EPSG:4549`` or WKT.
    origin_m : tuple of int
        Easting and northing of the scene's origin in ``crs``.
    """

    crs: str
    origin_m: tuple[int, int]

    @classmethod
    def around(cls, lon_deg: float, lat_deg: float, crs: str | None = None) -> LocalFrame:
        """Return a frame whose origin is near a place; without ``crs``, in that place's UTM zone."""
        if crs is None:
            zone = int((lon_deg + 180.0) // 6.0) % 60 + 1
            crs = f"EPSG:{(32600 if lat_deg >= 0 else 32700) + zone}"
        east_m, north_m = _transformer("EPSG:4326", crs).transform(lon_deg, lat_deg)
        return cls(crs, (round(east_m / 1000) * 1000, round(north_m / 1000) * 1000))

    def to_local(self, lon_deg: Any, lat_deg: Any) -> tuple[FloatArray, FloatArray]:
        """Convert degrees to metres east and north of the origin; arrays of any one shape."""
        east, north = self._operations()[0].transform(lon_deg, lat_deg)
        return np.asarray(east) - self.origin_m[0], np.asarray(north) - self.origin_m[1]

    def to_lonlat(self, x_m: Any, y_m: Any) -> tuple[FloatArray, FloatArray]:
        """Convert metres east and north of the origin to degrees."""
        lon, lat = self._operations()[1].transform(
            np.asarray(x_m, dtype=np.float64) + self.origin_m[0], np.asarray(y_m, dtype=np.float64) + self.origin_m[1]
        )
        return np.asarray(lon), np.asarray(lat)

    def _operations(self) -> tuple[Transformer, Transformer]:
        inward = _operation(self.crs, "EPSG:4326", float(self.origin_m[0]), float(self.origin_m[1]))
        lon_deg, lat_deg = inward.transform(float(self.origin_m[0]), float(self.origin_m[1]))
        return _operation("EPSG:4326", self.crs, lon_deg, lat_deg), inward

    def is_metric(self) -> bool:
        """Tell whether ``crs`` is projected and counts in metres."""
        crs = CRS.from_user_input(self.crs)
        return bool(crs.is_projected) and all(axis.unit_name == "metre" for axis in crs.axis_info[:2])
