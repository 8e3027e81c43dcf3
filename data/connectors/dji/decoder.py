"""Reads messages of DJI's Cloud API; pure.

The fields are those of https://developer.dji.com/doc/cloud-api-tutorial/cn/api-reference/: envelope and topics of
``dock-to-cloud/mqtt/topic-definition.html``, the aircraft's properties of
``pilot-to-cloud/mqtt/aircraft/properties.html``, the dock's of the example in the first of them, the topology of
``dock-to-cloud/mqtt/dock/device.html``. Positions are WGS 84.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import TypeVar

import msgspec

Wanted = TypeVar("Wanted")
MOST_TIME_MS = 4_102_444_800_000
"""2100."""
MOST_SERIAL = 64
SECRETS = frozenset({"device_secret", "nonce"})
FIXED = 2
"""``position_state.is_fixed``: 0 not begun, 1 under way, 2 done, 3 failed."""


class MessageError(ValueError):
    """A message that cannot be read; the text is the reason."""


class Topic(msgspec.Struct, frozen=True):
    """Where a message came from: the serial number in its topic, and ``osd``, ``state``, ``events`` or ``status``."""

    serial: str
    name: str


class Envelope(msgspec.Struct, frozen=True):
    """What stands around every message. ``tid`` and ``bid`` name the exchange and the business it is part of."""

    tid: str = ""
    bid: str = ""
    timestamp: int = 0
    gateway: str = ""
    method: str = ""
    need_reply: int = 0
    data: object = None

    @property
    def time_s(self) -> float:
        """When it was sent, seconds since 1970-01-01 UTC; 0 if it does not tell."""
        return self.timestamp / 1e3 if 0 < self.timestamp < MOST_TIME_MS else 0.0

    @property
    def properties(self) -> Mapping[str, object]:
        """Its content, where that is an object."""
        return self.data if isinstance(self.data, dict) else {}


class PositionState(msgspec.Struct, frozen=True):
    """How a position came about."""

    is_fixed: int = FIXED


class SubDevice(msgspec.Struct, frozen=True):
    """The aircraft of a dock."""

    device_sn: str = ""


class Aircraft(msgspec.Struct, frozen=True):
    """What an aircraft tells at a fixed rate.

    Parameters
    ----------
    height : float
        Above the ellipsoid, in metres; not used.
    elevation : float
        Above the place it took off from, in metres.
    attitude_head : float
        Clockwise from true north, -180 to 180.
    """

    latitude: float = math.nan
    longitude: float = math.nan
    elevation: float = 0.0
    horizontal_speed: float = math.nan
    attitude_head: float = math.nan
    mode_code: int = -1
    position_state: PositionState = PositionState()


class Dock(msgspec.Struct, frozen=True):
    """What a dock tells at a fixed rate, of what is used here; it does so in several messages."""

    latitude: float = math.nan
    longitude: float = math.nan
    drone_in_dock: int = 0
    emergency_stop_state: int = 0
    alarm_state: int = 0
    mode_code: int = -1
    sub_device: SubDevice = SubDevice()


def read_topic(topic: str) -> Topic:
    """Read ``thing/product/<serial>/osd`` and the like.

    Raises
    ------
    MessageError
        If it is none of them.
    """
    parts = topic.split("/")
    if len(parts) != 4 or parts[1] != "product" or not 0 < len(parts[2]) <= MOST_SERIAL:
        raise MessageError("topic unknown")
    if (parts[0], parts[3]) not in {("thing", "osd"), ("thing", "state"), ("thing", "events"), ("sys", "status")}:
        raise MessageError("topic unknown")
    return Topic(parts[2], parts[3])


def read_envelope(payload: bytes) -> Envelope:
    """Read what stands around a message.

    Raises
    ------
    MessageError
        If it is no such JSON.
    """
    try:
        return msgspec.json.decode(payload, type=Envelope, strict=False)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise MessageError("not a message of the Cloud API") from None


def is_aircraft(properties: Mapping[str, object]) -> bool:
    """Tell an aircraft from a dock or a remote control: only it has an attitude and flies."""
    return "attitude_head" in properties or "elevation" in properties


def read_aircraft(properties: Mapping[str, object]) -> Aircraft:
    """Read an aircraft's properties.

    Raises
    ------
    MessageError
        If one of them has no such value.
    """
    return _converted(properties, Aircraft)


def read_dock(properties: Mapping[str, object]) -> Dock:
    """Read a dock's properties.

    Raises
    ------
    MessageError
        If one of them has no such value.
    """
    return _converted(properties, Dock)


def _converted(properties: Mapping[str, object], wanted: type[Wanted]) -> Wanted:
    try:
        return msgspec.convert(properties, wanted, strict=False)
    except msgspec.ValidationError:
        raise MessageError("a property has no such value") from None


_SECRET = re.compile(
    rb'("(?:%b)"\s*:\s*)(?:"(?:[^"\\]|\\.)*"?|[^,}\s]*)' % b"|".join(n.encode() for n in sorted(SECRETS)), re.DOTALL
)


def without_secrets(payload: bytes) -> bytes:
    """Return a message without the secrets with which a device signs on; one that has none as it is."""
    if not any(f'"{name}"'.encode() in payload for name in SECRETS):
        return payload
    try:
        return msgspec.json.encode(_blanked(msgspec.json.decode(payload)))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return _SECRET.sub(rb'\1""', payload)  # no JSON, but it may hold them all the same


def _blanked(value: object) -> object:
    if isinstance(value, dict):
        return {key: "" if key in SECRETS else _blanked(inner) for key, inner in value.items()}
    return [_blanked(inner) for inner in value] if isinstance(value, list) else value
