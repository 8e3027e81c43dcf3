"""JT/T 808 as a source: a platform that terminals connect to."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

import msgspec

from data.connectors.contract import Answer, Gap, Parcel, Rewound, SourceSettings
from data.connectors.datagrams import Link, Nobody
from data.connectors.jt808.decoder import POSITION, Header, read_frame
from data.connectors.jt808.encoder import write_frame
from data.connectors.jt808.exchange import AT_ONCE, Exchange
from data.connectors.jt808.frames import DatagramSplitter, FrameError, Splitter, frames_of
from data.connectors.jt808.options import Options, read_options
from data.connectors.links import Links, report_of
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import said, say
from twin.world import Playback

COLLECT_S = 0.01
"""Frames of all terminals are collected for so long and then decoded together."""
MOST_WAITING = 20_000
"""Messages that were received and are not on disk yet; above it no socket is read, and below half of it all are."""
SWEEP_S = 30.0
RESULTS = {
    0: "the terminal has taken the text",
    1: "the terminal could not show the text",
    2: "the terminal found the message wrong",
    3: "the terminal shows no texts",
}
"""What 0x0001 says."""


class Jt808:
    """A running platform; ``links.port`` is known once the first parcel came."""

    def __init__(self, name: str, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        self.exchange = Exchange(options, clock, time.monotonic)
        self.links = Links(options, Splitter, self._on_heard, DatagramSplitter, frames_of)
        self._unsettled = 0
        self._heard = asyncio.Event()

    def _on_heard(self, link: Link, frames: list[bytes]) -> None:
        self.exchange.hear(link, frames)
        self._heard.set()
        self._hold()

    def _hold(self) -> None:
        waiting = self._unsettled + self.exchange.waiting
        if waiting > MOST_WAITING:
            self.links.hold(True)
        elif waiting <= MOST_WAITING // 2:
            self.links.hold(False)

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what terminals send, until closed; the first parcel is empty and says that it listens."""
        await self.links.open()
        try:
            yield Parcel(self._clock(), 0, (), batch(self._name, ()).rows)
            while True:
                await self._wait()
                parcel = self.exchange.parcel()
                if parcel is not None:
                    yield self._watched(parcel)
        finally:
            self.links.close()

    async def _wait(self) -> None:
        """Wait until there is something to tell, and a little for more of it."""
        if not self.exchange.waiting:
            self._heard.clear()
            try:
                async with asyncio.timeout(SWEEP_S):  # not wait_for, which in Python 3.11 may swallow a cancellation
                    await self._heard.wait()
            except TimeoutError:
                return  # time to give up on messages that never became whole
        await asyncio.sleep(COLLECT_S if self.exchange.waiting < AT_ONCE // 4 else 0)

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
        """Go on with the plates and the gaps of before a restart."""
        self.exchange.recall(labels, gaps)

    def peers(self) -> int:
        """Return how many terminals are connected over TCP."""
        return self.links.connected

    async def tell(self, device: str, text: str, *, emergency: bool) -> Answer:
        """Show a text on a terminal and return what it answers (0x8300, 0x0001).

        Raises
        ------
        twin.errors.UsageError
            If the terminal was not heard of, or the text does not fit GBK or its length.
        """
        answered: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        def note(result: int) -> None:
            if not answered.done():
                answered.set_result(result)

        with self.exchange.asking(device, text, note, emergency=emergency):
            result = await answered
        return Answer(result == 0, said(RESULTS.get(result, RESULTS[1])), result == 0)

    def playback(self) -> Playback | None:
        """Return None: terminals tell what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: terminals cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say where it listens and what is open about that."""
        options, lines = self._options, [*report_of(self._options, "JT/T 808")]
        if options.authentication == "required" and not options.secret:
            lines.append(say("no secret is set: terminals must register again after each start"))
        return tuple(lines)


def open_source(settings: SourceSettings, city: City) -> Jt808:
    """Make the platform; it listens once its batches are asked for."""
    return Jt808(settings.name, read_options(settings))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode a message as it was kept: a frame with or without its flags, or one position of a batch."""
    options = msgspec.structs.replace(read_options(settings), authentication="open")
    exchange = Exchange(options, time.time, time.monotonic)
    frames = Splitter().feed(b"\x7e" + raw + b"\x7e")
    try:
        read_frame(frames[0])
    except (FrameError, IndexError):
        if message == "0704":
            frames = [write_frame(Header(POSITION, device, 0), raw)[1:-1]]
    exchange.hear(Nobody(), frames)
    parcel = exchange.parcel()
    return parcel if parcel is not None else Parcel(time.time(), 0, (), batch(settings.name, ()).rows)
