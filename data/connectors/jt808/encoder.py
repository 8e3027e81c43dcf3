"""JT/T 808 messages, written: the platform's answers and orders, and what a terminal says."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from functools import lru_cache

from data.connectors.jt808.decoder import (
    AUTHENTICATE,
    BASE,
    FIXED,
    HEARTBEAT,
    POSITION,
    POSITIONS,
    REGISTER,
    SOUTH,
    WEST,
    Header,
    Position,
    local_time,
)
from data.connectors.jt808.frames import close_frame

PLATFORM_ANSWER, REGISTER_ANSWER, TEXT = 0x8001, 0x8100, 0x8300
TERMINAL_ANSWER = 0x0001
DONE, FAILED, NOT_UNDERSTOOD, UNSUPPORTED = 0, 1, 2, 3
"""Results of 0x8001."""
NO_SUCH_TERMINAL = 4
"""A result of 0x8100."""
MAX_BODY = 1023


def write_frames(header: Header, body: bytes) -> list[bytes]:
    """Return a message as frames on the wire: one, or several where the body is longer than a frame takes.

    The serial of ``header`` is the first one's; those that follow count up from it.
    """
    parts = [body[at : at + MAX_BODY] for at in range(0, len(body), MAX_BODY)] or [b""]
    if len(parts) == 1:
        return [close_frame(_header(header, len(body)) + body)]
    return [
        close_frame(_header(header, len(part), number) + struct.pack(">HHH", serial, len(parts), number) + part)
        for number, part in enumerate(parts, 1)
        for serial in [(header.serial + number - 1) & 0xFFFF]
    ]


def _header(header: Header, body_bytes: int, number: int = 0) -> bytes:
    """Return the header; of a packet (``number`` > 0) without serial and packet numbers."""
    attributes = body_bytes | (0x4000 if header.version else 0) | (0x2000 if number else 0)
    phone = bytes.fromhex(header.phone.rjust(20 if header.version else 12, "0"))
    version = bytes([header.version]) if header.version else b""
    serial = b"" if number else struct.pack(">H", header.serial)
    return struct.pack(">HH", header.message, attributes) + version + phone + serial


def write_frame(header: Header, body: bytes = b"") -> bytes:
    """Return a message that fits one frame."""
    (frame,) = write_frames(header, body)
    return frame


def _answer(to: Header, message: int, serial: int, body: bytes) -> bytes:
    return write_frame(Header(message, to.phone, serial, to.version), body)


def write_answer(to: Header, serial: int, result: int = DONE) -> bytes:
    """Return the platform's general answer (0x8001) to a message."""
    return _answer(to, PLATFORM_ANSWER, serial, struct.pack(">HHB", to.serial, to.message, result))


def write_register_answer(to: Header, serial: int, code: str, result: int = DONE) -> bytes:
    """Return the answer to a registration (0x8100): 0 done, 1 vehicle there already, 2 no such vehicle, 3 terminal
    there already, 4 no such terminal; the code only where it is done.
    """
    return _answer(to, REGISTER_ANSWER, serial, struct.pack(">HB", to.serial, result) + (b"" if result else _gbk(code)))


def write_text_order(to: Header, serial: int, text: str, *, emergency: bool = False, speak: bool = True) -> bytes:
    """Return a text for the terminal's screen and voice (0x8300).

    Raises
    ------
    ValueError
        If the text takes more than 1024 bytes in GBK, or does not fit GBK.
    """
    encoded = _gbk(text)
    if len(encoded) > MAX_BODY - 2:
        raise ValueError(
            f"a text for a terminal takes at most {MAX_BODY - 2} bytes in GBK; this one takes {len(encoded)}"
        )
    flag = (1 if emergency else 0) | 1 << 2 | (1 << 3 if speak else 0)
    kind = b"\x01" if to.version else b""  # 2019: 1 notice, 2 service
    return _answer(to, TEXT, serial, bytes([flag]) + kind + encoded)


def position_body(position: Position) -> bytes:
    """Return the body of 0x0200; the status word says itself which hemisphere, and that there is a fix."""
    south, west = SOUTH * (position.lat_deg < 0), WEST * (position.lon_deg < 0)
    base = BASE.pack(
        *(position.alarm, position.status & ~(SOUTH | WEST) | FIXED | south | west),
        *(round(abs(position.lat_deg) * 1e6), round(abs(position.lon_deg) * 1e6), position.height_m),
        *(round(position.speed_kmh * 10), position.direction_deg, _bcd_time(int(position.time_s))),
    )
    return base + b"".join(bytes([item, len(value)]) + value for item, value in position.items) + position.tail


@lru_cache(256)  # all terminals tell the same seconds
def _bcd_time(time_s: int) -> bytes:
    return bytes.fromhex(local_time(time_s).strftime("%y%m%d%H%M%S"))


def write_position(phone: str, serial: int, position: Position, version: int = 0) -> bytes:
    """Return a position as a frame (0x0200)."""
    return write_frame(Header(POSITION, phone, serial, version), position_body(position))


def write_positions(
    phone: str, serial: int, positions: Iterable[Position], version: int = 0, *, refill: bool = True
) -> list[bytes]:
    """Return positions of a blind area as one message in as many frames as it takes (0x0704)."""
    bodies = [position_body(position) for position in positions]
    listed = b"".join(struct.pack(">H", len(body)) + body for body in bodies)
    return write_frames(Header(POSITIONS, phone, serial, version), struct.pack(">HB", len(bodies), refill) + listed)


def write_registration(phone: str, serial: int, plate: str, version: int = 0) -> bytes:
    """Return a registration as a terminal sends it (0x0100)."""
    widths = (11, 30, 30) if version else (5, 20, 7)
    maker, model, terminal = (
        text.encode().ljust(width, b"\0") for text, width in zip(("ZHIAN", "SIM", phone[-7:]), widths, strict=True)
    )
    body = struct.pack(">HH", 33, 421) + maker + model + terminal + b"\x02" + _gbk(plate)
    return write_frame(Header(REGISTER, phone, serial, version), body)


def write_authentication(phone: str, serial: int, code: str, version: int = 0) -> bytes:
    """Return an authentication (0x0102)."""
    encoded = _gbk(code)
    body = bytes([len(encoded)]) + encoded + b"ZHIAN-SIM".ljust(35, b"\0") if version else encoded
    return write_frame(Header(AUTHENTICATE, phone, serial, version), body)


def write_heartbeat(phone: str, serial: int, version: int = 0) -> bytes:
    """Return a heartbeat (0x0002)."""
    return write_frame(Header(HEARTBEAT, phone, serial, version))


def write_terminal_answer(to: Header, serial: int, result: int = DONE) -> bytes:
    """Return a terminal's general answer (0x0001) to an order of the platform."""
    return _answer(to, TERMINAL_ANSWER, serial, struct.pack(">HHB", to.serial, to.message, result))


def _gbk(text: str) -> bytes:
    return text.encode("gbk")
