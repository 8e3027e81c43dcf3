"""Simulated controllers on one port, TCP and UDP: the other end for tests, exercises and the demo county."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from typing import cast

from data.signals.controller import Controller
from data.signals.frames import Frame, FrameError, Splitter, decode, encode, from_datagram

REPORT_S = 0.5


class Server:
    """Serves controllers by their numbers until it is closed.

    Parameters
    ----------
    controllers : mapping of int to Controller
    clock : callable
        Seconds since 1970.
    recorded : callable
        Given each frame as it goes over a line, and whether it came in.
    """

    def __init__(
        self, controllers: Mapping[int, Controller], clock: Callable[[], float] = time.time,
        recorded: Callable[[bytes, bool], None] = lambda *_: None,
    ) -> None:  # fmt: skip
        self._controllers, self._clock, self._recorded = controllers, clock, recorded
        self._lines: dict[asyncio.StreamWriter, asyncio.Task[None] | None] = {}
        self._server: asyncio.Server | None = None
        self._datagrams: asyncio.DatagramTransport | None = None
        self._reporting: asyncio.Task[None] | None = None
        self.port = 0

    async def open(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Listen; ``port`` 0 takes one that is free for both."""
        loop = asyncio.get_running_loop()
        while self._datagrams is None:
            self._server = await asyncio.start_server(self._serve, host, port)
            self.port = int(self._server.sockets[0].getsockname()[1])
            try:
                self._datagrams, _ = await loop.create_datagram_endpoint(
                    lambda: _Datagrams(self), local_addr=(host, self.port)
                )
            except OSError:
                self._server.close()
                await self._server.wait_closed()
                if port:
                    raise
        self._reporting = asyncio.create_task(self._report())

    async def close(self) -> None:
        """Hang up and let go of the port."""
        if self._reporting is not None:
            self._reporting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._reporting
        if self._datagrams is not None:
            self._datagrams.close()
        serving = [task for task in self._lines.values() if task is not None]
        for line in self._lines:
            line.close()
        await asyncio.gather(*serving, asyncio.sleep(0))  # datagrams' socket goes in the loop's next turn
        if self._server is not None:
            self._server.close()
            await self._server.wait_closed()

    def answer(self, plain: bytes) -> Frame | None:
        """Return the answer to what was cut out of a line; None to what holds no frame or is for nobody here."""
        try:
            frame = decode(plain)
        except FrameError:
            return None
        controller = self._controllers.get(frame.controller)
        return None if controller is None else controller.answer(frame, self._clock())

    def report_now(self) -> None:
        """Tell all lines what the controllers have to report."""
        for controller in self._controllers.values():
            for frame in controller.reports() if self._lines else ():
                for line in self._lines:
                    self.put(line, frame)

    def put(self, line: asyncio.StreamWriter, frame: Frame) -> None:
        """Write a frame to a line."""
        wire = encode(frame)
        self._recorded(wire, False)
        line.write(wire)

    async def _report(self) -> None:
        while True:
            self.report_now()
            await asyncio.sleep(REPORT_S)

    async def _serve(self, reader: asyncio.StreamReader, line: asyncio.StreamWriter) -> None:
        splitter = Splitter()
        self._lines[line] = asyncio.current_task()
        try:
            while received := await reader.read(65_536):
                self._recorded(received, True)
                for plain in splitter.feed(received):
                    answer = self.answer(plain)
                    if answer is not None:
                        self.put(line, answer)
                await line.drain()
        except ConnectionError:
            pass  # the other end hung up
        finally:
            del self._lines[line]
            line.close()


class _Datagrams(asyncio.DatagramProtocol):
    def __init__(self, server: Server) -> None:
        self._server = server
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.DatagramTransport, transport)

    def datagram_received(self, data: bytes, sender: tuple[str, int]) -> None:
        with contextlib.suppress(FrameError):
            answer = self._server.answer(from_datagram(data))
            if answer is not None and self._transport is not None:
                self._transport.sendto(encode(answer, escaped=False), sender)
