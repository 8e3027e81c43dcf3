"""Work on the window's thread in pieces: one a turn of the event loop, so that the window answers in between."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject, QTimer


class Turns(QObject):
    """Takes one step of a generator a turn; new work replaces what is left of the old."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._work: Iterator[object] = iter(())
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def start(self, work: Iterator[object]) -> None:
        """Begin, with the next turn."""
        self._work = work
        self._timer.start()

    def close(self) -> None:
        """Forget what is left."""
        self._work = iter(())
        self._timer.stop()

    def _take(self) -> None:
        work = self._work
        if next(work, self) is self and work is self._work:
            self._timer.stop()
