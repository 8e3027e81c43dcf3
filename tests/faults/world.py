"""Everything a fault can be done to."""

from __future__ import annotations

import asyncio
import os
import random
import resource
import subprocess
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.journal import journal_path
from data.sync.settings import set_sources
from data.sync.shared import open_for_reading, table_path
from tests.faults.engine import EngineProcess
from tests.faults.oracle import Oracle
from tests.faults.road import Road
from tests.faults.terminal import Air, Notebook, Terminal
from tests.services import free_port
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
    road: Road
    air: Air
    notebook: Notebook
    oracle: Oracle
    chance: random.Random
    scale: Scale
    disk: Path | None
    """A small disk of its own that the state lies on, where this process may mount one."""
    terminals: list[Terminal] = field(default_factory=list)
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
        """Wait until every terminal has been answered about something it saw from now on; return the seconds since
        the harm was taken back.
        """
        began, began_s = self.healed or time.monotonic(), time.time()
        self.healed = None
        try:
            await self.until(lambda: all(terminal.newest[0] > began_s for terminal in self.terminals))
        except TimeoutError:
            silent = [t for t in self.terminals if t.newest[0] <= began_s]
            raise AssertionError(
                f"{len(silent)} terminals ({sum(t.online for t in silent)} of them online, with "
                f"{sum(t.unanswered for t in silent)} positions) are not answered {RECOVERY_S:.0f} s after the fault; "
                f"the engine says {[log.key for log in self.engine.warned()][-5:]} {self.engine.errors()[-500:]}"
            ) from None
        return time.monotonic() - began

    async def shown(self) -> int:
        """Wait until the live table shows of each terminal what was acknowledged last; return its entities.

        Raises
        ------
        AssertionError
            If it shows what no terminal ever said, or stays behind.
        """
        wanted = {t.phone: t.newest[0] for t in self.terminals}
        try:
            await self.until(lambda: self._shows(wanted), 20)
        except TimeoutError:
            raise AssertionError("the live table stays behind what was acknowledged") from None
        return len(wanted)

    def _shows(self, wanted: dict[str, float]) -> bool:
        shared = open_for_reading(self.table)
        if shared is None:
            return False
        reader = LiveReader(shared.buffer)
        try:
            rows = reader.frame().rows
            seen = {bytes(row["id"]).decode().removeprefix("jt808:"): float(row["time_s"]) for row in rows}
        finally:
            reader.close()
            shared.close()
        assert set(seen) <= {phone for phone, _ in self.notebook.sent} | {""}, "the table shows who never was"
        return all(phone in seen and seen[phone] >= int(at_s) for phone, at_s in wanted.items())


@asynccontextmanager
async def world(
    folder: Path, seed: int, terminals: int, scale: Scale, *, own_disk: bool = False
) -> AsyncIterator[World]:
    """Make a world in which all is well, and clear it away."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(FILES, hard), hard))
    root = folder / "home"
    home, port = home_with_county(root), free_port()
    with small_disk(home.state, wanted=own_disk) as disk:
        set_sources(home, "small", [SourceSettings("vans", "jt808", {"port": port, "secret": "kept over restarts"})])
        road, air, notebook = Road(port), Air(), Notebook()
        await road.open()
        oracle = Oracle(journal_path(home, "small"), notebook)
        here = World(
            *(home, EngineProcess(root, port), road, air, notebook, oracle, random.Random(seed), scale),
            disk,
        )
        here.terminals += [Terminal(number, road.port, air, notebook, seed) for number in range(terminals)]
        await here.engine.start()
        driving = [asyncio.create_task(terminal.run()) for terminal in here.terminals]
        try:
            yield here
        finally:
            for task in driving:
                task.cancel()
            await asyncio.gather(*driving, return_exceptions=True)
            await road.close()
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
