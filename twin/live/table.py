"""The live table: the newest state of every entity, written by the engine into shared memory."""

from __future__ import annotations

import math
import zlib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, LocalFrame
from twin.live.kinds import KINDS
from twin.live.layout import (
    MAGIC,
    MAX_SOURCES,
    NO_SOURCE,
    REASON_BYTES,
    SOURCE_DTYPE,
    VERSION,
    Counts,
    Slab,
    SlabWord,
    Word,
    Words,
    as_bytes,
    slab_views,
)
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray, clip_utf8
from twin.words import pack
from twin.world import SourceState

SILENT_FOR = 10.0
"""An entity leaves the table after this many times its kind's ``stale_after_s`` without a word."""
_ROW_BYTES = f"V{OBSERVATION_DTYPE.itemsize}"
_LIMIT_S = np.array([kind.stale_after_s * SILENT_FOR for kind in KINDS])
IntArray = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of the rows of one update: taken as state, older than what was known, no room left."""

    accepted: int
    late: int
    overflow: int


@dataclass(slots=True)
class _Known:
    """The ids of a source's last batch and where they went: most batches name the same entities in the same order."""

    ids: bytes
    slots: IntArray
    unique: bool


class LiveTable:
    """The one writer of a table.

    Parameters
    ----------
    buffer : memoryview
        Of :func:`twin.live.layout.table_bytes`; a table that an engine before this one left in it goes on if it is of
        the same place and format.
    capacity : int
        Most entities at once.
    place : int
        :func:`place_word` of the twin's frame.
    epoch : int
        Start of this writer, as seconds since 1970; frames' versions grow with it.
    """

    def __init__(self, buffer: memoryview, capacity: int, place: int, epoch: int, pid: int) -> None:
        self._words = Words(buffer)
        self._slabs = [slab_views(buffer, capacity, index) for index in (0, 1)]
        self._capacity = capacity
        self._rows = np.zeros(capacity, OBSERVATION_DTYPE)
        self._position_m = np.zeros((capacity, 3), np.float32)
        self._source = np.full(capacity, NO_SOURCE, np.uint8)
        self._arrival_s = np.zeros(capacity)
        self._commit_s = np.zeros(capacity)
        self._heard = np.zeros(capacity)
        self._sources = np.zeros(MAX_SOURCES, SOURCE_DTYPE)
        self._slots: dict[bytes, int] = {}
        self._known: dict[int, _Known] = {}
        self._uncommitted: list[IntArray] = []
        self._source_count = 0
        self._version = 0
        self._begin(place, epoch, pid)

    def __len__(self) -> int:
        return len(self._slots)

    def _begin(self, place: int, epoch: int, pid: int) -> None:
        words = self._words
        same = (words[Word.MAGIC], words[Word.VERSION], words[Word.CAPACITY], words[Word.PLACE]) == (
            *(MAGIC, VERSION, self._capacity),
            place,
        )
        if same:
            self._go_on(self._slabs[words[Word.ACTIVE] & 1], words[Word.ACTIVE] & 1)
        words[Word.MAGIC] = 0  # readers wait until the header is whole
        words[Word.VERSION], words[Word.CAPACITY], words[Word.PLACE] = VERSION, self._capacity, place
        words[Word.EPOCH] = max(epoch, words[Word.EPOCH] + 1) if same else epoch
        words[Word.PID] = pid
        for word in (Word.ACCEPTED, Word.LATE, Word.QUARANTINED, Word.OVERFLOW, Word.REMOVED):
            words[word] = 0
        self.commit(words.time(words.of_slab(words[Word.ACTIVE] & 1, SlabWord.COMMIT)) if same else 0.0)
        words.fence()
        words[Word.MAGIC] = MAGIC

    def _go_on(self, slab: Slab, index: int) -> None:
        words = self._words
        count = min(words[words.of_slab(index, SlabWord.COUNT)], self._capacity)
        self._source_count = min(words[words.of_slab(index, SlabWord.SOURCES)], MAX_SOURCES)
        self._sources[:] = slab.sources
        self._sources["up"] = 0
        for mine, left in zip(self._row_arrays(), _shared_arrays(slab), strict=True):
            mine[:count] = left[:count]
        self._slots = {key: slot for slot, key in enumerate(self._rows["id"][:count].tolist())}

    def _row_arrays(self) -> tuple[NDArray[np.generic], ...]:
        return self._rows, self._position_m, self._source, self._arrival_s, self._commit_s

    def source(self, name: str, kind: str) -> int:
        """Return the index of a source, a new one if it was not there.

        Raises
        ------
        OverflowError
            If there are too many sources.
        """
        key = clip_utf8(name, 64)
        for index in range(self._source_count):
            if self._sources["name"][index] == key:
                self._sources["kind"][index] = clip_utf8(kind, 32)
                return index
        if self._source_count == MAX_SOURCES:
            raise OverflowError(f"a table holds {MAX_SOURCES} sources")
        self._sources[self._source_count] = np.zeros((), SOURCE_DTYPE)
        self._sources["name"][self._source_count] = key
        self._sources["kind"][self._source_count] = clip_utf8(kind, 32)
        self._source_count += 1
        return self._source_count - 1

    def keep_sources(self, names: Collection[str]) -> None:
        """Drop the sources not named, and the entities they told of: call it once, before the first update."""
        wanted = {clip_utf8(name, 64) for name in names}
        stay = [i for i in range(self._source_count) if bytes(self._sources["name"][i]) in wanted]
        moved = np.full(256, NO_SOURCE, np.uint8)
        moved[stay] = np.arange(len(stay), dtype=np.uint8)
        self._source = moved[self._source]
        self._sources[: len(stay)] = self._sources[stay]
        self._source_count = len(stay)
        self._keep(self._source[: len(self)] != NO_SOURCE)

    def tell_source(self, index: int, state: SourceState) -> None:
        """Note how a source is doing; readers see it with the next commit."""
        play = state.playback
        self._sources[index] = (
            *(clip_utf8(state.name, 64), clip_utf8(state.kind, 32)),
            *(clip_utf8(state.zone, 64), clip_utf8(state.classification, 64), _reason(state.reason)),
            *(state.up, play is not None, play is not None and play.paused),
            *(-1 if state.peers is None else state.peers, state.clocks_ahead),
            math.nan if state.clock_s is None else state.clock_s,
            *(state.last_s, state.rate_hz),
            *((play.begin_s, play.end_s, play.clock_s, play.speed) if play is not None else (0.0, 0.0, 0.0, 0.0)),
        )

    def update(
        self, source: int, rows: ObservationArray, position_m: NDArray[np.float32], arrival_s: float, heard: float
    ) -> Taken:
        """Take a batch; the newest row of an entity wins, and one older than what is known changes nothing.

        Parameters
        ----------
        rows : (N,) structured array
        position_m : (N, 3) float32 array
        arrival_s, heard : float
            When the batch came, by the wall clock and by the monotonic one.
        """
        slots, unique = self._find(source, rows["id"])
        chosen = slots >= 0
        overflow = len(slots) - int(np.count_nonzero(chosen))
        chosen[chosen] = rows["time_s"][chosen] >= self._rows["time_s"][slots[chosen]]
        late = len(slots) - overflow - int(np.count_nonzero(chosen))
        if not unique:
            newest = _newest(slots, rows["time_s"], chosen)
            late += int(np.count_nonzero(chosen)) - len(newest)
        else:
            newest = np.flatnonzero(chosen)
        to = slots[newest]
        self._rows.view(_ROW_BYTES)[to] = np.ascontiguousarray(rows).view(_ROW_BYTES)[newest]
        self._position_m[to] = position_m[newest]
        self._source[to], self._arrival_s[to], self._heard[to] = source, arrival_s, heard
        self._uncommitted.append(to)
        self._count(Word.ACCEPTED, len(newest))
        self._count(Word.LATE, late)
        self._count(Word.OVERFLOW, overflow)
        return Taken(len(newest), late, overflow)

    def _find(self, source: int, ids: NDArray[np.bytes_]) -> tuple[IntArray, bool]:
        key = ids.tobytes()
        known = self._known.get(source)
        if known is not None and known.ids == key:
            return known.slots, known.unique
        names = ids.tolist()
        slots = self._slots_of(names)
        if (slots < 0).any():
            self._add(dict.fromkeys(names))
            slots = self._slots_of(names)
        unique = len(np.unique(slots)) == len(slots)
        if not (slots < 0).any():
            self._known[source] = _Known(key, slots, unique)
        return slots, unique

    def _slots_of(self, names: Sequence[bytes]) -> IntArray:
        """Return where entities are, -1 for those that are not there."""
        find = self._slots.get
        return np.array([find(name, -1) for name in names], np.int64)

    def _add(self, names: Iterable[bytes]) -> None:
        """Give the entities among these that are new a place, as long as there is room."""
        first = len(self._slots)
        room = [name for name in names if name not in self._slots][: self._capacity - first]
        self._slots.update(zip(room, range(first, first + len(room)), strict=True))
        self._rows["time_s"][first : first + len(room)] = -np.inf

    def _count(self, word: Word, more: int) -> None:
        self._words[word] += more

    def counts(self) -> Counts:
        """Return the counters."""
        return self._words.counts()

    def count_quarantined(self, rows: int) -> None:
        """Add to the count of rows that the gate kept out."""
        self._count(Word.QUARANTINED, rows)

    def forget(self, source: int) -> int:
        """Remove what a source told, as it has been wound to another time; return how many entities left."""
        return self._keep(self._source[: len(self)] != source)

    def drop(self, ids: Collection[bytes]) -> int:
        """Remove entities by their ids; those that are not there change nothing."""
        slots = [slot for slot in map(self._slots.get, ids) if slot is not None]
        stay = np.ones(len(self), np.bool_)
        stay[slots] = False
        return self._keep(stay)

    def sweep(self, now: float, held: Collection[int] = ()) -> int:
        """Remove the entities not heard of for long; those of the ``held`` sources (paused ones) stay.

        Parameters
        ----------
        now : float
            Monotonic clock.
        """
        count = len(self)
        silent = now - self._heard[:count] > _LIMIT_S[self._rows["kind"][:count]]
        silent &= ~np.isin(self._source[:count], list(held))
        return self._keep(~silent)

    def hear_all(self, now: float) -> None:
        """Count every entity as heard of now: what an engine before this one left gets its full time again."""
        self._heard[: len(self)] = now

    def _keep(self, stay: BoolArray) -> int:
        removed = int(np.count_nonzero(~stay))
        if not removed:
            return 0
        kept = len(stay) - removed
        for array in (*self._row_arrays(), self._heard):
            array[:kept] = array[: len(stay)][stay]
        self._slots = {key: slot for slot, key in enumerate(self._rows["id"][:kept].tolist())}
        self._known.clear()
        self._uncommitted = [np.arange(kept)] if self._uncommitted else []
        self._count(Word.REMOVED, removed)
        return removed

    def commit(self, now_s: float) -> None:
        """Show readers what was taken so far, all of it at once."""
        for slots in self._uncommitted:
            self._commit_s[slots] = now_s
        self._uncommitted.clear()
        words, count = self._words, len(self)
        target = 1 - (words[Word.ACTIVE] & 1)
        sequence = words.of_slab(target, SlabWord.SEQUENCE)
        begun = words[sequence] | 1
        words[sequence] = begun
        words.fence()
        slab = self._slabs[target]
        slab.sources[:] = self._sources
        for mine, shared in zip(self._row_arrays(), _shared_arrays(slab), strict=True):
            as_bytes(shared[:count])[:] = as_bytes(mine[:count])
        words[words.of_slab(target, SlabWord.COUNT)] = count
        words[words.of_slab(target, SlabWord.SOURCES)] = self._source_count
        words.set_time(words.of_slab(target, SlabWord.COMMIT), now_s)
        self._version = self._next_version()
        words[words.of_slab(target, SlabWord.VERSION)] = self._version
        words.fence()
        words[sequence] = begun + 1
        words.fence()
        words[Word.ACTIVE] = target

    def _next_version(self) -> int:
        return max(self._version + 1, self._words[Word.EPOCH] << 24)

    def beat(self, wall_s: float, monotonic_s: float) -> None:
        """Tell readers that the writer is alive."""
        self._words.set_time(Word.BEAT_WALL, wall_s)
        self._words.set_time(Word.BEAT_MONOTONIC, monotonic_s)

    def close(self) -> None:
        """Let go of the buffer; what was committed stays in it."""
        self._slabs.clear()
        self._words.close()


def place_word(frame: LocalFrame) -> int:
    """Return a number that differs between frames: positions in one mean nothing in another."""
    return zlib.crc32(f"{frame.crs} {frame.origin_m}".encode())


def _shared_arrays(slab: Slab) -> tuple[NDArray[np.generic], ...]:
    return slab.rows, slab.position_m, slab.source, slab.arrival_s, slab.commit_s


def _newest(slots: IntArray, time_s: NDArray[np.float64], chosen: BoolArray) -> IntArray:
    """Return the chosen rows that are their entity's newest; of equal times the later row."""
    rows = np.flatnonzero(chosen)
    order = rows[np.lexsort((rows, time_s[rows], slots[rows]))]
    last = np.append(slots[order][1:] != slots[order][:-1], True)[: len(order)]
    return np.asarray(order[last])


def _reason(text: str) -> bytes:
    """Return a reason so that the reader can say it in its own language; one that is too long is cut, as it stands."""
    packed = pack(text).encode()
    return packed if len(packed) <= REASON_BYTES else clip_utf8(text, REASON_BYTES)
