"""A source that hears messages over sockets: to the journal first, and no reading on while too much waits."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from typing import NamedTuple, Protocol

from data.connectors.contract import Gap, Parcel, Rewound
from data.connectors.datagrams import Link, Splitter
from data.connectors.links import Endpoint, Links
from data.connectors.sheet import Sheet
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import say
from twin.world import Playback

COLLECT_S = 0.01
"""Messages are collected for so long and then decoded together."""
AT_ONCE = 2000
"""Most messages in one parcel."""
MOST_WAITING = 20_000
"""Messages that were received and are not on disk yet; above it no socket is read, and below half of it all are."""
SWEEP_S = 10.0


class Heard(NamedTuple):
    """One message as it came: over which link, its bytes, and our clock."""

    link: Link
    raw: bytes
    arrival_s: float


class Exchange(Protocol):
    """What a protocol makes of messages; no sockets."""

    def splitter(self) -> Splitter:
        """Return what cuts messages out of one stream or datagram."""
        ...

    def read(self, sheet: Sheet, heard: Sequence[Heard]) -> None:
        """Write down what becomes of messages; also called without any, now and then."""
        ...

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Take back what was told before a restart."""
        ...


class Listening:
    """A running listener; ``links.port`` is known once the first parcel came.

    Parameters
    ----------
    report : tuple of str
        Sentences for the log.
    """

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        exchange: Exchange,
        report: tuple[str, ...],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._name, self._report, self._clock = name, report, clock
        self.exchange = exchange
        self.links = Links(endpoint, exchange.splitter, self._on_heard)
        self._waiting: deque[Heard] = deque()
        self._unsettled, self._missed, self._missed_s = 0, 0, 0.0
        self._woken = asyncio.Event()

    def _on_heard(self, link: Link, messages: list[bytes]) -> None:
        arrival_s = self._clock()
        self._waiting.extend(Heard(link, raw, arrival_s) for raw in messages)
        self._woken.set()
        self._hold()

    def _hold(self) -> None:
        waiting = self._unsettled + len(self._waiting)
        if waiting > MOST_WAITING:
            self.links.hold(True)
        elif waiting <= MOST_WAITING // 2:
            self.links.hold(False)

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what is heard, until closed or the connection is lost; the first parcel is empty: it is open."""
        try:
            await self.links.open()
            yield Parcel(self._clock(), 0, (), batch(self._name, ()).rows)
            while True:
                if self.links.lost is not None and not self._waiting:
                    raise self.links.lost
                await self._wait()
                parcel = self._next()
                if parcel is not None:
                    yield self._watched(parcel)
        finally:
            self.links.close()

    async def _wait(self) -> None:
        """Wait until there is something to tell, and a little for more of it."""
        if not self._waiting:
            self._woken.clear()
            try:
                async with asyncio.timeout(SWEEP_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
                    await self._woken.wait()
            except TimeoutError:
                return
        await asyncio.sleep(COLLECT_S if len(self._waiting) < AT_ONCE // 4 else 0)

    def _next(self) -> Parcel | None:
        heard = list(islice(self._waiting, AT_ONCE))
        for _ in heard:
            self._waiting.popleft()
        sheet = Sheet()
        self._count_missed(sheet)
        self.exchange.read(sheet, heard)
        return sheet.parcel(self._clock())

    def _count_missed(self, sheet: Sheet) -> None:
        """Tell datagrams that could not be taken as missing: nothing else would say so."""
        count, now_s = self.links.missed - self._missed, self._clock()
        if count:
            gap = Gap(f"udp:{self.links.port}", self._missed, count, count, self._missed_s or now_s, now_s)
            sheet.gaps.append(gap)
            self._missed += count
        self._missed_s = now_s

    def _watched(self, parcel: Parcel) -> Parcel:
        """Count a parcel as waiting until it is settled."""
        self._unsettled += parcel.received

        def give_up() -> None:
            self._unsettled -= parcel.received
            self._hold()

        def settle() -> None:
            parcel.settle()
            give_up()

        return replace(parcel, settle=settle, give_up=give_up)

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Go on with the words and the gaps of before a restart."""
        self.exchange.recall(labels, gaps)

    def peers(self) -> int:
        """Return how many are connected, or sent a datagram of late."""
        return self.links.connected

    def playback(self) -> Playback | None:
        """Return None: what is heard is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: what is now cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say where it listens and what is open about that."""
        return self._report


def read_alone(exchange: Exchange, raw: bytes, arrival_s: float, link: Link) -> Parcel:
    """Read one message that was kept, without a socket."""
    sheet = Sheet()
    exchange.read(sheet, [Heard(link, raw, arrival_s)])
    return sheet.parcel(arrival_s) or Parcel(arrival_s, 0, (), batch("", ()).rows)
