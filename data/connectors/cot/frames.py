"""Cuts events out of a stream or a datagram: XML that ends with ``</event>``, or TAK protocol version 1.

A stream frame of that protocol is ``bf``, the length as a varint, and a message; a datagram is ``bf 01 bf`` and a
message (TAK Product Center's ``protocol.txt``, whose messages the library takproto carries).
"""

from __future__ import annotations

import re

MOST_BYTES = 256 * 1024
"""A longer event is not read. Only the head of it is kept."""
HEAD_BYTES = 2048
MESH = b"\xbf\x01\xbf"
_END = re.compile(rb"</(?:[A-Za-z_][\w.-]{0,30}:)?event\s{0,16}>")
_END_MOST = 64
_BEGIN = re.compile(rb"<(?:[A-Za-z_][\w.-]{0,30}:)?event[\s>]")
_DECLARATION = re.compile(rb"<\?xml[^>]{0,200}\?>\s*\Z")
_BLANK = b" \t\r\n\0"
_BYTE_ORDER = b"\xef\xbb\xbf"
_VARINT_MOST = 5


class Splitter:
    """Cuts one connection's bytes; each is looked at about once, however they come.

    What stands between events and is no blank is handed on by itself, so that it costs no event.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0
        self._skipping = False

    def feed(self, data: bytes) -> list[bytes]:
        """Return the events that end in ``data``."""
        self._buffer += data
        pieces: list[bytes] = []
        begin = 0
        while True:
            begin = self._past_blanks(begin)
            end = self._end_of_next(begin)
            if end < 0:
                break
            if self._skipping:
                self._skipping = False  # this is the end of an event that was too long
            else:
                pieces += _apart(bytes(self._buffer[begin:end]))
            begin = self._searched = end
        self._searched -= begin
        del self._buffer[:begin]
        return pieces + self._cut_short()

    def _past_blanks(self, begin: int) -> int:
        buffer = self._buffer
        while begin < len(buffer) and (buffer[begin] in _BLANK or buffer[begin : begin + 3] == _BYTE_ORDER):
            begin += 1 if buffer[begin] in _BLANK else len(_BYTE_ORDER)
        self._searched = max(self._searched, begin)
        return begin

    def _end_of_next(self, begin: int) -> int:
        """Return where the piece that begins here ends; -1 if that is not known yet."""
        first = bytes(self._buffer[begin : begin + 1])
        if first == MESH[:1] and not self._skipping:
            return self._end_of_message(begin)
        if first not in (b"<", b"") and not self._skipping:
            return self._resume(begin + 1)  # noise
        found = _END.search(self._buffer, self._searched)
        if found is not None:
            return found.end()
        self._searched = max(self._searched, len(self._buffer) - _END_MOST)
        return -1

    def _end_of_message(self, begin: int) -> int:
        """Return where a stream frame ends; a datagram's message is all of it."""
        if self._buffer[begin : begin + 3] == MESH:
            return -1
        size = 0
        for place in range(_VARINT_MOST):
            at = begin + 1 + place
            if at >= len(self._buffer):
                return -1
            byte = self._buffer[at]
            size |= (byte & 0x7F) << (7 * place)
            if byte < 0x80:
                if size > MOST_BYTES:
                    return self._resume(begin + 1)
                return at + 1 + size if at + 1 + size <= len(self._buffer) else -1
        return self._resume(begin + 1)

    def _resume(self, begin: int) -> int:
        """Return where reading may go on after noise or a length that cannot be; -1 if that has not come yet."""
        marks = [place for mark in (b"\xbf", b"<") if (place := self._buffer.find(mark, begin)) >= 0]
        return min(marks, default=-1)

    def _cut_short(self) -> list[bytes]:
        """Give up on an event that grows too long; its end is waited for, and what comes until then is not kept."""
        if len(self._buffer) <= MOST_BYTES + _END_MOST + HEAD_BYTES:
            return []
        head = [] if self._skipping else [bytes(self._buffer[:HEAD_BYTES])]
        self._skipping = True
        del self._buffer[: len(self._buffer) - _END_MOST]
        self._searched = 0
        return head

    def end(self) -> list[bytes]:
        """Return what is left when the stream or the datagram ends."""
        rest, self._buffer, self._searched = bytes(self._buffer).strip(_BLANK), bytearray(), 0
        return [] if self._skipping or not rest else [rest]


def _apart(piece: bytes) -> list[bytes]:
    """Return an event, and before it what is none: a torn one, or noise."""
    if piece[0] == MESH[0]:
        return [piece]
    begins = [found.start() for found in _BEGIN.finditer(piece)]
    if not begins:
        return [piece]
    before = piece[: begins[-1]]
    declared = _DECLARATION.search(before)
    cut = declared.start() if declared is not None else begins[-1]
    noise = before[:cut].strip(_BLANK)
    return [*([noise] if noise else []), piece[cut:]]
