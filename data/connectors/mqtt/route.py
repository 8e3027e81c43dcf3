"""One topic of the settings, made ready: what its readings say, entity by entity."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from zoneinfo import ZoneInfo

import numpy as np

from data.connectors.mqtt.options import Topic
from data.connectors.mqtt.packets import Message
from data.connectors.mqtt.readings import Fields, Find, Reading, Unread, finder, read_json, read_senml
from data.connectors.mqtt.topics import read_template
from data.connectors.sheet import ID_BYTES, entity_id
from twin.live.kinds import CODE, KINDS, NO_KIND, STATE_CODE
from twin.live.observation import clip_utf8

NO_ID, NO_PLACE = "no id", "its place is not known"
NO_TIME_ZONE, BAD_TIME, BAD_TIME_RANGE = "time without a zone", "time cannot be read", "time out of range"
BAD_VALUE = "value is no number"
LAST_S = 2.0**32
_LARGEST = float(np.finfo(np.float32).max)
_PLACEHOLDER = re.compile(r"\{([^{}]+)\}")
_MOVING, _STOPPED = STATE_CODE["moving"], STATE_CODE["stopped"]

Row = tuple[bytes, bytes, int, int, float, float, float, float, float, float, float, float]
Places = Mapping[str, tuple[float, float]]


class RefusedError(ValueError):
    """A reading that cannot be kept as one, in words for the quarantine."""


class Route:
    """One topic of the settings.

    Parameters
    ----------
    places : mapping
        Longitude and latitude of devices that do not say it themselves.
    complete : bool
        Whether these are all that are known anywhere.
    """

    def __init__(self, topic: Topic, places: Places, complete: bool) -> None:
        self._topic, self._places, self._complete = topic, places, complete
        self._zone = ZoneInfo(topic.times) if topic.times else None
        numbers = ("lon", "lat", "height", "heading", "speed", "value", "accuracy")
        self._numbers = [_reader(self._finder(role), topic.factor(role)) for role in numbers]
        self._time, self._time_factor = self._finder("time"), topic.factor("time")
        self._value, self._state = self._finder("value"), self._finder("state")
        self._id, self._kind, self._label = (self._text(role) for role in ("id", "kind", "label"))
        self.match = read_template(topic.topic).match

    def _finder(self, role: str) -> Find:
        return finder(self._topic.fields.get(role, role))

    def _text(self, role: str) -> Callable[[Mapping[str, str], Reading], str]:
        """Return how a role's words are made: out of one field, or a template of captures and fields."""
        path, template = self._topic.fields.get(role), getattr(self._topic, role)
        if path is not None:
            find = finder(path)
            return lambda captures, reading: _word(find(reading.fields))
        names = {name: finder(name) for name in _PLACEHOLDER.findall(template)}
        if not names:
            return lambda captures, reading: template
        if template in (alone := {f"{{{name}}}": (name, find) for name, find in names.items()}):
            return partial(_named, *alone[template])
        return lambda captures, reading: _PLACEHOLDER.sub(
            lambda found: _named(found[1], names[found[1]], captures, reading), template
        )

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
        time_s = reading.time_s
        if time_s is None:
            told = self._time(reading.fields) if not reading.device else None
            if told is None or told == "":
                return None
            time_s = self._read_time(told)
        if not 0 <= time_s < LAST_S:
            raise RefusedError(BAD_TIME_RANGE)
        return time_s

    def _read_time(self, told: object) -> float:
        time_s = _number(told) * self._time_factor
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
        kind, fields = self._kind_code(captures, reading), reading.fields
        lon, lat, height, heading, speed, value, accuracy = [read(fields) for read in self._numbers]
        if kind != NO_KIND and KINDS[kind].quantity:
            if self._value(fields) is None:
                return None  # another of the things that it measures
            if not abs(value) <= _LARGEST:
                raise RefusedError(BAD_VALUE)
        place = (lon, lat) if lon == lon or lat == lat else self._place(name)
        if place is None:
            return None
        state, label = self._state_code(fields, kind, speed), self._label(captures, reading)
        return (
            *(_entity(name), clip_utf8(label, 48) if label else b"", kind, state, time_s, place[0], place[1]),
            *(_fits(height, 0.0), _direction(heading), _fits(speed), _fits(value), _fits(accuracy)),
        )

    def _place(self, name: str) -> tuple[float, float] | None:
        """Return where a device stands that does not say it; None where only the running engine knows."""
        known = self._places.get(name)
        if known is None and self._complete:
            raise RefusedError(NO_PLACE)
        return known

    def _kind_code(self, captures: Mapping[str, str], reading: Reading) -> int:
        word = self._kind(captures, reading)
        return CODE.get(self._topic.kinds.get(word, word), NO_KIND)

    def _state_code(self, fields: Fields, kind: int, speed: float) -> int:
        told = _word(self._state(fields))
        if told:
            return STATE_CODE.get(self._topic.states.get(told, told), 0)
        if math.isnan(speed) or kind == NO_KIND or not KINDS[kind].top_speed_mps:
            return 0
        return _MOVING if speed > 0 else _STOPPED


def _named(name: str, find: Find, captures: Mapping[str, str], reading: Reading) -> str:
    if name in captures:
        return captures[name]
    if name == "device":
        return reading.device
    return _word(find(reading.fields))


def _entity(name: str) -> bytes:
    raw = name.encode()
    return raw if len(raw) <= ID_BYTES else entity_id("", name).encode()


def _word(told: object) -> str:
    """Return what a field says as a word; nothing for what is no word and no number."""
    if isinstance(told, str):
        return told
    if isinstance(told, bool):
        return "true" if told else "false"
    return str(told) if isinstance(told, int | float) else ""


def _reader(find: Find, factor: float) -> Callable[[Fields], float]:
    """Return what reads a number; NaN where there is none."""

    def read(fields: Fields) -> float:
        told = find(fields)
        if type(told) is float:  # JSON has none that is not finite
            return told * factor
        return math.nan if told is None else _number(told) * factor

    return read


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
