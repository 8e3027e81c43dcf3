"""Sources beside the terminals, each with a hand of its own: gates that post, handhelds, drones and boats that shout.

A gate keeps a pass until it is answered. Those who shout are told nothing, so nothing is promised to them: of these it
is counted what came, and that what came is kept once.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import math
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import aiohttp
from pyais.encode import DATA_DICT, encode_dict
from pymavlink.dialects.v20 import ardupilotmega as dialect

from data.connectors.contract import SourceSettings
from tests.faults.notebook import Fact, Notebook
from tests.faults.road import HOST, Road, abort

PERIOD_S = 0.1
PATIENCE_S = 2.0
MOST = 50
"""Passes of one post."""
PLACE = (120.95, 30.86)


class Stream(Protocol):
    """One source and those who speak to it."""

    name: str

    @property
    def source(self) -> SourceSettings:
        """Its settings."""

    async def run(self) -> None:
        """Speak until cancelled."""

    def facts_in(self, raw: bytes) -> list[Fact]:
        """Return what some kept bytes tell."""

    def safe_since(self, when_s: float) -> bool:
        """Tell whether something that was sent after an instant is known to be safe; True where nobody is told."""

    def ids(self) -> list[str]:
        """Return who has to be in the live table with what was said lately."""


def spot(number: int, now_s: float) -> tuple[float, float]:
    """Return where the one with a number is: on a small circle that drifts north by 3 m/s, never twice at one place."""
    turn = now_s % 60 / 60 * 2 * math.pi
    drift = now_s % 3600 * 3e-5
    return PLACE[0] + 0.003 * number + 2e-4 * math.cos(turn), PLACE[1] - 0.05 + drift + 2e-4 * math.sin(turn)


@dataclass(slots=True)
class Gates:
    """Gates that post vehicles' passes over GA/T 1400, and post them again until each has its status."""

    notebook: Notebook
    port: int
    name: str = "gates"
    count: int = 3
    newest_s: dict[int, float] = field(default_factory=dict)
    road: Road | None = None
    _number: int = 0

    @property
    def source(self) -> SourceSettings:
        """The settings."""
        return SourceSettings(self.name, "gat1400", {"port": self.port, "authentication": "open"})

    async def run(self) -> None:
        """Post, all gates at once."""
        async with asyncio.TaskGroup() as tasks:
            for gate in range(self.count):
                tasks.create_task(self._gate(gate))

    async def _gate(self, gate: int) -> None:
        assert self.road is not None
        url, device = f"http://{HOST}:{self.road.port}/VIID/MotorVehicles", f"3304210000119{gate:07d}"
        waiting: dict[str, dict[str, object]] = {}
        patience = aiohttp.ClientTimeout(total=PATIENCE_S)
        async with aiohttp.ClientSession(timeout=patience, headers={"User-Identify": device}) as session:
            while True:
                self._see(gate, device, waiting)
                with contextlib.suppress(aiohttp.ClientError, TimeoutError, OSError, ValueError):  # it tries again
                    await self._report(session, url, gate, waiting)
                await asyncio.sleep(PERIOD_S)

    def _see(self, gate: int, device: str, waiting: dict[str, dict[str, object]]) -> None:
        self._number += 1
        now_s, name = time.time(), f"{device}{self._number:028d}"
        lon, lat = spot(gate, now_s)
        passed = time.strftime("%Y%m%d%H%M%S", time.gmtime(now_s + 8 * 3600))
        waiting[name] = {
            "MotorVehicleID": name, "InfoKind": 1, "DeviceID": device, "HasPlate": "1", "PassTime": passed,
            "PlateNo": f"测A{self._number:05d}", "Longitude": lon, "Latitude": lat,
        }  # fmt: skip
        self.notebook.sent[self.name, name.encode()] = now_s

    async def _report(
        self, session: aiohttp.ClientSession, url: str, gate: int, waiting: dict[str, dict[str, object]]
    ) -> None:
        """Post the oldest that wait."""
        posted = {"MotorVehicleListObject": {"MotorVehicleObject": [waiting[name] for name in list(waiting)[:MOST]]}}
        headers = {"Content-Type": "application/VIID+JSON"}
        async with session.post(url, data=json.dumps(posted), headers=headers) as response:
            answer = json.loads(await response.read()) if response.status == 200 else {}
        for status in answer.get("ResponseStatusListObject", {}).get("ResponseStatusObject", ()):
            name = status["Id"]
            if name in waiting and int(status["StatusCode"]) == 0:
                del waiting[name]
                fact = (self.name, name.encode())
                self.notebook.acknowledged.setdefault(fact, time.time())
                self.newest_s[gate] = max(self.newest_s.get(gate, 0.0), self.notebook.sent[fact])

    def facts_in(self, raw: bytes) -> list[Fact]:
        """Return the pass."""
        try:
            return [(self.name, json.loads(raw)["MotorVehicleID"].encode())]
        except (ValueError, KeyError):
            return []

    def safe_since(self, when_s: float) -> bool:
        """Tell whether every gate has an answer."""
        return len(self.newest_s) == self.count and min(self.newest_s.values()) > when_s

    def ids(self) -> list[str]:
        """Return nobody: a vehicle passes once."""
        return []


Say = Callable[[int, float, int], bytes]
"""Given who speaks, when, and how much was said before: what is said."""


@dataclass(slots=True)
class Shouting:
    """Those who say where they are and are never answered, over UDP or, with a road, over TCP."""

    notebook: Notebook
    name: str
    port: int
    say: Say
    found: Callable[[bytes], bytes | None]
    who: list[str]
    road: Road | None = None

    @property
    def source(self) -> SourceSettings:
        """The settings."""
        return SourceSettings(self.name, self.name, {"port": self.port})

    async def run(self) -> None:
        """Shout."""
        if self.road is None:
            loop = asyncio.get_running_loop()
            transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, (HOST, 0))
            try:
                await self._shout(lambda data: transport.sendto(data, (HOST, self.port)))
            finally:
                transport.close()
        while self.road is not None:
            with contextlib.suppress(OSError):  # it connects again
                _, writer = await asyncio.open_connection(HOST, self.road.port)
                try:
                    await self._shout(writer.write, writer)
                finally:
                    abort(writer)
            await asyncio.sleep(PERIOD_S)

    async def _shout(self, send: Callable[[bytes], None], writer: asyncio.StreamWriter | None = None) -> None:
        number = 0
        while True:
            now_s = time.time()
            for who in range(len(self.who)):
                number += 1
                data = self.say(who, now_s, number)
                fact = self.found(data)
                assert fact is not None
                self.notebook.sent[self.name, fact] = now_s
                send(data)
            if writer is not None:
                async with asyncio.timeout(PATIENCE_S):
                    await writer.drain()
                if writer.transport.is_closing():
                    raise ConnectionResetError
            await asyncio.sleep(PERIOD_S)

    def facts_in(self, raw: bytes) -> list[Fact]:
        """Return what was said."""
        fact = self.found(raw)
        return [(self.name, fact)] if fact is not None else []

    def safe_since(self, when_s: float) -> bool:
        """Nobody is told."""
        return True

    def ids(self) -> list[str]:
        """Return everybody."""
        return self.who


def handhelds(notebook: Notebook, port: int, count: int = 3) -> Shouting:
    """Return officers' handhelds, Cursor-on-Target in XML."""

    def say(who: int, now_s: float, number: int) -> bytes:
        at, stale = (
            time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(s)) + f".{int(now_s * 1000) % 1000:03d}Z"
            for s in (now_s, now_s + 60)
        )
        lon, lat = spot(5 + who, now_s)
        return (
            f'<event version="2.0" uid="fault-{who}" type="a-f-G-U-C" how="m-g" time="{at}" start="{at}" '
            f'stale="{stale}"><point lat="{lat:.7f}" lon="{lon:.7f}" hae="3.0" ce="5.0" le="9999999.0"/>'
            f'<detail><remarks>{number}</remarks></detail></event>'
        ).encode()  # fmt: skip

    def found(raw: bytes) -> bytes | None:
        told = re.search(rb'uid="(fault-\d+)".*? time="([^"]+)"', raw)
        return b" ".join(told.groups()) if told else None

    return Shouting(notebook, "cot", port, say, found, [f"cot:fault-{who}" for who in range(count)])


def drones(notebook: Notebook, port: int, count: int = 3) -> Shouting:
    """Return drones, MAVLink 2 by pymavlink."""
    mouths = [dialect.MAVLink(None, who + 1, 1) for who in range(count)]
    begun_s = time.time()

    def say(who: int, now_s: float, number: int) -> bytes:
        lon, lat = spot(10 + who, now_s)
        mouth, height = mouths[who], 90_000 + number % 1000
        told = mouth.global_position_int_encode(
            int((now_s - begun_s) * 1000), round(lat * 1e7), round(lon * 1e7), height, height, 100, 100, 0, 9000
        )
        frame = bytes(told.pack(mouth))
        mouth.seq = (mouth.seq + 1) % 256
        return frame

    return Shouting(notebook, "mavlink", port, say, bytes, [f"mavlink:{who + 1}" for who in range(count)])


def boats(notebook: Notebook, port: int, count: int = 3) -> Shouting:
    """Return boats, AIS by pyais."""

    def say(who: int, now_s: float, number: int) -> bytes:
        lon, lat = spot(15 + who, now_s)
        told: DATA_DICT = {
            "type": 1, "mmsi": 412_990_100 + who, "lon": lon, "lat": lat, "speed": 5.0, "course": number % 3600 / 10,
            "heading": number % 360, "second": int(now_s) % 60, "status": 0, "accuracy": 1,
        }  # fmt: skip
        (line,) = encode_dict(told, talker_id="AI", sentence_type="VDM")
        return line.encode() + b"\r\n"

    def found(raw: bytes) -> bytes | None:
        told = re.search(rb"!AIVDM[^\r\n*]+\*..", raw)
        return told.group() if told else None

    return Shouting(notebook, "ais", port, say, found, [f"ais:{412_990_100 + who}" for who in range(count)])
