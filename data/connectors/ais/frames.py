"""Cuts NMEA 0183 sentences out of a stream, checks them, and puts those of one message together.

A sentence is ``!AIVDM,<of>,<number>,<group>,<channel>,<payload>,<fill>*<checksum>``, at times after a tag block between
backslashes that tells when it was received (https://gpsd.gitlab.io/gpsd/AIVDM.html).
"""

from __future__ import annotations

import re
from collections import OrderedDict
from dataclasses import dataclass, field
from functools import reduce
from operator import xor
from typing import NamedTuple

MOST_BYTES = 1024
OPEN_S = 60.0
MOST_OPEN = 512
MOST_PARTS = 9
_SENTENCE = re.compile(
    rb"!(?:[A-Z]{2})VD[MO],([1-9]),([1-9]),([0-9]?),([AB12]?),([0-W`-w]{1,200}),([0-5])\*([0-9A-Fa-f]{2})"
)
_TAG = re.compile(rb"\\([^\\]{0,200})\\")
_TIME = re.compile(rb"(?:^|,)c:(\d{9,13})")
_MILLISECONDS = 100_000_000_000


class SentenceError(ValueError):
    """A line that is no sentence of AIS; the text is the reason."""


class Sentence(NamedTuple):
    """One sentence.

    ``received_s`` is the receiver's clock, seconds since 1970; 0 if it told none.
    """

    line: bytes
    parts: int
    number: int
    group: bytes
    channel: bytes
    payload: bytes
    received_s: float


class Splitter:
    """Cuts lines; one that is too long is told by its head."""

    def __init__(self) -> None:
        self._buffer = b""
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the lines that end in ``data``, without blank ones."""
        *lines, self._buffer = (self._buffer + data).split(b"\n")
        if lines and self._skipping:
            self._skipping = False
            lines.pop(0)
        if len(self._buffer) > MOST_BYTES:
            lines += [] if self._skipping else [self._buffer[:MOST_BYTES]]
            self._buffer, self._skipping = b"", True
        return [stripped for line in lines if (stripped := line[:MOST_BYTES].strip())]

    def end(self) -> list[bytes]:
        """Return what is left."""
        rest, self._buffer = self._buffer.strip(), b""
        return [rest] if rest and not self._skipping else []


def is_sentence(line: bytes) -> bool:
    """Tell whether a line is meant for AIS: what else a receiver says (its own place, its state) is not."""
    return b"!" in line or not (line.startswith(b"$") and line.isascii())


def read_sentence(line: bytes) -> Sentence:
    """Read a line.

    Raises
    ------
    SentenceError
        If it is no sentence of AIS, or its checksum is wrong.
    """
    tag = _TAG.match(line)
    body = line[tag.end() :] if tag is not None else line
    found = _SENTENCE.fullmatch(body)
    if found is None:
        raise SentenceError("no AIS sentence")
    parts, number, group, channel, payload, _, checksum = found.groups()
    if reduce(xor, body[1 : body.rindex(b"*")]) != int(checksum, 16):
        raise SentenceError("checksum wrong")
    if int(number) > int(parts):
        raise SentenceError("no AIS sentence")
    told = _TIME.search(tag[1]) if tag is not None else None
    return Sentence(line, int(parts), int(number), group, channel, payload, _seconds(told[1]) if told else 0.0)


def _seconds(digits: bytes) -> float:
    value = float(digits)
    return value / 1e3 if value >= _MILLISECONDS else value


@dataclass(slots=True)
class _Open:
    since_s: float
    parts: dict[int, Sentence] = field(default_factory=dict)


@dataclass(slots=True)
class Assembler:
    """Puts the sentences of one message together; what never becomes whole comes out as such."""

    _open: OrderedDict[tuple[str, bytes, bytes, int], _Open] = field(default_factory=OrderedDict)

    def add(self, peer: str, sentence: Sentence, now_s: float) -> tuple[list[Sentence], list[bytes]]:
        """Return the sentences of a message that is whole now, in order, and the raw bytes of one that was given up."""
        if sentence.parts == 1:
            return [sentence], []
        key = (peer, sentence.group, sentence.channel, sentence.parts)
        given_up: list[bytes] = []
        if key in self._open and sentence.number in self._open[key].parts:
            given_up.append(_raw(self._open.pop(key)))  # the group's number is used again
        message = self._open.setdefault(key, _Open(now_s))
        message.parts[sentence.number] = sentence
        if len(message.parts) == sentence.parts:
            del self._open[key]
            return [part for _, part in sorted(message.parts.items())], given_up
        if len(self._open) > MOST_OPEN:
            given_up.append(_raw(self._open.popitem(last=False)[1]))
        return [], given_up

    def expired(self, now_s: float) -> list[bytes]:
        """Return the raw bytes of messages that waited too long; of all if the clock was set back."""
        keys = [key for key, message in self._open.items() if not 0 <= now_s - message.since_s <= OPEN_S]
        return [_raw(self._open.pop(key)) for key in keys]


def _raw(message: _Open) -> bytes:
    return b"\r\n".join(part.line for _, part in sorted(message.parts.items()))
