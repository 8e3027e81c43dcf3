"""Cuts frames of MAVLink 1 and 2 out of a stream or a datagram; each is known to be whole by its checksum.

Version 1 is ``fe``, length, sequence, system, component, message, payload, checksum; version 2 is ``fd``, length, two
bytes of flags, sequence, system, component, message in three bytes, payload, checksum and, if it is signed, 13 bytes
more (https://mavlink.io/en/guide/serialization.html). The checksum is CRC-16/MCRF4XX over all but the first byte and a
byte that stands for the message's definition.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from pymavlink.dialects.v20 import ardupilotmega as dialect
from pymavlink.generator.mavcrc import x25crc

V1, V2 = 0xFE, 0xFD
SIGNED = 0x01
SIGNATURE = 13
_HEADER = {V1: 6, V2: 10}
_MARKS = (b"\xfd", b"\xfe")
_V2_HEAD = struct.Struct("<xBBBBBBHB")
EXTRA: dict[int, int] = {number: message.crc_extra for number, message in dialect.mavlink_map.items()}


class Frame(NamedTuple):
    """What stands in a frame's header."""

    sequence: int
    system: int
    component: int
    message: int
    signed: bool


def read_header(frame: bytes) -> Frame:
    """Return the header of a frame that is whole."""
    if frame[0] == V1:
        return Frame(frame[2], frame[3], frame[4], frame[5], False)
    _, flags, _, sequence, system, component, low, high = _V2_HEAD.unpack_from(frame)
    return Frame(sequence, system, component, low | high << 16, bool(flags & SIGNED))


def is_known(frame: bytes) -> bool:
    """Tell whether a message is in the dialect, so that its checksum can be checked."""
    return read_header(frame).message in EXTRA


def checksum_holds(frame: bytes) -> bool:
    """Check a frame of a known message."""
    header = read_header(frame)
    end = len(frame) - (SIGNATURE if header.signed else 0)
    crc = x25crc(frame[1 : end - 2] + bytes([EXTRA[header.message]])).crc
    return int(crc) == int.from_bytes(frame[end - 2 : end], "little")


class Splitter:
    """Cuts one connection's bytes. What is no whole frame is handed on by itself, and costs none that is."""

    def __init__(self) -> None:
        self._buffer = b""

    def feed(self, data: bytes) -> list[bytes]:
        """Return the frames that end in ``data``."""
        self._buffer += data
        return self._cut(False)

    def end(self) -> list[bytes]:
        """Return what is left: what looked like the begin of a long frame may hide short ones."""
        return self._cut(True)

    def _cut(self, ended: bool) -> list[bytes]:
        buffer, pieces = self._buffer, list[bytes]()
        at = noise = 0
        while True:
            begin = min((place for mark in _MARKS if (place := buffer.find(mark, at)) >= 0), default=len(buffer))
            size = size_of(buffer, begin)
            if begin == len(buffer) or (not ended and _is_open(buffer, begin, size)):
                at = begin
                break
            if size == 0 or not _is_frame(buffer, begin, size, ended):
                at = begin + 1
                continue
            if begin > noise:
                pieces.append(buffer[noise:begin])
            pieces.append(buffer[begin : begin + size])
            at = noise = begin + size
        if at > noise:
            pieces.append(buffer[noise:at])
        self._buffer = buffer[at:]
        return pieces


def size_of(buffer: bytes, begin: int) -> int:
    """Return how long a frame that begins here is; 0 if its header is not whole."""
    if len(buffer) - begin < 3:
        return 0
    signed = buffer[begin] == V2 and buffer[begin + 2] & SIGNED
    return _HEADER[buffer[begin]] + buffer[begin + 1] + 2 + (SIGNATURE if signed else 0)


def _is_open(buffer: bytes, begin: int, size: int) -> bool:
    """Tell whether more must come: the rest of a frame, or what follows one that its checksum cannot prove."""
    if size == 0 or begin + size > len(buffer):
        return True
    return begin + size == len(buffer) and not is_known(buffer[begin:])


def _is_frame(buffer: bytes, begin: int, size: int, ended: bool) -> bool:
    frame, after = buffer[begin : begin + size], buffer[begin + size : begin + size + 1]
    if len(frame) < size:
        return False
    if is_known(frame):
        return checksum_holds(frame)
    return after in _MARKS or (not after and ended)  # of an unknown message only its length speaks
