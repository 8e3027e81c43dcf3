"""What the desk does by itself while somebody who may send sits at it: send what waits, raise what is nearly missed."""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer

from app.desk import Desk
from app.workbenches.operations.worklist import Worklist
from data.operations.minding import mind
from data.operations.outbox import Outbox, carriers_of
from twin.operations.store import Operations

ROUND_MS = 2000


class Errands(QObject):
    """Runs every two seconds off the window's thread, one round at a time; terminals may take theirs.

    Several desks may do so at once: each message is sent by who made it, and by another only when that did not happen.
    """

    def __init__(self, desk: Desk, work: Worklist, parent: QObject) -> None:
        super().__init__(parent)
        self._desk, self._work, self._twin = desk, work, ""
        self._timer = QTimer(self)
        self._timer.setInterval(ROUND_MS)
        self._timer.timeout.connect(self._go)

    def begin(self, twin: str) -> None:
        """Do so from now on, over the engine of a twin."""
        self._twin = twin
        self._timer.start()

    def close(self) -> None:
        """Do so no longer."""
        self._timer.stop()

    def _go(self) -> None:
        home, twin, actor = self._desk.session.home, self._twin, self._desk.session.commands.actor.id

        def round_(store: Operations) -> int:
            return mind(store, time.time()) + Outbox(store, carriers_of(home, twin), actor).round()

        self._work.read("work.errands", round_, self._on_done)

    def _on_done(self, count: int) -> None:
        if count:
            self._work.look()
