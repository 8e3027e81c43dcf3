"""Invented gates that see invented vehicles pass and post them over GA/T 1400."""

from __future__ import annotations

import asyncio
import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from data.connectors.gat1400.client import GateClient
from data.connectors.gat1400.decoder import Device, Place
from data.connectors.gat1400.encoder import local_time
from data.simulate.fleet import METRES_A_DEGREE, Fleet, Outcome, Vehicle, dice, keep_pace, wait_while
from twin.errors import UsageError
from twin.words import say

PLATE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ0123456789"
SPEED_MPS = 14.0
"""No vehicle is at another gate sooner than it could drive there at this speed."""
PAUSE_S = 5.0
"""Nor at the same one."""
CLASSES = ("K33", "K33", "K33", "K31", "H31", "K11", "H17")
"""Types of vehicles (GA/T 16.4), as often as they stand here."""
TRIED = 8
"""Vehicles that are asked whether they could be at a gate before a new one sets off."""


@dataclass(slots=True)
class Passer:
    """One invented vehicle: its plate, its type, the gate that it passed last, and when."""

    plate: str
    vehicle_class: str
    gate: int
    last_s: float


class Gat1400Simulation:
    """Gates at work; ``clients`` may be read at any time."""

    def __init__(
        self, fleet: Fleet, url: str, user: str, password: str, clock: Callable[[], float] = time.time
    ) -> None:
        self._fleet, self._clock, self._begun_s = fleet, clock, 0.0
        chances = [dice(fleet, "gat1400", number) for number in range(fleet.terminals)]
        self.clients = [
            GateClient(url, _device(fleet, number, chance), user, password, chance, fleet.faults)
            for number, chance in enumerate(chances)
        ]
        self._traffic = Traffic(fleet, [client.device for client in self.clients])
        self._passes = 0

    async def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        self._begun_s = self._clock()
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(client.run()) for client in self.clients]
            await keep_pace(self._fleet, self._report)
            await wait_while(self._fleet, lambda: any(client.unanswered for client in self.clients))
            for task in tasks:
                task.cancel()
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        tallies = [client.tally for client in self.clients]
        return Outcome(
            reported=sum(tally.reported for tally in tallies),
            acknowledged=sum(len(tally.acknowledged) for tally in tallies),
            unanswered=sum(client.unanswered for client in self.clients),
            refused=sum(tally.refused for tally in tallies),
            resent=sum(tally.resent for tally in tallies),
            connections=sum(tally.registrations for tally in tallies),
        )

    def _report(self, _: int) -> None:
        """Let the next vehicle pass."""
        since_s = self._passes / self._fleet.rate_hz
        gate, passer = self._traffic.next(since_s)
        client = self.clients[gate]
        client.report(written(client.device, passer, self._begun_s + since_s + client.clock_off_s, self._passes))
        self._passes += 1


class Traffic:
    """Who passes which gate next: the same for the same seed and rate, and nobody in two places at once."""

    def __init__(self, fleet: Fleet, devices: Sequence[Device]) -> None:
        self._places = [device.place or Place(fleet.lon_deg, fleet.lat_deg) for device in devices]
        self._chance = dice(fleet, "gat1400 traffic", 0)
        self._passers: list[Passer] = []

    def next(self, now_s: float) -> tuple[int, Passer]:
        """Return the gate and the vehicle of the pass at ``now_s``; it is a new one if none could be there."""
        gate = self._chance.randrange(len(self._places))
        for passer in self._chance.sample(self._passers, min(TRIED, len(self._passers))):
            if passer.last_s + PAUSE_S + self._apart_m(passer.gate, gate) / SPEED_MPS < now_s:
                passer.gate, passer.last_s = gate, now_s
                return gate, passer
        plate = f"浙F·I{''.join(self._chance.choices(PLATE_LETTERS, k=4))}"  # no real plate has the letter I
        passer = Passer(plate, self._chance.choice(CLASSES), gate, now_s)
        self._passers.append(passer)
        return gate, passer

    def _apart_m(self, one: int, other: int) -> float:
        a, b = self._places[one], self._places[other]
        east = (a.lon_deg - b.lon_deg) * math.cos(math.radians(a.lat_deg))
        return math.hypot(east, a.lat_deg - b.lat_deg) * METRES_A_DEGREE


def written(device: Device, passer: Passer, time_s: float, number: int) -> Mapping[str, object]:
    """Return a pass as a camera writes it; its picture is a reference that leads nowhere."""
    at = local_time(time_s)
    object_id = f"{device.id}02{at}{number % 100_000:05d}02{number % 100_000:05d}"
    return {
        "MotorVehicleID": object_id, "InfoKind": 1, "SourceID": object_id[:41], "DeviceID": device.id,
        "StorageUrl1": f"http://pictures.invalid/{object_id}.jpg", "HasPlate": "1", "PlateClass": "02",
        "PlateColor": "5", "PlateNo": passer.plate, "VehicleClass": passer.vehicle_class, "Speed": SPEED_MPS * 3.6,
        "PassTime": at,
    }  # fmt: skip


def open_simulation(fleet: Fleet, address: str) -> Gat1400Simulation:
    """Make gates for ``http://USER:PASSWORD@HOST[:PORT]``.

    Raises
    ------
    twin.errors.UsageError
        If the address is none.
    """
    parts = urlsplit(address)
    try:
        fits = parts.scheme in ("http", "https") and bool(parts.hostname and parts.username) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(say("--gat1400: write http://USER:PASSWORD@HOST:PORT, as http://gates:word@127.0.0.1:1400"))
    url = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"
    return Gat1400Simulation(fleet, url, unquote(parts.username or ""), unquote(parts.password or ""))


def _device(fleet: Fleet, number: int, chance: random.Random) -> Device:
    lon, lat, *_ = Vehicle(fleet, chance).pose()
    device_id = f"33042100001190{fleet.seed % 100:02d}{number % 10_000:04d}"
    return Device(device_id, f"模拟卡口 {number + 1:02d}", Place(round(lon, 6), round(lat, 6)))
