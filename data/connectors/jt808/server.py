"""The sockets of a JT/T 808 platform: frames in, answers out, and no reading on while too much waits."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from typing import cast

from data.connectors.jt808.exchange import Exchange
from data.connectors.jt808.frames import Splitter
from data.connectors.jt808.options import Options

MOST_ADDRESSES = 10_000
"""UDP addresses remembered as authenticated; the one not heard of for longest goes first."""
MOST_UNSENT = 1_000_000
"""Bytes of answers that wait for a terminal which does not read, before nothing more is read of it."""


class TcpLink(asyncio.Protocol):
    """One terminal's connection."""

    def __init__(self, server: Server) -> None:
        self.authenticated: set[str] = set()
        self.heard = 0.0
        self._server, self._splitter = server, Splitter()
        self._transport: asyncio.Transport | None = None
        self._behind = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take part, unless there are too many."""
        if not isinstance(transport, asyncio.Transport):
            raise TypeError("a stream was expected")
        self._transport = transport
        transport.set_write_buffer_limits(MOST_UNSENT)
        self._server.greet(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; a frame that is not whole is sent again by the terminal."""
        self._transport = None
        self._server.forget(self)

    def data_received(self, data: bytes) -> None:
        """Hand on the frames that end here."""
        self._server.hear(self, self._splitter.feed(data))

    def pause_writing(self) -> None:
        """Read nothing more of a terminal that does not read."""
        self._behind = True
        self.pause()

    def resume_writing(self) -> None:
        """Go on."""
        self._behind = False
        if not self._server.full:
            self.resume()

    def pause(self) -> None:
        """Stop reading: the terminal's own window fills, and it waits."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on, unless the terminal itself is behind."""
        if self._transport is not None and not self._behind:
            self._transport.resume_reading()

    def send(self, wire: bytes) -> None:
        """Send frames."""
        if self._transport is not None:
            self._transport.write(wire)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


class UdpLink:
    """One address over UDP."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.authenticated: set[str] = set()
        self.send = send


class UdpLinks(asyncio.DatagramProtocol):
    """All addresses. A datagram that comes while too much waits is not taken: it is not answered, so it comes again."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._links: OrderedDict[object, UdpLink] = OrderedDict()
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin."""
        self._transport = cast(asyncio.DatagramTransport, transport)  # asyncio's own is none by its class in 3.11

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Hand on the frames of a datagram, each of which stands whole in it."""
        if self._server.full:
            self._server.put_off += 1
            return
        link = self._links.pop(addr, None) or UdpLink(lambda wire: self._send(wire, addr))
        self._links[addr] = link
        if len(self._links) > MOST_ADDRESSES:
            self._links.popitem(last=False)
        self._server.hear(link, Splitter().feed(data if data.endswith(b"\x7e") else data + b"\x7e"))

    def _send(self, wire: bytes, addr: tuple[str | int, ...]) -> None:
        if self._transport is not None:
            for frame in Splitter().feed(wire):
                self._transport.sendto(b"\x7e" + frame + b"\x7e", addr)


class Server:
    """Listens for terminals.

    Parameters
    ----------
    exchange : Exchange
        Given all frames.
    on_heard : callable
        Called when there is something to fetch from the exchange.
    """

    def __init__(self, options: Options, exchange: Exchange, on_heard: Callable[[], None]) -> None:
        self._options, self._exchange, self._on_heard = options, exchange, on_heard
        self._links: set[TcpLink] = set()
        self._tcp: asyncio.Server | None = None
        self._udp: asyncio.DatagramTransport | None = None
        self._clock: Callable[[], float] = lambda: 0.0
        self._sweeper: asyncio.TimerHandle | None = None
        self.full = False
        self.put_off = 0
        self.turned_away = 0

    async def open(self) -> None:
        """Listen.

        Raises
        ------
        OSError
            If the address cannot be had.
        """
        loop, options = asyncio.get_running_loop(), self._options
        self._clock = loop.time
        if options.transport in ("tcp", "both"):
            self._tcp = await loop.create_server(lambda: TcpLink(self), options.host, options.port, backlog=1024)
        if options.transport in ("udp", "both"):
            port = self.port if self._tcp is not None else options.port
            self._udp, _ = await loop.create_datagram_endpoint(lambda: UdpLinks(self), local_addr=(options.host, port))
        self._sweep()

    @property
    def port(self) -> int:
        """The port it listens on; that which the system chose where 0 was asked for."""
        if self._tcp is not None:
            return int(self._tcp.sockets[0].getsockname()[1])
        if self._udp is not None:
            return int(self._udp.get_extra_info("sockname")[1])
        return self._options.port

    @property
    def connected(self) -> int:
        """Connections that are open."""
        return len(self._links)

    def greet(self, link: TcpLink) -> None:
        """Take a connection in, or turn it away."""
        if len(self._links) >= self._options.most_links:
            self.turned_away += 1
            link.close()
            return
        link.heard = self._clock()
        self._links.add(link)
        if self.full:
            link.pause()

    def forget(self, link: TcpLink) -> None:
        """Let a connection go."""
        self._links.discard(link)

    def hear(self, link: TcpLink | UdpLink, frames: list[bytes]) -> None:
        """Pass frames on."""
        if isinstance(link, TcpLink):
            link.heard = self._clock()
        if frames:
            self._exchange.hear(link, frames)
            self._on_heard()

    def hold(self, full: bool) -> None:
        """Stop reading from all terminals, or go on."""
        if full != self.full:
            self.full = full
            for link in self._links:
                (link.pause if full else link.resume)()

    def _sweep(self) -> None:
        """Hang up on those that have been silent for long: half-open connections never end by themselves."""
        now = self._clock()
        for link in [link for link in self._links if now - link.heard > self._options.idle_s and not self.full]:
            link.close()
        self._sweeper = asyncio.get_running_loop().call_later(min(self._options.idle_s / 4, 30.0), self._sweep)

    def close(self) -> None:
        """Stop listening and hang up."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._tcp is not None:
            self._tcp.close()
        if self._udp is not None:
            self._udp.close()
        for link in list(self._links):
            link.close()
