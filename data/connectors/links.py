"""Sockets that several connectors share: TCP both ways, UDP and multicast; no reading on while too much waits."""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
from collections.abc import Callable
from typing import Annotated, Literal, cast

import msgspec

from data.connectors.datagrams import Cut, Datagrams, Link, Splitter, unanswered
from twin.errors import BadInputError
from twin.words import say

MOST_UNSENT = 100_000
"""Bytes of answers that wait for a peer which does not read, before nothing more is read of it."""
CONNECT_S = 10.0


class Endpoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Where to listen or to connect; the part of the options that all these connectors share.

    Parameters
    ----------
    transport : str
        ``tcp`` and ``udp`` listen, ``both`` does both on one port, ``client`` connects.
    multicast : tuple of str
        Groups to join; for UDP.
    interface : str
        Own address of the network on which the groups are joined.
    most_links : int
        Connections taken at once.
    idle_s : float
        A connection silent for so long is closed: half-open ones never end by themselves.
    certificate, key, authority : str
        Files (PEM). With a certificate the connection is TLS; with an authority the peer needs a certificate of it.
    """

    host: str = "127.0.0.1"
    port: Annotated[int, msgspec.Meta(ge=0, le=65535)] = 0
    transport: Literal["tcp", "udp", "both", "client"] = "tcp"
    multicast: tuple[str, ...] = ()
    interface: str = "0.0.0.0"  # noqa: S104 - lets the system choose the network, not who may send
    most_links: Annotated[int, msgspec.Meta(ge=1, le=100_000)] = 1000
    idle_s: Annotated[float, msgspec.Meta(gt=0)] = 600.0
    certificate: str = ""
    key: str = ""
    authority: str = ""


class TcpLink(asyncio.Protocol):
    """One connection."""

    def __init__(self, links: Links) -> None:
        self.peer, self.heard = "", 0.0
        self.authenticated: set[str] = set()
        self._links, self._splitter = links, links.new_splitter()
        self._transport: asyncio.Transport | None = None
        self._behind = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Take part, unless there are too many."""
        self._transport = cast(asyncio.Transport, transport)  # a TLS transport is none by its class in 3.11
        self._transport.set_write_buffer_limits(MOST_UNSENT)
        self.peer = "{}:{}".format(*(transport.get_extra_info("peername") or ("?", 0))[:2])
        self._links.greet(self)

    def connection_lost(self, exc: Exception | None) -> None:
        """Leave; what was begun and not ended is told as well."""
        self._transport = None
        self._links.hear(self, self._splitter.end())
        self._links.forget(self, exc)

    def data_received(self, data: bytes) -> None:
        """Hand on the messages that end here."""
        self._links.hear(self, self._splitter.feed(data))

    def pause_writing(self) -> None:
        """Read nothing more of a peer that does not read."""
        self._behind = True
        self.pause()

    def resume_writing(self) -> None:
        """Go on."""
        self._behind = False
        if not self._links.full:
            self.resume()

    def pause(self) -> None:
        """Stop reading: the peer's own window fills, and it waits."""
        if self._transport is not None:
            self._transport.pause_reading()

    def resume(self) -> None:
        """Read on, unless the peer itself is behind."""
        if self._transport is not None and not self._behind:
            self._transport.resume_reading()

    def send(self, wire: bytes) -> None:
        """Send bytes."""
        if self._transport is not None:
            self._transport.write(wire)

    def close(self) -> None:
        """Hang up."""
        if self._transport is not None:
            self._transport.abort()


class Links:
    """Listens or connects.

    Parameters
    ----------
    new_splitter, new_of_datagram : callable
        Make one for each connection and each datagram, the same one if only the first is given.
    on_heard : callable
        Given a link and the messages it sent.
    cut : callable
        Cuts an answer into datagrams.

    Raises
    ------
    twin.errors.BadInputError
        If a certificate cannot be used.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        new_splitter: Callable[[], Splitter],
        on_heard: Callable[[Link, list[bytes]], None],
        new_of_datagram: Callable[[], Splitter] | None = None,
        cut: Cut = unanswered,
    ) -> None:
        self._endpoint, self.new_splitter, self._on_heard = endpoint, new_splitter, on_heard
        self._new_of_datagram, self._cut = new_of_datagram or new_splitter, cut
        self._secured = context_of(endpoint)
        self._links: set[TcpLink] = set()
        self._tcp: asyncio.Server | None = None
        self._datagrams: Datagrams | None = None
        self._sweeper: asyncio.TimerHandle | None = None
        self.full = False
        self.turned_away = 0
        self.lost: OSError | None = None

    async def open(self) -> None:
        """Listen, or connect.

        Raises
        ------
        OSError
            If the address cannot be had or nobody answers there.
        """
        loop, end = asyncio.get_running_loop(), self._endpoint
        if end.transport in ("tcp", "both"):
            self._tcp = await loop.create_server(
                lambda: TcpLink(self), end.host, end.port, ssl=self._secured, backlog=1024
            )
        if end.transport in ("udp", "both"):
            port = self.port  # before there are datagrams, whose port is not known until they are open
            self._datagrams = Datagrams(self._new_of_datagram, self._on_heard, self._cut)
            await self._datagrams.open(end.host, port, end.multicast, end.interface)
        if end.transport == "client":
            async with asyncio.timeout(CONNECT_S):
                await loop.create_connection(lambda: TcpLink(self), end.host, end.port, ssl=self._secured)
        self._sweep()

    @property
    def port(self) -> int:
        """The port it listens on; that which the system chose where 0 was asked for."""
        if self._tcp is not None:
            return int(self._tcp.sockets[0].getsockname()[1])
        if self._datagrams is not None:
            return self._datagrams.port
        return self._endpoint.port

    @property
    def connected(self) -> int:
        """Connections that are open, and addresses that sent a datagram of late."""
        return len(self._links) + (self._datagrams.addresses() if self._datagrams is not None else 0)

    @property
    def missed(self) -> int:
        """Datagrams that could not be taken."""
        return self._datagrams.missed() if self._datagrams is not None else 0

    def greet(self, link: TcpLink) -> None:
        """Take a connection in, or turn it away."""
        if len(self._links) >= self._endpoint.most_links:
            self.turned_away += 1
            link.close()
            return
        link.heard = asyncio.get_running_loop().time()
        self._links.add(link)
        if self.full:
            link.pause()

    def forget(self, link: TcpLink, error: Exception | None) -> None:
        """Let a connection go; a client's own is missed."""
        self._links.discard(link)
        if self._endpoint.transport == "client":
            self.lost = error if isinstance(error, OSError) else ConnectionError(say("the connection was closed"))
            self._on_heard(link, [])

    def hear(self, link: Link, messages: list[bytes]) -> None:
        """Pass messages on."""
        if isinstance(link, TcpLink):
            link.heard = asyncio.get_running_loop().time()
        if messages:
            self._on_heard(link, messages)

    def hold(self, full: bool) -> None:
        """Stop reading from all, or go on."""
        if full != self.full:
            self.full = full
            if self._datagrams is not None:
                self._datagrams.full = full
            for link in self._links:
                (link.pause if full else link.resume)()

    def _sweep(self) -> None:
        """Hang up on those that have been silent for long."""
        loop, idle_s = asyncio.get_running_loop(), self._endpoint.idle_s
        for link in [link for link in self._links if loop.time() - link.heard > idle_s and not self.full]:
            link.close()
        self._sweeper = loop.call_later(min(idle_s / 4, 30.0), self._sweep)

    def close(self) -> None:
        """Stop listening and hang up."""
        if self._sweeper is not None:
            self._sweeper.cancel()
        if self._tcp is not None:
            self._tcp.close()
        if self._datagrams is not None:
            self._datagrams.close()
        for link in list(self._links):
            link.close()


def context_of(endpoint: Endpoint) -> ssl.SSLContext | None:
    """Return how connections are secured; None if they are not.

    Raises
    ------
    twin.errors.BadInputError
        If a file holds no certificate or key.
    """
    client = endpoint.transport == "client"
    if not endpoint.certificate and not (client and endpoint.authority):
        return None
    purpose = ssl.Purpose.SERVER_AUTH if client else ssl.Purpose.CLIENT_AUTH
    try:
        context = ssl.create_default_context(purpose, cafile=endpoint.authority or None)
        if endpoint.certificate:
            context.load_cert_chain(endpoint.certificate, endpoint.key or None)
    except OSError as error:
        raise BadInputError(
            endpoint.certificate or endpoint.authority,
            say("no certificate: {error}", error=error),
            "give PEM files in `certificate`, `key` and `authority`",
        ) from None
    if endpoint.authority:
        context.verify_mode = ssl.CERT_REQUIRED
    return context


def is_loopback(host: str) -> bool:
    """Tell whether an address is this machine's own."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def report_of(endpoint: Endpoint, protocol: str) -> tuple[str, ...]:
    """Return sentences for the log: where it listens or connects, and what is open about that."""
    values = {"protocol": protocol, "host": endpoint.host, "port": endpoint.port}
    if endpoint.transport == "client":
        return (say("connects for {protocol} to {host}:{port}", **values),)
    lines = [say("listens for {protocol} on {host}:{port} ({transport})", transport=endpoint.transport, **values)]
    if not is_loopback(endpoint.host) and not endpoint.certificate:
        lines.append(say("{protocol} is not secured: let only its own network reach this address", protocol=protocol))
    return tuple(lines)
