"""What stands in the map's place until the county is there."""

from __future__ import annotations

import time

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QVBoxLayout, QWidget

from app import formats
from app.look import Look
from app.widgets.parts import label


class OpeningPanel(QWidget):
    """A calm page: what is being done, how far it is, how long it takes, how to stop it; or why it failed."""

    cancelled = Signal()
    again = Signal()

    def __init__(self, look: Look) -> None:
        super().__init__()
        self.setObjectName("calm")
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self._look, self._began_s = look, time.time()
        self._state: tuple[str, float, str, str] = ("title_open", -1.0, "", "")
        self.title = label("calmTitle", side=Qt.AlignmentFlag.AlignHCenter)
        self.stage = label("calmText", wrap=True, side=Qt.AlignmentFlag.AlignHCenter)
        self.problem = label("calmError", wrap=True, side=Qt.AlignmentFlag.AlignHCenter)
        self.bar = QProgressBar()
        self.bar.setTextVisible(False)
        self.cancel, self.retry = QPushButton(), QPushButton()
        self.cancel.clicked.connect(self.cancelled)
        self.retry.clicked.connect(self.again)
        for widget in (self.stage, self.problem, self.bar):
            widget.setMaximumWidth(480)
            widget.setMinimumWidth(320)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        buttons.addWidget(self.cancel)
        buttons.addWidget(self.retry)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setSpacing(16)
        layout.addStretch(1)
        for widget in (self.title, self.bar, self.stage, self.problem):
            layout.addWidget(widget, 0, Qt.AlignmentFlag.AlignHCenter)
        layout.addLayout(buttons)
        layout.addStretch(1)
        look.language_changed.connect(self._show)
        self._show()

    def begin(self, title: str) -> None:
        """Say what begins: a text of ``opening``."""
        self._began_s = time.time()
        self._state = (title, -1.0, "", "")
        self._show()

    def report(self, fraction: float, stage: str) -> None:
        """Say how far it is; ``stage`` is a word of ``stage`` in the texts, or plain words."""
        self._state = (self._state[0], fraction, stage, "")
        self._show()

    def fail(self, title: str, problem: str) -> None:
        """Say that it did not work, and why."""
        self._state = (title, -1.0, "", problem)
        self._show()

    def _show(self, *_: object) -> None:
        texts = self._look.texts
        title, fraction, stage, problem = self._state
        self.title.setText(texts(f"opening.{title}"))
        self.bar.setRange(0, 0 if fraction < 0 else 1000)
        self.bar.setValue(round(fraction * 1000))
        keys = (f"county.stage.{stage}", f"stage.{stage}")
        words = next((texts(key) for key in keys if key in texts), stage)
        self.stage.setText(f"{words} · {self._left(fraction)}" if fraction >= 0.03 else words)
        self.problem.setText(texts.said(problem))
        for widget in (self.bar, self.stage, self.cancel):
            widget.setVisible(not problem)
        for widget in (self.problem, self.retry):
            widget.setVisible(bool(problem))
        self.cancel.setText(texts("opening.cancel"))
        self.retry.setText(texts("opening.again"))

    def _left(self, fraction: float) -> str:
        left_s = (time.time() - self._began_s) * (1 - fraction) / fraction
        return self._look.texts("opening.left", left=formats.age(max(left_s, 1.0), self._look.language))
