"""Measures how long the window's thread is kept, the drawing left out."""

from __future__ import annotations

import itertools
import sys
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer

from app.main_window import MainWindow

if sys.platform == "linux":
    import resource

_ASKED = itertools.count()


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: by the wall clock, of this thread's processor time, of the program's other threads', and waiting for a
    processor that other programs had; how often the thread gave up its processor of its own accord.
    """

    wall_s: float = 0.0
    cpu_s: float = 0.0
    others_cpu_s: float = 0.0
    queued_s: float = 0.0
    rests: int = 0

    def __sub__(self, other: Spent) -> Spent:
        return Spent(
            self.wall_s - other.wall_s,
            self.cpu_s - other.cpu_s,
            self.others_cpu_s - other.others_cpu_s,
            self.queued_s - other.queued_s,
            self.rests - other.rests,
        )

    def kept_s(self) -> float:
        """Return what it would have been on a machine of our own: this thread's work, and what others did meanwhile.

        Where the thread was neither at work nor in the queue for a processor it waited, for Python's lock above all,
        and then some other thread of ours was at work. Waiting for a disk is not in it. A thread that did not rest did
        not wait: what is missing then was taken by the machine, as the host of a virtual one does.
        """
        if self.rests == 0:
            return self.cpu_s
        waited_s = self.wall_s - self.cpu_s - self.queued_s
        return self.cpu_s + min(max(waited_s, 0.0), max(self.others_cpu_s, 0.0))


def spent() -> Spent:
    """Return what the thread has spent so far."""
    cpu_s = time.thread_time()
    return Spent(time.perf_counter(), cpu_s, time.process_time() - cpu_s, _queued_s(), _rests())


def _rests() -> int:
    """Return how often this thread has waited so far; where the system does not tell, each question counts as one."""
    if sys.platform != "linux":
        return next(_ASKED)
    return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw


def _queued_s() -> float:
    """Return how long the kernel has let this thread wait though it could run; 0 where Linux does not tell."""
    try:
        words = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("ascii").split()
    except OSError:
        return 0.0
    return int(words[1]) * 1e-9


@dataclass(slots=True)
class Blocks:
    """What was seen: milliseconds between two turns of the event loop, without the drawing in between."""

    longest_ms: float = 0.0
    """By the wall clock: on a busy machine this also counts the time of other programs."""
    longest_cpu_ms: float = 0.0
    """Of the thread's own processor time."""
    longest_kept_ms: float = 0.0
    """As :meth:`Spent.kept_s` has it."""
    turns: int = 0
    over_16_ms: int = 0
    kept_over_16_ms: int = 0
    worst_ms: list[float] = field(default_factory=list)

    def add(self, turn: Spent) -> None:
        """Take in one turn."""
        ms, kept_ms = turn.wall_s * 1000.0, turn.kept_s() * 1000.0
        self.turns += 1
        self.longest_ms = max(self.longest_ms, ms)
        self.longest_cpu_ms = max(self.longest_cpu_ms, turn.cpu_s * 1000.0)
        self.longest_kept_ms = max(self.longest_kept_ms, kept_ms)
        self.kept_over_16_ms += kept_ms > 16.0
        if ms > 16.0:
            self.over_16_ms += 1
            self.worst_ms = sorted([*self.worst_ms, round(ms, 1)], reverse=True)[:10]


class GuiWatch(QObject):
    """A timer that asks for every turn of the loop, and takes off what was spent drawing since the last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.blocks = Blocks()
        self._last, self._drawn = spent(), list[Spent]()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def start(self) -> None:
        """Begin to watch."""
        self.blocks = Blocks()
        self._last, self._drawn = spent(), list[Spent]()
        self._timer.start()

    def stop(self) -> Blocks:
        """End, and return what was seen."""
        self._timer.stop()
        return self.blocks

    def drew(self, drawing: Spent) -> None:
        """Leave this much out of the turn that is under way."""
        self._drawn.append(drawing)

    def _on_turn(self) -> None:
        now = spent()
        turn = now - self._last
        for drawing in self._drawn:
            turn = turn - drawing
        self.blocks.add(turn)
        self._last, self._drawn = now, []


class WatchedWindow(MainWindow):
    """A main window that tells its watch how long each repaint took.

    Qt paints every widget of a window, the 3D view among them, and puts them together while it handles the window's
    update request.
    """

    watch: GuiWatch | None = None

    def event(self, event: QEvent) -> bool:
        """Time the repaints."""
        if self.watch is None or event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        start = spent()
        done = super().event(event)
        self.watch.drew(spent() - start)
        return done
