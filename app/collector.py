"""Python's cyclic collector, kept to the window's thread.

By itself it runs on whatever thread makes the next object, and what it frees there includes widgets and what VTK has
made: both may only be freed on the thread that draws them, else the process ends some time later, somewhere else.
"""

from __future__ import annotations

import gc
import math
import time
from collections.abc import Iterator
from contextlib import contextmanager

from PySide6.QtCore import QObject, QTimer

TICK_MS = 20
"""What 100 ms of a worker make takes 9 ms to look through."""
SHARE = 0.01
"""Of the time, for looking through everything."""
LONG_S = 0.008
YOUNG_S = 60.0
"""What is made so soon after the beginning, or after a city was read, lives as long as the program or the city."""
BEGINNING_S = 5.0
"""A window's parts are made before its loop runs: the first look at all of them would take 30 to 130 ms."""
_HELD: list[object] = []
"""One for each reading that makes what is never looked through."""
_READ_S: list[float] = []
"""When the last reading ended."""


class Collector(QObject):
    """Collects when Python would, in a turn of its own; nothing else does as long as it lives.

    With ``settle`` what is made at the beginning, or lives through a long look at everything, is not looked through
    again: the parts of a window live as long as the program, and one look at them all is a turn that can be felt.
    """

    def __init__(self, parent: QObject, settle: bool = False) -> None:
        super().__init__(parent)
        self._settle, self._begun_s = settle, math.inf
        gc.disable()
        self._next_full_s = 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(TICK_MS)
        self._timer.timeout.connect(self.look)
        self._timer.start()

    def look(self) -> None:
        """Collect what has come to be due: the young ones, seldom the older, all when that costs little of the time."""
        young, older, oldest = (count > limit for count, limit in zip(gc.get_count(), gc.get_threshold(), strict=True))
        if not young or _HELD:
            return
        begin_s = time.monotonic()
        self._begun_s = min(self._begun_s, begin_s)
        if self._settle and begin_s < self._begun_s + BEGINNING_S:
            gc.freeze()
            return
        if not oldest or begin_s < self._next_full_s:
            gc.collect(1 if older else 0)
            return
        if self._settle and begin_s < max([self._begun_s, *_READ_S]) + YOUNG_S:
            gc.collect(1)
            gc.freeze()
            return
        gc.collect()
        end_s = time.monotonic()
        self._next_full_s = end_s + (end_s - begin_s) / SHARE
        if self._settle and end_s - begin_s > LONG_S:
            gc.freeze()


@contextmanager
def uncollected() -> Iterator[None]:
    """Keep what is made inside from being looked through for rubbish, now and later.

    The collector would walk over every name of the city again and again, and hold Python's lock for 50 to 140 ms each
    time. What is no longer used is still freed at once, unless it is part of a ring.
    """
    mine, was = object(), gc.isenabled()
    _HELD.append(mine)
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was:
            gc.enable()
        _READ_S[:] = [time.monotonic()]
        _HELD.remove(mine)
