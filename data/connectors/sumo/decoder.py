"""What SUMO tells of its vehicles, as rows of the twin; pure functions."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import cast

import numpy as np

from data.connectors.sumo.places import Places
from twin.live.kinds import CODE, STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

POSITION, SPEED, ANGLE, CLASS = 0x42, 0x40, 0x43, 0x49
"""Variables of a vehicle as TraCI numbers them."""
VARIABLES = (POSITION, SPEED, ANGLE, CLASS)
INVALID = -1_000_000.0
"""SUMO gives -2^30 for what is not on the net at present."""

KIND = {
    "passenger": "car", "private": "car", "hov": "car", "evehicle": "car", "vip": "car", "taxi": "taxi", "bus": "bus",
    "coach": "bus", "emergency": "ambulance", "authority": "police_car", "ship": "boat", "drone": "drone",
}  # fmt: skip
"""SUMO's classes of vehicles; those that are not here are ``other``."""
LEFT_OUT = frozenset({"pedestrian", "bicycle", "scooter", "wheelchair", "ignoring"})
"""People: they are no dots on a map, invented ones neither."""

Vehicles = Mapping[str, Mapping[int, object]]


def rows_of(vehicles: Vehicles, places: Places, time_s: float) -> ObservationArray:
    """Return the vehicles on the net at one instant.

    Parameters
    ----------
    vehicles : mapping of str to mapping of int to value
        By name, the values of :data:`VARIABLES`.
    time_s : float
        Seconds since 1970-01-01 UTC, given to all of them.
    """
    shown = [(name, told) for name, told in vehicles.items() if told.get(CLASS) not in LEFT_OUT and _is_there(told)]
    rows = np.zeros(len(shown), OBSERVATION_DTYPE)
    if not shown:
        return rows
    rows["id"] = [_id(name) for name, _ in shown]
    rows["label"] = [f"SUMO {name}".encode()[:48].decode(errors="ignore").encode() for name, _ in shown]
    rows["kind"] = [CODE[KIND.get(str(told.get(CLASS)), "other")] for _, told in shown]
    rows["time_s"] = time_s
    place_m = np.array([cast(tuple[float, ...], told[POSITION])[:2] for _, told in shown], dtype=np.float64)
    rows["lon_deg"], rows["lat_deg"] = places.lonlat(place_m).T
    speed = np.array([told[SPEED] for _, told in shown], dtype=np.float32)
    rows["speed_mps"] = np.where(speed < 0, np.nan, speed)
    rows["state"] = np.where(speed > 0, STATE_CODE["moving"], STATE_CODE["stopped"])
    rows["heading_deg"] = np.array([told[ANGLE] for _, told in shown], dtype=np.float32) % 360
    rows["value"] = rows["accuracy_m"] = np.nan
    return rows


def _is_there(told: Mapping[int, object]) -> bool:
    place = told.get(POSITION)
    numbers = [told.get(SPEED), told.get(ANGLE), *(place if isinstance(place, tuple) and len(place) >= 2 else [None])]
    return all(isinstance(number, int | float) and np.isfinite(number) for number in numbers) and bool(
        isinstance(place, tuple) and place[0] > INVALID and place[1] > INVALID
    )


def _id(name: str) -> bytes:
    """Return a vehicle's id; a long name is told by a sum of it, as a cut one might be another's."""
    plain = f"sumo:{name}".encode()
    return plain if len(plain) <= 32 else f"sumo:{hashlib.blake2b(name.encode(), digest_size=12).hexdigest()}".encode()
