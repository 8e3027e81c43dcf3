"""Where the sun stands."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from astral import Observer
from astral.sun import zenith_and_azimuth


@dataclass(frozen=True, slots=True)
class Sun:
    """Where the sun stands: degrees clockwise from north, and above the horizon with refraction."""

    azimuth_deg: float
    elevation_deg: float

    def towards(self) -> tuple[float, float, float]:
        """Return the direction to it, of length 1: east, north, up."""
        azimuth, elevation = math.radians(self.azimuth_deg), math.radians(self.elevation_deg)
        flat = math.cos(elevation)
        return flat * math.sin(azimuth), flat * math.cos(azimuth), math.sin(elevation)

    def apart_deg(self, other: Sun) -> float:
        """Return the angle between two places of the sun."""
        cosine = sum(a * b for a, b in zip(self.towards(), other.towards(), strict=True))
        return math.degrees(math.acos(min(max(cosine, -1.0), 1.0)))


def sun_at(lon_deg: float, lat_deg: float, at_s: float) -> Sun:
    """Return where the sun stands over a place (WGS 84) at a time (seconds since 1970 UTC), by ``astral``."""
    zenith, azimuth = zenith_and_azimuth(Observer(lat_deg, lon_deg), datetime.fromtimestamp(at_s, UTC))
    return Sun(azimuth, 90.0 - zenith)
