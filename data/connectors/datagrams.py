"""Datagrams that several connectors take, also of multicast groups; and what a link and a splitter are."""

from __future__ import annotations

import asyncio
import socket
import struct
import sys
from collections import OrderedDict
from collections.abc import Callable, Iterable, Sequence
from itertools import takewhile
from typing import Protocol

MOST_ADDRESSES, ADDRESS_S = 10_000, 60.0
"""Addresses that are known, and for how many seconds one that is silent counts as connected."""
DATAGRAMS_A_TURN = 500
MOST_DATAGRAM = 65_536
BUFFER_BYTES = 4 << 20
"""Asked of the system for datagrams that wait; it gives as much as its settings allow."""
SO_MEMINFO, DROPS = 55, 8
"""Linux: nine numbers about a socket, the last of which counts what was thrown away (``linux/sock_diag.h``)."""


Address = tuple[str | int, ...]


class Splitter(Protocol):
    """Cuts messages out of what comes over one connection, or out of one datagram."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes and return the messages that end in them."""
        ...

    def end(self) -> list[bytes]:
        """Return what is left when nothing more comes."""
        ...


class Link(Protocol):
    """A connection, or over UDP an address; ``authenticated`` are those who proved over it who they are."""

    peer: str
    authenticated: set[str]

    def send(self, wire: bytes) -> None:
        """Send bytes; one that is closed by now ignores them."""
        ...


class Nobody:
    """A link that nobody listens at: for messages read again."""

    peer = ""

    def __init__(self) -> None:
        self.authenticated: set[str] = set()

    def send(self, wire: bytes) -> None:
        """Answer nobody."""


Cut = Callable[[bytes], Iterable[bytes]]
"""How an answer is cut into datagrams."""


def unanswered(wire: bytes) -> Iterable[bytes]:
    """Cut an answer into no datagrams: most protocols answer nothing over UDP, where anybody can feign an address."""
    return ()


class UdpLink:
    """One address over UDP."""

    def __init__(self, peer: str, say: Callable[[bytes], None]) -> None:
        self.peer, self.heard = peer, 0.0
        self.authenticated: set[str] = set()
        self.send = say


class Datagrams(asyncio.DatagramProtocol):
    """A socket. What comes while too much waits, or faster than it is fetched, cannot be held back: it is counted.

    asyncio fetches one datagram a turn of its loop, too few beside busy neighbours: the rest is fetched here.
    """

    def __init__(
        self, new_splitter: Callable[[], Splitter], hear: Callable[[Link, list[bytes]], None], cut: Cut = unanswered
    ) -> None:
        self._new_splitter, self._hear, self._cut = new_splitter, hear, cut
        self._own: socket.socket | None = None
        self._transport: asyncio.DatagramTransport | None = None
        self._links: OrderedDict[Address, UdpLink] = OrderedDict()
        """The one not heard of for longest is first, and goes first."""
        self._put_off = 0
        self.full = False

    async def open(self, host: str, port: int, groups: Sequence[str], interface: str) -> None:
        """Listen, in multicast groups as well.

        Raises
        ------
        OSError
            If the address cannot be had or a group not be joined.
        """
        self._own = own = _bound(host, port, groups, interface)
        loop = asyncio.get_running_loop()
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, sock=own)

    @property
    def port(self) -> int:
        """The port it listens on; 0 before that."""
        return int(self._own.getsockname()[1]) if self._own is not None else 0

    def addresses(self) -> int:
        """Return how many addresses sent something of late."""
        since = asyncio.get_running_loop().time() - ADDRESS_S
        return sum(1 for _ in takewhile(lambda link: link.heard >= since, reversed(self._links.values())))

    def missed(self) -> int:
        """Return how many datagrams could not be taken, by us or by the system, which only Linux counts."""
        if self._own is None or self._own.fileno() < 0 or sys.platform != "linux":
            return self._put_off
        numbers = struct.unpack("9I", self._own.getsockopt(socket.SOL_SOCKET, SO_MEMINFO, 36))
        return self._put_off + int(numbers[DROPS])

    def close(self) -> None:
        """Stop listening."""
        if self._transport is not None:
            self._transport.close()

    def datagram_received(self, data: bytes, addr: Address) -> None:
        """Take a datagram, and those that wait behind it."""
        self._take(data, addr)
        if self._own is None or sys.platform == "win32":
            return  # asyncio waits at the socket by itself
        for _ in range(DATAGRAMS_A_TURN):
            try:
                self._take(*self._own.recvfrom(MOST_DATAGRAM))
            except BlockingIOError:
                return

    def _take(self, data: bytes, addr: Address) -> None:
        """Hand on the messages of a datagram."""
        link = self._links.pop(addr, None) or UdpLink(f"{addr[0]}:{addr[1]}", lambda wire: self._send(wire, addr))
        self._links[addr], link.heard = link, asyncio.get_running_loop().time()
        if len(self._links) > MOST_ADDRESSES:
            self._links.popitem(last=False)
        if self.full:
            self._put_off += 1
            return
        splitter = self._new_splitter()
        self._hear(link, [*splitter.feed(data), *splitter.end()])

    def _send(self, wire: bytes, addr: Address) -> None:
        if self._transport is not None:
            for piece in self._cut(wire):
                self._transport.sendto(piece, addr)


def _bound(host: str, port: int, groups: Sequence[str], interface: str) -> socket.socket:
    own = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_DGRAM)
    try:
        own.setblocking(False)
        own.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER_BYTES)
        if groups:
            own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind((host, port))
        for group in groups:
            member = struct.pack("4s4s", socket.inet_aton(group), socket.inet_aton(interface))
            own.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, member)
    except OSError:
        own.close()
        raise
    return own
