"""Everything a fault can be done to."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import socket
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack, asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.journal import journal_path
from data.sync.settings import set_sources
from data.sync.shared import open_for_reading, table_path
from tests.faults.beside import Beside, reading_along, services
from tests.faults.broker import PERSISTENT, Devices
from tests.faults.engine import EngineProcess
from tests.faults.notebook import Notebook
from tests.faults.oracle import TERMINALS, Oracle
from tests.faults.road import Road, Roads
from tests.faults.streams import Gates, Stream, boats, drones, handhelds
from tests.faults.terminal import Air, Terminal
from tests.services import free_port, mosquitto
from tests.small_county import home_with_county
from twin.live.reader import LiveReader

RECOVERY_S = 90.0
FILES = 16_384
"""Open files this process needs for a thousand terminals and their road."""
TMPFS_MB = 1500


@dataclass(frozen=True, slots=True)
class Scale:
    """How long things last: multiples of a second."""

    unit_s: float = 1.0
    longest_stop_s: float = 30.0
    crowd: int = 1000


@dataclass(slots=True)
class World:
    """An engine, the road to it, terminals that drive, and the oracle."""

    home: Home
    engine: EngineProcess
    road: Roads
    air: Air
    notebook: Notebook
    oracle: Oracle
    chance: random.Random
    scale: Scale
    disk: Path | None
    """A small disk of its own that the state lies on, where this process may mount one."""
    devices: Devices
    streams: list[Stream]
    beside: Beside | None
    """Database, NATS and lake, in the long run only."""
    terminals: list[Terminal] = field(default_factory=list)
    driving: list[asyncio.Task[None]] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    healed: float | None = None
    """When the harm of a fault was taken back, where that is before its end."""

    @property
    def journal(self) -> Path:
        """Where the engine keeps its journal."""
        return self.oracle.path

    @property
    def table(self) -> Path:
        """Where the live table lies."""
        return table_path(self.home, "small")

    async def last(self, low: float, high: float) -> None:
        """Let a fault last for a random time, in units of the scale."""
        await asyncio.sleep(self.chance.uniform(low, high) * self.scale.unit_s)

    async def until(self, true: Callable[[], bool], limit_s: float = RECOVERY_S) -> None:
        """Wait until something holds.

        Raises
        ------
        TimeoutError
            If it does not within the limit.
        """
        async with asyncio.timeout(limit_s):
            while not true():
                await asyncio.sleep(0.01)

    async def restart(self) -> None:
        """Start the engine again; what that takes is part of the recovery."""
        self.healed = time.monotonic()
        await self.engine.start()

    async def recovered(self) -> float:
        """Wait until every terminal, and every other source that is answered, has been answered about something it saw
        from now on; return the seconds since the harm was taken back.
        """
        began, began_s = self.healed or time.monotonic(), time.time()
        self.healed = None
        try:
            await self.until(
                lambda: (
                    all(terminal.newest[0] > began_s for terminal in self.terminals)
                    and all(stream.safe_since(began_s) for stream in self.streams)
                )
            )
        except TimeoutError:
            silent = [t for t in self.terminals if t.newest[0] <= began_s]
            others = [stream.name for stream in self.streams if not stream.safe_since(began_s)]
            raise AssertionError(
                f"{others} and {len(silent)} terminals ({sum(t.online for t in silent)} of them online, with "
                f"{sum(t.unanswered for t in silent)} positions) are not answered {RECOVERY_S:.0f} s after the fault; "
                f"the engine says {[log.key for log in self.engine.warned()][-5:]} {self.engine.errors()[-500:]}"
            ) from None
        return time.monotonic() - began

    async def shown(self) -> None:
        """Wait until the live table shows of each terminal what was acknowledged last, and something new of those who
        shout. The desk shows the same, or says that it sees nothing at present.

        Raises
        ------
        AssertionError
            If a table shows what no terminal ever said, or stays behind without a word.
        """
        wanted = self._newest()
        await self._in_time(lambda: self._shows(self.home, wanted), 20, "the live table")
        if self.beside is not None:
            desk = self.beside.desk.home
            await self._in_time(lambda: self.blind or self._shows(desk, wanted), 20, "the desk")

    async def seen(self) -> None:
        """Wait until the desk shows all that, however long its side needs to start.

        Raises
        ------
        AssertionError
            If it stays blind.
        """
        assert self.beside is not None
        desk, wanted = self.beside.desk.home, self._newest()
        await self._in_time(lambda: not self.blind and self._shows(desk, wanted), RECOVERY_S, "the desk")

    @property
    def blind(self) -> bool:
        """Whether the desk says of every source that it is not up."""
        return self.beside is not None and not any(self.beside.desk.up().values())

    def _newest(self) -> dict[str, float]:
        """Return who must be in a live table, with a time at which or after which."""
        now_s = time.time()
        terminals = {f"jt808:{terminal.phone}": terminal.newest[0] for terminal in self.terminals}
        return terminals | {name: now_s for stream in self.streams for name in stream.ids()}

    async def _in_time(self, true: Callable[[], bool], limit_s: float, who: str) -> None:
        try:
            await self.until(true, limit_s)
        except TimeoutError:
            raise AssertionError(f"{who} stays behind") from None

    def _shows(self, home: Home, wanted: dict[str, float]) -> bool:
        shared = open_for_reading(table_path(home, "small"))
        if shared is None:
            return False
        reader = LiveReader(shared.buffer)
        try:
            rows = reader.frame().rows
            seen = {bytes(row["id"]).decode(): float(row["time_s"]) for row in rows}
        finally:
            reader.close()
            shared.close()
        terminals = {name.removeprefix("jt808:") for name in seen if name.startswith("jt808:")}
        assert terminals <= {phone for phone, _ in self.notebook.sent}, "the table shows who never was"
        return all(name in seen and seen[name] >= int(at_s) for name, at_s in wanted.items())

    def forgotten(self) -> int:
        """Return how many messages the broker took and never handed on."""
        oracle = self.oracle
        return sum(fact not in oracle.stored and fact not in oracle.held for fact in self.devices.taken)

    async def hush(self) -> None:
        """Let nobody say anything more, and wait until nothing more comes."""
        for task in self.driving:
            task.cancel()
        await asyncio.gather(*self.driving, return_exceptions=True)
        self.driving.clear()
        before = -1
        while before != (before := len(self.notebook.acknowledged)):
            await asyncio.sleep(1.0)


@asynccontextmanager
async def world(folder: Path, seed: int, terminals: int, scale: Scale, *, whole: bool = False) -> AsyncIterator[World]:
    """Make a world in which all is well, and clear it away.

    With ``whole`` the state lies on a small disk of its own, where this process may mount one, and a database, a NATS
    server and a desk stand beside the engine.
    """
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    root = folder / "home"
    home, port = home_with_county(root), free_port()
    (folder / "broker").mkdir()
    lines = (*PERSISTENT, f"persistence_location {folder}/broker/")
    async with AsyncExitStack() as stack:
        disk = stack.enter_context(small_disk(home.state, wanted=whole))
        broker = stack.enter_context(mosquitto(folder / "broker", *lines))
        beside = stack.enter_context(services(folder, home)) if whole else None
        notebook = Notebook()
        devices, gates = Devices(notebook, broker), Gates(notebook, free_port())
        shouting = [handhelds(notebook, free_port())]
        shouting += [kind(notebook, free_port(socket.SOCK_DGRAM)) for kind in (drones, boats)]
        own, devices.road = Road(port), Road(broker.port, devices.ear)
        gates.road, shouting[0].road = Road(gates.port), Road(shouting[0].port)
        roads = [own, devices.road, gates.road, shouting[0].road]
        for road in roads:
            await road.open()
            stack.push_async_callback(road.close)
        streams: list[Stream] = [devices, gates, *shouting]
        vans = SourceSettings(TERMINALS, "jt808", {"port": port, "secret": "kept over restarts"})
        set_sources(home, "small", [vans, *(stream.source for stream in streams)])
        engine = EngineProcess(root, port, beside.arguments if beside else [])
        here = World(
            *(home, engine, Roads(roads), Air(), notebook, Oracle(journal_path(home, "small"), notebook, streams)),
            *(random.Random(seed), scale, disk, devices, streams, beside),
        )
        here.terminals += [Terminal(number, own.port, here.air, notebook, seed) for number in range(terminals)]
        await engine.start()
        stack.push_async_callback(_end, here)
        if beside is not None:
            await stack.enter_async_context(reading_along(beside))
        here.driving += [asyncio.create_task(terminal.run()) for terminal in here.terminals]
        here.driving += [asyncio.create_task(stream.run()) for stream in streams]
        stack.push_async_callback(here.hush)
        yield here


async def _end(here: World) -> None:
    if here.engine.running:
        await here.engine.kill()


@contextmanager
def small_disk(place: Path, *, wanted: bool) -> Iterator[Path | None]:
    """Mount a small disk where the state lies, if this process may; else None."""
    mounted = (
        wanted
        and os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={TMPFS_MB}m", "tmpfs", str(place)], capture_output=True, check=False
        ).returncode
    )
    try:
        yield place if mounted else None
    finally:
        if mounted:
            subprocess.run(["umount", "--lazy", str(place)], check=True)
