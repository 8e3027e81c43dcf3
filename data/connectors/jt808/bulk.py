"""Many position frames (0x0200) decoded at once with numpy; the values are those of :mod:`.decoder`.

A frame that is anything but a whole, unsplit, unencrypted position with a sound checksum and a time is left to the
plain decoder, which tells why. Measured: ``python -m benchmarks.jt808``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.connectors.jt808.decoder import BASE_BYTES, POSITION, SOUTH, WEST
from data.connectors.jt808.frames import MAX_FRAME
from twin.geo import BoolArray, FloatArray

Bytes = NDArray[np.uint8]
Ints = NDArray[np.int64]

PHONE_BYTES = 10
_BASE = np.dtype(
    [
        *(("alarm", ">u4"), ("status", ">u4"), ("lat", ">u4"), ("lon", ">u4")),
        *(("height", ">u2"), ("speed", ">u2"), ("direction", ">u2"), ("time", "u1", 6)),
    ]
)
_CHINA_S = 8 * 3600
_ITEMS_AT_ONCE = 64
"""Most items walked in a tail; one with more is left to the plain decoder."""


@dataclass(frozen=True, slots=True)
class Positions:
    """What was decoded.

    Parameters
    ----------
    index : (N,) int array
        Which of the frames given; the others are for the plain decoder.
    phone : (N, 10) uint8 array
        BCD, with zeros in front.
    modern : (N,) bool array
        True for frames of 2019.
    version : (N,) uint8 array
        0 for 2013, else the version byte.
    serial : (N,) int array
    base : (N, 28) uint8 array
        The bytes that every position has, as they came.
    alarm, status, height_m, direction_deg : (N,) int arrays
    lon_deg, lat_deg, speed_kmh, time_s : (N,) float arrays
    tail_holds : (N,) bool array
        False where additional items do not fill the body to its end.
    """

    index: Ints
    phone: Bytes
    modern: BoolArray
    version: Bytes
    serial: Ints
    base: Bytes
    alarm: Ints
    status: Ints
    lon_deg: FloatArray
    lat_deg: FloatArray
    height_m: Ints
    speed_kmh: FloatArray
    direction_deg: Ints
    time_s: FloatArray
    tail_holds: BoolArray

    def __len__(self) -> int:
        return len(self.index)


def read_positions(escaped: Sequence[bytes]) -> Positions:
    """Decode the frames among ``escaped`` that are good positions."""
    data, start, end, good = _plain(escaped)
    good &= (end - start >= 13 + BASE_BYTES) & (end - start <= MAX_FRAME)
    good &= _checksums(data, start, end)
    head = np.where(good, start, 0)
    data = np.concatenate([data, np.zeros(64, np.uint8)])  # so that a short frame is read without leaving the buffer
    attributes = _u16(data, head + 2)
    modern = (attributes & 0x4000) != 0
    body = head + np.where(modern, 17, 12)
    body_end = body + (attributes & 0x3FF)
    good &= (_u16(data, head) == POSITION) & ((attributes & 0x3C00) == 0)
    good &= (body_end + 1 == end) & (body_end - body >= BASE_BYTES)
    phone = _phones(data, head, modern)
    good &= _is_bcd(phone).all(axis=1)
    index = np.flatnonzero(good)
    return _read(data, index, head[index], body[index], body_end[index], modern[index], phone[index])


def _read(
    data: Bytes, index: Ints, head: Ints, body: Ints, body_end: Ints, modern: BoolArray, phone: Bytes
) -> Positions:
    base = data[body[:, None] + np.arange(BASE_BYTES)]
    fields = np.ascontiguousarray(base).view(_BASE).reshape(-1)
    time_s, is_time = _times(fields["time"].reshape(-1, 6))
    holds, walked = _walk_tails(data, body + BASE_BYTES, body_end)
    status = fields["status"].astype(np.int64)
    keep = np.flatnonzero(is_time & walked)
    version = np.where(modern, np.maximum(data[head + 4], 1), 0).astype(np.uint8)
    return Positions(
        index=index[keep],
        phone=phone[keep],
        modern=modern[keep],
        version=version[keep],
        serial=_u16(data, body - 2)[keep],
        base=base[keep],
        alarm=fields["alarm"].astype(np.int64)[keep],
        status=status[keep],
        lon_deg=(fields["lon"] / np.where(status & WEST, -1e6, 1e6))[keep],
        lat_deg=(fields["lat"] / np.where(status & SOUTH, -1e6, 1e6))[keep],
        height_m=fields["height"].astype(np.int64)[keep],
        speed_kmh=(fields["speed"] / 10)[keep],
        direction_deg=fields["direction"].astype(np.int64)[keep],
        time_s=time_s[keep],
        tail_holds=holds[keep],
    )


def _plain(escaped: Sequence[bytes]) -> tuple[Bytes, Ints, Ints, BoolArray]:
    """Return the unescaped bytes of all frames, where each begins and ends, and which were rightly escaped."""
    data = np.frombuffer(b"".join(escaped), np.uint8)
    size = np.fromiter(map(len, escaped), np.int64, len(escaped))
    end = np.cumsum(size)
    start = end - size
    good = np.ones(len(escaped), np.bool_)
    marks = np.flatnonzero(data == 0x7D)
    if not len(marks):
        return data, start, end, good
    frame = np.searchsorted(end, marks, side="right")
    following = np.append(data, 0)[marks + 1]
    sound = ((following == 1) | (following == 2)) & (marks + 1 < end[frame])
    good[frame[~sound]] = False
    marks, frame, following = marks[sound], frame[sound], following[sound]
    data = data.copy()
    data[marks] = np.where(following == 1, 0x7D, 0x7E)
    keep = np.ones(len(data), np.bool_)
    keep[marks + 1] = False
    end = end - np.cumsum(np.bincount(frame, minlength=len(escaped)))
    return data[keep], np.append(0, end[:-1]), end, good


def _checksums(data: Bytes, start: Ints, end: Ints) -> BoolArray:
    """Tell for each frame whether the XOR of its bytes is 0; an empty one has no checksum and is not sound."""
    sound = np.zeros(len(start), np.bool_)
    filled = np.flatnonzero(end > start)
    if len(filled):
        sound[filled] = np.bitwise_xor.reduceat(data, start[filled]) == 0
    return sound


def _u16(data: Bytes, at: Ints) -> Ints:
    return data[at].astype(np.int64) << 8 | data[at + 1]


def _phones(data: Bytes, head: Ints, modern: BoolArray) -> Bytes:
    short = data[head[:, None] + np.arange(-PHONE_BYTES + 10, 10)]
    short[:, :4] = 0
    long = data[head[:, None] + np.arange(5, 5 + PHONE_BYTES)]
    return np.asarray(np.where(modern[:, None], long, short))


def _is_bcd(digits: Bytes) -> BoolArray:
    return np.asarray(((digits & 15) <= 9) & (digits <= 0x99))


def _times(bcd: Bytes) -> tuple[FloatArray, BoolArray]:
    """Return BCD times of China as seconds since 1970 UTC, and which of them are times."""
    number = (bcd >> 4).astype(np.int64) * 10 + (bcd & 15)
    year, month, day, hour, minute, second = number.T
    sound = _is_bcd(bcd).all(axis=1) & (month >= 1) & (month <= 12) & (day >= 1)
    sound &= (hour <= 23) & (minute <= 59) & (second <= 59)
    months = ((year + 30) * 12 + np.clip(month, 1, 12) - 1).astype("M8[M]")
    first, after = months.astype("M8[D]").astype(np.int64), (months + 1).astype("M8[D]").astype(np.int64)
    sound &= day <= after - first
    seconds = (first + day - 1) * 86400 + hour * 3600 + minute * 60 + second - _CHINA_S
    return seconds.astype(np.float64), sound


def _walk_tails(data: Bytes, at: Ints, end: Ints) -> tuple[BoolArray, BoolArray]:
    """Step through the additional items of all frames together.

    Returns
    -------
    holds, walked : (N,) bool arrays
        Whether the items end where the body does, and whether that could be told.
    """
    at = at.copy()
    open_ = np.flatnonzero(at + 2 <= end)
    for _ in range(_ITEMS_AT_ONCE):
        if not len(open_):
            break
        after = at[open_] + 2 + data[at[open_] + 1]
        fits = after <= end[open_]
        at[open_[fits]] = after[fits]
        open_ = open_[fits & (after + 2 <= end[open_])]
    walked = np.ones(len(at), np.bool_)
    walked[open_] = False
    return at == end, walked
