"""The twin's own past as a source: played from the history at any speed, paused and wound. What it tells is not now."""

from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress
from pathlib import Path

import numpy as np

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.history.options import Options
from data.connectors.recorded_track.source import BEAT_S, speed_of
from data.connectors.settings import options_of
from data.history.reader import History
from twin.city.city import City
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray, ObservationBatch
from twin.words import say
from twin.world import Playback

EACH_S = 10.0
"""Where a beat is longer than this in the past, only the last state of each entity in it is told."""


class HistoryReplay:
    """A part of the past that plays; ``clock`` is a monotonic one."""

    def __init__(
        self, name: str, history: History, options: Options, clock: Callable[[], float] = time.monotonic
    ) -> None:
        span = history.span()
        if span is None:
            raise BadInputError(name, "nothing is remembered yet", "let the engine record for a while")
        self._name, self._history, self._clock = name, history, clock
        self._begin_s = max(options.begin_s, span[0]) if options.begin_s else span[0]
        self._end_s = min(options.end_s, span[1]) if options.end_s else span[1]
        if self._begin_s > self._end_s:
            raise BadInputError(name, "nothing is known of that time", "see with `zhian history status` what is")
        self._speed, self._paused, self._stay = speed_of(options.speed), options.paused, options.stay
        self._at_s = self._begin_s
        self._wound: float | None = self._begin_s
        self._wake = asyncio.Event()

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound]:
        """Yield what was told as the clock runs; at the end wait to be wound, or end."""
        last = self._clock()
        try:
            while True:
                now = self._clock()
                for item in await self._advance(now - last):
                    yield item
                last = now
                if self._at_s >= self._end_s and not self._stay and self._wound is None:
                    return
                await self._rest()
        finally:
            self._history.close()

    async def _rest(self) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await self._wake.wait()
                self._wake.clear()

    async def _advance(self, passed_s: float) -> list[ObservationBatch | Rewound]:
        """Let the clock run for some real seconds; the history is read on a thread."""
        if self._wound is not None:
            self._at_s, self._wound = self._wound, None
            standing = await asyncio.to_thread(self._standing, self._at_s)
            return [Rewound(), *self._batch(standing)]
        upto = min(self._at_s + passed_s * self._speed, self._end_s)
        if self._paused or upto <= self._at_s:
            return []
        rows = await asyncio.to_thread(self._history.rows_between, self._at_s, upto)
        if upto - self._at_s > EACH_S:
            rows = newest(rows)
        self._at_s = upto
        return self._batch(rows)

    def _standing(self, at_s: float) -> ObservationArray:
        return self._history.tracks_at(at_s).rows

    def _batch(self, rows: ObservationArray) -> list[ObservationBatch | Rewound]:
        return [ObservationBatch(self._name, rows)] if len(rows) else []

    def playback(self) -> Playback | None:
        """Tell where it stands."""
        return Playback(self._begin_s, self._end_s, self._at_s, self._speed, self._paused or self._at_s >= self._end_s)

    def steer(self, order: str, value: float) -> None:
        """Follow ``pause``, ``resume`` (from the start, if it is at the end), ``speed`` or ``seek``."""
        if order == "pause":
            self._paused = True
        elif order == "resume":
            self._paused = False
            if self._at_s >= self._end_s:
                self._wound = self._begin_s
        elif order == "speed":
            self._speed = speed_of(value)
        elif order == "seek":
            if not math.isfinite(value):
                raise UsageError("a recording cannot be wound to a time that is no number")
            self._wound = min(max(value, self._begin_s), self._end_s)
        else:
            raise UsageError(say("a recording cannot follow {order!r}", order=order))
        self._wake.set()

    def report(self) -> tuple[str, ...]:
        """Say which sources' past it is."""
        return (say("the past of {sources}", sources=", ".join(self._history.sources())),)


def newest(rows: ObservationArray) -> ObservationArray:
    """Return the last row of each entity, of rows in the order of time."""
    last = len(rows) - 1 - np.unique(rows["id"][::-1], return_index=True)[1]
    return np.asarray(rows[np.sort(last)])


def open_source(settings: SourceSettings, city: City) -> HistoryReplay:
    """Open a twin's history.

    Raises
    ------
    twin.errors.BadInputError
        If an option cannot be used, or nothing is remembered of that time.
    """
    options = options_of(settings, Options)
    return HistoryReplay(settings.name, History(Path(options.lake), Path(options.journal), city), options)
