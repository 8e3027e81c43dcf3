"""The status bar: engine, jobs, cursor, twin, and the notice that data are invented."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QStatusBar, QToolButton, QWidget

from app import formats
from app.engine import EngineState
from app.jobs import JobState
from app.look import Look
from app.map.events import GroundPoint
from app.widgets.parts import label

_PHASES = {
    "running": ("●", "good"),
    "starting": ("○", "quiet"),
    "restarting": ("◆", "severity_2"),
    "down": ("◆", "severity_2"),
}


class StatusBar(QStatusBar):
    """Facts in fixed places, and at the left what was just said."""

    cancel_job = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._engine: EngineState | None = None
        self._invented, self._twin = False, ""
        self._point: GroundPoint | None = None
        self.setSizeGripEnabled(False)
        self.engine = label(rich=True)
        self.said = label()
        self.jobs = JobsBar(look)
        self.jobs.cancel.connect(self.cancel_job)
        self.cursor_place, self.twin = label(), label()
        self.notice = label("notice")
        self.addWidget(self.engine)
        self.addWidget(self.said, 1)
        for widget in (self.jobs, self.cursor_place, self.twin, self.notice):
            self.addPermanentWidget(widget)
        self._fade = QTimer(self)
        self._fade.setSingleShot(True)
        self._fade.setInterval(8000)
        self._fade.timeout.connect(self.said.clear)
        look.language_changed.connect(self.retranslate)
        look.theme_changed.connect(self.retranslate)
        self.retranslate()

    def say(self, words: str, problem: bool = False) -> None:
        """Say something for a few seconds; problems stay until the next word."""
        mark = "◆ " if problem else ""
        self.said.setText(mark + words)
        self.said.setToolTip(words)
        self.said.setStyleSheet(f"color: {self._look.theme['severity_2' if problem else 'quiet']}")
        self._fade.stop() if problem else self._fade.start()

    def set_engine(self, state: EngineState | None) -> None:
        """Show how the engine is."""
        self._engine = state
        self._show_engine()

    def set_cursor(self, point: GroundPoint | None) -> None:
        """Show where the pointer is on the ground."""
        self._point = point
        self.cursor_place.setText("" if point is None else formats.coordinates(point.lon_deg, point.lat_deg))

    def set_twin(self, name: str, invented: bool) -> None:
        """Show which twin is open and whether it is invented."""
        self._twin, self._invented = name, invented
        self.retranslate()

    def retranslate(self, *_: object) -> None:
        """Write everything in the language of the moment."""
        texts = self._look.texts
        self.twin.setText(self._twin)
        self.notice.setText(f"● {texts('app.invented')}" if self._invented else "")
        self.notice.setVisible(self._invented)
        self.cursor_place.setMinimumWidth(150)
        self.cursor_place.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        self.cursor_place.setToolTip(texts("status.cursor"))
        self._show_engine()

    def _show_engine(self) -> None:
        texts, state = self._look.texts, self._engine
        if state is None:
            self.engine.setText(f"○ {texts('status.no_engine')}")
            return
        mark, token = _PHASES.get(state.phase, ("○", "quiet"))
        words = texts(
            "engine.state.attached" if state.attached and state.phase == "running" else f"engine.state.{state.phase}"
        )
        parts = [f'<span style="color:{self._look.theme[token]}">{mark}</span> {words}']
        if state.phase == "running":
            parts.append(texts("status.rate", rate=formats.count(state.rate_hz)))
            parts.append(texts("status.entities", count=formats.count(state.entities)))
            parts.append(texts("status.oldest", age=formats.age(state.oldest_s, self._look.language)))
            parts.append(texts("status.quarantine", count=formats.count(state.quarantined)))
        elif state.reason:
            parts.append(texts.said(state.reason))
        self.engine.setText(" · ".join(parts))


class JobsBar(QWidget):
    """The oldest job that runs: its name, bar, time left, and a button that stops it."""

    cancel = Signal(int)

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look = look
        self._jobs: tuple[JobState, ...] = ()
        self._words = label()
        self._bar = QProgressBar()
        self._bar.setTextVisible(False)
        self._bar.setFixedWidth(120)
        self._stop = QToolButton()
        self._stop.setFixedSize(22, 22)
        self._stop.clicked.connect(lambda: self.cancel.emit(self._jobs[0].number) if self._jobs else None)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        for widget in (self._words, self._bar, self._stop):
            layout.addWidget(widget)
        look.language_changed.connect(self._show)
        look.theme_changed.connect(self._show)
        self._show()

    def set_jobs(self, jobs: tuple[JobState, ...]) -> None:
        """Show what runs."""
        self._jobs = tuple(job for job in jobs if not job.quiet)
        self._show()

    def _show(self, *_: object) -> None:
        self.setVisible(bool(self._jobs))
        if not self._jobs:
            return
        texts, job = self._look.texts, self._jobs[0]
        title = texts(job.title) if job.title in texts else job.title
        more = f" +{len(self._jobs) - 1}" if len(self._jobs) > 1 else ""
        left = job.left_s(time.time())
        words = texts("opening.left", left=formats.age(left, self._look.language)) if left is not None else ""
        self._words.setText(" · ".join(part for part in (title + more, words) if part))
        self._bar.setRange(0, 0 if job.fraction < 0 else 1000)
        self._bar.setValue(round(job.fraction * 1000))
        self._stop.setIcon(self._look.icon("x"))
        self._stop.setToolTip(texts("job.stop"))
        self._stop.setAccessibleName(texts("job.stop"))
