"""JT/T 808 as a terminal writes it: a second hand, that shares no line with the program's own."""

from __future__ import annotations

import functools
import operator
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

REGISTER, AUTHENTICATE, HEARTBEAT, POSITION, BATCH = 0x0100, 0x0102, 0x0002, 0x0200, 0x0704
ANSWER, REGISTERED = 0x8001, 0x8100
BASE = 28
"""Bytes of a position without its items."""
UTC_8_S = 8 * 3600


class Message(NamedTuple):
    """A message of either side, unpacked."""

    message: int
    phone: str
    serial: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Edition:
    """Which edition of the standard a terminal speaks."""

    year: int

    def header(self, message: int, phone: str, serial: int, length: int) -> bytes:
        """Return the header of a message that is not split."""
        if self.year == 2019:
            return struct.pack(">HHB", message, length | 1 << 14, 1) + bcd(phone, 10) + struct.pack(">H", serial)
        return struct.pack(">HH", message, length) + bcd(phone, 6) + struct.pack(">H", serial)

    def registration(self, plate: str) -> bytes:
        """Return the body of 0x0100."""
        maker, model, name = (5, 20, 7) if self.year == 2013 else (11, 30, 30)
        fields = (b"FAULT".ljust(maker, b"\0"), b"ORACLE".ljust(model, b"\0"), b"0000001".ljust(name, b"\0"))
        return struct.pack(">HH", 33, 421) + b"".join(fields) + b"\x02" + plate.encode("gbk")

    def authentication(self, code: bytes) -> bytes:
        """Return the body of 0x0102."""
        if self.year == 2013:
            return code
        return bytes([len(code)]) + code + b"0" * 15 + b"1".ljust(20, b"\0")


def bcd(digits: str, size: int) -> bytes:
    """Return decimal digits, two a byte, filled up with zeros in front."""
    return bytes.fromhex(digits.rjust(2 * size, "0"))


def bcd_time(time_s: float) -> bytes:
    """Return a time as the terminals tell it: six bytes, UTC+8."""
    return bytes.fromhex(time.strftime("%y%m%d%H%M%S", time.gmtime(time_s + UTC_8_S)))


def position(time_s: float, lon_deg: float, lat_deg: float, number: int, mileage: int) -> bytes:
    """Return the body of a position, unlike any other of its second by ``number``."""
    speed, heading, height = 200 + number // 360 % 200, number % 360, number // 72_000 % 50
    place = (round(lat_deg * 1e6), round(lon_deg * 1e6))
    head = struct.pack(">IIIIHHH", 0, 0b11, *place, height, speed, heading)
    return head + bcd_time(time_s) + b"\x01\x04" + struct.pack(">I", mileage) + b"\x30\x01\x1f"


def batch(bodies: list[bytes]) -> bytes:
    """Return the body of 0x0704: positions out of a blind area."""
    return struct.pack(">HB", len(bodies), 1) + b"".join(struct.pack(">H", len(body)) + body for body in bodies)


def unbatch(body: bytes) -> list[bytes]:
    """Return the positions of a 0x0704."""
    found, at = [], 3
    while at < len(body):
        length = int.from_bytes(body[at : at + 2], "big")
        found.append(body[at + 2 : at + 2 + length])
        at += 2 + length
    return found


def frame(plain: bytes) -> bytes:
    """Return header and body with their checksum, escaped, between flags."""
    whole = plain + bytes([functools.reduce(operator.xor, plain)])
    return b"\x7e" + whole.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02") + b"\x7e"


def unframe(escaped: bytes) -> bytes:
    """Return header and body of what stood between two flags.

    Raises
    ------
    ValueError
        If its checksum does not hold.
    """
    whole = escaped.replace(b"\x7d\x02", b"\x7e").replace(b"\x7d\x01", b"\x7d")
    if len(whole) < 13 or functools.reduce(operator.xor, whole):
        raise ValueError("checksum")
    return whole[:-1]


def unpack(plain: bytes) -> Message:
    """Return a message of header and body.

    Raises
    ------
    ValueError
        If its length is not what its header says.
    """
    message, attributes = struct.unpack_from(">HH", plain)
    at, digits = (5, 10) if attributes & 1 << 14 else (4, 6)
    phone = plain[at : at + digits].hex().lstrip("0")
    (serial,) = struct.unpack_from(">H", plain, at + digits)
    body = plain[at + digits + 2 :]
    if len(body) != attributes & 0x3FF:
        raise ValueError("length")
    return Message(message, phone, serial, body)


class Cutter:
    """Cuts what the platform says into messages."""

    def __init__(self) -> None:
        self._left = b""

    def feed(self, data: bytes) -> Iterator[Message]:
        """Yield the messages that are whole."""
        *whole, self._left = (self._left + data).split(b"\x7e")
        for piece in whole:
            if piece:
                yield unpack(unframe(piece))
