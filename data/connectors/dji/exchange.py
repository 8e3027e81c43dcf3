"""What becomes of messages, without sockets: rows of aircraft, records of the rest, and what is replied once kept."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import NamedTuple

import msgspec

from data.connectors.contract import Record
from data.connectors.dji.decoder import (
    FIXED,
    Aircraft,
    Dock,
    Envelope,
    MessageError,
    Topic,
    is_aircraft,
    read_aircraft,
    read_dock,
    read_envelope,
    read_topic,
    without_secrets,
)
from data.connectors.dji.options import Machine, Options
from data.connectors.mqtt.packets import Message
from data.connectors.sheet import Sheet, entity_id, fact_key
from twin.live.observation import Observation

MOST_AIRCRAFT = 10_000
MOST_TOPIC = 256
HOUR_S = 3600.0
MOVING_MPS = 0.5
OWN_WORD_S = 10.0
"""So long after an aircraft told its own place, its dock's word on it does not count."""
FORCED_LANDINGS = frozenset({11, 12})
AWAY = frozenset({13, 14})
"""Being upgraded, not connected."""
ON_GROUND = frozenset({0, 1, 2})
IDLE = 0


class Reply(NamedTuple):
    """What is to be published once the message it answers is on disk."""

    topic: str
    payload: bytes


class Exchange:
    """Reads messages.

    Parameters
    ----------
    clock : callable
        Seconds since 1970-01-01 UTC.
    """

    def __init__(self, options: Options, clock: Callable[[], float]) -> None:
        self._options, self._clock = options, clock
        self._own_word: OrderedDict[str, float] = OrderedDict()

    def read(self, sheet: Sheet, messages: Sequence[Message]) -> list[Reply]:
        """Write down what becomes of messages and return what is to be replied."""
        replies = []
        for message in messages:
            try:
                topic = read_topic(message.topic)
                if len(message.payload) > self._options.most_bytes:
                    raise MessageError("message too long")
                envelope = read_envelope(message.payload)
                self._read(sheet, topic, envelope, message)
            except MessageError as error:
                raw = message.payload[: self._options.most_bytes]
                sheet.refuse(Record(b"", "", message.topic[:MOST_TOPIC], 0.0, raw), str(error))
                continue
            if topic.name == "status" or (topic.name == "events" and envelope.need_reply == 1):
                replies.append(self._reply(topic, envelope))
        return replies

    def _reply(self, topic: Topic, envelope: Envelope) -> Reply:
        system = "sys" if topic.name == "status" else "thing"
        told = {
            "tid": envelope.tid, "bid": envelope.bid, "timestamp": int(self._clock() * 1e3),
            "method": envelope.method, "data": {"result": 0},
        }  # fmt: skip
        if topic.name == "events":
            told["gateway"] = envelope.gateway or topic.serial
        return Reply(f"{system}/product/{topic.serial}/{topic.name}_reply", msgspec.json.encode(told))

    def _read(self, sheet: Sheet, topic: Topic, envelope: Envelope, message: Message) -> None:
        raw = without_secrets(message.payload) if topic.name == "status" else message.payload
        time_s = envelope.time_s or message.arrival_s
        record = Record(_key(envelope, message.topic, raw, message.arrival_s), topic.serial, message.topic, time_s, raw)
        row = self._row(topic, envelope, time_s, message.arrival_s) if topic.name == "osd" else None
        if row is None:
            sheet.keep(record)
        else:
            sheet.tell(record, row)

    def _row(self, topic: Topic, envelope: Envelope, time_s: float, arrival_s: float) -> Observation | None:
        properties = envelope.properties
        if is_aircraft(properties):
            return self._flying(topic.serial, read_aircraft(properties), time_s, arrival_s)
        if "drone_in_dock" in properties:
            return self._docked(read_dock(properties), time_s, arrival_s)
        return None

    def _flying(self, serial: str, aircraft: Aircraft, time_s: float, arrival_s: float) -> Observation | None:
        """Return where an aircraft says that it is; without a fix it says 0, 0 or its last place."""
        self._own_word.pop(serial, None)
        self._own_word[serial] = arrival_s
        if len(self._own_word) > MOST_AIRCRAFT:
            self._own_word.popitem(last=False)
        nowhere = aircraft.latitude == aircraft.longitude == 0
        if math.isnan(aircraft.latitude + aircraft.longitude) or nowhere or aircraft.position_state.is_fixed != FIXED:
            return None
        speed, head = aircraft.horizontal_speed, aircraft.attitude_head
        return self._observation(
            serial, time_s, aircraft.longitude, aircraft.latitude, _state(aircraft),
            height_m=max(aircraft.elevation, 0.0), heading_deg=head % 360 if abs(head) <= 360 else math.nan,
            speed_mps=speed if speed >= 0 else math.nan,
        )  # fmt: skip

    def _docked(self, dock: Dock, time_s: float, arrival_s: float) -> Observation | None:
        """Return where the aircraft in a dock stands, which is switched off and says nothing itself."""
        serial = dock.sub_device.device_sn
        quiet = arrival_s - self._own_word.get(serial, -math.inf) > OWN_WORD_S
        if dock.drone_in_dock != 1 or not serial or not quiet or math.isnan(dock.latitude + dock.longitude):
            return None
        if dock.latitude == dock.longitude == 0:
            return None
        faulty = dock.emergency_stop_state == 1 or dock.alarm_state == 1
        state = "fault" if faulty else "free" if dock.mode_code == IDLE else "busy"
        return self._observation(serial, time_s, dock.longitude, dock.latitude, state, speed_mps=0.0)

    def _observation(
        self, serial: str, time_s: float, lon_deg: float, lat_deg: float, state: str, height_m: float = 0.0,
        heading_deg: float = math.nan, speed_mps: float = math.nan,
    ) -> Observation:  # fmt: skip
        known = self._options.aircraft.get(serial, Machine())
        return Observation(
            id=known.id or entity_id(self._options.prefix, serial), kind=self._options.kind, time_s=time_s,
            lon_deg=lon_deg, lat_deg=lat_deg, label=known.label, state=state, height_m=height_m,
            heading_deg=heading_deg, speed_mps=speed_mps,
        )  # fmt: skip


def _key(envelope: Envelope, topic: str, raw: bytes, arrival_s: float) -> bytes:
    """Return a key that is the same however often a message is sent; ``tid`` and ``bid`` name it, else its bytes.

    Without a time of its own it must not depend on when it came; without any name it is the same for an hour.
    """
    named = bool(envelope.tid)
    time_s = envelope.time_s or (0.0 if named else arrival_s // HOUR_S * HOUR_S)
    name = f"{envelope.tid}\0{envelope.bid}\0{envelope.timestamp}".encode() if named else raw
    return fact_key(time_s, topic.encode(), name)


def _state(aircraft: Aircraft) -> str:
    if aircraft.mode_code in FORCED_LANDINGS:
        return "alarm"
    if aircraft.mode_code in AWAY:
        return "off_duty"
    if aircraft.mode_code in ON_GROUND:
        return "stopped"
    if aircraft.horizontal_speed > MOVING_MPS:
        return "moving"
    return "unknown" if aircraft.mode_code < 0 else "busy"
