"""Reads a Cursor-on-Target event: XML by a parser that takes no document type, or TAK protobuf.

What an event says, and in which units, is told in MITRE's *Cursor-on-Target Message Router User's Guide* (case
09-4937); ``detail`` and the protobuf's fields in TAK Product Center's ``.proto`` files, which takproto carries.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from xml.parsers import expat

from google.protobuf.message import DecodeError
from takproto.proto import TakMessage

from data.connectors.cot.frames import MESH, MOST_BYTES

UNKNOWN = 999_999.0
"""From here on a number stands for unknown: 9999999.0 in XML, 999999 in some protobuf senders."""
MOST_NAME = 256
"""Characters of a uid or a type: they name records, and a hostile one must not fill the index."""
DEEPEST = 32
MOST_ELEMENTS = 4000
_DETAIL = frozenset({"contact", "track", "__group", "takv", "link", "emergency", "__chatreceipt"})
Attributes = dict[str, str]
Tags = dict[str, Attributes]


class EventError(ValueError):
    """An event that cannot be read; the text is the reason."""


@dataclass(frozen=True, slots=True)
class Event:
    """One event; NaN and empty where it tells nothing.

    Parameters
    ----------
    time_s, start_s, stale_s : float
        When it was made, and from when until when it holds; seconds since 1970-01-01 UTC.
    lon_deg, lat_deg, hae_m : float
        WGS 84; the height is above the ellipsoid.
    ce_m : float
        One standard deviation on the ground.
    user : bool
        Whether it tells of a person at a device (``__group`` or ``takv``).
    linked_uid, linked_type : str
        Whom it is about, or who placed it.
    receipt : str
        Of a receipt: the id of the text that the handheld has.
    """

    uid: str
    type: str
    how: str
    time_s: float
    start_s: float
    stale_s: float
    lon_deg: float
    lat_deg: float
    hae_m: float
    ce_m: float
    callsign: str
    course_deg: float
    speed_mps: float
    user: bool
    linked_uid: str
    linked_type: str
    receipt: str = ""


def read_event(raw: bytes) -> Event | None:
    """Read one event; None for a protobuf message that only controls the connection.

    Raises
    ------
    EventError
        If it cannot be read.
    """
    if len(raw) > MOST_BYTES + 64:
        raise EventError("event too long")
    return _read_message(raw) if raw[:1] == MESH[:1] else _read_xml(raw)


def read_time(text: str) -> float:
    """Return the seconds since 1970 of an ISO 8601 time; one without a zone is UTC, as CoT says all are."""
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        raise EventError("time not readable") from None


def _read_xml(raw: bytes) -> Event:
    tags = read_tags(raw)
    event, point = tags.get("event"), tags.get("point")
    if event is None:
        raise EventError("no event")
    _check_names(event.get("uid", ""), event.get("type", ""))
    point = point if point is not None else {}
    times = [read_time(event.get(name, "")) for name in ("time", "start", "stale")]
    lon, lat, hae, ce = (_number(point.get(name, "")) for name in ("lon", "lat", "hae", "ce"))
    return _event((event["uid"], event["type"], event.get("how", "")), times, (lon, lat, hae, ce), tags)


def _read_message(raw: bytes) -> Event | None:
    message = TakMessage()
    try:
        message.ParseFromString(_payload(raw))
    except DecodeError:
        raise EventError("not a TAK message") from None
    if not message.HasField("cotEvent"):
        return None
    event = message.cotEvent
    _check_names(event.uid, event.type)
    tags = read_tags(b"<detail>" + event.detail.xmlDetail.encode() + b"</detail>") if event.detail.xmlDetail else {}
    for name, field in (("contact", "contact"), ("__group", "group"), ("takv", "takv"), ("track", "track")):
        if event.detail.HasField(field):
            told = {key.name: str(value) for key, value in getattr(event.detail, field).ListFields()}
            tags[name] = {**({"speed": "0", "course": "0"} if name == "track" else {}), **told}
    times = [ms / 1000 for ms in (event.sendTime, event.startTime, event.staleTime)]
    place = (event.lon, event.lat, _known(event.hae), _known(event.ce))
    return _event((event.uid, event.type, event.how), times, place, tags)


def _check_names(uid: str, type_: str) -> None:
    if not uid or not type_:
        raise EventError("no uid or type")
    if len(uid) > MOST_NAME or len(type_) > MOST_NAME:
        raise EventError("uid or type too long")


def _payload(raw: bytes) -> bytes:
    if raw[:3] == MESH:
        return raw[3:]
    at = next((i for i in range(1, min(len(raw), 6)) if raw[i] < 0x80), None)
    if at is None:
        raise EventError("not a TAK message")
    return raw[at + 1 :]


def _event(
    names: tuple[str, str, str], times: list[float], place: tuple[float, float, float, float], tags: Tags
) -> Event:
    uid, type_, how = names
    time_s, start_s, stale_s = times
    lon_deg, lat_deg, hae_m, ce_m = place
    link, track = tags.get("link", {}), tags.get("track", {})
    course_deg, speed_mps = _number(track.get("course", "")), _number(track.get("speed", ""))
    return Event(
        uid, type_, how, time_s, start_s, stale_s, lon_deg, lat_deg, hae_m, ce_m,
        tags.get("contact", {}).get("callsign", ""), course_deg, speed_mps, "__group" in tags or "takv" in tags,
        link.get("uid", ""), link.get("type", ""), tags.get("__chatreceipt", {}).get("messageId", ""),
    )  # fmt: skip


def _number(text: str) -> float:
    try:
        return _known(float(text))
    except ValueError:
        return math.nan


def _known(value: float) -> float:
    return value if abs(value) < UNKNOWN else math.nan


def read_tags(raw: bytes) -> Tags:
    """Return the attributes of the elements that are of use, the first of each name.

    A document type is refused, and with it every entity that could be large or point elsewhere.

    Raises
    ------
    EventError
        If it is no well-formed XML, or more deeply nested than an event is.
    """
    tags: Tags = {}
    depth = count = 0

    def begin(name: str, attributes: Attributes) -> None:
        nonlocal depth, count
        depth, count = depth + 1, count + 1
        if depth > DEEPEST or count > MOST_ELEMENTS:
            raise EventError("event too deep")
        name = name.rpartition(":")[2]
        wanted = (depth == 1 and name == "event") or (depth == 2 and name == "point") or name in _DETAIL
        if wanted and depth <= 3:
            tags.setdefault(name, attributes)

    def end(_: str) -> None:
        nonlocal depth
        depth -= 1

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.EndElementHandler = begin, end
    parser.StartDoctypeDeclHandler = _refuse("document type not allowed")
    parser.EntityDeclHandler = _refuse("entity not allowed")
    parser.ExternalEntityRefHandler = _refuse("entity not allowed")
    try:
        parser.Parse(raw, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        if isinstance(error, EventError):
            raise
        raise EventError("XML not well-formed") from None
    return tags


def _refuse(reason: str) -> Callable[..., int]:
    def handler(*_: object) -> int:
        raise EventError(reason)

    return handler
