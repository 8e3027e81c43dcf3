"""Invented boats, as one receiver hears them over AIS."""

from __future__ import annotations

import random

from data.connectors.ais.encoder import write_name, write_position
from data.simulate.fleet import Fleet, Vehicle, dice
from data.simulate.shouted import Mouth, ShoutedSimulation, read_address

SLOW = 0.2
"""Of a vehicle's speed."""
NAME_EVERY = 20
SHARE_CLASS_B = 0.4
FIRST_MMSI = 412_990_000


class Boat:
    """One boat."""

    def __init__(self, fleet: Fleet, number: int, chance: random.Random) -> None:
        self._vehicle = Vehicle(fleet, chance)
        self._vehicle.speed_mps *= SLOW
        self._mmsi, self._name = FIRST_MMSI + number, f"YANLIAN {number:04d}"  # 演练: an exercise
        self._class_b, self._said = chance.random() < SHARE_CLASS_B, 0

    def report(self, now_s: float) -> list[bytes]:
        """Sail to now; now and then tell its name."""
        lon, lat, heading, speed = self._vehicle.drive(now_s)
        lines = write_name(self._mmsi, self._name) if self._said % NAME_EVERY == 0 else []
        self._said += 1
        lines = [*lines, *write_position(self._mmsi, lon, lat, speed, heading, int(now_s) % 60, self._class_b)]
        return [line + b"\r\n" for line in lines]


def open_simulation(fleet: Fleet, address: str) -> ShoutedSimulation:
    """Make boats for ``udp://HOST:PORT`` or ``tcp://HOST:PORT``."""
    scheme, host, port = read_address("--ais", address, "udp://127.0.0.1:10110")
    chances = [dice(fleet, "ais", number) for number in range(fleet.terminals)]
    boats = [Boat(fleet, number, chance) for number, chance in enumerate(chances)]
    return ShoutedSimulation(fleet, boats, [Mouth(scheme, host, port)], chances)
