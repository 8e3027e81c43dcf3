"""Doors that can be asked to lock or to open."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from twin.city.city import City
from twin.operations.records import Incident

NEAR_M = 300.0
"""Doors farther off have nothing to do with it."""
NO_DOOR = "no door with a controller is within 300 m of it"


@dataclass(frozen=True, slots=True)
class Door:
    """A door with a controller: its id there, what it is called, and where it is (degrees in WGS 84)."""

    id: str
    chinese: str
    english: str
    lon_deg: float
    lat_deg: float


def doors_near(doors: Sequence[Door], city: City, incident: Incident) -> list[tuple[Door, float]]:
    """Return the doors around an incident with how far they are in metres, the nearest first."""
    if not doors:
        return []
    east, north = city.frame.to_local([door.lon_deg for door in doors], [door.lat_deg for door in doors])
    at_east, at_north = city.frame.to_local(incident.lon_deg, incident.lat_deg)
    away_m = np.hypot(np.asarray(east) - at_east, np.asarray(north) - at_north)
    order = np.argsort(away_m, kind="stable").tolist()
    return [(doors[row], float(away_m[row])) for row in order if away_m[row] <= NEAR_M]
