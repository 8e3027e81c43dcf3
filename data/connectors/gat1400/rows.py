"""Passes as observations of the twin."""

from __future__ import annotations

import hmac
from functools import lru_cache

from data.connectors.gat1400.decoder import Pass, Place
from twin.live.observation import Observation


def vehicle_id(key: bytes, passed: Pass) -> str:
    """Return a name for the vehicle that does not tell its plate to who has not the key of this installation.

    One without a plate is another vehicle each time.
    """
    if passed.plate:
        return _id_of_plate(key, passed.plate)
    return _id(key, f"pass {passed.device} {passed.object_id} {passed.time_s}")


@lru_cache(65_536)  # a plate has 16 letters at most, and most vehicles pass again
def _id_of_plate(key: bytes, plate: str) -> str:
    return _id(key, f"plate {plate}")


def _id(key: bytes, text: str) -> str:
    return f"gat1400:{hmac.digest(key, text.encode(), 'sha256').hex()[:20]}"


def kind_of(vehicle_class: str, otherwise: str) -> str:
    """Return the kind for a type of vehicle as of GA/T 16.4-2012: K1 and K2 are large and medium coaches (K16 a large
    car), K3 and K4 small and micro cars, H with a 7 behind dumpers.
    """
    if vehicle_class[:2] in ("K3", "K4") or vehicle_class == "K16":
        return "car"
    if vehicle_class[:2] in ("K1", "K2"):
        return "bus"
    if vehicle_class[:1] == "H" and vehicle_class[2:] == "7":
        return "dump_truck"
    return otherwise


def observed(key: bytes, passed: Pass, place: Place, otherwise: str) -> Observation:
    """Return a pass as an observation of the vehicle at the device's place."""
    return Observation(
        id=vehicle_id(key, passed),
        kind=kind_of(passed.vehicle_class, otherwise),
        time_s=passed.time_s,
        lon_deg=place.lon_deg,
        lat_deg=place.lat_deg,
        label=passed.plate,
        state="moving",
        speed_mps=passed.speed_mps,
    )
