"""Observations of OGC SensorThings 1.1 (OGC 18-088) as records and rows: pure functions of JSON.

An observation stands with its expanded Datastream, that with its Thing and the Thing with its Locations; or its
Datastream was read before (over MQTT nothing is expanded).
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

import msgspec
import numpy as np

from data.connectors.contract import Record
from data.connectors.sheet import Sheet, entity_id, fact_key
from twin.live.kinds import CODE, KINDS
from twin.live.observation import Observation

NOT_JSON, NO_OBJECT = "not JSON, or cut short", "no object with fields"
NO_IDENTITY, BAD_TIME, NO_PLACE = "observation without @iot.id", "time cannot be read", "its place is not known"
BAD_VALUE, BAD_UNIT, TIME_RANGE = "value is no number", "unit of the value not known", "time out of range"
LAST_S = 2.0**32
_MOST = sys.float_info.max
_LARGEST = float(np.finfo(np.float32).max)
UNITS: dict[str, dict[str, float]] = {
    "air_sensor": {"ug/m3": 1.0, "mg/m3": 1000.0, "g/m3": 1e6, "kg/m3": 1e9},
    "water_sensor": {"m": 1.0, "cm": 0.01, "mm": 0.001},
    "noise_sensor": {"db": 1.0, "db(a)": 1.0, "dba": 1.0},
    "gate": {"1/min": 1.0, "1/h": 1 / 60, "1/s": 60.0},
}
"""What one of a unit is in the kind's own; a datastream that names no unit is believed."""
_SIGNS = str.maketrans({"µ": "u", "μ": "u", "³": "3", "^": "", " ": "", "\N{ZERO WIDTH SPACE}": ""})
_Entity = Mapping[str, object]


class Stream(NamedTuple):
    """What a Datastream says about its observations.

    Parameters
    ----------
    kind : str
        Of the twin; empty for a quantity that nothing shows.
    place : (2,) tuple or None
        Longitude and latitude, degrees.
    factor : float
        To the kind's unit; NaN if the unit is not known.
    """

    name: str
    kind: str
    label: str
    place: tuple[float, float] | None
    factor: float


@dataclass(slots=True)
class Page:
    """One answer: its entities as they came, and where the next are."""

    entities: list[bytes]
    next_link: str


class _Envelope(msgspec.Struct):
    value: list[msgspec.Raw]
    next_link: str = msgspec.field(default="", name="@iot.nextLink")


class FaultyPageError(ValueError):
    """An answer that is no list of entities."""


def read_page(body: bytes) -> Page:
    """Cut a collection into its entities.

    Raises
    ------
    FaultyPageError
        If it is none, or was cut short.
    """
    try:
        envelope = msgspec.json.decode(body, type=_Envelope)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise FaultyPageError(NOT_JSON) from None
    return Page([bytes(entity) for entity in envelope.value], envelope.next_link)


def identity(entity: _Entity) -> str:
    """Return ``@iot.id`` as it stands in an address: a number, or a text in quotes; empty if there is none."""
    told = entity.get("@iot.id")
    if isinstance(told, int) and not isinstance(told, bool):
        return str(told)
    return "'{}'".format(told.replace("'", "''")) if isinstance(told, str) and told else ""


def read_stream(entity: _Entity, kinds: Mapping[str, str]) -> Stream | None:
    """Return what a Datastream says; None if it has no identity.

    Parameters
    ----------
    kinds : mapping of str
        Kinds by the name or the definition of an ObservedProperty, or the name of a Datastream.
    """
    name = identity(entity)
    if not name:
        return None
    measured, thing = _inner(entity, "ObservedProperty"), _inner(entity, "Thing")
    words = (measured.get("name"), measured.get("definition"), entity.get("name"))
    kind = next((kinds[word] for word in words if isinstance(word, str) and word in kinds), "")
    places = (place for location in _list(thing, "Locations") if (place := _place(location.get("location"))))
    symbol = _inner(entity, "unitOfMeasurement").get("symbol")
    return Stream(name, kind, str(thing.get("name") or ""), next(places, None), _factor(kind, symbol))


def _factor(kind: str, symbol: object) -> float:
    if not isinstance(symbol, str) or not symbol.strip() or kind not in UNITS:
        return 1.0
    return UNITS[kind].get(symbol.translate(_SIGNS).lower(), math.nan)


def _inner(entity: _Entity, name: str) -> _Entity:
    inner = entity.get(name)
    return inner if isinstance(inner, dict) else {}


def _list(entity: _Entity, name: str) -> Iterator[_Entity]:
    inner = entity.get(name)
    return (item for item in inner if isinstance(item, dict)) if isinstance(inner, list) else iter(())


def _place(shape: object) -> tuple[float, float] | None:
    """Return where a GeoJSON shape is: a point, or the middle of what its outer line encloses at most."""
    if not isinstance(shape, dict):
        return None
    if shape.get("type") == "Feature":
        return _place(shape.get("geometry"))
    points = list(_points(shape.get("coordinates"), 0))
    if not points:
        return None
    lons, lats = zip(*points, strict=True)
    return (min(lons) + max(lons)) / 2, (min(lats) + max(lats)) / 2


def _points(coordinates: object, depth: int) -> Iterator[tuple[float, float]]:
    if not isinstance(coordinates, list) or depth > 3:
        return
    if len(coordinates) >= 2 and all(_is_number(part) for part in coordinates[:2]):
        yield float(coordinates[0]), float(coordinates[1])
        return
    for inner in coordinates:
        yield from _points(inner, depth + 1)


def _is_number(told: object) -> bool:
    return isinstance(told, int | float) and not isinstance(told, bool) and abs(told) <= 1e9


class Told(NamedTuple):
    """One observation: its row, None for a quantity that nothing shows; or why it is refused."""

    record: Record
    row: Observation | None
    reason: str = ""

    def write(self, sheet: Sheet) -> None:
        """Write it down."""
        if self.reason:
            sheet.refuse(self.record, self.reason)
        elif self.row is None:
            sheet.keep(self.record)
        else:
            sheet.tell(self.record, self.row)


class Reader:
    """Reads observations, and remembers the Datastreams that it was told of.

    Parameters
    ----------
    kinds : mapping of str
        As in :func:`read_stream`.
    """

    def __init__(self, kinds: Mapping[str, str]) -> None:
        self._kinds = kinds
        self.streams: dict[str, Stream] = {}

    def learn(self, entities: Iterable[bytes]) -> None:
        """Take in Datastreams."""
        for raw in entities:
            entity = _decode(raw)
            stream = read_stream(entity, self._kinds) if isinstance(entity, dict) else None
            if stream is not None:
                self.streams[stream.name] = stream

    def read(self, raw: bytes, stream_name: str = "") -> Told:
        """Read one observation.

        Parameters
        ----------
        stream_name : str
            The Datastream, where it is known from elsewhere: the topic.
        """
        message = f"Datastreams({stream_name})" if stream_name else "Observation"
        record = Record(fact_key(0.0, raw), "", message, 0.0, raw)
        try:
            entity = _decode(raw)
            if not isinstance(entity, dict):
                raise _RefusedError(NO_OBJECT if entity is not None else NOT_JSON)
            record = _record(entity, raw, message)
            return Told(record, self._row(entity, record.source_s, stream_name))
        except _RefusedError as error:
            return Told(record, None, str(error))

    def _row(self, entity: _Entity, time_s: float, stream_name: str) -> Observation | None:
        """Return the row; None for a quantity that nothing shows."""
        inline = _inner(entity, "Datastream")
        stream = read_stream(inline, self._kinds) if inline else self.streams.get(stream_name)
        if stream is None or not stream.kind:
            return None
        value = math.nan
        if KINDS[CODE[stream.kind]].quantity:
            if math.isnan(stream.factor):
                raise _RefusedError(BAD_UNIT)
            told = entity.get("result")
            if not isinstance(told, int | float) or isinstance(told, bool) or not abs(told) <= _MOST:
                raise _RefusedError(BAD_VALUE)
            value = told * stream.factor
            if not abs(value) <= _LARGEST:
                raise _RefusedError(BAD_VALUE)
        place = _place(_inner(entity, "FeatureOfInterest").get("feature")) or stream.place
        if place is None:
            raise _RefusedError(NO_PLACE)
        name = entity_id("sta:", stream.name.strip("'"))
        return Observation(name, stream.kind, time_s, *place, label=stream.label, value=value)


class _RefusedError(ValueError):
    """An observation that cannot be kept as one."""


def _record(entity: _Entity, raw: bytes, message: str) -> Record:
    name = identity(entity)
    if not name:
        raise _RefusedError(NO_IDENTITY)
    time_s = _time_s(entity.get("phenomenonTime") or entity.get("resultTime"))
    return Record(fact_key(time_s, name.encode()), name, message, time_s, raw)


def _time_s(told: object) -> float:
    """Return an instant, or the end of an interval (ISO 8601, as OGC 18-088 8.1 wants it)."""
    try:
        moment = datetime.fromisoformat(str(told).rpartition("/")[2].strip())
    except ValueError:
        raise _RefusedError(BAD_TIME) from None
    if moment.tzinfo is None:
        raise _RefusedError(BAD_TIME)
    time_s = moment.timestamp()
    if not 0 <= time_s < LAST_S:
        raise _RefusedError(TIME_RANGE)
    return time_s


def _decode(raw: bytes) -> object:
    """Return what stands in JSON; None for what is none."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
