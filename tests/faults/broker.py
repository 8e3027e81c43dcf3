"""Devices that publish over MQTT, and an ear between broker and engine that hears what the engine acknowledges.

The devices' own acknowledgements come from the broker; what counts here is the PUBACK that the engine sends it, after
which the broker forgets the message. Layout from MQTT 3.1.1 and 5, clauses 2.1, 3.3 and 3.4.
"""

from __future__ import annotations

import asyncio
import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion

from data.connectors.contract import SourceSettings
from tests.faults.notebook import Fact, Notebook
from tests.faults.road import HOST, Road
from tests.faults.streams import PERIOD_S, spot
from tests.services import Service

PUBLISH, PUBACK, SUBACK = 3, 4, 9
FAILED = 0x80
NUMBER = re.compile(rb'"n": ?(\d+)')
PERSISTENT = ("persistence true", "autosave_interval 1", "max_queued_messages 0")
"""Saved each second: saved at each change, all that waits is written for each message, and a queue never empties."""
TOPIC = {
    "topic": "zhian/{kind}/{id}",
    "fields": {"time": "at", "lon": "lon", "lat": "lat"},
}


@dataclass(slots=True)
class Cutter:
    """Cuts a stream into control packets."""

    _rest: bytes = b""

    def feed(self, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield first byte and body of each packet that is whole now."""
        self._rest += data
        while (cut := self._cut()) is not None:
            yield cut

    def _cut(self) -> tuple[int, bytes] | None:
        length = at = 0
        while at < 4:
            at += 1
            if len(self._rest) <= at:
                return None
            length |= (self._rest[at] & 0x7F) << 7 * (at - 1)
            if self._rest[at] < 0x80:
                break
        if len(self._rest) < at + 1 + length:
            return None
        first, body = self._rest[0], self._rest[at + 1 : at + 1 + length]
        self._rest = self._rest[at + 1 + length :]
        return first, body


class Ear:
    """Listens to one connection of the engine with its broker."""

    def __init__(self, on_acknowledged: Callable[[int], None], on_subscribed: Callable[[], None]) -> None:
        self._engine, self._broker = Cutter(), Cutter()
        self._open: dict[int, int] = {}
        self._on_acknowledged, self._on_subscribed = on_acknowledged, on_subscribed

    def near(self, data: bytes) -> None:
        """Hear the engine."""
        for first, body in self._engine.feed(data):
            failed = len(body) > 2 and body[2] >= FAILED
            number = self._open.pop(int.from_bytes(body[:2], "big"), None) if first >> 4 == PUBACK else None
            if number is not None and not failed:
                self._on_acknowledged(number)

    def far(self, data: bytes) -> None:
        """Hear the broker."""
        for first, body in self._broker.feed(data):
            told = NUMBER.search(body)
            if first >> 4 == SUBACK:
                self._on_subscribed()
            if first >> 4 == PUBLISH and first & 0b110 and told:
                at = 2 + int.from_bytes(body[:2], "big")
                self._open[int.from_bytes(body[at : at + 2], "big")] = int(told[1])


@dataclass(slots=True)
class Devices:
    """Devices behind one publisher that keeps what the broker has not taken."""

    notebook: Notebook
    broker: Service
    name: str = "mqtt"
    count: int = 5
    newest_s: float = 0.0
    taken: set[Fact] = field(default_factory=set)
    """What the broker said it had taken; what it then forgot when it was killed, nobody can ask of the engine."""
    road: Road | None = None
    _facts: dict[int, Fact] = field(default_factory=dict)
    _subscribed: asyncio.Event = field(default_factory=asyncio.Event)

    @property
    def source(self) -> SourceSettings:
        """The settings; the engine reaches the broker over the road."""
        assert self.road is not None
        url = f"mqtt://{HOST}:{self.road.port}"
        return SourceSettings(self.name, "mqtt", {"url": url, "topics": [TOPIC], "keepalive_s": 5})

    def ear(self) -> Ear:
        """Return an ear for a new connection."""

        def on_acknowledged(number: int) -> None:
            fact = (self.name, b"%d" % number)
            self.notebook.acknowledged.setdefault(fact, time.time())
            self.newest_s = max(self.newest_s, self.notebook.sent[fact])

        return Ear(on_acknowledged, self._subscribed.set)

    async def run(self) -> None:
        """Publish, once the engine has subscribed for the first time: the broker keeps nothing for those unknown."""
        await self._subscribed.wait()
        client = paho.Client(CallbackAPIVersion.VERSION2, "devices", clean_session=False)
        client.reconnect_delay_set(1, 1)
        client.max_queued_messages_set(0)
        client.on_publish = lambda _client, _data, mid, _code, _properties: self._on_taken(mid)
        client.connect_async(HOST, self.broker.port)
        client.loop_start()
        number = 0
        try:
            while True:
                now_s = time.time()
                for device in range(self.count):
                    number += 1
                    lon, lat = spot(20 + device, now_s)
                    told = json.dumps({"n": number, "at": now_s, "lon": lon, "lat": lat})
                    fact = (self.name, b"%d" % number)
                    self.notebook.sent[fact] = now_s
                    self._facts[client.publish(f"zhian/bus/d{device}", told, qos=1).mid] = fact
                await asyncio.sleep(PERIOD_S)
        finally:
            await asyncio.to_thread(client.loop_stop)

    def _on_taken(self, mid: int) -> None:
        fact = self._facts.get(mid)
        if fact is not None:
            self.taken.add(fact)

    def facts_in(self, raw: bytes) -> list[Fact]:
        """Return what was published."""
        told = NUMBER.search(raw)
        return [(self.name, told[1])] if told else []

    def safe_since(self, when_s: float) -> bool:
        """Tell whether the engine acknowledged something of after an instant."""
        return self.newest_s > when_s

    def ids(self) -> list[str]:
        """Return nobody: who was acknowledged last is known."""
        return []
