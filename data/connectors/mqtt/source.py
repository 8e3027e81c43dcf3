"""MQTT as a source: what a broker sends is acknowledged once it is on disk."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable

from data.connectors.contract import Parcel, Rewound, SourceSettings
from data.connectors.mqtt.broker import remarks
from data.connectors.mqtt.client import Client, Delivery
from data.connectors.mqtt.decoder import Decoder, Sheet
from data.connectors.mqtt.options import Options, read_options
from data.connectors.mqtt.packets import Message
from data.connectors.mqtt.route import Places
from data.connectors.mqtt.topics import read_template
from twin.city.city import City
from twin.errors import UsageError
from twin.live.observation import ObservationBatch
from twin.words import say
from twin.world import Playback


class Mqtt:
    """A running subscription."""

    def __init__(self, name: str, options: Options, places: Places, clock: Callable[[], float] = time.time) -> None:
        self._name, self._options, self._clock = name, options, clock
        filters = dict.fromkeys(read_template(topic.topic).filter for topic in options.topics)
        self._client = Client(name, options, tuple(filters), clock)
        self._decoder = Decoder(options, places)

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound | Parcel]:
        """Yield what comes, until the connection is lost; the first parcel is empty and says that it stands."""
        async for delivery in self._client.deliveries():
            yield _parcel(self._decoder.read(delivery.messages), delivery, self._clock())

    def playback(self) -> Playback | None:
        """Return None: devices tell what is now."""
        return None

    def steer(self, order: str, value: float) -> None:
        """Refuse: devices cannot be steered."""
        raise UsageError(say("{name} is no recording: it cannot follow {order!r}", name=self._name, order=order))

    def report(self) -> tuple[str, ...]:
        """Say where it subscribes."""
        return remarks(self._options)


def _parcel(sheet: Sheet, delivery: Delivery, now_s: float) -> Parcel:
    arrival_s = delivery.messages[0].arrival_s if delivery.messages else now_s
    return Parcel(
        arrival_s, sheet.received, sheet.records(), sheet.array(), sheet.refused,
        settle=delivery.settle, give_up=delivery.give_up,
    )  # fmt: skip


def open_source(settings: SourceSettings, city: City) -> Mqtt:
    """Make the subscription; it connects once its batches are asked for."""
    return Mqtt(settings.name, read_options(settings), device_places(settings, city))


def device_places(settings: SourceSettings, city: City) -> Places:
    """Return longitude and latitude of the city's devices, by id; of none where the source's degrees are shifted."""
    devices = city.table("devices")
    if not len(devices) or settings.coordinates != "wgs-84":
        return {}
    at = devices.to_crs(4326).geometry
    return {str(name): (x, y) for name, x, y in zip(devices["id"], at.x, at.y, strict=True)}


def read_again(settings: SourceSettings, device: str, message: str, raw: bytes) -> Parcel:
    """Decode a message as it was kept: ``message`` is its topic."""
    decoder = Decoder(read_options(settings), None)
    now_s = time.time()
    sheet = decoder.read([Message(message, raw, 0, False, now_s)])
    return Parcel(now_s, sheet.received, sheet.records(), sheet.array(), sheet.refused)
