"""OGC SensorThings as a source: asks over HTTP from where it was, and hears over MQTT where that is set."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from data.connectors.contract import Gap, Parcel, Rewound, SourceSettings
from data.connectors.mqtt.client import Client, Delivery
from data.connectors.sensorthings.client import Questions
from data.connectors.sensorthings.decoder import Page, Reader
from data.connectors.sensorthings.options import Options, read_options
from data.connectors.sheet import Sheet
from data.connectors.web import asking, remarks
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import say
from twin.world import Playback

REACHED = "reached"
"""Under this name the journal keeps, with the observations themselves, up to which time they were asked for."""
MOST_WAITING = 20_000
"""Observations that are not on disk yet; above it no page is asked for."""
_TOPIC = re.compile(r"Datastreams\((.+)\)/Observations$")


class SensorThings:
    """A running subscription to a server."""

    def __init__(self, name: str, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        self._reader = Reader(options.kinds)
        self._reached_s = clock() - options.begin_s
        self._told: dict[bytes, float] = {}
        self._unsettled = 0
        self._room = asyncio.Event()

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield observations, until the server goes away."""
        async with asking(self._name, self._options) as server:
            questions = Questions(server, self._options)
            if self._options.mqtt is None:
                while True:
                    async for parcel in self._catch_up(questions):
                        yield parcel
                    await asyncio.sleep(self._options.every_s)
            async for page in questions.streams():
                self._reader.learn(page.entities)
            greeted = False
            async for delivery in Client(self._name, self._options.mqtt, self._topics(), self._clock).deliveries():
                if not greeted:  # what comes meanwhile waits at the broker
                    greeted = True
                    async for parcel in self._catch_up(questions):
                        yield parcel
                yield self._heard(delivery)

    def _topics(self) -> list[str]:
        wanted = [stream.name for stream in self._reader.streams.values() if stream.kind]
        if not wanted:
            raise ConnectionError(say("the server has no Datastream of the kinds that are set"))
        return [f"{self._options.prefix}/Datastreams({name})/Observations" for name in wanted]

    async def _catch_up(self, questions: Questions) -> AsyncIterator[Parcel]:
        """Yield what came since the time that was reached; the first parcel may be empty and says that it answers.

        While pages come in the order of time, what was reached moves on with each; where they do not, only at the end:
        otherwise an end in between would leave out what was still to come.
        """
        latest_s, ordered = 0.0, True
        async for page in questions.observations(self._reached_s - self._options.overlap_s):
            sheet, times = self._sheet(page)
            ordered = ordered and all(a <= b for a, b in zip([latest_s, *times], times, strict=False))
            latest_s = max([latest_s, *times])
            if ordered or not page.next_link:
                self._reach(latest_s)
            yield self._parcel(sheet)
            await self._until_there_is_room()
        self._forget()

    def _sheet(self, page: Page) -> tuple[Sheet, list[float]]:
        """Return what is new on a page, and the times of all of it; what was asked for twice is not told twice."""
        sheet, times = Sheet(), list[float]()
        for raw in page.entities:
            told = self._reader.read(raw)
            if told.record.source_s:
                times.append(min(told.record.source_s, self._clock()))
            if told.record.key not in self._told:
                told.write(sheet)
                self._told[told.record.key] = told.record.source_s or self._clock()
        return sheet, times

    def _heard(self, delivery: Delivery) -> Parcel:
        sheet, latest_s = Sheet(), 0.0
        for message in delivery.messages:
            found = _TOPIC.search(message.topic)
            told = self._reader.read(message.payload, found[1] if found is not None else "")
            told.write(sheet)
            latest_s = max(latest_s, told.record.source_s)
        self._reach(latest_s)
        sheet.labels[REACHED] = repr(self._reached_s)
        parcel = sheet.parcel(self._clock(), delivery.settle)
        return _nothing(self._clock()) if parcel is None else replace(parcel, give_up=delivery.give_up)

    def _reach(self, time_s: float) -> None:
        """Move on; never past now, whatever a clock of a device says."""
        self._reached_s = max(self._reached_s, min(time_s, self._clock()))

    def _forget(self) -> None:
        """Forget what is older than the next question will ask for."""
        since_s = self._reached_s - self._options.overlap_s
        self._told = {key: time_s for key, time_s in self._told.items() if time_s >= since_s}

    def _parcel(self, sheet: Sheet) -> Parcel:
        sheet.labels[REACHED] = repr(self._reached_s)
        parcel = sheet.parcel(self._clock())
        if parcel is None:
            return _nothing(self._clock())
        self._unsettled += parcel.received
        done = lambda: self._settled(parcel.received)  # noqa: E731 - the same act twice
        return replace(parcel, settle=done, give_up=done)

    def _settled(self, count: int) -> None:
        self._unsettled -= count
        self._room.set()

    async def _until_there_is_room(self) -> None:
        while self._unsettled > MOST_WAITING:
            self._room.clear()
            await self._room.wait()

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Go on where it was before a restart."""
        if REACHED in labels:
            self._reached_s = float(labels[REACHED])

    def playback(self) -> Playback | None:
        """Return None: a server tells what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: a server cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say whom it asks."""
        return remarks(self._options)


def _nothing(now_s: float) -> Parcel:
    return Parcel(now_s, 0, (), batch("", ()).rows)


def open_source(settings: SourceSettings, city: City) -> SensorThings:
    """Make the subscription; the server is asked once its batches are."""
    return SensorThings(settings.name, read_options(settings))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode an observation as it was kept."""
    sheet, found = Sheet(), re.fullmatch(r"Datastreams\((.+)\)", message)
    Reader(read_options(settings).kinds).read(raw, found[1] if found is not None else "").write(sheet)
    return sheet.parcel(time.time()) or _nothing(time.time())
