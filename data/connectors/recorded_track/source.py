"""Recorded tracks as a source: played at any speed, paused, wound, over and over. What they tell is not now."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import suppress

import msgspec
import numpy as np

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.recorded_track.columns import Options
from data.connectors.recorded_track.decoder import read_recording
from data.connectors.recorded_track.recording import Recording, joined, moved_to
from twin.city.city import City
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray, ObservationBatch
from twin.words import say
from twin.world import Playback

BEAT_S = 0.1
SPEEDS = (0.01, 1000.0)
SHOWN_FOR_S = 600.0
"""After winding, an entity is shown if it told something in so many seconds before."""
SKIPPED_GAP_S = 300.0
"""A silence of the whole recording that is longer is skipped."""


class RecordedTrack:
    """A recording that plays; ``clock`` is a monotonic one."""

    def __init__(
        self, name: str, recording: Recording, options: Options, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._name, self._recording, self._clock = name, recording, clock
        self._rows = recording.rows
        self._times = np.ascontiguousarray(recording.rows["time_s"])
        self._entity = np.unique(recording.rows["id"], return_inverse=True)[1]
        self._loop, self._paused = options.loop, options.paused
        self._speed = speed_of(options.speed)
        self._stay, self._ended = options.stay, False
        self._wake = asyncio.Event()
        self._at_s, self._told, self._wound = self.begin_s, 0, True
        self._wind(self.begin_s)

    @property
    def begin_s(self) -> float:
        """First time in the recording."""
        return float(self._times[0])

    @property
    def end_s(self) -> float:
        """Last time in it."""
        return float(self._times[-1])

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound]:
        """Yield what the recording tells as its clock runs; at the end wait to be wound, or begin again."""
        last = self._clock()
        while True:
            now = self._clock()
            for item in self.advance(now - last):
                yield item
            last = now
            if self._ended and not self._stay:
                return
            await self._rest()

    async def _rest(self) -> None:
        # Not wait_for: in Python 3.11 it loses a cancellation that comes with the answer.
        with suppress(TimeoutError):
            async with asyncio.timeout(BEAT_S):
                await self._wake.wait()
                self._wake.clear()

    def advance(self, passed_s: float) -> list[ObservationBatch | Rewound]:
        """Let the clock run for some real seconds and return what is to be told."""
        if self._wound:
            self._wound = False
            return [Rewound(), *self._batch(self._standing())]
        if self._paused:
            return []
        if self._told == len(self._rows):
            return self._at_end()
        self._at_s = min(self._at_s + passed_s * self._speed, self.end_s)
        if self._times[self._told] - self._at_s > SKIPPED_GAP_S:
            self._at_s = float(self._times[self._told])
        upto = int(np.searchsorted(self._times, self._at_s, side="right"))
        fresh, self._told = self._rows[self._told : upto], upto
        return self._batch(fresh)

    def _at_end(self) -> list[ObservationBatch | Rewound]:
        if not self._loop:
            self._paused = self._ended = True
            return []
        self.steer("seek", self.begin_s)
        return self.advance(0.0)

    def _batch(self, rows: ObservationArray) -> list[ObservationBatch | Rewound]:
        return [ObservationBatch(self._name, rows)] if len(rows) else []

    def _standing(self) -> ObservationArray:
        """Return the newest row of each entity at the clock's time."""
        newest = np.full(int(self._entity.max()) + 1, -1)
        newest[self._entity[: self._told]] = np.arange(self._told)
        newest = np.sort(newest[newest >= 0])
        return np.asarray(self._rows[newest[self._times[newest] >= self._at_s - SHOWN_FOR_S]])

    def playback(self) -> Playback | None:
        """Tell where it stands."""
        return Playback(self.begin_s, self.end_s, self._at_s, self._speed, self._paused)

    def steer(self, order: str, value: float) -> None:
        """Follow ``pause``, ``resume`` (from the start, if it is at the end), ``speed`` or ``seek``."""
        if order == "pause":
            self._paused = True
        elif order == "resume":
            if self._told == len(self._rows):
                self._wind(self.begin_s)
            self._paused = self._ended = False
        elif order == "speed":
            self._speed = speed_of(value)
        elif order == "seek":
            self._wind(value)
        else:
            raise UsageError(say("a recording cannot follow {order!r}", order=order))
        self._wake.set()

    def _wind(self, at_s: float) -> None:
        if not np.isfinite(at_s):
            raise UsageError("a recording cannot be wound to a time that is no number")
        self._at_s = min(max(at_s, self.begin_s), self.end_s)
        self._told = int(np.searchsorted(self._times, self._at_s, side="right"))
        self._wound = True

    def report(self) -> tuple[str, ...]:
        """Say what was read, guessed and left out."""
        return self._recording.report(self._name)


def speed_of(times: float) -> float:
    """Return a speed, if it is one that can be played.

    Raises
    ------
    twin.errors.UsageError
        If it is not.
    """
    if not SPEEDS[0] <= times <= SPEEDS[1]:
        raise UsageError(
            say(
                "a recording plays {slowest:g} to {fastest:g} times as fast, not {times:g}",
                slowest=SPEEDS[0],
                fastest=SPEEDS[1],
                times=times,
            )
        )
    return times


def open_source(settings: SourceSettings, city: City) -> RecordedTrack:
    """Read the files of a recording.

    Raises
    ------
    twin.errors.BadInputError
        If a file or an option cannot be used.
    """
    try:
        options = msgspec.convert(settings.options, Options)
    except msgspec.ValidationError as error:
        raise BadInputError(settings.name, say("its options: {error}", error=error), "mend them") from None
    if not options.paths:
        raise BadInputError(settings.name, "it names no file", "give the files in `paths`")
    recording = joined([read_recording(path, options) for path in options.paths])
    if options.here:
        west, south, east, north = city.bounds_m()
        x, y = city.frame.origin_m
        lon, lat = city.frame.to_lonlat((west + east) / 2 - x, (south + north) / 2 - y)
        recording = moved_to(recording, float(lon), float(lat))
    return RecordedTrack(settings.name, recording, options)
