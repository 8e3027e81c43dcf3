"""Looking back: the window shows the county as it was at a recorded instant, until it is told to come back to now.

The past is read on a thread of its own. Only the newest instant that was asked for is answered, so that a slider can be
dragged across a day faster than the disk reads.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, QTimer, Signal

from app.live_world import LiveWorld
from twin.world import World

BINS = 288
"""Parts of a day whose activity is shown: five minutes each."""
TICK_MS = 33
BEHIND_S = 2.0
AHEAD_S = 300.0
"""How far ahead of the handle, where it is going, the past is read while nothing else is asked."""


class Past(Protocol):
    """What was recorded: :class:`data.history.reader.History`, or one made up by a test. Asked from one thread."""

    def span(self) -> tuple[float, float] | None:
        """Return the first and last recorded time, seconds since 1970-01-01 UTC; None while nothing is recorded."""
        ...

    def activity(self, begin_s: float, end_s: float, bins: int = BINS) -> NDArray[np.int64]:
        """Return how much was recorded in each of equal parts of a time, (bins,)."""
        ...

    def world_at(self, instant_s: float) -> World:
        """Return the twin at an instant."""
        ...

    def warm(self, instant_s: float) -> None:
        """Read ahead what an instant needs."""
        ...

    def close(self) -> None:
        """Let go of the files."""
        ...


@dataclass(frozen=True, slots=True)
class Stand:
    """Where the look back stands and how fast it goes on; ``reading`` while the map still shows another time."""

    at_s: float
    playing: bool
    speed: float
    reading: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded at all, and how much in each part of one day of ``begin_s``; ``span_s`` is None for nothing."""

    span_s: tuple[float, float] | None
    begin_s: float
    counts: NDArray[np.int64]


class LookBack(QObject):
    """Shows the past in a :class:`LiveWorld`."""

    stood = Signal(object)
    """Stand, or None: what is shown is now."""
    known = Signal(object)
    """Recorded."""
    failed = Signal(object)
    """Exception: the past cannot be read."""
    _answered = Signal(object)

    def __init__(self, live: LiveWorld, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="look-back")
        self._past: Past | None = None
        self._span_s: tuple[float, float] | None = None
        self._wanted: float | None = None
        self._begun = (0.0, 0.0)
        self._work: Future[tuple[Past, World]] | None = None
        self._shown_s = 0.0
        self.stand: Stand | None = None
        self._speed = 1.0
        self._ticks = QTimer(self)
        self._ticks.setInterval(TICK_MS)
        self._ticks.timeout.connect(self._on_tick)
        self._answered.connect(lambda take: take())

    @property
    def pace(self) -> float:
        """Seconds of the past that go by in a second; 0 while it stands still."""
        return self.stand.speed if self.stand is not None and self.stand.playing else 0.0

    @property
    def shows_past(self) -> bool:
        """Whether what the window shows is not now."""
        return self.stand is not None and self._live.world is not None and not self._live.world.live

    def open(self, past: Past | None) -> None:
        """Have another past from now on; the old one is let go of, and what is shown is now."""
        self.back_to_now()
        old, self._past, self._span_s = self._past, past, None
        if old is not None:
            self._thread.submit(old.close)

    def ask_day(self, begin_s: float) -> None:
        """Ask what is recorded of the 24 hours from a time on; :attr:`known` answers."""
        past = self._past
        if past is None:
            return
        work = self._thread.submit(lambda: Recorded(past.span(), begin_s, past.activity(begin_s, begin_s + 86_400.0)))
        work.add_done_callback(lambda done: self._tell(lambda: self._on_day(past, done)))

    def go_to(self, at_s: float) -> None:
        """Show an instant; if it plays, it goes on from there."""
        playing = self.stand is not None and self.stand.playing
        self._begun = time.monotonic(), at_s
        self._show(at_s, playing)

    def play(self) -> None:
        """Let time go on."""
        if self.stand is not None:
            self._begun = time.monotonic(), self.stand.at_s
            self._show(self.stand.at_s, True)
            self._ticks.start()

    def pause(self) -> None:
        """Stand still."""
        self._ticks.stop()
        if self.stand is not None:
            self._show(self.stand.at_s, False)

    def set_speed(self, speed: float) -> None:
        """Go on at another speed, in seconds a second."""
        self._speed = speed
        if self.stand is not None:
            self.go_to(self.stand.at_s)

    def back_to_now(self) -> None:
        """Show what is now again."""
        self._ticks.stop()
        self._wanted = None
        if self.stand is not None:
            self.stand = None
            self._live.show_now()
            self.stood.emit(None)

    def close(self) -> None:
        """Stop, and let go of the past."""
        self._ticks.stop()
        self._wanted = self.stand = None
        past, self._past = self._past, None
        if past is not None:
            self._thread.submit(past.close)
        self._thread.shutdown(wait=True)

    def _show(self, at_s: float, playing: bool) -> None:
        if self._past is None:
            return
        if self._span_s is not None:
            at_s = min(max(at_s, self._span_s[0]), self._span_s[1])
        self.stand = Stand(at_s, playing, self._speed, self._is_behind(at_s))
        self._wanted = at_s
        self._ask()
        self.stood.emit(self.stand)

    def _is_behind(self, at_s: float) -> bool:
        """Tell whether the map shows another time than the one that was asked for."""
        world = self._live.world
        return world is None or world.live or abs(world.at_s - at_s) > BEHIND_S * max(self._speed, 1.0)

    def _on_tick(self) -> None:
        assert self.stand is not None  # noqa: S101 - back_to_now stops the timer
        since, at_s = self._begun
        at_s += (time.monotonic() - since) * self._speed
        over = self._span_s is not None and at_s >= self._span_s[1]
        if over:
            self._ticks.stop()
        self._show(at_s, not over)

    def _ask(self) -> None:
        past, at_s = self._past, self._wanted
        if self._work is not None or past is None or at_s is None:
            return
        self._wanted = None
        self._work = self._thread.submit(lambda: (past, past.world_at(at_s)))
        self._work.add_done_callback(lambda done: self._tell(lambda: self._on_world(done)))

    def _tell(self, take: Callable[[], None]) -> None:
        """Have something done on the window's thread."""
        self._answered.emit(take)

    def _on_world(self, done: Future[tuple[Past, World]]) -> None:
        self._work = None
        if self.stand is None:
            return
        error = done.exception()
        if error is not None:
            self.back_to_now()
            self.failed.emit(error)
            return
        past, world = done.result()
        if past is self._past:
            self._live.show_past(world)
            self.stand = replace(self.stand, reading=self._is_behind(self.stand.at_s))
            self.stood.emit(self.stand)
            self._read_ahead(past, world.at_s)
        self._ask()

    def _read_ahead(self, past: Past, at_s: float) -> None:
        """Read what comes next on the way; what cannot be read is told when it is asked for."""
        way, self._shown_s = at_s - self._shown_s, at_s
        if self._wanted is None and way:
            self._thread.submit(past.warm, at_s + math.copysign(AHEAD_S, way))

    def _on_day(self, past: Past, done: Future[Recorded]) -> None:
        if past is not self._past:
            return
        error = done.exception()
        if error is not None:
            self.failed.emit(error)
            return
        self._span_s = done.result().span_s
        self.known.emit(done.result())
