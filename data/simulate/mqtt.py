"""Invented vehicles (plain JSON) and sensors (SenML) that publish at an MQTT broker with QoS 1.

They publish under ``zhian/demo/<kind>/<id>`` and ``zhian/demo/senml/<id>``; :data:`TOPICS` is what a source in
``sources.toml`` needs to understand them.
"""

from __future__ import annotations

import asyncio
import random
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Protocol
from urllib.parse import SplitResult, urlsplit

import msgspec
import paho.mqtt.client as paho
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties
from paho.mqtt.reasoncodes import ReasonCode

from data.simulate.faults import FaultyLine
from data.simulate.fleet import TICK_S, Fleet, Outcome, Vehicle, dice, keep_pace, wait_while
from twin.errors import UsageError
from twin.words import say

TOPICS: tuple[dict[str, object], ...] = (
    {"topic": "zhian/demo/senml/{id}", "format": "senml", "kind": "air_sensor", "fields": {"value": "pm25"}},
    {
        "topic": "zhian/demo/{kind}/{id}",
        "fields": {"speed": "speed_kmh", "time": "at", "lon": "position.0", "lat": "position.1"},
        "units": {"speed": "km/h", "time": "ms"},
    },
)
VEHICLES = ("taxi", "bus", "dump_truck")
SHARE_OF_SENSORS = 0.3
RESEND_S = 2.0
INFLIGHT = 200
"""Messages without an answer; paho looks through all of them at each answer."""
PORTS = {"mqtt": 1883, "mqtts": 8883}
Wire = tuple[str, bytes]


class Device(Protocol):
    """What publishes."""

    topic: str

    def report(self, now_s: float) -> bytes:
        """Return what it publishes now."""
        ...


MakeDevice = Callable[[Fleet, int, random.Random], Device]


class JsonVehicle:
    """A vehicle whose messages are plain JSON in its own words."""

    def __init__(self, fleet: Fleet, name: str, chance: random.Random) -> None:
        self._vehicle = Vehicle(fleet, chance)
        self.topic = f"zhian/demo/{chance.choice(VEHICLES)}/{name}"

    def report(self, now_s: float) -> bytes:
        """Drive to now."""
        lon, lat, heading, speed_mps = self._vehicle.drive(now_s)
        return msgspec.json.encode(
            {
                "at": int(now_s * 1000), "position": [round(lon, 6), round(lat, 6)],
                "speed_kmh": round(speed_mps * 3.6, 1), "heading": round(heading, 1),
            }
        )  # fmt: skip


class SenmlSensor:
    """A sensor that stands still and measures the air: RFC 8428, a base record and its values."""

    def __init__(self, fleet: Fleet, name: str, chance: random.Random) -> None:
        self._pose, self._chance, self._value = Vehicle(fleet, chance).pose(), chance, chance.uniform(15, 60)
        self._name, self.topic = name, f"zhian/demo/senml/{name}"

    def report(self, now_s: float) -> bytes:
        """Measure."""
        self._value = max(self._value + self._chance.gauss(0, 0.8), 1.0)
        lon, lat, *_ = self._pose
        return msgspec.json.encode(
            [
                {"bn": f"urn:dev:ops:{self._name}:", "bt": round(now_s, 3), "n": "lon", "u": "lon", "v": round(lon, 6)},
                {"n": "lat", "u": "lat", "v": round(lat, 6)},
                {"n": "pm25", "v": round(self._value, 1)},
                {"n": "temperature", "u": "Cel", "v": round(self._chance.gauss(18, 0.3), 1)},
            ]
        )


class MqttSimulation:
    """Devices behind one connection; ``acknowledged`` holds the reports that the broker took whole, by number."""

    def __init__(
        self, fleet: Fleet, address: SplitResult, make: MakeDevice | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:  # fmt: skip
        self._fleet, self._address, self._clock = fleet, address, clock
        chances = [dice(fleet, "mqtt", number) for number in range(fleet.terminals)]
        self._devices = [(make or _device)(fleet, number, chance) for number, chance in enumerate(chances)]
        self._clock_off_s = [chance.uniform(-1, 1) * fleet.faults.clock_s for chance in chances]
        self._line = FaultyLine(fleet.faults, dice(fleet, "mqtt line", 0))
        self._told = Outcome()
        self.acknowledged: dict[int, Wire] = {}
        self._open: dict[int, tuple[int, Wire]] = {}
        self._taken: deque[int] = deque()
        self._again: deque[tuple[float, int, Wire]] = deque()
        self._client = self._paho()

    async def run(self) -> Outcome:
        """Play to the end and return what came of it."""
        self._client.connect_async(self._address.hostname or "", self._address.port or PORTS[self._address.scheme])
        self._client.loop_start()
        try:
            async with asyncio.TaskGroup() as group:
                chore = group.create_task(self._send_again())
                await keep_pace(self._fleet, self._report)
                self._line.flush()
                await wait_while(self._fleet, lambda: self.outcome().unanswered > 0)
                chore.cancel()
        finally:
            self._client.disconnect()
            await asyncio.to_thread(self._client.loop_stop)
        return self.outcome()

    def outcome(self) -> Outcome:
        """Return what came of it so far."""
        self._hear()
        self._told.acknowledged = len(self.acknowledged)
        self._told.unanswered = self._told.reported - self._told.acknowledged
        return self._told

    def _report(self, number: int) -> None:
        device = self._devices[number]
        wire = (device.topic, device.report(self._clock() + self._clock_off_s[number]))
        self._told.reported += 1
        serial = self._told.reported
        if not self._line.send(wire[1], lambda payload: self._publish(serial, wire, payload)):
            self._again.append((time.monotonic() + RESEND_S, serial, wire))

    def _publish(self, serial: int, wire: Wire, payload: bytes) -> None:
        self._hear()
        sent = self._client.publish(wire[0], payload, qos=1)
        if payload == wire[1]:
            self._open[sent.mid] = (serial, wire)

    def _hear(self) -> None:
        """Note what the broker took; on this thread, so that a number is noted before its answer is."""
        while self._taken:
            serial, wire = self._open.pop(self._taken.popleft(), (0, ("", b"")))
            if serial:
                self.acknowledged[serial] = wire

    async def _send_again(self) -> None:
        while True:
            await asyncio.sleep(TICK_S)
            while self._again and self._again[0][0] <= time.monotonic():
                _, serial, wire = self._again.popleft()
                self._told.resent += 1
                self._publish(serial, wire, wire[1])

    def _paho(self) -> paho.Client:
        client = paho.Client(CallbackAPIVersion.VERSION2, f"zhian-simulation-{self._fleet.seed}-{id(self):x}")
        client.max_inflight_messages_set(INFLIGHT)
        client.reconnect_delay_set(1, 5)
        client.on_connect, client.on_publish = self._on_connect, self._on_publish
        if self._address.username:
            client.username_pw_set(self._address.username, self._address.password)
        if self._address.scheme == "mqtts":
            client.tls_set_context(ssl.create_default_context())
        return client

    def _on_connect(
        self, client: paho.Client, _: object, flags: paho.ConnectFlags, reason: ReasonCode,
        properties: Properties | None,
    ) -> None:  # fmt: skip
        if reason.is_failure:
            self._told.refused += 1
        else:
            self._told.connections += 1

    def _on_publish(
        self, client: paho.Client, _: object, mid: int, reason: ReasonCode, properties: Properties | None
    ) -> None:
        self._taken.append(mid)


def open_simulation(fleet: Fleet, address: str) -> MqttSimulation:
    """Make devices for ``mqtt://[USER:PASSWORD@]HOST[:PORT]``, or ``mqtts://``.

    Raises
    ------
    twin.errors.UsageError
        If the address is none.
    """
    return MqttSimulation(fleet, read_broker("--mqtt", address))


def read_broker(option: str, address: str) -> SplitResult:
    """Read the address of a broker; it may hold a password, and is not repeated.

    Raises
    ------
    twin.errors.UsageError
        If the address is none.
    """
    parts = urlsplit(address)
    try:
        fits = parts.scheme in PORTS and bool(parts.hostname) and parts.port != 0
    except ValueError:
        fits = False
    if not fits:
        raise UsageError(say("{option}: write mqtt://HOST:PORT, as mqtt://127.0.0.1:1883", option=option))
    return parts


def _device(fleet: Fleet, number: int, chance: random.Random) -> Device:
    name = f"sim-{fleet.seed % 100:02d}-{number:06d}"
    sensor = chance.random() < SHARE_OF_SENSORS
    return SenmlSensor(fleet, name, chance) if sensor else JsonVehicle(fleet, name, chance)
