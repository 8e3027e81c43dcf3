"""Devices that speak and are not answered: over UDP, or over connections that are made again when they are lost."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import urlsplit

from data.simulate.faults import FaultyLine
from data.simulate.fleet import Fleet, Outcome, keep_pace
from twin.errors import UsageError
from twin.words import say

RECONNECT_S = 0.2
SCHEMES = ("udp", "tcp")


class Speaker(Protocol):
    """One device."""

    def report(self, now_s: float) -> list[bytes]:
        """Return what it says now, message by message."""
        ...


class Mouth:
    """A line out: a socket for datagrams, or a connection."""

    def __init__(self, scheme: str, host: str, port: int) -> None:
        self._scheme, self._host, self._port = scheme, host, port
        self._say: Callable[[bytes], object] | None = None
        self._unsent: Callable[[], int] = lambda: 0
        self._lost = asyncio.Event()
        self.connections = 0

    async def run(self) -> None:
        """Stay connected until cancelled."""
        while True:
            self._lost.clear()
            with contextlib.suppress(OSError):
                transport = await self._connect()
                self.connections += 1
                try:
                    await self._lost.wait()
                finally:
                    self._say = None
                    transport.close()
            await asyncio.sleep(RECONNECT_S)

    async def _connect(self) -> asyncio.BaseTransport:
        loop, address = asyncio.get_running_loop(), (self._host, self._port)
        if self._scheme == "udp":
            datagrams, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, remote_addr=address)
            self._say = datagrams.sendto
            return datagrams
        stream, _ = await loop.create_connection(lambda: _Stream(self), *address)
        self._say, self._unsent = stream.write, stream.get_write_buffer_size
        return stream

    def lose(self) -> None:
        """Note that the other side hung up."""
        self._say = None
        self._lost.set()

    @property
    def is_open(self) -> bool:
        """Whether something said now goes out."""
        return self._say is not None

    @property
    def waiting(self) -> bool:
        """Whether something said has not left yet."""
        return self.is_open and self._unsent() > 0

    def send(self, wire: bytes) -> None:
        """Say something; without a connection nobody hears it."""
        if self._say is not None:
            self._say(wire)


class _Stream(asyncio.Protocol):
    """Hears answers, which are not waited for, and that the other side hung up."""

    def __init__(self, mouth: Mouth) -> None:
        self._mouth = mouth

    def connection_lost(self, exc: Exception | None) -> None:
        """Tell that it is over."""
        self._mouth.lose()


class ShoutedSimulation:
    """A fleet at work. What is said while there is no connection counts as unanswered.

    Parameters
    ----------
    speakers : sequence of Speaker
        Speaker ``i`` uses mouth ``i`` modulo their number.
    """

    def __init__(
        self, fleet: Fleet, speakers: Sequence[Speaker], mouths: Sequence[Mouth], chances: Sequence[random.Random],
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._fleet, self._speakers, self._mouths, self._clock = fleet, speakers, mouths, clock
        self._lines = [FaultyLine(fleet.faults, chance) for chance in chances]
        self._clock_off_s = [chance.uniform(-1, 1) * fleet.faults.clock_s for chance in chances]
        self._told = Outcome()
        self.said: list[bytes] = []
        """What was handed to the line, before its faults."""

    async def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(mouth.run()) for mouth in self._mouths]
            await self._until(lambda: all(mouth.is_open for mouth in self._mouths))
            await keep_pace(self._fleet, self._report)
            for line in self._lines:
                line.flush()
            await self._until(lambda: not any(mouth.waiting for mouth in self._mouths))
            for task in tasks:
                task.cancel()
        return self.outcome()

    async def _until(self, come: Callable[[], bool]) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self._fleet.patience_s
        while not come() and loop.time() < until:
            await asyncio.sleep(0.01)

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        self._told.connections = sum(mouth.connections for mouth in self._mouths)
        return self._told

    def _report(self, number: int) -> None:
        mouth, line = self._mouths[number % len(self._mouths)], self._lines[number]
        for wire in self._speakers[number].report(self._clock() + self._clock_off_s[number]):
            self._told.reported += 1
            if mouth.is_open:
                self.said.append(wire)
                line.send(wire, mouth.send)
            else:
                self._told.unanswered += 1


def read_address(option: str, text: str, example: str) -> tuple[str, str, int]:
    """Read ``udp://HOST:PORT`` or ``tcp://HOST:PORT``.

    Raises
    ------
    twin.errors.UsageError
        If it is something else.
    """
    parts = urlsplit(text)
    try:
        host, port = parts.hostname, parts.port
    except ValueError:
        host, port = None, None
    if parts.scheme not in SCHEMES or not host or not port:
        raise UsageError(
            say("{option} {text}: write udp://HOST:PORT or tcp://HOST:PORT, as {example}", option=option, text=text,
                example=example)
        )  # fmt: skip
    return parts.scheme, host, port
