"""JT/T 808 messages, decoded one at a time; pure functions of bytes.

Big-endian throughout; STRING is GBK; BCD times are local time of China (UTC+8).
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta, timezone

from data.connectors.jt808.frames import FrameError, open_frame

CHINA = timezone(timedelta(hours=8))

REGISTER, AUTHENTICATE, HEARTBEAT, LOGOUT = 0x0100, 0x0102, 0x0002, 0x0003
POSITION, POSITIONS = 0x0200, 0x0704
ANSWERS = frozenset({0x0001, 0x0104, 0x0107, 0x0201, 0x0302, 0x0500, 0x0700, 0x0802, 0x0805, 0x0A00})
"""What terminals send in answer to the platform: kept, but not answered in turn."""

BASE = struct.Struct(">IIIIHHH6s")
BASE_BYTES = BASE.size  # 28
FIXED, SOUTH, WEST = 1 << 1, 1 << 2, 1 << 3
EMERGENCY = 1 << 0


@dataclass(frozen=True, slots=True)
class Header:
    """Who sent what.

    Parameters
    ----------
    phone : str
        12 digits (2011, 2013) or 20 (2019), as in the frame.
    version : int
        0 for 2013 and before, else the version byte of 2019.
    total, number : int
        Of a message in several packets; 1 and 1 otherwise.
    """

    message: int
    phone: str
    serial: int
    version: int = 0
    total: int = 1
    number: int = 1


@dataclass(frozen=True, slots=True)
class Frame:
    """One frame, opened."""

    header: Header
    body: bytes


@dataclass(frozen=True, slots=True)
class Position:
    """A position as the terminal told it (0x0200).

    Parameters
    ----------
    alarm, status : int
        Flag words as in the frame.
    speed_kmh : float
    direction_deg : int
        Clockwise from north; what the terminal sent, also when it is no direction.
    time_s : float
        Seconds since 1970-01-01 UTC.
    items : tuple of (id, value)
        Additional items, as far as they are whole.
    tail : bytes
        What follows the last whole item and is none; empty in a good message.
    """

    alarm: int
    status: int
    lon_deg: float
    lat_deg: float
    height_m: int
    speed_kmh: float
    direction_deg: int
    time_s: float
    items: tuple[tuple[int, bytes], ...] = ()
    tail: bytes = b""


@dataclass(frozen=True, slots=True)
class Registration:
    """A terminal's registration (0x0100); ``plate`` is the VIN where ``plate_colour`` is 0."""

    province: int
    city: int
    maker: str
    model: str
    terminal: str
    plate_colour: int
    plate: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Positions sent later (0x0704).

    Parameters
    ----------
    declared : int
        How many the message says it holds.
    refill : bool
        True for those of a blind area.
    items : tuple of bytes
        The bodies that are whole.
    rest : bytes
        What follows them and is none.
    """

    declared: int
    refill: bool
    items: tuple[bytes, ...] = field(default=())
    rest: bytes = b""


def read_frame(escaped: bytes) -> Frame:
    """Open and read a frame as :class:`data.connectors.jt808.frames.Splitter` yields it.

    Raises
    ------
    FrameError
        If it does not hold.
    """
    plain = open_frame(escaped)
    message, attributes = struct.unpack_from(">HH", plain)
    modern, split = bool(attributes & 0x4000), bool(attributes & 0x2000)
    start = 17 if modern else 12
    header_bytes = start + 4 * split
    if len(plain) != header_bytes + (attributes & 0x3FF):
        raise FrameError("body length wrong")
    if attributes & 0x1C00:
        raise FrameError("encrypted")
    phone = plain[5:15] if modern else plain[4:10]
    total, number = struct.unpack_from(">HH", plain, start) if split else (1, 1)
    if not 1 <= number <= total:
        raise FrameError("packet number wrong")
    (serial,) = struct.unpack_from(">H", plain, start - 2)
    version = plain[4] or 1 if modern else 0
    header = Header(message, read_bcd(phone, "phone number"), serial, version, total, number)
    return Frame(header, plain[header_bytes:])


def read_bcd(digits: bytes, what: str) -> str:
    """Return BCD digits as text.

    Raises
    ------
    FrameError
        If one of them is above 9.
    """
    text = digits.hex()
    if not text.isdecimal():
        raise FrameError(f"{what} is not BCD")
    return text


def read_position(body: bytes) -> Position:
    """Read a position; a tail that does not hold never costs the position before it.

    Raises
    ------
    FrameError
        If the 28 bytes that every position has are not there, or their time is none.
    """
    if len(body) < BASE_BYTES:
        raise FrameError("position too short")
    alarm, status, lat, lon, height, speed, direction, time = BASE.unpack_from(body)
    lat_deg = lat / (-1e6 if status & SOUTH else 1e6)
    lon_deg = lon / (-1e6 if status & WEST else 1e6)
    items, tail = _read_items(body)
    return Position(
        *(alarm, status, lon_deg, lat_deg, height, speed / 10, direction, read_time(time)), items=items, tail=tail
    )


def read_time(bcd: bytes) -> float:
    """Return a BCD[6] time of China as seconds since 1970-01-01 UTC.

    Raises
    ------
    FrameError
        If it is no time.
    """
    text = read_bcd(bcd, "time")
    year, month, day, hour, minute, second = (int(text[i : i + 2]) for i in range(0, 12, 2))
    try:
        return datetime(2000 + year, month, day, hour, minute, second, tzinfo=CHINA).timestamp()
    except ValueError:
        raise FrameError("time out of range") from None


def _read_items(body: bytes) -> tuple[tuple[tuple[int, bytes], ...], bytes]:
    items: list[tuple[int, bytes]] = []
    at = BASE_BYTES
    while at + 2 <= len(body):
        end = at + 2 + body[at + 1]
        if end > len(body):
            break
        items.append((body[at], body[at + 2 : end]))
        at = end
    return tuple(items), body[at:]


def item_number(position: Position, item: int) -> int | None:
    """Return an additional item's value as a number: 1 mileage (0.1 km), 2 fuel (0.1 l), 3 recorder speed (0.1 km/h),
    0x30 signal strength, 0x31 satellites; None if it is not there or empty.
    """
    found = next((value for number, value in position.items if number == item and value), None)
    return None if found is None else int.from_bytes(found, "big")


def read_batch(body: bytes) -> Batch:
    """Read a batch of positions; items that are whole count, also when the message as a whole does not hold.

    Raises
    ------
    FrameError
        If even its head is not there.
    """
    if len(body) < 3:
        raise FrameError("batch too short")
    declared, kind = struct.unpack_from(">HB", body)
    items: list[bytes] = []
    at = 3
    while len(items) < declared and at + 2 <= len(body):
        end = at + 2 + int.from_bytes(body[at : at + 2], "big")
        if end > len(body):
            break
        items.append(body[at + 2 : end])
        at = end
    return Batch(declared, kind == 1, tuple(items), body[at:])


_REGISTRATIONS = {
    2011: struct.Struct(">HH5s8s7sB"),
    2013: struct.Struct(">HH5s20s7sB"),
    2019: struct.Struct(">HH11s30s30sB"),
}


def read_registration(frame: Frame) -> Registration:
    """Read a registration of 2011, 2013 or 2019: the header tells 2019, the length 2013 from 2011.

    Raises
    ------
    FrameError
        If it is too short for any of them.
    """
    edition = 2019 if frame.header.version else 2013 if len(frame.body) >= _REGISTRATIONS[2013].size else 2011
    layout = _REGISTRATIONS[edition]
    if len(frame.body) < layout.size:
        raise FrameError("registration too short")
    province, city, maker, model, terminal, colour = layout.unpack_from(frame.body)
    plate = read_text(frame.body[layout.size :])
    return Registration(province, city, read_text(maker), read_text(model), read_text(terminal), colour, plate)


def read_code(frame: Frame) -> str:
    """Return the code with which a terminal authenticates (0x0102)."""
    if frame.header.version and frame.body:
        return read_text(frame.body[1 : 1 + frame.body[0]])
    return read_text(frame.body)


def read_text(encoded: bytes) -> str:
    """Return a STRING without its padding; bytes that are no GBK are replaced."""
    return encoded.split(b"\0", 1)[0].decode("gb18030", errors="replace").strip()


def local_time(time_s: float) -> datetime:
    """Return a time as the terminals' clocks show it."""
    return datetime.fromtimestamp(time_s, UTC).astimezone(CHINA)
