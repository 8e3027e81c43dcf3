"""Invented terminals that report over JT/T 808."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Callable

from data.connectors.jt808.client import TerminalClient
from data.connectors.jt808.decoder import Position
from data.simulate.address import host_and_port
from data.simulate.fleet import Fleet, Outcome, Pose, Vehicle, dice, keep_pace, wait_while

PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
ITEMS = ((0x30, b"\x1f"), (0x31, b"\x0c"))
"""Signal strength and satellites: they stand in each report."""
SHARE_2019 = 0.5
"""Of the terminals that speak the edition of 2019."""


class Jt808Simulation:
    """A fleet at work; ``clients`` may be read at any time."""

    def __init__(self, fleet: Fleet, host: str, port: int, clock: Callable[[], float] = time.time) -> None:
        self._fleet, self._host, self._port, self._clock = fleet, host, port, clock
        chances = [dice(fleet, "jt808", number) for number in range(fleet.terminals)]
        self.clients = [_client(fleet, number, chance) for number, chance in enumerate(chances)]
        self._vehicles = [Vehicle(fleet, chance) for chance in chances]

    async def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.run(self._host, self._port)) for client in self.clients]
            await keep_pace(self._fleet, self._report)
            await wait_while(self._fleet, lambda: any(client.unanswered for client in self.clients))
            for task in tasks:
                task.cancel()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        return Outcome(
            reported=sum(client.tally.reported for client in self.clients),
            acknowledged=sum(len(client.tally.acknowledged) for client in self.clients),
            unanswered=sum(client.unanswered for client in self.clients),
            refused=sum(client.tally.refused for client in self.clients),
            resent=sum(client.tally.resent for client in self.clients),
            connections=sum(client.tally.connections for client in self.clients),
        )

    def _report(self, number: int) -> None:
        now_s = self._clock()
        self.clients[number].report(_position(self._vehicles[number].drive(now_s), now_s))


def open_simulation(fleet: Fleet, address: str) -> Jt808Simulation:
    """Make terminals for ``HOST:PORT``."""
    return Jt808Simulation(fleet, *host_and_port("--jt808", address, "127.0.0.1:6808"))


def _position(pose: Pose, now_s: float) -> Position:
    lon, lat, heading, speed_mps = pose
    return Position(0, 3, lon, lat, 4, speed_mps * 3.6, int(heading), now_s, ITEMS)  # 3: engine on, a fix


def _client(fleet: Fleet, number: int, chance: random.Random) -> TerminalClient:
    plate = f"浙F·I{''.join(chance.choices(PLATE_LETTERS, k=4))}"  # no real plate has the letter I
    version = int(chance.random() < SHARE_2019)
    return TerminalClient(f"0199{fleet.seed % 100:02d}{number:06d}", plate, chance, fleet.faults, version)
