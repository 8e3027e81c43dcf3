"""GTFS-realtime feeds as records and rows: pure functions of bytes.

A feed is cut into its entities by hand, so that one that does not hold costs no other; the entities themselves are
read by the bindings of the format's makers.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from google.protobuf.message import DecodeError
from google.transit import gtfs_realtime_pb2 as pb

from data.connectors.contract import Record
from data.connectors.sheet import entity_id, fact_key
from twin.live.observation import Observation

NOT_READABLE, NO_VEHICLE, NO_POSITION = "entity cannot be read", "vehicle without a name", "vehicle without a position"
TIME_RANGE = "time out of range"
HEADER, ENTITY = 1, 2
"""Fields of a FeedMessage (gtfs-realtime.proto)."""
LAST_S = 2**32
STOPPED_AT = 1


class FaultyFeedError(ValueError):
    """Bytes that are no feed, or one that was cut short."""


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed cut into its parts; ``time_s`` is its own time, 0 if it tells none."""

    time_s: float
    header: bytes
    entities: list[bytes]


class Told(NamedTuple):
    """One entity: its row, or why it is refused; neither for one that tells no position of a vehicle."""

    record: Record
    row: Observation | None
    reason: str = ""
    other: str = ""


def read_feed(body: bytes) -> Feed:
    """Cut a feed into header and entities.

    Raises
    ------
    FaultyFeedError
        If it is none.
    """
    parts = list(_fields(memoryview(body)))
    headers = [part for number, part in parts if number == HEADER]
    if not headers:
        raise FaultyFeedError("no header")
    try:
        header = pb.FeedHeader.FromString(headers[-1])
    except DecodeError:
        raise FaultyFeedError("header") from None
    return Feed(float(header.timestamp), headers[-1], [part for number, part in parts if number == ENTITY])


def _fields(view: memoryview) -> Iterator[tuple[int, bytes]]:
    """Yield number and content of the fields that hold bytes; a feed has no others, but may have more one day."""
    at = 0
    while at < len(view):
        tag, at = _varint(view, at)
        number, wire = tag >> 3, tag & 7
        if wire == 0:
            _, at = _varint(view, at)
        elif wire in (1, 5):
            at += 8 if wire == 1 else 4
        elif wire == 2:
            size, at = _varint(view, at)
            if at + size > len(view):
                raise FaultyFeedError("cut short")
            yield number, bytes(view[at : at + size])
            at += size
        else:
            raise FaultyFeedError("no protocol buffer")
    if at > len(view):
        raise FaultyFeedError("cut short")


def _varint(view: memoryview, at: int) -> tuple[int, int]:
    value = shift = 0
    while at < len(view) and shift < 64:
        byte = view[at]
        value |= (byte & 0x7F) << shift
        at += 1
        if byte < 0x80:
            return value, at
        shift += 7
    raise FaultyFeedError("cut short")


def alone(feed: Feed, entity: bytes) -> bytes:
    """Return a feed that holds one entity."""
    return b"".join(_field(number, part) for number, part in ((HEADER, feed.header), (ENTITY, entity)))


def _field(number: int, content: bytes) -> bytes:
    size, parts = len(content), bytearray([number << 3 | 2])
    while size >= 0x80:
        parts.append(size & 0x7F | 0x80)
        size >>= 7
    parts.append(size)
    return bytes(parts) + content


def read_entity(feed: Feed, raw: bytes, kind: str, prefix: str, arrival_s: float) -> Told:
    """Read one entity of a feed."""
    whole = alone(feed, raw)
    try:
        entity = pb.FeedEntity.FromString(raw)
    except DecodeError:
        return Told(Record(fact_key(0, raw), "", "", 0.0, whole), None, NOT_READABLE)
    if entity.is_deleted or not entity.HasField("vehicle"):
        other = "deleted" if entity.is_deleted else "alert" if entity.HasField("alert") else "trip update"
        return Told(Record(fact_key(0, raw), _text(entity.id), other, 0.0, whole), None, other=other)
    vehicle = entity.vehicle
    name = _text(vehicle.vehicle.id or entity.id)
    time_s = float(vehicle.timestamp) or feed.time_s or arrival_s
    if not 0 <= time_s < LAST_S:
        return Told(Record(fact_key(0, raw), name, "VehiclePosition", 0.0, whole), None, TIME_RANGE)
    record = Record(fact_key(time_s, name.encode(), raw), name, "VehiclePosition", time_s, whole)
    if not name:
        return Told(record, None, NO_VEHICLE)
    if not vehicle.HasField("position"):
        return Told(record, None, NO_POSITION)
    return Told(record, _row(vehicle, entity_id(prefix, name), kind, time_s))


def _text(told: str | bytes) -> str:
    """Return a word; protobuf hands on as bytes what is no UTF-8."""
    return told if isinstance(told, str) else told.decode("utf-8", "replace")


def _row(vehicle: pb.VehiclePosition, name: str, kind: str, time_s: float) -> Observation:
    position, told = vehicle.position, vehicle.vehicle
    bearing = position.bearing if position.HasField("bearing") else math.nan
    speed = position.speed if position.HasField("speed") else math.nan
    stopped = vehicle.HasField("current_status") and vehicle.current_status == STOPPED_AT
    moving = "moving" if speed > 0 else "stopped" if speed == 0 else "unknown"
    return Observation(
        name, kind, time_s, position.longitude, position.latitude,
        label=_text(told.label or told.license_plate or vehicle.trip.route_id),
        state="stopped" if stopped else moving,
        heading_deg=bearing if 0 <= bearing <= 360 else math.nan,  # a wrong direction does not cost the position
        speed_mps=speed,
    )  # fmt: skip
