"""GB/T 20999-2017 frames: cut out of a stream or taken from a datagram, checked, taken apart and put together.

``7E | length u16 | version u16 | centre u8 | controller u32 | junction u8 | serial u8 | type u8 | count u8 | items |
CRC u16 | 7D``, big-endian; an item is ``index u8 | length u8 | class u8 | object u8 | attribute u8 | element u8 |
value``. Over TCP a ``5C`` stands before each 7E, 7D and 5C within; over UDP nothing is escaped. What was read of the
standard, and what of it is a guess, is listed in this folder's README.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

BEGIN, END, ESCAPE = 0x7E, 0x7D, 0x5C
VERSION = 0x0102
QUERY, QUERY_REPLY, QUERY_ERROR = 0x10, 0x20, 0x21
SET, SET_REPLY, SET_ERROR = 0x30, 0x40, 0x41
BROADCAST, TRAP, HEARTBEAT, HEARTBEAT_REPLY = 0x50, 0x60, 0x70, 0x80
TYPES = frozenset(
    {QUERY, QUERY_REPLY, QUERY_ERROR, SET, SET_REPLY, SET_ERROR, BROADCAST, TRAP, HEARTBEAT, HEARTBEAT_REPLY}
)
MAX_FRAME = 0xFFFF + 4
MAX_VALUE = 0xFF - 4
_HEAD = struct.Struct(">HHBIBBBB")
_ITEM = struct.Struct(">BBBBBB")


class FrameError(ValueError):
    """A frame that does not hold; the message says why, for counters and logs."""


@dataclass(frozen=True, slots=True)
class Item:
    """One value, or in a query the question for it.

    Parameters
    ----------
    key : int
        Class, object, attribute and element, a byte each: 0x09020302 is the cycle of plan 2.
    value : bytes
        Empty in a query and in the answer to a setting; the code of an error in an error's answer.
    """

    key: int
    value: bytes = b""


@dataclass(frozen=True, slots=True)
class Frame:
    """One message.

    Parameters
    ----------
    kind : int
        One of :data:`TYPES`; an answer's is its question's and 0x10, that of an error and 0x11.
    controller : int
    items : tuple of Item
    serial : int
        An answer has its question's.
    centre, junction : int
        The upper machine; which junction of a controller that has several.
    """

    kind: int
    controller: int
    items: tuple[Item, ...] = ()
    serial: int = 0
    centre: int = 1
    junction: int = 1


def crc16(plain: bytes) -> int:
    """Return the check sum: x^16 + x^12 + x^2 + 1, begun with 0, not reflected."""
    rest = 0
    for byte in plain:
        rest = (rest << 8 & 0xFFFF) ^ _TABLE[rest >> 8 ^ byte]
    return rest


def _row(byte: int) -> int:
    rest = byte << 8
    for _ in range(8):
        rest = (rest << 1) ^ (0x1005 if rest & 0x8000 else 0)
    return rest & 0xFFFF


_TABLE = tuple(_row(byte) for byte in range(256))


def encode(frame: Frame, escaped: bool = True) -> bytes:
    """Return a frame as it goes over TCP, or over UDP if not ``escaped``.

    Raises
    ------
    FrameError
        If a value or the whole is too long.
    """
    items = b"".join(_item(index, item) for index, item in enumerate(frame.items, start=1))
    if len(frame.items) > 0xFF or len(items) > 0xFFFF - 14:
        raise FrameError("frame too long")
    head = _HEAD.pack(
        _HEAD.size + len(items), VERSION, frame.centre, frame.controller, frame.junction, frame.serial, frame.kind,
        len(frame.items),
    )  # fmt: skip
    plain = head + items
    plain += crc16(plain).to_bytes(2, "big")
    return bytes([BEGIN]) + (escape(plain) if escaped else plain) + bytes([END])


def _item(index: int, item: Item) -> bytes:
    if len(item.value) > MAX_VALUE:
        raise FrameError("value too long")
    return _ITEM.pack(index, 4 + len(item.value), *item.key.to_bytes(4, "big")) + item.value


def escape(plain: bytes) -> bytes:
    """Put 5C before what would be taken for a mark."""
    for mark in (ESCAPE, BEGIN, END):
        plain = plain.replace(bytes([mark]), bytes([ESCAPE, mark]))
    return plain


def decode(plain: bytes) -> Frame:
    """Return the message of a frame without its two marks, unescaped.

    Raises
    ------
    FrameError
        If it is too short, its length, check sum, version or type does not fit, or an item is cut.
    """
    if len(plain) < _HEAD.size + 2:
        raise FrameError("frame too short")
    length, version, centre, controller, junction, serial, kind, count = _HEAD.unpack_from(plain)
    if length != len(plain) - 2:
        raise FrameError("length wrong")
    if crc16(plain[:-2]) != int.from_bytes(plain[-2:], "big"):
        raise FrameError("check sum wrong")
    if version >> 8 != VERSION >> 8:
        raise FrameError("version unknown")
    if kind not in TYPES:
        raise FrameError("type unknown")
    return Frame(kind, controller, tuple(_items(plain[_HEAD.size : -2], count)), serial, centre, junction)


def _items(body: bytes, count: int) -> list[Item]:
    found, at = [], 0
    for _ in range(count):
        if len(body) < at + _ITEM.size:
            raise FrameError("item cut off")
        _, length, *key = _ITEM.unpack_from(body, at)
        if length < 4 or len(body) < at + 2 + length:
            raise FrameError("item cut off")
        found.append(Item(int.from_bytes(bytes(key), "big"), body[at + _ITEM.size : at + 2 + length]))
        at += 2 + length
    if at != len(body):
        raise FrameError("more than its items")
    return found


class Splitter:
    """Cuts a TCP stream into frames, unescaped and without their marks; what stands between them is counted."""

    def __init__(self) -> None:
        self.skipped = 0
        self._frame: bytearray | None = None
        self._escaped = False

    def feed(self, received: bytes) -> list[bytes]:
        """Return the frames that end in what was received."""
        found = []
        for byte in received:
            if self._frame is None:
                if byte == BEGIN:
                    self._frame = bytearray()
                else:
                    self.skipped += 1
            elif self._escaped:
                self._frame.append(byte)
                self._escaped = False
            elif byte == ESCAPE:
                self._escaped = True
            elif byte == END:
                found.append(bytes(self._frame))
                self._frame = None
            elif byte == BEGIN or len(self._frame) > MAX_FRAME:
                self.skipped += len(self._frame)
                self._frame = bytearray()
            else:
                self._frame.append(byte)
        return found


def from_datagram(datagram: bytes) -> bytes:
    """Return the frame of a datagram without its marks.

    Raises
    ------
    FrameError
        If they are not there.
    """
    if len(datagram) < 2 or datagram[0] != BEGIN or datagram[-1] != END:
        raise FrameError("marks missing")
    return datagram[1:-1]
