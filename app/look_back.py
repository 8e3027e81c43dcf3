"""Looking back: the window shows the county as it was at a recorded instant, until it is told to come back to now.

The past is read on a thread of its own. Only the newest instant that was asked for is answered, so that a slider can be
dragged across a day faster than the disk reads.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QObject, Qt, QTimer, Signal

from app.live_world import LiveWorld
from twin.errors import UsageError
from twin.live.happening import Happening
from twin.words import say
from twin.world import World

BINS = 288
"""Parts of a day whose activity is shown: five minutes each."""
TICK_MS = 33
BEHIND_S = 2.0
AHEAD_S = 300.0
"""How far ahead of the handle, where it is going, the past is read while nothing else is asked."""
Told = TypeVar("Told")


class Past(Protocol):
    """What was recorded: :class:`data.history.reader.History`, or one made up by a test. Asked from one thread."""

    def span(self) -> tuple[float, float] | None:
        """Return the first and last recorded time, seconds since 1970-01-01 UTC; None while nothing is recorded."""
        ...

    def activity(self, begin_s: float, end_s: float, bins: int = BINS) -> NDArray[np.int64]:
        """Return how much was recorded in each of equal parts of a time, (bins,)."""
        ...

    def recorded_hours(self) -> NDArray[np.int64]:
        """Return the hours since 1970-01-01 UTC in which something was recorded, in order."""
        ...

    def happenings(self, begin_s: float, end_s: float) -> Sequence[Happening]:
        """Return the alarms and faults that began in a time, oldest first."""
        ...

    def next_happening(self, at_s: float, way: int) -> Happening | None:
        """Return the first one after an instant, or with ``way`` -1 the last one before it."""
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
    """Where the look back stands and how fast it goes on, below zero back; ``reading`` while another is shown."""

    at_s: float
    playing: bool
    speed: float
    reading: bool = False


@dataclass(frozen=True, slots=True)
class Recorded:
    """What is recorded at all, and how much in each part of one day of ``begin_s``; ``span_s`` is None for nothing.

    ``hours`` are those since 1970-01-01 UTC with records, ``happenings`` the day's alarms and faults.
    """

    span_s: tuple[float, float] | None
    begin_s: float
    counts: NDArray[np.int64]
    hours: NDArray[np.int64]
    happenings: Sequence[Happening] = ()


class LookBack(QObject):
    """Shows the past in a :class:`LiveWorld`."""

    stood = Signal(object)
    """Stand, or None: what is shown is now."""
    known = Signal(object)
    """Recorded."""
    arrived = Signal(object)
    """Happening: the window shows the instant of one that was gone to."""
    failed = Signal(object)
    """Exception: the past cannot be read, or has no more of what was asked."""
    _answered = Signal(object)

    def __init__(self, live: LiveWorld, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._live = live
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="look-back")
        self._past: Past | None = None
        self._span_s: tuple[float, float] | None = None
        self._wanted: float | None = None
        self._begun = (0.0, 0.0)
        self._work: Future[World] | None = None
        self._shown_s = 0.0
        self._sought: Happening | None = None
        self.stand: Stand | None = None
        self._speed, self._way = 1.0, 1
        self._ticks = QTimer(self)
        self._ticks.setInterval(TICK_MS)
        self._ticks.timeout.connect(self._on_tick)
        self._answered.connect(self._take, Qt.ConnectionType.QueuedConnection)

    @property
    def pace(self) -> float:
        """Seconds of the past that go by in a second, below zero if it runs back; 0 while it stands still."""
        return self.stand.speed if self.stand is not None and self.stand.playing else 0.0

    @property
    def shows_past(self) -> bool:
        """Whether what the window shows is a time that was looked back to."""
        return self.stand is not None and self._live.world is not None and not self._live.world.live

    def knows(self, key: str) -> bool:
        """Tell whether an entity is somewhere in what is shown."""
        world = self._live.world
        return world is not None and bool((world.tracks.rows["id"] == key.encode()).any())

    def open(self, past: Past | None) -> None:
        """Have another past from now on; the old one is let go of, and what is shown is now."""
        self.back_to_now()
        old, self._past, self._span_s = self._past, past, None
        if old is not None:
            self._thread.submit(old.close)

    def ask_day(self, begin_s: float) -> None:
        """Ask what is recorded of the 24 hours from a time on; :attr:`known` answers."""
        end_s = begin_s + 86_400.0
        self._ask_past(
            lambda past: Recorded(
                past.span(), begin_s, past.activity(begin_s, end_s), past.recorded_hours(),
                past.happenings(begin_s, end_s - 0.001),
            ),
            self._on_day,
        )  # fmt: skip

    def go_to(self, at_s: float) -> None:
        """Show an instant; if it plays, it goes on from there."""
        playing = self.stand is not None and self.stand.playing
        self._begun = time.monotonic(), at_s
        self._sought = None
        self._show(at_s, playing)

    def step(self, by_s: float) -> None:
        """Stand still a little later or earlier than now or where it stood."""
        self.pause()
        self.go_to((time.time() if self.stand is None else self.stand.at_s) + by_s)

    def go_to_happening(self, way: int) -> None:
        """Stand still at the next alarm or fault, or with ``way`` -1 at the one before; :attr:`arrived` tells of it."""
        at_s = time.time() if self.stand is None else self.stand.at_s
        self._ask_past(lambda past: past.next_happening(at_s, way), self._on_happening)

    def read(self, at_s: float, then: Callable[[World], None]) -> None:
        """Read an instant without showing it, and hand it to ``then`` on the window's thread."""
        self._ask_past(lambda past: past.world_at(at_s), then)

    def play(self, way: int = 1) -> None:
        """Let time go on, or with ``way`` -1 run back."""
        self._way = way
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
        self._wanted = self._sought = None
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
        self.stand = Stand(at_s, playing, self._speed * self._way, self._is_behind(at_s))
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
        at_s += (time.monotonic() - since) * self._speed * self._way
        over = self._span_s is not None and not self._span_s[0] < at_s < self._span_s[1]
        if over:
            self._ticks.stop()
        self._show(at_s, not over)

    def _ask(self) -> None:
        at_s = self._wanted
        if self._work is not None or self._past is None or at_s is None:
            return
        self._wanted = None
        past = self._past
        self._work = self._thread.submit(lambda: past.world_at(at_s))
        self._work.add_done_callback(lambda done: self._tell(lambda: self._on_world(past, done)))

    def _ask_past(self, ask: Callable[[Past], Told], take: Callable[[Told], None]) -> None:
        """Ask something else of the past; an answer about another past is dropped."""
        past = self._past
        if past is None:
            return

        def answer(done: Future[Told]) -> None:
            if past is not self._past:
                return
            error = done.exception()
            if error is not None:
                self.failed.emit(error)
                return
            take(done.result())

        self._thread.submit(ask, past).add_done_callback(lambda done: self._tell(lambda: answer(done)))

    def _tell(self, take: Callable[[], None]) -> None:
        """Have something done on the window's thread, in a later turn: an answer can be there before its waiter."""
        self._answered.emit(take)

    def _take(self, take: Callable[[], None]) -> None:
        take()

    def _on_world(self, past: Past, done: Future[World]) -> None:
        self._work = None
        if self.stand is None:
            return
        if past is not self._past:
            self._ask()
            return
        error = done.exception()
        if error is not None:
            self.back_to_now()
            self.failed.emit(error)
            return
        world = done.result()
        self._live.show_past(world)
        self.stand = replace(self.stand, reading=self._is_behind(self.stand.at_s))
        self.stood.emit(self.stand)
        self._read_ahead(past, world.at_s)
        self._tell_arrival(world.at_s)
        self._ask()

    def _read_ahead(self, past: Past, at_s: float) -> None:
        """Read what comes next on the way; what cannot be read is told when it is asked for."""
        way, self._shown_s = at_s - self._shown_s, at_s
        if self._wanted is None and way:
            self._thread.submit(past.warm, at_s + math.copysign(AHEAD_S, way))

    def _on_day(self, recorded: Recorded) -> None:
        self._span_s = recorded.span_s
        self.known.emit(recorded)

    def _on_happening(self, found: Happening | None) -> None:
        if found is None:
            self.failed.emit(UsageError(say("no further alarm or fault is recorded from this time on")))
            return
        self.pause()
        self.go_to(found.at_s)
        self._sought = found

    def _tell_arrival(self, at_s: float) -> None:
        if self._sought is not None and abs(at_s - self._sought.at_s) < 1.0:
            found, self._sought = self._sought, None
            self.arrived.emit(found)
