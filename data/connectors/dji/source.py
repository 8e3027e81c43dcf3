"""DJI's Cloud API as a source: docks and aircraft at a broker; events are answered once they are on disk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from dataclasses import replace

from data.connectors.contract import Parcel, Rewound, SourceSettings
from data.connectors.dji.exchange import Exchange
from data.connectors.dji.options import Options, read_options
from data.connectors.mqtt.broker import remarks
from data.connectors.mqtt.client import Client, Delivery
from data.connectors.mqtt.packets import Message
from data.connectors.sheet import Sheet
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch, batch
from twin.words import say
from twin.world import Playback

TOPICS = ("thing/product/+/osd", "thing/product/+/state", "thing/product/+/events", "sys/product/+/status")


class Dji:
    """A running subscription."""

    def __init__(self, name: str, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        self._client = Client(name, options, TOPICS, clock)
        self._exchange = Exchange(options, clock)
        self._up = False

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what comes, until the connection is lost; the first parcel is empty and says that it stands."""
        try:
            async for delivery in self._client.deliveries():
                self._up = True
                yield self._parcel(delivery)
        finally:
            self._up = False

    def _parcel(self, delivery: Delivery) -> Parcel:
        """Make a parcel; once it is kept, the broker and then the devices are told."""
        sheet = Sheet()
        replies = self._exchange.read(sheet, delivery.messages)
        parcel = sheet.parcel(self._clock()) or _empty(self._clock())

        def settle() -> None:
            delivery.settle()
            for reply in replies:
                self._client.publish(reply.topic, reply.payload)

        return replace(parcel, settle=settle, give_up=delivery.give_up)

    def peers(self) -> int:
        """Return 1 while it is subscribed: how many docks there are only the broker knows."""
        return int(self._up)

    def playback(self) -> Playback | None:
        """Return None: docks tell what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: docks cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say where it subscribes."""
        return remarks(self._options)


def _empty(now_s: float) -> Parcel:
    return Parcel(now_s, 0, (), batch("", ()).rows)


def open_source(settings: SourceSettings, city: City) -> Dji:
    """Make the subscription; it connects once its batches are asked for."""
    return Dji(settings.name, read_options(settings))


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Read a message as it was kept: ``message`` is its topic. Nothing is replied."""
    now_s, sheet = time.time(), Sheet()
    Exchange(read_options(settings), time.time).read(sheet, [Message(message, raw, 0, False, now_s)])
    return sheet.parcel(now_s) or _empty(now_s)
