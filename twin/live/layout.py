"""How the live table lies in shared memory.

A header of 8-byte words, then two slabs of equal shape. The writer fills the slab nobody reads and then names it the
active one, so the newest whole frame is always there, also when the writer dies in the middle of a write. Each slab
has a sequence number, odd while it is being filled; a reader that was overtaken by two commits sees it change.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

MAGIC = int.from_bytes(b"ZHIANLIV", "little")
VERSION = 4
HEADER_BYTES = 4096
MAX_SOURCES = 64
NO_SOURCE = 255
REASON_BYTES = 1024


class Word(IntEnum):
    """Places of the words in the header; those from ``SLAB`` on repeat once a slab, ``SLAB_WORDS`` apart."""

    MAGIC = 0
    VERSION = 1
    CAPACITY = 2
    PLACE = 3
    EPOCH = 4
    ACTIVE = 5
    BEAT_WALL = 6
    BEAT_MONOTONIC = 7
    PID = 8
    ACCEPTED = 9
    LATE = 10
    QUARANTINED = 11
    OVERFLOW = 12
    REMOVED = 13
    SLAB = 32


SLAB_WORDS = 8


class SlabWord(IntEnum):
    """Words of one slab: sequence, rows, sources, time of the commit, version of the frame."""

    SEQUENCE = 0
    COUNT = 1
    SOURCES = 2
    COMMIT = 3
    VERSION = 4


SOURCE_DTYPE = np.dtype(
    [
        ("name", "S64"),
        ("kind", "S32"),
        ("zone", "S64"),
        ("classification", "S64"),
        ("reason", f"S{REASON_BYTES}"),
        ("up", "u1"),
        ("playing", "u1"),  # 1 if the playback fields count
        ("paused", "u1"),
        ("peers", "i4"),  # -1 if it does not tell
        ("clocks_ahead", "i4"),
        ("clock_off_s", "f8"),
        ("last_s", "f8"),
        ("rate_hz", "f8"),
        ("begin_s", "f8"),
        ("end_s", "f8"),
        ("clock_s", "f8"),
        ("speed", "f8"),
    ]
)


@dataclass(frozen=True, slots=True)
class Slab:
    """Views of one slab: ``sources`` (64,), and with one row an entity ``rows``, ``position_m`` (capacity, 3),
    ``source``, ``arrival_s`` and ``commit_s``.
    """

    sources: NDArray[np.void]
    rows: ObservationArray
    position_m: NDArray[np.float32]
    source: NDArray[np.uint8]
    arrival_s: NDArray[np.float64]
    commit_s: NDArray[np.float64]


_PARTS: tuple[tuple[np.dtype[np.generic], int], ...] = (
    (OBSERVATION_DTYPE, 1),
    (np.dtype(np.float32), 3),
    (np.dtype(np.uint8), 1),
    (np.dtype(np.float64), 1),
    (np.dtype(np.float64), 1),
)


def _aligned(size: int) -> int:
    return (size + 63) // 64 * 64


def slab_bytes(capacity: int) -> int:
    """Return the size of one slab."""
    return _aligned(MAX_SOURCES * SOURCE_DTYPE.itemsize) + sum(
        _aligned(dtype.itemsize * width * capacity) for dtype, width in _PARTS
    )


def table_bytes(capacity: int) -> int:
    """Return the size of the buffer that a table of ``capacity`` entities needs."""
    return HEADER_BYTES + 2 * slab_bytes(capacity)


def slab_views(buffer: memoryview, capacity: int, index: int) -> Slab:
    """Return the arrays of slab 0 or 1 as views of ``buffer``."""
    start = HEADER_BYTES + index * slab_bytes(capacity)
    sources = np.frombuffer(buffer, SOURCE_DTYPE, MAX_SOURCES, start)
    start += _aligned(MAX_SOURCES * SOURCE_DTYPE.itemsize)
    parts: list[NDArray[np.generic]] = []
    for dtype, width in _PARTS:
        flat = np.frombuffer(buffer, dtype, capacity * width, start)
        parts.append(flat.reshape(capacity, width) if width > 1 else flat)
        start += _aligned(dtype.itemsize * width * capacity)
    return Slab(sources, *parts)  # type: ignore[arg-type]  # a loop over parts loses their element types


def as_bytes(array: NDArray[np.generic]) -> NDArray[np.uint8]:
    """Return a whole array as its bytes: copied by fields, as numpy does with rows, it takes ten times as long."""
    return array.reshape(-1).view(np.uint8)


@dataclass(frozen=True, slots=True)
class Counts:
    """What the gate and the table did since the engine started."""

    accepted: int
    late: int
    quarantined: int
    overflow: int
    removed: int


class Words:
    """The header: each word is written by one 8-byte store, so nobody sees half of one."""

    def __init__(self, buffer: memoryview) -> None:
        self._ints = buffer[:HEADER_BYTES].cast("Q")
        self._floats = buffer[:HEADER_BYTES].cast("d")
        self._lock = Lock()

    def __getitem__(self, word: int) -> int:
        return self._ints[word]

    def __setitem__(self, word: int, value: int) -> None:
        self._ints[word] = value

    def time(self, word: int) -> float:
        """Return a word that holds seconds."""
        return self._floats[word]

    def set_time(self, word: int, seconds: float) -> None:
        """Write a word that holds seconds."""
        self._floats[word] = seconds

    def of_slab(self, slab: int, word: SlabWord) -> int:
        """Return where a slab's word stands."""
        return int(Word.SLAB) + slab * SLAB_WORDS + int(word)

    def counts(self) -> Counts:
        """Return the counters."""
        return Counts(
            self[Word.ACCEPTED], self[Word.LATE], self[Word.QUARANTINED], self[Word.OVERFLOW], self[Word.REMOVED]
        )

    def fence(self) -> None:
        """Keep stores before this call from being seen after those that follow (ARM reorders, a lock does not)."""
        with self._lock:
            pass

    def close(self) -> None:
        """Let go of the buffer."""
        self._ints.release()
        self._floats.release()
