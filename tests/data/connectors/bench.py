"""An engine with one source that hears real sockets."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Awaitable, Callable

from sqlalchemy.exc import OperationalError

from data.connectors.contract import SourceSettings
from data.connectors.listening import Listening
from data.home import Home
from data.sync.engine import Engine
from data.sync.journal import journal_path, read
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message, Status

HOST = "127.0.0.1"


class Bench:
    """Runs the engine while a test acts, and tells what came of it."""

    def __init__(self, home: Home, settings: SourceSettings) -> None:
        self.said = list[Message]()
        self.engine = Engine(home, "small", self.said.append, [settings])
        self.ledger = Ledger(journal_path(home, "small"))

    def run(self, act: Callable[[], Awaitable[None]], up: bool = True) -> None:
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.engine.run())
                await self.until(lambda: not up or "source_up" in self.told() or running.done())
                await act()
                self.engine.quit()

        asyncio.run(both())

    @property
    def listening(self) -> Listening:
        """The source itself."""
        (source,) = self.engine._sources.values()
        assert isinstance(source.connector, Listening)
        return source.connector

    @property
    def port(self) -> int:
        """The port that the system chose."""
        return self.listening.links.port

    def told(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    def status(self) -> Status | None:
        return next((message for message in reversed(self.said) if isinstance(message, Status)), None)

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    async def until_stored(self, count: int) -> None:
        await self.until(lambda: self._stored() >= count)

    def _stored(self) -> int:
        """Return how many messages have an outcome; none while the journal is being made."""
        try:
            return sum(self.counts()[1:]) if self.ledger.path.exists() else 0
        except OperationalError:
            return 0

    def counts(self) -> tuple[int, ...]:
        """Return received, stored, duplicate and quarantined."""
        rows = [account[2:6] for account in self.ledger.balance()]
        return tuple(sum(column) for column in zip(*rows, strict=True)) if rows else (0, 0, 0, 0)

    def account(self) -> tuple[int, ...]:
        """Return the same, proved to be exact."""
        assert [a.difference for a in self.ledger.balance()] == [0] * len(self.ledger.balance())
        assert self.ledger.verify() == []
        return self.counts()

    def raws(self) -> list[bytes]:
        return [record.raw for record in read(self.ledger.path, limit=1_000_000)]


async def connect(port: int) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(HOST, port)


def shout(port: int, *datagrams: bytes, host: str = HOST) -> None:
    """Send datagrams."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as mouth:
        mouth.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton(HOST))
        for datagram in datagrams:
            mouth.sendto(datagram, (host, port))


async def hung_up(reader: asyncio.StreamReader) -> bool:
    """Wait until the other side hangs up; False if it says something instead."""
    async with asyncio.timeout(60):
        try:
            return await reader.read() == b""
        except OSError:
            return True
