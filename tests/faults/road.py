"""The road between terminals and an engine: a TCP proxy that can be cut, held up, or lose one end without a word."""

from __future__ import annotations

import asyncio
import socket
import struct
from collections.abc import Callable, Sequence
from typing import Protocol

HOST = "127.0.0.1"
_RESET = struct.pack("ii", 1, 0)


class Ear(Protocol):
    """Hears what passes on one connection."""

    def near(self, data: bytes) -> None:
        """Hear what comes from the near end."""

    def far(self, data: bytes) -> None:
        """Hear what comes from the far end."""


class Deaf:
    """Hears nothing."""

    def near(self, data: bytes) -> None:
        """Hear nothing."""

    far = near


class _Link:
    """One connection: a near end, at the terminal, and a far end, at the engine."""

    def __init__(self, road: Road, near: tuple[asyncio.StreamReader, asyncio.StreamWriter]) -> None:
        self.road, self.near = road, near
        self.ear = road.ear()
        self.far: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
        self.lost_near = self.lost_far = False

    async def run(self) -> None:
        """Carry bytes both ways until an end closes."""
        try:
            await self.road.free.wait()
            self.far = await asyncio.open_connection(HOST, self.road.target)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._carry(self.near[0], self.far[1], lambda: self.lost_near, self.ear.near))
                tasks.create_task(self._carry(self.far[0], self.near[1], lambda: self.lost_far, self.ear.far))
        except* OSError:
            pass  # an end went away, and so does the other
        finally:
            self.close()

    async def _carry(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, lost: Callable[[], bool],
        heard: Callable[[bytes], None],
    ) -> None:  # fmt: skip
        while data := await reader.read(1 << 16):
            await self.road.free.wait()
            if writer.transport.is_closing():
                break
            heard(data)
            writer.write(data)
            await writer.drain()
        if lost():
            await self.road.forgotten.wait()  # the other end is told nothing: half open
        raise ConnectionResetError

    def close(self) -> None:
        """Close both ends, with a reset."""
        for end in (self.near, self.far):
            if end is not None:
                abort(end[1])

    def lose(self, *, near: bool) -> None:
        """Let one end vanish; the other hears nothing of it."""
        if self.far is None:
            return
        self.lost_near, self.lost_far = near, not near
        reader, writer = self.near if near else self.far
        abort(writer)
        reader.feed_eof()


def abort(writer: asyncio.StreamWriter) -> None:
    """Close a connection with a reset."""
    ours = writer.get_extra_info("socket")
    if ours is not None and ours.fileno() >= 0:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
    writer.transport.abort()


class Road:
    """The proxy, on a port of its own.

    Parameters
    ----------
    ear : callable
        Makes an ear for a new connection.
    """

    def __init__(self, target: int, ear: Callable[[], Ear] = Deaf) -> None:
        self.target, self.ear, self.port = target, ear, 0
        self.free, self.forgotten = asyncio.Event(), asyncio.Event()
        self.free.set()
        self._links: set[_Link] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, HOST, 0, backlog=2048)
        self.port = self._server.sockets[0].getsockname()[1]

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = _Link(self, (reader, writer))
        task = asyncio.current_task()
        assert task is not None
        self._links.add(link)
        self._tasks.add(task)
        try:
            await link.run()
        except asyncio.CancelledError:
            return  # asyncio's streams log a cancelled handler as a fault
        finally:
            self._links.discard(link)
            self._tasks.discard(task)

    def hold(self) -> None:
        """Let nothing pass, on any connection, old or new."""
        self.free.clear()

    def heal(self) -> None:
        """Let everything pass again, what was held up first."""
        self.free.set()

    def cut(self) -> None:
        """Reset every connection."""
        for link in tuple(self._links):
            link.close()

    def lose(self, *, near: bool) -> None:
        """Let one end of every connection vanish without the other hearing of it."""
        for link in tuple(self._links):
            link.lose(near=near)

    def forget(self) -> None:
        """Close the ends that were left half open."""
        self.forgotten.set()
        self.forgotten = asyncio.Event()

    async def close(self) -> None:
        """Stop listening and close everything."""
        assert self._server is not None
        self._server.close()
        self.heal()
        for task in tuple(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


class Roads:
    """Several roads, to which the same is done."""

    def __init__(self, roads: Sequence[Road]) -> None:
        self._roads = roads

    def hold(self) -> None:
        """Let nothing pass, on any connection, old or new."""
        for road in self._roads:
            road.hold()

    def heal(self) -> None:
        """Let everything pass again, what was held up first."""
        for road in self._roads:
            road.heal()

    def cut(self) -> None:
        """Reset every connection."""
        for road in self._roads:
            road.cut()

    def lose(self, *, near: bool) -> None:
        """Let one end of every connection vanish without the other hearing of it."""
        for road in self._roads:
            road.lose(near=near)

    def forget(self) -> None:
        """Close the ends that were left half open."""
        for road in self._roads:
            road.forget()
