"""Invented drones that speak MAVLink 2, one system number each."""

from __future__ import annotations

import math
import random

from data.connectors.mavlink.encoder import Voice
from data.simulate.fleet import Fleet, Vehicle, dice
from data.simulate.shouted import Mouth, ShoutedSimulation, read_address
from twin.errors import UsageError

MOST = 250
"""System numbers end at 255, and ground stations use the last of them."""
BOOTED_S = 60.0
HEARTBEAT_EVERY = 10
HOME_M = (40.0, 120.0)


class Drone:
    """One drone in the air."""

    def __init__(self, fleet: Fleet, number: int, chance: random.Random) -> None:
        self._vehicle, self._voice = Vehicle(fleet, chance), Voice(number + 1)
        self._home_m, self._begun_s, self._said = chance.uniform(*HOME_M), 0.0, 0

    def report(self, now_s: float) -> list[bytes]:
        """Fly to now; now and then say how it is and what time it is."""
        self._begun_s = self._begun_s or now_s - BOOTED_S
        boot_s = now_s - self._begun_s
        wires = []
        if self._said % HEARTBEAT_EVERY == 0:
            wires = [self._voice.heartbeat(), self._voice.system_time(now_s, boot_s)]
        self._said += 1
        lon, lat, heading, speed = self._vehicle.drive(now_s)
        towards = math.radians(heading)
        north, east = speed * math.cos(towards), speed * math.sin(towards)
        return [*wires, self._voice.position(boot_s, lon, lat, self._home_m, heading, north, east)]


def open_simulation(fleet: Fleet, address: str) -> ShoutedSimulation:
    """Make drones for ``udp://HOST:PORT`` or ``tcp://HOST:PORT``.

    Raises
    ------
    twin.errors.UsageError
        If the address is none, or they are too many.
    """
    if fleet.terminals > MOST:
        raise UsageError("--mavlink plays at most 250 drones: each has a system number of its own")
    scheme, host, port = read_address("--mavlink", address, "udp://127.0.0.1:14550")
    chances = [dice(fleet, "mavlink", number) for number in range(fleet.terminals)]
    drones = [Drone(fleet, number, chance) for number, chance in enumerate(chances)]
    return ShoutedSimulation(fleet, drones, [Mouth(scheme, host, port)], chances)
