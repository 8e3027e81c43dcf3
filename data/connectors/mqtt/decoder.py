"""Messages as records and rows of the twin, by what the settings say about their topics: pure, no sockets.

The same fact has the same key however often it comes. A reading that tells its own time is known by that, its entity
and its bytes. One that does not is known by the number under which the broker sends it again, within an hour.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count
from zoneinfo import ZoneInfo

import numpy as np

from data.connectors.contract import Record
from data.connectors.mqtt.client import Message
from data.connectors.mqtt.options import Options, Topic
from data.connectors.mqtt.readings import (
    Fields,
    Reading,
    Unread,
    UnreadableError,
    find,
    read_json,
    read_senml,
)
from data.connectors.mqtt.topics import Template, read_template
from data.connectors.sheet import entity_id
from twin.live.kinds import CODE, KINDS, NO_KIND, STATE_CODE
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray, clip_utf8

NO_MAPPING, TOO_LARGE = "no topic of the settings fits", "message too large"
NO_ID, NO_PLACE = "no id", "its place is not known"
NO_TIME_ZONE, BAD_TIME, BAD_TIME_RANGE = "time without a zone", "time cannot be read", "time out of range"
BAD_VALUE = "value is no number"
KEPT_OF_LARGE = 65_536
LAST_S = 2.0**32
MOST_TOPICS = 100_000
_HOUR_S = 3600
_LARGEST = float(np.finfo(np.float32).max)
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")

Row = tuple[bytes, bytes, int, int, float, float, float, float, float, float, float, float]
Places = Mapping[str, tuple[float, float]]


@dataclass(slots=True)
class Sheet:
    """What came of some messages: ``shown`` belong to ``rows`` one by one, ``others`` tell no row."""

    shown: list[Record] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)
    others: list[Record] = field(default_factory=list)
    refused: list[tuple[Record, str]] = field(default_factory=list)

    @property
    def received(self) -> int:
        """How many readings came, whatever became of them."""
        return len(self.shown) + len(self.others) + len(self.refused)

    def records(self) -> list[Record]:
        """Return the records, those of the rows first."""
        return self.shown + self.others

    def array(self) -> ObservationArray:
        """Return the rows."""
        return np.array(self.rows, OBSERVATION_DTYPE)


class RefusedError(ValueError):
    """A reading that cannot be kept as one, in words for the quarantine."""


class Decoder:
    """Reads messages as the settings say.

    Parameters
    ----------
    places : mapping or None
        Longitude and latitude of devices that do not say it themselves; None if they are not known here, and then
        such a reading is kept without a row.
    """

    def __init__(self, options: Options, places: Places | None) -> None:
        self._most_bytes = options.most_bytes
        known = {**(places or {}), **options.places}
        self._routes = [_Route(topic, known, places is not None) for topic in options.topics]
        self._found: dict[str, tuple[_Route, Mapping[str, str]] | None] = {}
        self._serial = count()

    def read(self, messages: Iterable[Message]) -> Sheet:
        """Read messages; one that does not hold costs no other."""
        sheet = Sheet()
        for message in messages:
            self._read(sheet, message)
        return sheet

    def _read(self, sheet: Sheet, message: Message) -> None:
        found = self._find(message.topic)
        if found is None:
            return _refuse(sheet, message, message.payload, NO_MAPPING)
        if len(message.payload) > self._most_bytes:
            return _refuse(sheet, message, message.payload[:KEPT_OF_LARGE], TOO_LARGE)
        route, captures = found
        try:
            readings = route.split(message.payload) if message.payload else []
        except UnreadableError as error:
            return _refuse(sheet, message, message.payload, str(error), captures.get("id", ""))
        if not readings:  # an empty list, or a retained message that was cleared
            sheet.others.append(self._record(message, captures.get("id", ""), None, message.payload, 0))
        for number, reading in enumerate(readings):
            self._tell(sheet, message, route, captures, reading, number)
        return None

    def _tell(
        self, sheet: Sheet, message: Message, route: _Route, captures: Mapping[str, str], reading: Reading | Unread,
        number: int,
    ) -> None:  # fmt: skip
        if isinstance(reading, Unread):
            return _refuse(sheet, message, reading.raw, reading.reason, captures.get("id", ""))
        name = ""
        try:
            name = route.entity(captures, reading)
            time_s = route.time_s(reading)
            row = route.row(name, captures, reading, message, time_s)
        except RefusedError as error:
            return _refuse(sheet, message, reading.raw, str(error), name)
        record = self._record(message, name, time_s, reading.raw, number)
        if row is None:
            sheet.others.append(record)
        else:
            sheet.shown.append(record)
            sheet.rows.append(row)
        return None

    def _find(self, topic: str) -> tuple[_Route, Mapping[str, str]] | None:
        """Return how a topic is read, and what its captures stand for."""
        try:
            return self._found[topic]
        except KeyError:
            fits = ((route, captures) for route in self._routes if (captures := route.match(topic)) is not None)
            if len(self._found) >= MOST_TOPICS:
                self._found.clear()
            self._found[topic] = found = next(fits, None)
            return found

    def _record(self, message: Message, device: str, time_s: float | None, raw: bytes, number: int) -> Record:
        if time_s is not None:
            key = _key(time_s, f"{device} {time_s!r} ".encode(), raw)
        elif message.retained:
            key = _key(0.0, f"{message.topic} {number} ".encode(), raw)
        else:
            again = message.number or f"{next(self._serial)} {message.arrival_s!r}"
            hour = message.arrival_s // _HOUR_S * _HOUR_S
            key = _key(hour, f"{message.topic} {again} {number} ".encode(), raw)
        return Record(key, device, message.topic, time_s or 0.0, raw)


def _refuse(sheet: Sheet, message: Message, raw: bytes, reason: str, device: str = "") -> None:
    sheet.refused.append((Record(b"", device, message.topic, 0.0, raw), reason))


def _key(time_s: float, about: bytes, raw: bytes) -> bytes:
    """Return the same bytes for the same fact; the time in front keeps neighbours in time together on disk."""
    return int(time_s).to_bytes(4, "big") + hashlib.blake2b(about + raw, digest_size=12).digest()


class _Route:
    """One topic of the settings, made ready."""

    def __init__(self, topic: Topic, places: Places, complete: bool) -> None:
        self._template: Template = read_template(topic.topic)
        self._topic, self._places, self._complete = topic, places, complete
        self._zone = ZoneInfo(topic.times) if topic.times else None
        numbers = ("lon", "lat", "height", "heading", "speed", "value", "accuracy")
        self._numbers = {role: (topic.fields.get(role, role), topic.factor(role)) for role in numbers}
        self._time = (topic.fields.get("time", "time"), topic.factor("time"))
        self._id, self._kind, self._label = (self._text(role) for role in ("id", "kind", "label"))
        self._state = topic.fields.get("state", "state")
        self.match = self._template.match

    def _text(self, role: str) -> Callable[[Mapping[str, str], Reading], str]:
        """Return how a role's words are made: out of one field, or a template of captures and fields."""
        path, template = self._topic.fields.get(role), getattr(self._topic, role)
        if path is not None:
            return lambda captures, reading: _word(find(reading.fields, path))
        names = _PLACEHOLDER.findall(template)
        if not names:
            return lambda captures, reading: template
        if template == f"{{{names[0]}}}":
            return lambda captures, reading: _named(names[0], captures, reading)
        return lambda captures, reading: _PLACEHOLDER.sub(lambda m: _named(m[1], captures, reading), template)

    def split(self, payload: bytes) -> list[Reading | Unread]:
        """Return what a message holds."""
        return read_senml(payload) if self._topic.format == "senml" else read_json(payload, self._topic.items)

    def entity(self, captures: Mapping[str, str], reading: Reading) -> str:
        """Return the entity's id."""
        name = self._id(captures, reading)
        if not name:
            raise RefusedError(NO_ID)
        return name

    def time_s(self, reading: Reading) -> float | None:
        """Return the reading's own time, seconds since 1970; None if it tells none."""
        if reading.time_s is not None:
            time_s = reading.time_s
        else:
            path, factor = self._time
            told = find(reading.fields, path) if not reading.device else None
            if told is None or told == "":
                return None
            time_s = self._read_time(told, factor)
        if not 0 <= time_s < LAST_S:
            raise RefusedError(BAD_TIME_RANGE)
        return time_s

    def _read_time(self, told: object, factor: float) -> float:
        time_s = _number(told) * factor
        if not math.isnan(time_s):
            return time_s
        try:
            moment = datetime.fromisoformat(str(told).strip())
        except ValueError:
            raise RefusedError(BAD_TIME) from None
        if moment.tzinfo is None:
            if self._zone is None:
                raise RefusedError(NO_TIME_ZONE)
            moment = moment.replace(tzinfo=self._zone)
        return moment.timestamp()

    def row(
        self, name: str, captures: Mapping[str, str], reading: Reading, message: Message, time_s: float | None
    ) -> Row | None:
        """Return the row; None if nothing of it is shown."""
        if time_s is None:
            if message.retained:
                return None  # nobody knows how old it is
            time_s = message.arrival_s + reading.ago_s
        kind = self._kind_code(captures, reading)
        fields = reading.fields
        lon, lat, height, heading, speed, value, accuracy = (
            _number(told) * factor if (told := find(fields, path)) is not None else math.nan
            for path, factor in self._numbers.values()
        )
        if kind != NO_KIND and KINDS[kind].quantity:
            told = find(fields, self._numbers["value"][0])
            if told is None:
                return None  # another of the things that it measures
            if not abs(value) <= _LARGEST:
                raise RefusedError(BAD_VALUE)
        place = self._place(name, lon, lat)
        if place is None:
            return None
        state = self._state_code(fields, kind, speed)
        return (
            *(entity_id("", name).encode(), clip_utf8(self._label(captures, reading), 48), kind, state, time_s, *place),
            *(_fits(height, 0.0), _direction(heading), _fits(speed), _fits(value), _fits(accuracy)),
        )

    def _place(self, name: str, lon: float, lat: float) -> tuple[float, float] | None:
        """Return where it is; None where that is known to the running engine alone."""
        if not (math.isnan(lon) and math.isnan(lat)):
            return lon, lat
        known = self._places.get(name)
        if known is None and self._complete:
            raise RefusedError(NO_PLACE)
        return known

    def _kind_code(self, captures: Mapping[str, str], reading: Reading) -> int:
        word = self._kind(captures, reading)
        return CODE.get(self._topic.kinds.get(word, word), NO_KIND)

    def _state_code(self, fields: Fields, kind: int, speed: float) -> int:
        told = _word(find(fields, self._state))
        if told:
            return STATE_CODE.get(self._topic.states.get(told, told), 0)
        if math.isnan(speed) or kind == NO_KIND or not KINDS[kind].top_speed_mps:
            return 0
        return STATE_CODE["moving" if speed > 0 else "stopped"]


def _named(name: str, captures: Mapping[str, str], reading: Reading) -> str:
    if name in captures:
        return captures[name]
    if name == "device":
        return reading.device
    return _word(find(reading.fields, name))


def _word(told: object) -> str:
    """Return what a field says as a word; nothing for what is no word and no number."""
    if isinstance(told, str):
        return told
    if isinstance(told, bool):
        return "true" if told else "false"
    return str(told) if isinstance(told, int | float) else ""


def _number(told: object) -> float:
    """Return what a field says as a number, NaN for what is none."""
    if isinstance(told, int | float | str):
        try:
            number = float(told)
        except (ValueError, OverflowError):
            return math.nan
        return number if math.isfinite(number) else math.nan
    return math.nan


def _fits(number: float, otherwise: float = math.nan) -> float:
    """Return a number that 32 bits can hold; a wrong one does not cost the position."""
    return number if abs(number) <= _LARGEST else otherwise


def _direction(heading: float) -> float:
    """Return a direction from 0 to 360; some count from -180."""
    if -180 <= heading < 0:
        return heading + 360
    return heading if 0 <= heading <= 360 else math.nan
