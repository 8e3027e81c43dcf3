"""GA/T 1400 as a source: a view library that cameras and other libraries post to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from data.connectors.contract import Gap, Parcel, Rewound, SourceSettings
from data.connectors.gat1400.exchange import AT_ONCE, Exchange
from data.connectors.gat1400.options import Options, read_options
from data.connectors.gat1400.server import Server
from data.connectors.links import is_loopback
from data.home import Home
from data.secrets import random_secret
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import say
from twin.world import Playback

COLLECT_S = 0.005
"""Posts of all devices are collected for so long into one parcel."""
MOST_WAITING = 20_000
"""Objects that were posted and are not on disk yet; above it posts are answered with busy, below half of it taken."""
SWEEP_S = 10.0
KEY = "vehicle-ids"


class Gat1400:
    """A running view library; ``server.port`` is known once the first parcel came."""

    def __init__(self, name: str, options: Options, key: bytes, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        self.exchange = Exchange(name, options, key, clock)
        self.server = Server(options, self.exchange, self._on_heard, clock)
        self._unsettled = 0
        self._heard = asyncio.Event()

    def _on_heard(self) -> None:
        self._heard.set()
        self._hold()

    def _hold(self) -> None:
        waiting = self._unsettled + self.exchange.waiting
        self.server.full = waiting > (MOST_WAITING // 2 if self.server.full else MOST_WAITING)

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what is posted, until closed; the first parcel is empty and says that it listens."""
        await self.server.open()
        try:
            yield Parcel(self._clock(), 0, (), batch(self._name, ()).rows)
            while True:
                await self._wait()
                parcel = self.exchange.parcel()
                if parcel is not None:
                    yield self._watched(parcel)
        finally:
            await self.server.close()

    async def _wait(self) -> None:
        """Wait until there is something to tell, and a little for more of it."""
        if self.exchange.idle:
            self._heard.clear()
            try:
                async with asyncio.timeout(SWEEP_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
                    await self._heard.wait()
            except TimeoutError:
                return  # time to tell how much was not taken
        await asyncio.sleep(COLLECT_S if self.exchange.waiting < AT_ONCE // 4 else 0)

    def _watched(self, parcel: Parcel) -> Parcel:
        """Count a parcel as waiting until it is settled."""
        self._unsettled += parcel.received

        def after(tell: Callable[[], None]) -> Callable[[], None]:
            def call() -> None:
                tell()
                self._unsettled -= parcel.received
                self._hold()

            return call

        return replace(parcel, settle=after(parcel.settle), give_up=after(parcel.give_up))

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Go on with the devices' places of before a restart."""
        self.exchange.recall(labels)

    def peers(self) -> int:
        """Return how many devices are registered."""
        return len(self.server.sessions)

    def playback(self) -> Playback | None:
        """Return None: cameras tell what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: cameras cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say where it listens and what is open about that."""
        options = self._options
        lines = [say("listens for GA/T 1400 on {host}:{port}", host=options.host, port=options.port)]
        if not is_loopback(options.host) and not options.certificate:
            lines.append(say("GA/T 1400 is sent in the clear: let only the cameras' network reach this address"))
        if options.authentication == "open":
            lines.append(say("anyone who reaches this address may post: no password is asked for"))
        return tuple(lines)


def open_source(settings: SourceSettings, city: City) -> Gat1400:
    """Make the library; it listens once its batches are asked for."""
    return Gat1400(settings.name, read_options(settings), random_secret(Home.of_user(), KEY))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode a message as it was kept: an object without its envelope, or a body."""
    options = msgspec.structs.replace(read_options(settings), authentication="open")
    exchange = Exchange(settings.name, options, random_secret(Home.of_user(), KEY), time.time)
    if message in ("APE", "Tollgate"):
        posting = exchange.cameras(device, raw, message)
    elif b"NotificationID" in raw:
        posting = exchange.notifications(device, raw)
    else:
        posting = exchange.passes(device, raw)
    exchange.put(posting, lambda _: None)
    parcel = exchange.parcel()
    return parcel if parcel is not None else Parcel(time.time(), 0, (), batch(settings.name, ()).rows)
