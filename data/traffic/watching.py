"""Follows the live table beside the engine: vehicles in traffic become speeds of links, kept every five minutes."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import numpy as np

from data.router.matching import HmmMatcher
from data.sync.attached import Attached
from data.traffic.floating import Following
from data.traffic.store import TrafficStore
from twin.errors import ZhianError
from twin.live.frame import TrackFrame
from twin.traffic.speeds import counted, numbers
from twin.traffic.trips import Fixes
from twin.world import SourceState

LOOK_S, SUM_S = 1.0, 30.0


class TrafficWatching:
    """Watches one twin. What a recording plays is not now and is not counted.

    Parameters
    ----------
    tell : callable
        Given what went wrong, once for each problem.
    """

    def __init__(
        self, table: Attached, store: TrafficStore, tell: Callable[[str], None], clock: Callable[[], float] = time.time
    ) -> None:
        self._table, self._store, self._tell, self._clock = table, store, tell, clock
        self._following = Following(HmmMatcher(store.graph))
        self._fresh: list[Fixes] = []
        self._version, self._summed_s, self._problem = -1, clock(), ""

    def run(self, stop: threading.Event) -> None:
        """Watch until told to stop."""
        try:
            while not stop.is_set():
                self.step()
                stop.wait(LOOK_S)
        finally:
            self._table.close()

    def step(self) -> None:
        """Look once; sum up now and then."""
        self._table.look()
        frame, sources = self._table.frame()
        if frame.version != self._version:
            self._version = frame.version
            self._fresh.append(fixes_of(frame, sources))
        now = self._clock()
        if now - self._summed_s >= SUM_S and self._fresh:
            self._summed_s = now
            fresh, self._fresh = self._fresh, []
            self._keep(fresh, now)

    def _keep(self, fresh: list[Fixes], now: float) -> None:
        slots = self._following.take(fresh, now)
        if not len(slots):
            return
        try:
            self._store.add(slots)
            self._problem = ""
        except (ZhianError, OSError) as error:
            self._following.give_back(slots)
            words = error.sentence if isinstance(error, ZhianError) else str(error.strerror)
            if words != self._problem:
                self._problem = words
                self._tell(words)


def fixes_of(frame: TrackFrame, sources: tuple[SourceState, ...]) -> Fixes:
    """Return the fixes of the vehicles in traffic; no source is told apart, no id is kept."""
    live = np.array([source.playback is None for source in sources] or [True])
    shown = counted(frame) & live[np.minimum(frame.source, len(live) - 1)]
    rows = frame.rows[shown]
    return Fixes(numbers(rows["id"]), rows["time_s"].copy(), frame.position_m[shown, :2].astype(np.float64))
