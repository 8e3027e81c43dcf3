"""Invented vehicles that drive about, whatever protocol they report over."""

from __future__ import annotations

import asyncio
import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from data.simulate.faults import Faults

TICK_S = 0.02
METRES_A_DEGREE = 111_320.0


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


@dataclass(slots=True)
class Outcome:
    """What came of it: messages reported, acknowledged and not; those sent again; connections made."""

    reported: int = 0
    acknowledged: int = 0
    unanswered: int = 0
    refused: int = 0
    resent: int = 0
    connections: int = 0


class Simulation(Protocol):
    """A fleet that reports over one protocol to one address."""

    async def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        ...

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        ...


class Pose(NamedTuple):
    """Where a vehicle is and how it moves."""

    lon_deg: float
    lat_deg: float
    heading_deg: float
    speed_mps: float


@dataclass(slots=True)
class Vehicle:
    """One invented vehicle: drives at its own speed, turns a little all the time, and stays near the middle."""

    fleet: Fleet
    chance: random.Random
    east_m: float = 0.0
    north_m: float = 0.0
    heading_deg: float = 0.0
    speed_mps: float = 0.0
    last_s: float = 0.0

    def __post_init__(self) -> None:
        """Set off somewhere."""
        distance, towards = self.fleet.radius_m * math.sqrt(self.chance.random()), self.chance.uniform(0, math.tau)
        self.east_m, self.north_m = distance * math.sin(towards), distance * math.cos(towards)
        self.heading_deg, self.speed_mps = self.chance.uniform(0, 360), self.chance.uniform(3, 20)

    def drive(self, now_s: float) -> Pose:
        """Drive to now."""
        passed = min(now_s - self.last_s, 60.0) if self.last_s else 0.0
        self.last_s = now_s
        self.heading_deg = (self.heading_deg + self.chance.gauss(0, 4) + self._homeward()) % 360
        towards = math.radians(self.heading_deg)
        self.east_m += math.sin(towards) * self.speed_mps * passed
        self.north_m += math.cos(towards) * self.speed_mps * passed
        return self.pose()

    def pose(self) -> Pose:
        """Return where it is; good to a metre in some kilometres."""
        fleet = self.fleet
        lat = fleet.lat_deg + self.north_m / METRES_A_DEGREE
        lon = fleet.lon_deg + self.east_m / (METRES_A_DEGREE * math.cos(math.radians(fleet.lat_deg)))
        return Pose(lon, lat, self.heading_deg, self.speed_mps)

    def _homeward(self) -> float:
        if math.hypot(self.east_m, self.north_m) < self.fleet.radius_m:
            return 0.0
        home = math.degrees(math.atan2(-self.east_m, -self.north_m))
        return ((home - self.heading_deg + 540) % 360 - 180) * 0.2


def dice(fleet: Fleet, protocol: str, number: int) -> random.Random:
    """Return the chance of one terminal: the same for the same seed."""
    return random.Random(f"{fleet.seed} {protocol} {number}")


async def keep_pace(fleet: Fleet, report: Callable[[int], None]) -> None:
    """Call ``report`` with each terminal's number in turn, at the rate; a stop of the machine is made up for."""
    loop = asyncio.get_running_loop()
    begun, done = loop.time(), 0
    total = int(fleet.rate_hz * fleet.seconds)
    while done < total:
        due = min(int((loop.time() - begun) * fleet.rate_hz), total)
        for number in range(done, due):
            report(number % fleet.terminals)
        done = due
        await asyncio.sleep(TICK_S)


async def wait_while(fleet: Fleet, waiting: Callable[[], bool]) -> None:
    """Give what is not answered some time."""
    loop = asyncio.get_running_loop()
    until = loop.time() + fleet.patience_s
    while waiting() and loop.time() < until:
        await asyncio.sleep(TICK_S)
