"""Measures how long the window's thread is kept, the drawing left out."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer

from app.main_window import MainWindow


@dataclass(slots=True)
class Blocks:
    """What was seen: milliseconds between two turns of the event loop, without the drawing in between."""

    longest_ms: float = 0.0
    longest_cpu_ms: float = 0.0
    """The same by the thread's own clock: on a busy machine the first also counts the time of other processes."""
    longest_kept_ms: float = 0.0
    """By the wall clock, less the waiting for a processor that other processes had: what this program is to blame for,
    its own other threads included."""
    turns: int = 0
    over_16_ms: int = 0
    kept_over_16_ms: int = 0
    worst_ms: list[float] = field(default_factory=list)

    def add(self, ms: float, cpu_ms: float, queued_ms: float = 0.0) -> None:
        """Take in one turn, of which ``queued_ms`` were spent waiting for a processor."""
        kept_ms = max(ms - queued_ms, 0.0)
        self.turns += 1
        self.longest_ms = max(self.longest_ms, ms)
        self.longest_cpu_ms = max(self.longest_cpu_ms, cpu_ms)
        self.longest_kept_ms = max(self.longest_kept_ms, kept_ms)
        self.kept_over_16_ms += kept_ms > 16.0
        if ms > 16.0:
            self.over_16_ms += 1
            self.worst_ms = sorted([*self.worst_ms, round(ms, 1)], reverse=True)[:10]


@dataclass(frozen=True, slots=True)
class Spent:
    """Seconds: by the wall clock, of this thread's processor time, and waiting for a processor."""

    wall_s: float = 0.0
    cpu_s: float = 0.0
    queued_s: float = 0.0

    def __sub__(self, other: Spent) -> Spent:
        return Spent(self.wall_s - other.wall_s, self.cpu_s - other.cpu_s, self.queued_s - other.queued_s)

    def __add__(self, other: Spent) -> Spent:
        return Spent(self.wall_s + other.wall_s, self.cpu_s + other.cpu_s, self.queued_s + other.queued_s)


def spent() -> Spent:
    """Return what the thread has spent so far."""
    return Spent(time.perf_counter(), time.thread_time(), _queued_s())


def _queued_s() -> float:
    """Return how long the kernel has let this thread wait though it could run; 0 where Linux does not tell."""
    try:
        words = Path(f"/proc/self/task/{threading.get_native_id()}/schedstat").read_text("ascii").split()
    except OSError:
        return 0.0
    return int(words[1]) * 1e-9


class GuiWatch(QObject):
    """A timer that asks for every turn of the loop, and takes off what was spent drawing since the last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.blocks = Blocks()
        self._last, self._drawn = spent(), Spent()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def start(self) -> None:
        """Begin to watch."""
        self.blocks = Blocks()
        self._last, self._drawn = spent(), Spent()
        self._timer.start()

    def stop(self) -> Blocks:
        """End, and return what was seen."""
        self._timer.stop()
        return self.blocks

    def drew(self, drawing: Spent) -> None:
        """Leave this much out of the turn that is under way."""
        self._drawn = self._drawn + drawing

    def _on_turn(self) -> None:
        now = spent()
        turn = now - self._last - self._drawn
        wall_ms, cpu_ms, queued_ms = (max(s, 0.0) * 1000.0 for s in (turn.wall_s, turn.cpu_s, turn.queued_s))
        self.blocks.add(wall_ms, cpu_ms, queued_ms)
        self._last, self._drawn = now, Spent()


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
