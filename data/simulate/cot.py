"""Invented officers and patrol cars with handhelds that speak Cursor-on-Target, half of them in protobuf."""

from __future__ import annotations

import random

from data.connectors.cot.encoder import as_datagram, as_stream, write_detail, write_event
from data.simulate.fleet import Fleet, Vehicle, dice
from data.simulate.shouted import Mouth, ShoutedSimulation, read_address

SHARE_PROTOBUF = 0.5
SHARE_ON_FOOT = 0.6
ON_FOOT = 0.1
"""Of a vehicle's speed."""


class Handheld:
    """One officer or car."""

    def __init__(self, fleet: Fleet, number: int, chance: random.Random, scheme: str) -> None:
        self._vehicle = Vehicle(fleet, chance)
        on_foot = chance.random() < SHARE_ON_FOOT
        self._vehicle.speed_mps *= ON_FOOT if on_foot else 1.0
        self._type, self._callsign = (
            ("a-f-G-U-C", f"演练{number:03d}") if on_foot else ("a-f-G-E-V", f"演练车{number:03d}")
        )
        self._uid = f"SIM-{fleet.seed % 100:02d}-{number:06d}"
        protobuf = chance.random() < SHARE_PROTOBUF
        self._write = (as_stream if scheme == "tcp" else as_datagram) if protobuf else bytes

    def report(self, now_s: float) -> list[bytes]:
        """Move to now."""
        lon, lat, heading, speed = self._vehicle.drive(now_s)
        detail = write_detail(self._callsign, heading, speed)
        return [self._write(write_event(self._uid, self._type, now_s, lon, lat, ce_m=5.0, detail=detail))]


def open_simulation(fleet: Fleet, address: str) -> ShoutedSimulation:
    """Make handhelds for ``tcp://HOST:PORT``, each with a connection of its own, or ``udp://HOST:PORT``."""
    scheme, host, port = read_address("--cot", address, "tcp://127.0.0.1:8087")
    chances = [dice(fleet, "cot", number) for number in range(fleet.terminals)]
    handhelds = [Handheld(fleet, number, chance, scheme) for number, chance in enumerate(chances)]
    mouths = [Mouth(scheme, host, port) for _ in range(fleet.terminals if scheme == "tcp" else 1)]
    return ShoutedSimulation(fleet, handhelds, mouths, chances)
