"""What becomes of sentences, without sockets: rows of boats, names, records of the rest."""

from __future__ import annotations

import math
import time
from collections import Counter, OrderedDict
from collections.abc import Callable, Mapping, Sequence

from data.connectors.ais.decoder import POSITIONS, MessageError, Report, read_message, taken_s
from data.connectors.ais.frames import Assembler, Sentence, SentenceError, Splitter, is_sentence, read_sentence
from data.connectors.ais.options import Options, Vessel
from data.connectors.contract import Gap, Record
from data.connectors.listening import Heard
from data.connectors.sheet import Sheet, entity_id, fact_key
from twin.live.observation import Observation

MOST_NAMES = 20_000
MOVING_MPS = 0.3
SAME_S = {"position": 10.0, "other": 3600.0}
"""A message that tells no second is the same if it comes again, word for word, within so long."""
DISTRESS = 14
STANDING = frozenset({1, 5, 6})
"""At anchor, moored, aground."""


class Exchange:
    """Reads sentences."""

    def __init__(self, options: Options, clock: Callable[[], float] = time.time) -> None:
        self._options, self._clock = options, clock
        self._assembler = Assembler()
        self._names: OrderedDict[str, str] = OrderedDict()
        self.not_kept: Counter[str] = Counter()
        """What a receiver says of itself, by the first letters."""

    def splitter(self) -> Splitter:
        """Return what cuts lines."""
        return Splitter()

    def recall(self, labels: Mapping[str, str], gaps: Sequence[Gap]) -> None:
        """Go on with the names of before a restart: a vessel tells its own every six minutes."""
        for mmsi, name in labels.items():
            self._name(mmsi, name)

    def read(self, sheet: Sheet, heard: Sequence[Heard]) -> None:
        """Write down what becomes of lines; several sentences may make one message."""
        for line in heard:
            # A message that was kept stands here as several lines.
            for part in line.raw.splitlines():
                self._read_line(sheet, line._replace(raw=part))
        for raw in self._assembler.expired(self._clock()):
            sheet.refuse(_record(raw), "message incomplete")

    def _read_line(self, sheet: Sheet, heard: Heard) -> None:
        if not is_sentence(heard.raw):
            self.not_kept[heard.raw[:6].decode()] += 1
            return
        try:
            sentence = read_sentence(heard.raw)
        except SentenceError as error:
            sheet.refuse(_record(heard.raw), str(error))
            return
        parts, given_up = self._assembler.add(heard.link.peer, sentence, self._clock())
        for raw in given_up:
            sheet.refuse(_record(raw), "message incomplete")
        if parts:
            self._read_message(sheet, parts, heard.arrival_s)

    def _read_message(self, sheet: Sheet, parts: list[Sentence], arrival_s: float) -> None:
        raw = b"\r\n".join(part.line for part in parts)
        try:
            report = read_message([_bare(part.line) for part in parts])
        except MessageError as error:
            sheet.refuse(_record(raw), str(error))
            return
        mmsi = f"{report.mmsi:09d}"
        received_s = parts[0].received_s or arrival_s
        time_s = taken_s(report.second, received_s)
        payload = b"".join(part.payload for part in parts)
        record = Record(_key(report, time_s, payload), mmsi, str(report.number), time_s, raw)
        if report.name:
            self._name(mmsi, report.name)
            sheet.labels[mmsi] = report.name
        if math.isnan(report.lon_deg):
            sheet.keep(record)
        else:
            sheet.tell(record, self._row(report, mmsi, time_s))

    def _name(self, mmsi: str, name: str) -> None:
        self._names.pop(mmsi, None)
        self._names[mmsi] = name
        if len(self._names) > MOST_NAMES:
            self._names.popitem(last=False)

    def _row(self, report: Report, mmsi: str, time_s: float) -> Observation:
        known = self._options.vessels.get(mmsi, Vessel())
        return Observation(
            id=known.id or entity_id(self._options.prefix, mmsi), kind=known.kind or self._options.kind, time_s=time_s,
            lon_deg=report.lon_deg, lat_deg=report.lat_deg, label=known.label or self._names.get(mmsi, ""),
            state=_state(report), heading_deg=report.heading_deg, speed_mps=report.speed_mps,
            accuracy_m=report.accuracy_m,
        )  # fmt: skip


def _state(report: Report) -> str:
    if report.status == DISTRESS:
        return "alarm"
    if math.isnan(report.speed_mps):
        return "stopped" if report.status in STANDING else "unknown"
    return "moving" if report.speed_mps > MOVING_MPS else "stopped"


def _key(report: Report, time_s: float, payload: bytes) -> bytes:
    """Return a key that is the same for what two receivers heard."""
    if 0 <= report.second < 60:
        return fact_key(time_s, payload)
    same_s = SAME_S["position" if report.number in POSITIONS else "other"]
    return fact_key(time_s // same_s * same_s, payload)


def _bare(line: bytes) -> bytes:
    return line[line.index(b"!") :]


def _record(raw: bytes) -> Record:
    return Record(b"", "", "", 0.0, raw)
