"""Invented terminals that drive about and report over JT/T 808, with faults on request."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from data.connectors.jt808.client import Faults, TerminalClient
from data.connectors.jt808.decoder import Position

TICK_S = 0.02
PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
ITEMS = ((0x30, b"\x1f"), (0x31, b"\x0c"))
"""Signal strength and satellites: they stand in each report."""


@dataclass(frozen=True, slots=True)
class Fleet:
    """What is to be played.

    Parameters
    ----------
    terminals : int
    rate_hz : float
        Reports a second of all terminals together.
    seconds : float
        For how long to report.
    patience_s : float
        How long to wait at the end for what is not answered.
    lon_deg, lat_deg, radius_m : float
        Where they drive.
    share_2019 : float
        Share of terminals that speak the edition of 2019.
    """

    terminals: int = 10
    rate_hz: float = 10.0
    seconds: float = 60.0
    patience_s: float = 15.0
    lon_deg: float = 120.92
    lat_deg: float = 30.84
    radius_m: float = 5000.0
    faults: Faults = field(default_factory=Faults)
    seed: int = 1
    share_2019: float = 0.5


@dataclass(slots=True)
class Outcome:
    """What came of it: positions reported, acknowledged and not; messages sent again; connections made."""

    reported: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    refused: int = 0
    resent: int = 0
    connections: int = 0


@dataclass(slots=True)
class Vehicle:
    """One invented vehicle: drives at its own speed, turns a little all the time, and stays near the middle."""

    client: TerminalClient
    east_m: float
    north_m: float
    heading_deg: float
    speed_mps: float
    chance: random.Random
    last_s: float = 0.0

    def report(self, fleet: Fleet, now_s: float) -> None:
        """Drive to now and report."""
        passed = min(now_s - self.last_s, 60.0) if self.last_s else 0.0
        self.last_s = now_s
        self.heading_deg = (self.heading_deg + self.chance.gauss(0, 4) + self._homeward(fleet)) % 360
        towards = math.radians(self.heading_deg)
        self.east_m += math.sin(towards) * self.speed_mps * passed
        self.north_m += math.cos(towards) * self.speed_mps * passed
        lon, lat = _place(fleet, self.east_m, self.north_m)
        self.client.report(
            Position(
                0, 3, lon, lat, 4, self.speed_mps * 3.6, int(self.heading_deg), now_s, ITEMS
            )  # 3: engine on, a fix
        )

    def _homeward(self, fleet: Fleet) -> float:
        if math.hypot(self.east_m, self.north_m) < fleet.radius_m:
            return 0.0
        home = math.degrees(math.atan2(-self.east_m, -self.north_m))
        return ((home - self.heading_deg + 540) % 360 - 180) * 0.2


@dataclass(slots=True)
class Simulation:
    """A fleet at work; ``vehicles`` may be read at any time."""

    fleet: Fleet
    clock: Callable[[], float] = time.time
    vehicles: list[Vehicle] = field(default_factory=list)

    async def run(self, host: str, port: int) -> Outcome:
        """Play to the end and return what came of it."""
        self.vehicles = [_vehicle(self.fleet, number) for number in range(self.fleet.terminals)]
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(vehicle.client.run(host, port)) for vehicle in self.vehicles]
            await self._drive()
            await self._wait_for_answers()
            for task in tasks:
                task.cancel()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        clients = [vehicle.client for vehicle in self.vehicles]
        return Outcome(
            reported=sum(client.tally.reported for client in clients),
            acknowledged=sum(len(client.tally.acknowledged) for client in clients),
            unanswered=sum(client.unanswered for client in clients),
            refused=sum(client.tally.refused for client in clients),
            resent=sum(client.tally.resent for client in clients),
            connections=sum(client.tally.connections for client in clients),
        )

    async def _drive(self) -> None:
        """Report in turn, at the rate that was asked for; a stop of the machine is made up for."""
        loop = asyncio.get_running_loop()
        begun, done = loop.time(), 0
        total = int(self.fleet.rate_hz * self.fleet.seconds)
        while done < total:
            due = min(int((loop.time() - begun) * self.fleet.rate_hz), total)
            for number in range(done, due):
                self.vehicles[number % len(self.vehicles)].report(self.fleet, self.clock())
            done = due
            await asyncio.sleep(TICK_S)

    async def _wait_for_answers(self) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.fleet.patience_s
        while any(vehicle.client.unanswered for vehicle in self.vehicles) and loop.time() < until:
            await asyncio.sleep(TICK_S)


def _vehicle(fleet: Fleet, number: int) -> Vehicle:
    chance = random.Random(f"{fleet.seed} {number}")
    plate = f"浙F·I{''.join(chance.choices(PLATE_LETTERS, k=4))}"  # no real plate has the letter I
    version = int(chance.random() < fleet.share_2019)
    client = TerminalClient(f"0199{fleet.seed % 100:02d}{number:06d}", plate, chance, fleet.faults, version)
    distance, towards = fleet.radius_m * math.sqrt(chance.random()), chance.uniform(0, math.tau)
    east, north = distance * math.sin(towards), distance * math.cos(towards)
    return Vehicle(client, east, north, chance.uniform(0, 360), chance.uniform(3, 20), chance)


def _place(fleet: Fleet, east_m: float, north_m: float) -> tuple[float, float]:
    """Return longitude and latitude of a place near the middle, good to a metre in some kilometres."""
    lat = fleet.lat_deg + north_m / 111_320.0
    return fleet.lon_deg + east_m / (111_320.0 * math.cos(math.radians(fleet.lat_deg))), lat
