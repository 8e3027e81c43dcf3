"""The clock: local time, date, and in words whether what is seen is now."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, QTimer
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label


class Clock(QWidget):
    """Time of day in Shanghai; the time of the recording while one is played."""

    def __init__(self, look: Look) -> None:
        super().__init__()
        self._look, self.mode, self._at_s = look, "waiting", 0.0
        self.time = label("clock")
        self.date = label("clockDate", side=Qt.AlignmentFlag.AlignRight)
        self.words = label("clockMode", side=Qt.AlignmentFlag.AlignRight)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addStretch(1)
        words.addWidget(self.date)
        words.addWidget(self.words)
        words.addStretch(1)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(8, 0, 12, 0)
        layout.setSpacing(10)
        layout.addLayout(words)
        layout.addWidget(self.time)
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.tick)
        look.language_changed.connect(self.show_time)
        self.tick()

    def set_mode(self, mode: str, at_s: float = 0.0) -> None:
        """Say what is seen: ``waiting``, ``live``, or an instant of the ``past`` or of a ``replay``."""
        self._at_s = at_s
        if mode != self.mode:
            self.mode = mode
            self.words.setProperty("mode", mode)
            self.words.style().polish(self.words)
        self.show_time()

    def tick(self) -> None:
        """Show the time and come again when the second is full."""
        self.show_time()
        self._timer.start(1010 - int(time.time() * 1000) % 1000)

    def show_time(self, *_: object) -> None:
        """Write the time of what is seen."""
        texts = self._look.texts
        at_s = self._at_s if self.mode in ("past", "replay") else time.time()
        moment = formats.local_time(at_s)
        self.time.setText(formats.clock(at_s))
        weekday = texts(f"clock.day_{moment.isoweekday()}")
        self.date.setText(f"{moment:%Y-%m-%d} {weekday}")
        self.words.setText(texts(f"clock.{self.mode}"))
        self.time.setAccessibleName(texts("clock.name"))
