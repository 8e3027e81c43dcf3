"""What a feed sent as facts and alarms; pure, so that it is tested on recorded messages."""

from __future__ import annotations

import csv
import io
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

import msgspec

from data.fraud_warning.options import Feed
from twin.errors import BadInputError
from twin.fraud.warning.categories import FACT
from twin.fraud.warning.feeds import Alarm, Hint, fault
from twin.words import Said, say

ENCODINGS = ("utf-8-sig", "gb18030")
MILLISECONDS = 1e11
"""Larger times are not in seconds."""
LONGEST = 128


@dataclass(slots=True)
class Sheet:
    """What was read: what is told, and what could not be used, by its place and why."""

    told: list[Hint | Alarm] = field(default_factory=list)
    refused: list[tuple[int, Said]] = field(default_factory=list)


def decode(name: str, feed: Feed, raw: bytes, now_s: float) -> Sheet:
    """Read a message or a file of a feed.

    Raises
    ------
    twin.errors.BadInputError
        If nothing at all can be read of it.
    """
    sheet = Sheet()
    for place, row in _rows(name, feed, raw):
        told = _told(name, feed, row) if isinstance(row, Mapping) else row
        wrong = told if isinstance(told, Said) else fault(told, now_s)
        if wrong is not None:
            sheet.refused.append((place, wrong))
        elif not isinstance(told, Said):
            sheet.told.append(told)
    return sheet


def _rows(name: str, feed: Feed, raw: bytes) -> Iterator[tuple[int, Mapping[str, object] | Said]]:
    text = _text(name, raw)
    if feed.format == "csv":
        lines = csv.DictReader(io.StringIO(text), restkey="")
        yield from ((at, {str(key): value for key, value in row.items()}) for at, row in enumerate(lines, 2))
        return
    if text.lstrip().startswith("["):
        yield from enumerate((_mapping(one) for one in _array(name, text)), 1)
        return
    for at, line in enumerate(text.splitlines(), 1):
        if line.strip():
            yield at, _line(line)


def _text(name: str, raw: bytes) -> str:
    for encoding in ENCODINGS:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInputError(name, "it is neither UTF-8 nor GB18030", "ask for one of the two")


def _array(name: str, text: str) -> list[object]:
    try:
        return msgspec.json.decode(text, type=list[object])
    except msgspec.DecodeError as error:
        raise BadInputError(name, say("it is no JSON: {error}", error=error), "ask for a whole answer") from None


def _line(line: str) -> Mapping[str, object] | Said:
    try:
        return _mapping(msgspec.json.decode(line))
    except msgspec.DecodeError:
        return say("it is no line of JSON")


def _mapping(one: object) -> Mapping[str, object] | Said:
    return one if isinstance(one, dict) else say("it is no line of JSON")


def _told(name: str, feed: Feed, row: Mapping[str, object]) -> Hint | Alarm | Said:
    def word(role: str) -> str:
        value = row.get(feed.fields.get(role, role))
        return "" if value is None else unicodedata.normalize("NFKC", str(value)).strip()[:LONGEST]

    at_s = _time_s(word("at"), feed.zone)
    fraud = feed.frauds.get(word("fraud"), word("fraud")) or feed.fraud
    if fraud:
        return Alarm(word("subject"), fraud, at_s, _number(word("risk") or "0.5"), name)
    fact = feed.facts.get(word("fact"), word("fact")) or feed.fact
    counted = fact in FACT and not FACT[fact].unit
    value = 1.0 if counted else _number(word("value")) * feed.scale
    return Hint(word("subject"), fact, at_s, value, name)


def _number(text: str) -> float:
    try:
        return float(text.replace(",", ""))
    except ValueError:
        return float("nan")


def _time_s(text: str, zone: str) -> float:
    """Return seconds since 1970 of ISO times and of numbers; NaN if it is neither."""
    number = _number(text)
    if number == number:
        return number / 1000.0 if number > MILLISECONDS else number
    try:
        at = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        return float("nan")
    return (at if at.tzinfo else at.replace(tzinfo=ZoneInfo(zone))).timestamp()
