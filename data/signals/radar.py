"""GB/T 43229-2023: what radars and other detectors tell a signal controller, for the queue and flow of each lane.

``C0 | table | CRC u16 | C0`` with ``C0`` as ``DB DC`` and ``DB`` as ``DB DD`` within; the table is ``link u16 |
sender | receiver | version u8 | operation u8 | object u16 | length u16 | content``, a device ``region u24 | kind u16 |
number u16``.
What was read, and what is a guess, is listed in this folder's README.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.signals.frames import FrameError, crc16

MARK, ESCAPE = b"\xc0", b"\xdb"
VERSION = 0x10
QUERY, SET, UPLOAD, QUERY_REPLY, SET_REPLY, UPLOAD_REPLY, ERROR_REPLY = range(0x80, 0x87)
CONNECTION, DEVICE_TIME, FLOW_NOW, FLOW_STATISTICS, PASSAGE_NOW = 0x0101, 0x0201, 0x0301, 0x0302, 0x0401
RADAR = 1 << 6
MOST_BYTES = 2048
_QUEUE = np.dtype([("lane", "u1"), ("vehicles", "u1"), ("occupancy", ">u2"), ("speed_kmh", "u1"), ("queue", ">u2")])
_HEAD = struct.Struct(">H7s7sBBHH")
_LANE = np.dtype([
    ("lane", "u1"), ("long", "u1"), ("middle", "u1"), ("short", "u1"), ("occupancy", ">u2"), ("speed_kmh", "u1"),
    ("length", ">u2"), ("headway", "u1"), ("gap", "u1"), ("stops", "u1"), ("stopped", "u1"), ("samples", "u1"),
])  # fmt: skip


@dataclass(frozen=True, slots=True)
class Device:
    """Who speaks: administrative region, kinds as bits, number."""

    region: int
    kinds: int
    number: int

    def packed(self) -> bytes:
        """Return its seven bytes."""
        return self.region.to_bytes(3, "big") + struct.pack(">HH", self.kinds, self.number)


@dataclass(frozen=True, slots=True)
class Table:
    """One message."""

    sender: Device
    receiver: Device
    operation: int
    subject: int
    content: bytes = b""


@dataclass(frozen=True, slots=True)
class Lanes:
    """What was seen on ``N`` lanes.

    Parameters
    ----------
    lane : (N,) int array
        Number of the detector's channel.
    vehicles : (N,) int array
        Of all lengths.
    occupancy : (N,) array
        0 to 1.
    speed_kmh, headway_s : (N,) arrays
    stops : (N,) array
        Mean number of stops of a vehicle.
    """

    lane: NDArray[np.int64]
    vehicles: NDArray[np.int64]
    occupancy: NDArray[np.float64]
    speed_kmh: NDArray[np.float64]
    headway_s: NDArray[np.float64]
    stops: NDArray[np.float64]


def encode(table: Table) -> bytes:
    """Return a message as it goes over the line, with both marks."""
    plain = _HEAD.pack(0, table.sender.packed(), table.receiver.packed(), VERSION, table.operation, table.subject,
                       len(table.content)) + table.content  # fmt: skip
    plain += crc16(plain).to_bytes(2, "big")
    return MARK + plain.replace(ESCAPE, b"\xdb\xdd").replace(MARK, b"\xdb\xdc") + MARK


def split(stream: bytes) -> tuple[list[bytes], bytes]:
    """Return what stands between marks, still escaped, and the rest that no mark ended yet."""
    *frames, rest = stream.split(MARK)
    return [frame for frame in frames if frame], rest[-MOST_BYTES:]


def decode(escaped: bytes) -> Table:
    """Return the message of a frame without its marks.

    Raises
    ------
    FrameError
        If it is too short or too long, wrongly escaped, or its length, version or check sum does not fit.
    """
    if len(escaped) > MOST_BYTES:
        raise FrameError("frame too long")
    plain = _unescape(escaped)
    if len(plain) < _HEAD.size + 2:
        raise FrameError("frame too short")
    if crc16(plain[:-2]) != int.from_bytes(plain[-2:], "big"):
        raise FrameError("check sum wrong")
    _, sender, receiver, version, operation, subject, length = _HEAD.unpack_from(plain)
    if version != VERSION:
        raise FrameError("version unknown")
    content = plain[_HEAD.size : -2]
    if length != len(content):
        raise FrameError("length wrong")
    return Table(_device(sender), _device(receiver), operation, subject, content)


def _unescape(escaped: bytes) -> bytes:
    first, *others = escaped.split(ESCAPE)
    if not all(part[:1] in (b"\xdc", b"\xdd") for part in others):
        raise FrameError("escape sequence unknown")
    return first + b"".join((MARK if part[0] == 0xDC else ESCAPE) + part[1:] for part in others)


def _device(packed: bytes) -> Device:
    return Device(int.from_bytes(packed[:3], "big"), *struct.unpack(">HH", packed[3:]))


def lanes(table: Table) -> Lanes:
    """Return the lanes of a message of flow; the number of lanes stands before them.

    Raises
    ------
    FrameError
        If it is none, or cut off, or says what cannot be.
    """
    if table.subject not in (FLOW_NOW, FLOW_STATISTICS) or not table.content:
        raise FrameError("no flow")
    count, body = table.content[0], table.content[1:]
    if len(body) != count * _LANE.itemsize:
        raise FrameError("lanes cut off")
    rows = np.frombuffer(body, _LANE)
    if (rows["occupancy"] > 1000).any():
        raise FrameError("occupancy above 100 %")
    return Lanes(
        rows["lane"].astype(np.int64), sum((rows[name].astype(np.int64) for name in ("middle", "short")), rows["long"]),
        rows["occupancy"] / 1000.0, rows["speed_kmh"].astype(np.float64), rows["headway"] / 10.0, rows["stops"] / 10.0,
    )  # fmt: skip


def lane_bytes(seen: Lanes) -> bytes:
    """Return the content of a message of flow, all vehicles as short ones; for simulated radars."""
    rows = np.zeros(len(seen.lane), _LANE)
    rows["lane"], rows["short"] = seen.lane, seen.vehicles
    rows["occupancy"], rows["speed_kmh"] = np.round(seen.occupancy * 1000), np.round(seen.speed_kmh)
    rows["headway"], rows["stops"] = np.round(seen.headway_s * 10), np.round(seen.stops * 10)
    return bytes([len(rows)]) + rows.tobytes()


def queues(table: Table) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return the lanes of a message of passage and how far back vehicles stand on each, metres.

    Raises
    ------
    FrameError
        If it is none, or cut off.
    """
    if table.subject != PASSAGE_NOW or not table.content:
        raise FrameError("no passage")
    count, body = table.content[0], table.content[1:]
    if len(body) != count * _QUEUE.itemsize:
        raise FrameError("lanes cut off")
    rows = np.frombuffer(body, _QUEUE)
    return rows["lane"].astype(np.int64), rows["queue"] / 10.0


def queue_bytes(lane: NDArray[np.int64], vehicles: NDArray[np.int64], queue_m: NDArray[np.float64]) -> bytes:
    """Return the content of a message of passage; for simulated radars."""
    rows = np.zeros(len(lane), _QUEUE)
    rows["lane"], rows["vehicles"] = lane, np.minimum(vehicles, 255)
    rows["queue"] = np.round(np.minimum(queue_m, 6000.0) * 10)
    return bytes([len(rows)]) + rows.tobytes()
