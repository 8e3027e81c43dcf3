"""What a recording holds and where it lies, looked at before it is played."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from pyproj import Geod

from data.connectors.recorded_track.columns import Options
from data.connectors.recorded_track.decoder import read_recording
from data.connectors.recorded_track.recording import joined
from twin.city.city import City
from twin.errors import BadInputError
from twin.geo import FloatArray
from twin.words import say

NEAR_M = 20_000.0
"""A recording that stays farther than this from the edge of a twin would not be seen on its map."""
SUFFIXES = ("csv", "gpx", "geojson", "parquet", "geoparquet", "json", "txt", "tsv")


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants played.

    Parameters
    ----------
    paths : tuple of str
    here : bool
        Move it into this twin, for a demonstration.
    zone : str
        Of times without one.
    kind : str
        Of entities whose kind is not told.
    """

    paths: tuple[str, ...]
    here: bool = False
    zone: str = "Asia/Shanghai"
    kind: str = "car"
    speed: float = 1.0


@dataclass(frozen=True, slots=True)
class Recorded:
    """What was found in it.

    Parameters
    ----------
    lon_deg, lat_deg, extent_m : float
        Its middle, and the longer side of the box around it.
    away_m : float
        From the edge of the twin to the nearest point of the recording; 0 inside.
    here_deg : tuple of float
        Longitude and latitude of the twin's middle, to which a recording is moved.
    """

    entities: int
    left_out: int
    lon_deg: float
    lat_deg: float
    extent_m: float
    away_m: float
    here_deg: tuple[float, float]


def look_at(asked: Asked, city: City) -> Recorded:
    """Read a recording to the end.

    Raises
    ------
    twin.errors.BadInputError
        If a file or an option cannot be used.
    """
    try:
        options = msgspec.convert(
            {"paths": asked.paths, "zone": asked.zone, "kind": asked.kind, "speed": asked.speed}, Options
        )
    except msgspec.ValidationError as error:
        raise BadInputError(named(asked.paths), say("its options: {error}", error=error), "mend them") from None
    found = joined([read_recording(path, options) for path in asked.paths])
    lon, lat = found.rows["lon_deg"], found.rows["lat_deg"]
    west, south, east, north = (float(value) for value in (lon.min(), lat.min(), lon.max(), lat.max()))
    geod = Geod(ellps="WGS84")
    extent_m = float(geod.inv(west, south, east, north)[2])
    away_m = _away_m(lon, lat, city, geod)
    entities = len(np.unique(found.rows["id"]))
    middle = (west + east) / 2, (south + north) / 2
    return Recorded(entities, len(found.problems), *middle, extent_m, away_m, _middle_of(city))


def _away_m(lon_deg: FloatArray, lat_deg: FloatArray, city: City, geod: Geod) -> float:
    west, south, east, north = city.bounds_m()
    x0, y0 = city.frame.origin_m
    low, high = city.frame.to_lonlat(west - x0, south - y0), city.frame.to_lonlat(east - x0, north - y0)
    near_lon, near_lat = np.clip(lon_deg, low[0], high[0]), np.clip(lat_deg, low[1], high[1])
    return float(np.min(geod.inv(lon_deg, lat_deg, near_lon, near_lat)[2]))


def _middle_of(city: City) -> tuple[float, float]:
    west, south, east, north = city.bounds_m()
    x0, y0 = city.frame.origin_m
    lon, lat = city.frame.to_lonlat((west + east) / 2 - x0, (south + north) / 2 - y0)
    return float(lon), float(lat)


def named(paths: Sequence[str]) -> str:
    """Return how a recording is called on the screen: its file, and how many more there are."""
    first = paths[0].replace("\\", "/").rpartition("/")[2]
    return first if len(paths) == 1 else f"{first} +{len(paths) - 1}"
