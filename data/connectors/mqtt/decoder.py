"""Messages as records and rows of the twin, by what the settings say about their topics: pure, no sockets.

The same fact has the same key however often it comes. A reading that tells its own time is known by that, its entity
and its bytes. One that does not is known by the number under which the broker sends it again, within an hour.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import count

import numpy as np

from data.connectors.contract import Record
from data.connectors.mqtt.options import Options
from data.connectors.mqtt.packets import Message
from data.connectors.mqtt.readings import Reading, Unread, UnreadableError
from data.connectors.mqtt.route import Places, RefusedError, Route, Row
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

NO_MAPPING, TOO_LARGE = "no topic of the settings fits", "message too large"
KEPT_OF_LARGE = 65_536
MOST_TOPICS = 100_000
_HOUR_S = 3600


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
        self._routes = [Route(topic, known, places is not None) for topic in options.topics]
        self._found: dict[str, tuple[Route, Mapping[str, str]] | None] = {}
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
        self, sheet: Sheet, message: Message, route: Route, captures: Mapping[str, str], reading: Reading | Unread,
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

    def _find(self, topic: str) -> tuple[Route, Mapping[str, str]] | None:
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
