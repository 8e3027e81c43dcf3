"""How often the window is drawn where drawing is slow."""

from __future__ import annotations

import time
from collections.abc import Callable

from PySide6.QtCore import QCoreApplication, QEvent, QObject, QTimer

REST = 2.0
"""What changes beside the map waits for so many times what the last drawing took,"""
LONGEST_S = 0.1
"""or for this long, whichever is less."""


class Pace(QObject):
    """Lets what changes beside the map wait a moment for the map's next frame.

    Whatever is drawn, Qt puts the whole window together anew, with the map's picture in it. Without a graphics card
    that takes 30 ms and more, for a clock that moves on by a second too, and several such changes come while a frame
    is on its way.

    Parameters
    ----------
    window : QObject
        Whose requests to be drawn these are.
    map_is_due : callable
        Tells whether the map wants a frame: that is never put off.
    clock : callable
        Seconds.
    """

    def __init__(
        self, window: QObject, map_is_due: Callable[[], bool], clock: Callable[[], float] = time.perf_counter
    ) -> None:
        super().__init__(window)
        self._window, self._map_is_due, self._clock = window, map_is_due, clock
        self._rests_until_s = 0.0
        self._again = QTimer(self, singleShot=True)
        self._again.timeout.connect(self._ask_again)

    def draw(self, draw: Callable[[], bool]) -> bool:
        """Draw now, or ask again a moment later; call it with each request. Return what ``draw`` did."""
        begin_s = self._clock()
        rest_s = self._rests_until_s - begin_s
        if rest_s > 0.0 and not self._map_is_due():
            # Qt asks once, and not again before it was drawn.
            if not self._again.isActive():
                self._again.start(round(rest_s * 1000) + 1)
            return True
        self._again.stop()
        done = draw()
        end_s = self._clock()
        self._rests_until_s = end_s + min(REST * (end_s - begin_s), LONGEST_S)
        return done

    def _ask_again(self) -> None:
        QCoreApplication.postEvent(self._window, QEvent(QEvent.Type.UpdateRequest))
