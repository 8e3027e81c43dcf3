"""GTFS-realtime as a source: asks for a feed and tells what is new in it."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable

from data.connectors.contract import Parcel, Rewound, SourceSettings
from data.connectors.gtfs_realtime.decoder import FaultyFeedError, Feed, read_entity, read_feed
from data.connectors.gtfs_realtime.options import Options, read_options
from data.connectors.sheet import Sheet
from data.connectors.web import Answer, Server, asking, remarks
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import say
from twin.world import Playback


class GtfsRealtime:
    """A running subscription to a feed; ``unused`` counts what the newest feed held beside vehicles."""

    def __init__(self, name: str, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        self._told: dict[bytes, None] = {}
        self._known: dict[str, str] = {}
        self.unused: Counter[str] = Counter()

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what is new, until the server goes away; the first parcel may be empty and says that it answers.

        A feed that does not change yields nothing, so that it is seen to be silent.
        """
        async with asking(self._name, self._options) as server:
            greeted = False
            while True:
                answer = await self._ask(server)
                parcel = self._read(answer) if answer.status == 200 else None
                if parcel is not None or not greeted:
                    greeted = True
                    yield parcel or _nothing(self._clock())
                await asyncio.sleep(self._options.every_s)

    async def _ask(self, server: Server) -> Answer:
        """Ask for the feed unless it is the one that came last."""
        answer = await server.get(self._options.url, self._known)
        if answer.status == 200:
            marks = {"If-None-Match": "ETag", "If-Modified-Since": "Last-Modified"}
            self._known = {ask: answer.headers[mark] for ask, mark in marks.items() if mark in answer.headers}
        return answer

    def _read(self, answer: Answer) -> Parcel | None:
        try:
            feed = read_feed(answer.body)
        except FaultyFeedError:
            raise ConnectionError(say("the answer is no GTFS-realtime feed, or was cut short")) from None
        return self._sheet(feed).parcel(self._clock())

    def _sheet(self, feed: Feed) -> Sheet:
        """Return what did not stand in the feed before this one."""
        sheet, before = Sheet(), self._told
        self._told, self.unused = {}, Counter()
        for raw in feed.entities:
            told = read_entity(feed, raw, self._options.kind, self._options.prefix, self._clock())
            if told.other:
                self.unused[told.other] += 1
                continue
            if told.record.key not in before and told.record.key not in self._told:
                if told.row is None:
                    sheet.refuse(told.record, told.reason)
                else:
                    sheet.tell(told.record, told.row)
            self._told[told.record.key] = None
        return sheet

    def playback(self) -> Playback | None:
        """Return None: a feed tells what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: a feed cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say whom it asks, and once it has, what is not used."""
        lines = list(remarks(self._options))
        if self.unused:
            lines.append(
                say(
                    "the feed also holds {alerts} alerts and {updates} trip updates, which are not used yet",
                    alerts=self.unused["alert"],
                    updates=self.unused["trip update"],
                )
            )
        return tuple(lines)


def _nothing(now_s: float) -> Parcel:
    return Parcel(now_s, 0, (), batch("", ()).rows)


def open_source(settings: SourceSettings, city: City) -> GtfsRealtime:
    """Make the subscription; the server is asked once its batches are."""
    return GtfsRealtime(settings.name, read_options(settings))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode an entity as it was kept: a feed that holds nothing else."""
    options, sheet, now_s = read_options(settings), Sheet(), time.time()
    try:
        feed = read_feed(raw)
    except FaultyFeedError:
        return _nothing(now_s)
    for entity in feed.entities:
        told = read_entity(feed, entity, options.kind, options.prefix, now_s)
        if told.row is not None:
            sheet.tell(told.record, told.row)
        else:
            sheet.refuse(told.record, told.reason or told.other)
    return sheet.parcel(now_s) or _nothing(now_s)
