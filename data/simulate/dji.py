"""Invented DJI docks with an aircraft in the air each, that publish at an MQTT broker as the Cloud API tells.

Most of what they say is an aircraft's properties; some docks tell events that want a reply.
"""

from __future__ import annotations

import random

import msgspec

from data.simulate.fleet import Fleet, Vehicle, dice
from data.simulate.mqtt import Device, MqttSimulation, read_broker

SHARE_OF_EVENTS = 0.2
HEIGHTS_M = (40.0, 120.0)
WAYLINE = 5
"""Flying along a line that was planned."""


class FlyingAircraft:
    """An aircraft's properties, at a fixed rate."""

    def __init__(self, fleet: Fleet, name: str, chance: random.Random) -> None:
        self._vehicle, self._name, self._said = Vehicle(fleet, chance), name, 0
        self._elevation_m = round(chance.uniform(*HEIGHTS_M), 1)
        self.topic = f"thing/product/{name}/osd"

    def report(self, now_s: float) -> bytes:
        """Fly to now."""
        self._said += 1
        lon, lat, heading, speed_mps = self._vehicle.drive(now_s)
        properties = {
            "longitude": round(lon, 8), "latitude": round(lat, 8), "elevation": self._elevation_m,
            "attitude_head": round((heading + 180) % 360 - 180, 1), "horizontal_speed": round(speed_mps, 1),
            "mode_code": WAYLINE, "position_state": {"is_fixed": 2, "gps_number": 20},
        }  # fmt: skip
        return _envelope(self._name, self._said, now_s, {"data": properties})


class DockEvents:
    """What a dock tells of its work, and wants a reply to."""

    def __init__(self, name: str) -> None:
        self._name, self._said = name, 0
        self.topic = f"thing/product/{name}/events"

    def report(self, now_s: float) -> bytes:
        """Tell how far a flight is."""
        self._said += 1
        told = {"method": "flighttask_progress", "need_reply": 1, "data": {"output": {"status": "in_progress"}}}
        return _envelope(self._name, self._said, now_s, told)


def _envelope(name: str, said: int, now_s: float, content: dict[str, object]) -> bytes:
    named = {"tid": f"{name}-{said}-{now_s:.3f}", "bid": name, "timestamp": int(now_s * 1e3), "gateway": f"dock-{name}"}
    return msgspec.json.encode({**named, **content})


def open_simulation(fleet: Fleet, address: str) -> MqttSimulation:
    """Make docks for ``mqtt://[USER:PASSWORD@]HOST[:PORT]``, or ``mqtts://``."""
    return MqttSimulation(fleet, read_broker("--dji", address), _device)


def _device(fleet: Fleet, number: int, chance: random.Random) -> Device:
    name = f"SIM{fleet.seed % 100:02d}{number:06d}"
    dock = dice(fleet, "dji", number).random() < SHARE_OF_EVENTS
    return DockEvents(f"DOCK{name}") if dock else FlyingAircraft(fleet, name, chance)
