"""Work on the window's thread in pieces: one a turn of the event loop, so that the window answers in between."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable

from PySide6.QtCore import QObject, QTimer

Step = Callable[[], object]


class Turns(QObject):
    """Takes one step a turn; new steps replace those that are left."""

    def __init__(self, parent: QObject) -> None:
        super().__init__(parent)
        self._left: deque[Step] = deque()
        self._timer = QTimer(self)
        self._timer.setInterval(0)
        self._timer.timeout.connect(self._take)

    def start(self, steps: Iterable[Step]) -> None:
        """Begin, with the next turn."""
        self._left = deque(steps)
        self._timer.start()

    def close(self) -> None:
        """Forget what is left."""
        self._left.clear()
        self._timer.stop()

    def _take(self) -> None:
        if self._left:
            self._left.popleft()()
        if not self._left:
            self._timer.stop()
