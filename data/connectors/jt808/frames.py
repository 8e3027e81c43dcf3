"""JT/T 808 frames: cut out of a stream, escaped and unescaped, checked.

``7e | header | body | XOR | 7e``; within a frame ``7d 02`` stands for 7e and ``7d 01`` for 7d. What was read of the
standard is listed in this folder's README.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import xor

FLAG = b"\x7e"
MAX_FRAME = 2100
"""Longest frame on the wire: header 21, body 1023 and checksum 1, each byte escaped, and some air."""


class FrameError(ValueError):
    """A frame that does not hold; the message is the reason it is quarantined with."""


@dataclass(slots=True)
class Splitter:
    """Cuts one connection's bytes into frames; what stands between two flags is a frame, be it garbage.

    A flag that was lost or doubled costs the frame it belonged to, never the neighbours. Of a run without a flag that
    is longer than any frame, the first bytes are kept as one overlong frame and the rest is counted in ``skipped``.
    """

    skipped: int = 0
    _rest: bytes = b""
    _skipping: bool = False

    def feed(self, received: bytes) -> list[bytes]:
        """Return the frames that end in what was received, without their flags and still escaped."""
        *frames, rest = (self._rest + received).split(FLAG)
        if self._skipping and frames:
            self.skipped += len(frames.pop(0))
            self._skipping = False
        if self._skipping:
            self.skipped += len(rest)
            rest = b""
        elif len(rest) > MAX_FRAME:
            frames.append(rest[: MAX_FRAME + 1])
            self.skipped += len(rest) - MAX_FRAME - 1
            self._skipping, rest = True, b""
        self._rest = rest
        return [frame for frame in frames if frame]

    def end(self) -> list[bytes]:
        """Return nothing: a frame that is not whole when a connection ends is sent again by the terminal."""
        return []


class DatagramSplitter(Splitter):
    """Cuts a datagram, whose last frame may lack its flag."""

    def end(self) -> list[bytes]:
        """Return what no flag ended."""
        return [self._rest] if self._rest else []


def frames_of(wire: bytes) -> list[bytes]:
    """Return the frames of an answer, each with its flags: over UDP each is a datagram."""
    return [FLAG + frame + FLAG for frame in wire.split(FLAG) if frame]


def escape(plain: bytes) -> bytes:
    """Return bytes as they stand between two flags."""
    return plain.replace(b"\x7d", b"\x7d\x01").replace(b"\x7e", b"\x7d\x02")


def unescape(escaped: bytes) -> bytes:
    """Undo :func:`escape`.

    Raises
    ------
    FrameError
        If a 7d is followed by anything but 01 and 02.
    """
    if b"\x7d" not in escaped:
        return escaped
    first, *others = escaped.split(b"\x7d")
    if not all(part[:1] in (b"\x01", b"\x02") for part in others):
        raise FrameError("escape sequence unknown")
    return first + b"".join((b"\x7d" if part[0] == 1 else b"\x7e") + part[1:] for part in others)


def checksum(plain: bytes) -> int:
    """Return the XOR of all bytes."""
    return reduce(xor, plain, 0)


def open_frame(escaped: bytes) -> bytes:
    """Return the header and body of a frame as it was cut from the stream.

    Raises
    ------
    FrameError
        If it is too long or too short, wrongly escaped, or its checksum does not fit.
    """
    if len(escaped) > MAX_FRAME:
        raise FrameError("frame too long")
    plain = unescape(escaped)
    if len(plain) < 13:  # the shortest header and the checksum
        raise FrameError("frame too short")
    if checksum(plain):
        raise FrameError("checksum wrong")
    return plain[:-1]


def close_frame(plain: bytes) -> bytes:
    """Return header and body as a frame on the wire, with both flags."""
    return FLAG + escape(plain + bytes([checksum(plain)])) + FLAG
