"""The platform's general answer (0x8001) to many positions at once; the bytes are those of :mod:`.encoder`."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from data.connectors.jt808.bulk import Bytes, Ints
from data.connectors.jt808.decoder import POSITION
from data.connectors.jt808.encoder import DONE, PLATFORM_ANSWER
from data.connectors.jt808.frames import close_frame

_BODY = 5


def answer_positions(phone: Bytes, version: Bytes, serial: Ints, first: int, result: int = DONE) -> list[bytes]:
    """Return one answer a position, on the wire.

    Parameters
    ----------
    phone : (N, 10) uint8 array
    version : (N,) uint8 array
        0 for 2013.
    serial : (N,) int array
        Of the messages that are answered.
    first : int
        The platform's serial of the first answer; those that follow count up.
    """
    own = (first + np.arange(len(serial))) & 0xFFFF
    modern = version > 0
    answers: list[bytes] = [b""] * len(serial)
    for chosen in (np.flatnonzero(modern), np.flatnonzero(~modern)):
        if len(chosen):
            frames = _frames(phone[chosen], version[chosen], serial[chosen], own[chosen], result)
            for i, frame in zip(chosen.tolist(), frames, strict=True):
                answers[i] = frame
    return answers


def _frames(phone: Bytes, version: Bytes, serial: Ints, own: Ints, result: int) -> list[bytes]:
    """Return answers that are all of 2013 or all of 2019."""
    modern = bool(version[0])
    plain = np.zeros((len(serial), (17 if modern else 12) + _BODY), np.uint8)
    plain[:, :2], plain[:, 2:4] = _u16(PLATFORM_ANSWER), _u16(_BODY | (0x4000 if modern else 0))
    if modern:
        plain[:, 4], plain[:, 5:15] = version, phone
    else:
        plain[:, 4:10] = phone[:, 4:]
    plain[:, -7:-5], plain[:, -5:-3], plain[:, -3:-1], plain[:, -1] = _u16(own), _u16(serial), _u16(POSITION), result
    closed = np.column_stack([plain, np.bitwise_xor.reduce(plain, axis=1)])
    escaped = ((closed == 0x7D) | (closed == 0x7E)).any(axis=1)
    flags = np.full((len(serial), 1), 0x7E, np.uint8)
    size = closed.shape[1] + 2
    wire = np.hstack([flags, closed, flags]).tobytes()
    frames = [wire[at : at + size] for at in range(0, len(wire), size)]
    for i in np.flatnonzero(escaped).tolist():
        frames[i] = close_frame(plain[i].tobytes())
    return frames


def _u16(values: Ints | int) -> NDArray[np.uint8]:
    return np.asarray(values, ">u2").reshape(-1, 1).view(np.uint8)
