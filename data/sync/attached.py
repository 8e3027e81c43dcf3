"""A reader of the live table that outlives the engines that write it."""

from __future__ import annotations

import time

from data.home import Home
from data.sync.shared import SharedFile, open_for_reading, table_path
from twin.live.frame import TrackFrame, empty_frame
from twin.live.reader import LiveReader
from twin.world import SourceState

BEAT_S = 0.5


class Attached:
    """The live table for a reader that stays; the file is opened anew when another engine begins in another one."""

    def __init__(self, home: Home, twin: str) -> None:
        self._path = table_path(home, twin)
        self._file: SharedFile | None = None
        self._reader: LiveReader | None = None
        self._looked = 0.0
        self._frame: tuple[TrackFrame, tuple[SourceState, ...]] = empty_frame(), ()
        self.place = 0

    def silent_s(self) -> float:
        """Return how long ago the engine gave its last sign of life; infinite if it never did."""
        return time.monotonic() - self._reader.heartbeat()[1] if self._reader is not None else float("inf")

    def look(self) -> None:
        """Open the file again if nothing comes from the one that is open."""
        now = time.monotonic()
        if self.silent_s() > BEAT_S * 2 and now - self._looked > BEAT_S:
            self._looked = now
            self.close()
            self._file = open_for_reading(self._path)
            self._reader = LiveReader(self._file.buffer) if self._file is not None else None

    def frame(self) -> tuple[TrackFrame, tuple[SourceState, ...]]:
        """Return the newest frame and its sources, or the last there was."""
        if self._reader is not None and self._reader.ready():
            self._frame = self._reader.frame(), self._reader.sources()
            self.place = self._reader.place()
        return self._frame

    def close(self) -> None:
        """Let go of the file."""
        if self._reader is not None:
            self._reader.close()
        if self._file is not None:
            self._file.close()
        self._reader = self._file = None
