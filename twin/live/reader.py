"""Reading the live table, once a drawn frame, without a lock."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.live.frame import TrackFrame, empty_frame
from twin.live.layout import (
    MAGIC,
    MAX_SOURCES,
    VERSION,
    Counts,
    SlabWord,
    Word,
    Words,
    as_bytes,
    slab_views,
    table_bytes,
)
from twin.live.observation import OBSERVATION_DTYPE
from twin.words import unpack
from twin.world import Playback, SourceState

TRIES = 8


class LiveReader:
    """Takes the newest frame out of a table that another process writes.

    Parameters
    ----------
    buffer : memoryview
        The mapped table; :meth:`ready` tells whether a writer has begun in it.
    """

    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer
        self._words = Words(buffer)
        self._frame = empty_frame()
        self._sources: tuple[SourceState, ...] = ()
        self._seen = (-1, -1)
        self.torn = 0
        """How often a copy was overtaken by the writer and made again."""

    def ready(self) -> bool:
        """Tell whether the table is of this format and whole."""
        words = self._words
        fits = (words[Word.MAGIC], words[Word.VERSION]) == (MAGIC, VERSION)
        return fits and table_bytes(words[Word.CAPACITY]) <= len(self._buffer)

    def frame(self) -> TrackFrame:
        """Return the newest whole frame: the same object as before if nothing changed."""
        self._refresh()
        return self._frame

    def sources(self) -> tuple[SourceState, ...]:
        """Return how the sources stood at the newest commit."""
        self._refresh()
        return self._sources

    def _refresh(self) -> None:
        for _ in range(TRIES):
            if not self.ready():
                return
            slab = self._words[Word.ACTIVE] & 1
            begun = self._words[self._words.of_slab(slab, SlabWord.SEQUENCE)]
            if (slab, begun) == self._seen:
                return
            if begun % 2 == 0 and self._copy(slab, begun):
                return
            self.torn += 1

    def _copy(self, slab: int, begun: int) -> bool:
        words = self._words
        count = words[words.of_slab(slab, SlabWord.COUNT)]
        capacity = words[Word.CAPACITY]
        if count > capacity:
            return False
        views = slab_views(self._buffer, capacity, slab)
        frame = TrackFrame(
            as_bytes(views.rows[:count]).copy().view(OBSERVATION_DTYPE),
            views.position_m[:count].copy(),
            views.source[:count].copy(),
            version=words[words.of_slab(slab, SlabWord.VERSION)],
            at_s=words.time(words.of_slab(slab, SlabWord.COMMIT)),
        )
        listed = views.sources[: min(words[words.of_slab(slab, SlabWord.SOURCES)], MAX_SOURCES)].copy()
        words.fence()
        if words[words.of_slab(slab, SlabWord.SEQUENCE)] != begun:
            return False
        self._frame, self._sources, self._seen = frame, tuple(map(_state, listed)), (slab, begun)
        return True

    def clocks(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return when each row of the newest frame arrived and was committed, for measuring; not checked for tears."""
        slab = slab_views(self._buffer, self._words[Word.CAPACITY], self._words[Word.ACTIVE] & 1)
        return slab.arrival_s[: len(self._frame)].copy(), slab.commit_s[: len(self._frame)].copy()

    def counts(self) -> Counts:
        """Return the counters of the engine."""
        return self._words.counts()

    def heartbeat(self) -> tuple[int, float]:
        """Return the writer's process id and when it last gave a sign of life, by the machine's monotonic clock."""
        return self._words[Word.PID], self._words.time(Word.BEAT_MONOTONIC)

    def place(self) -> int:
        """Return :func:`twin.live.table.place_word` of the frame in which positions are."""
        return self._words[Word.PLACE]

    def close(self) -> None:
        """Let go of the buffer; frames taken before stay good."""
        self._words.close()


def _state(row: np.void) -> SourceState:
    playback = None
    if row["playing"]:
        times = (float(row["begin_s"]), float(row["end_s"]), float(row["clock_s"]))
        playback = Playback(*times, float(row["speed"]), bool(row["paused"]))
    name, kind, why, zone, classification = (
        bytes(row[field]).decode() for field in ("name", "kind", "reason", "zone", "classification")
    )
    return SourceState(
        name, kind, bool(row["up"]), unpack(why), float(row["last_s"]), float(row["rate_hz"]), playback, zone,
        classification, None if row["peers"] < 0 else int(row["peers"]), _known(row["clock_off_s"]),
        int(row["clocks_ahead"]),
    )  # fmt: skip


def _known(seconds: np.float64) -> float | None:
    return None if np.isnan(seconds) else float(seconds)
