"""The purpose that was stated, and its end."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer, Signal

from app.commands import Commands
from twin.access import Purpose


class PurposeClock(QObject):
    """Holds the purpose for some minutes and then takes it away."""

    changed = Signal(object, float)
    """Purpose or None, and when it ends (seconds since 1970-01-01 UTC)."""

    def __init__(self, commands: Commands, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._commands = commands
        self._timer = QTimer(self)
        self._timer.setSingleShot(True)
        self._timer.timeout.connect(self.clear)

    def state(self, purpose: Purpose, minutes: float) -> None:
        """State a purpose for some minutes."""
        self._commands.purpose = purpose
        self._timer.start(round(minutes * 60_000))
        self.changed.emit(purpose, time.time() + minutes * 60)

    def clear(self) -> None:
        """Take the purpose away: names are masked from now on."""
        self._timer.stop()
        self._commands.purpose = None
        self.changed.emit(None, 0.0)
