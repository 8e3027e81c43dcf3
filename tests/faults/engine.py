"""The engine as an operator runs it, ``zhian sync``: it can be killed, stopped and given a wrong clock."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from data.sync.messages import Log, read_message
from tests.faults.road import HOST

FAKETIME = Path("/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1")
ROOT = Path(__file__).parents[2]
START_S = 180.0


@dataclass(slots=True)
class EngineProcess:
    """One engine after the other, on the same files and port."""

    home: Path
    port: int
    arguments: list[str] = field(default_factory=list)
    logs: deque[Log] = field(default_factory=lambda: deque(maxlen=2000))
    starts: int = 0
    _process: asyncio.subprocess.Process | None = None
    _hearing: asyncio.Task[None] | None = None

    @property
    def pid(self) -> int:
        """The process that runs."""
        assert self._process is not None
        return self._process.pid

    @property
    def clock_file(self) -> Path:
        """Holds by how many seconds the clock of an engine with ``moving_clock`` is off."""
        return self.home / "clock"

    def environment(self) -> dict[str, str]:
        """Return the environment of the program's processes."""
        return {**os.environ, "ZHIAN_HOME": str(self.home), "PYTHONDONTWRITEBYTECODE": "1"}  # full disks cut such files

    async def start(self, *, moving_clock: bool = False) -> None:
        """Start it and wait until it takes connections."""
        environment = self.environment()
        if moving_clock:
            self.clock_file.write_text("+0\n", "ascii")
            environment |= {
                "LD_PRELOAD": str(FAKETIME),
                "FAKETIME_TIMESTAMP_FILE": str(self.clock_file),
                "FAKETIME_CACHE_DURATION": "1",
                "FAKETIME_DONT_FAKE_MONOTONIC": "1",
                "DONT_FAKE_MONOTONIC": "1",
                "NO_FAKE_STAT": "1",
            }
        self.logs.clear()
        self.starts += 1
        with (self.home / "engine.err").open("ab") as errors:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "app", "--json", "sync", "--twin", "small", *self.arguments),
                cwd=ROOT, env=environment, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE,
                stderr=errors,
            )  # fmt: skip
        self._hearing = asyncio.create_task(self._hear(self._process))
        async with asyncio.timeout(START_S):
            while not await asyncio.to_thread(_listens, self.port):
                if self._process.returncode is not None:
                    raise RuntimeError(f"the engine did not start:\n{self.errors()}")
                await asyncio.sleep(0.02)

    async def _hear(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for text in process.stdout:
            try:
                message = read_message(text)
            except msgspec.MsgspecError:
                continue  # the last line of one that was killed
            if isinstance(message, Log):
                self.logs.append(message)

    def errors(self) -> str:
        """Return the end of what it said on its standard error."""
        return (self.home / "engine.err").read_text("utf-8", "replace")[-3000:]

    def warned(self) -> list[Log]:
        """Return what it said since it was started that is more than a notice."""
        return [log for log in self.logs if log.level in ("warning", "error")]

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    async def kill(self) -> None:
        """Kill it without a word."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.kill()
        await self._gone()

    async def end(self) -> int:
        """Ask it to end and return its exit code."""
        self.send(signal.SIGTERM)
        return await self._gone()

    async def _gone(self) -> int:
        assert self._process is not None
        assert self._hearing is not None
        async with asyncio.timeout(START_S):
            code = await self._process.wait()
            await self._hearing
        return code

    @property
    def running(self) -> bool:
        """Whether it is there."""
        return self._process is not None and self._process.returncode is None


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0
