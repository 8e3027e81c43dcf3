"""Measures how long the window's thread is kept, the drawing left out."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from PySide6.QtCore import QEvent, QObject, QTimer
from PySide6.QtOpenGLWidgets import QOpenGLWidget

from app.main_window import MainWindow
from app.session import Session
from app.settings import SettingsFile


@dataclass(slots=True)
class Blocks:
    """What was seen: milliseconds between two turns of the event loop, without the drawing in between."""

    longest_ms: float = 0.0
    longest_cpu_ms: float = 0.0
    """The same by the thread's own clock: on a busy machine the first also counts the time of other processes."""
    turns: int = 0
    over_16_ms: int = 0
    worst_ms: list[float] = field(default_factory=list)

    def add(self, ms: float, cpu_ms: float) -> None:
        """Take in one turn."""
        self.turns += 1
        self.longest_ms = max(self.longest_ms, ms)
        self.longest_cpu_ms = max(self.longest_cpu_ms, cpu_ms)
        if ms > 16.0:
            self.over_16_ms += 1
            self.worst_ms = sorted([*self.worst_ms, round(ms, 1)], reverse=True)[:10]


class GuiWatch(QObject):
    """A timer that asks for every turn of the loop, and takes off what was spent drawing since the last."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.blocks = Blocks()
        self._last, self._drawn_s = time.perf_counter(), 0.0
        self._last_cpu, self._drawn_cpu_s = time.thread_time(), 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._on_turn)

    def start(self) -> None:
        """Begin to watch."""
        self.blocks = Blocks()
        self._last, self._drawn_s = time.perf_counter(), 0.0
        self._last_cpu, self._drawn_cpu_s = time.thread_time(), 0.0
        self._timer.start()

    def stop(self) -> Blocks:
        """End, and return what was seen."""
        self._timer.stop()
        return self.blocks

    def drew(self, seconds: float, cpu_s: float) -> None:
        """Leave this much out of the turn that is under way."""
        self._drawn_s += seconds
        self._drawn_cpu_s += cpu_s

    def _on_turn(self) -> None:
        now, cpu = time.perf_counter(), time.thread_time()
        wall_s = max(now - self._last - self._drawn_s, 0.0)
        self.blocks.add(wall_s * 1000.0, max(cpu - self._last_cpu - self._drawn_cpu_s, 0.0) * 1000.0)
        self._last, self._drawn_s = now, 0.0
        self._last_cpu, self._drawn_cpu_s = cpu, 0.0


class WatchedWindow(MainWindow):
    """A main window that tells its watch how long each repaint took.

    Qt paints every widget of a window, the 3D view among them, and puts them together while it handles the window's
    update request; when the 3D view gets another size it is painted at once.
    """

    watch: GuiWatch | None = None

    def __init__(self, session: Session, settings: SettingsFile) -> None:
        super().__init__(session, settings)
        self._painting, self._resized = False, (0.0, 0.0)
        canvas = self.map.findChild(QOpenGLWidget)
        assert isinstance(canvas, QObject)  # noqa: S101 - the map is drawn by one
        canvas.installEventFilter(self)
        self.map.frame_drawn.connect(self._on_frame_drawn)

    def event(self, event: QEvent) -> bool:
        """Time the repaints."""
        if self.watch is None or event.type() != QEvent.Type.UpdateRequest:
            return super().event(event)
        self._painting, start, start_cpu = True, time.perf_counter(), time.thread_time()
        done = super().event(event)
        self._painting = False
        self.watch.drew(time.perf_counter() - start, time.thread_time() - start_cpu)
        return done

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Note when the 3D view gets another size."""
        if event.type() == QEvent.Type.Resize and not self._painting:
            self._resized = time.perf_counter(), time.thread_time()
        return super().eventFilter(watched, event)

    def _on_frame_drawn(self, _stats: object) -> None:
        if self.watch is not None and self._resized[0] and not self._painting:
            self.watch.drew(time.perf_counter() - self._resized[0], time.thread_time() - self._resized[1])
        self._resized = 0.0, 0.0
