"""Work on the window's thread in pieces: one a turn of the event loop, so that the window answers in between."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from PySide6.QtCore import QObject, QTimer

WORK = "work"


class Turns(QObject):
    """Does one piece of work a turn, in the order they were asked for."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._pieces: dict[str, Callable[[], object]] = {}
        self._asked, self._closed = 0, False
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def start(self, work: Iterator[object]) -> None:
        """Take one step of a generator a turn, from the next turn on; new work replaces what is left of the old."""

        def step() -> None:
            if next(work, self) is not self and self._pieces.get(WORK, step) is step:
                self.soon(step, WORK)

        self.soon(step, WORK)

    def soon(self, piece: Callable[[], object], name: str = "") -> None:
        """Do a piece in a turn of its own; it takes the place of one of its name that still waits."""
        if self._closed:
            return
        self._asked += 1
        self._pieces[name or str(self._asked)] = piece
        self._timer.start()

    def close(self) -> None:
        """Forget what is left, and take no more."""
        self._closed = True
        self._pieces.clear()
        self._timer.stop()

    def _take(self) -> None:
        if self._pieces:
            self._pieces.pop(next(iter(self._pieces)))()
        if not self._pieces:
            self._timer.stop()
