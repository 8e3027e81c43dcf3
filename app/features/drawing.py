"""Software rendering: said when it is on, and a command for when the driver draws badly."""

from __future__ import annotations

from collections.abc import Iterator

from PySide6.QtCore import QObject

from app.commands import Command
from app.drawing_care import why_software
from app.features.feature import Context, Entry, Feature


class Drawing(QObject, Feature):
    """Tells why the program draws with software; the shell begins it again where that is ``wished``."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._window = context.window
        self.wished = False
        why = why_software()
        if why:
            context.desk.log.add("problem", f"event.software_{why}")

    def entries(self) -> Iterator[Entry]:
        """Return the command."""
        yield Entry(Command("drawing.software", lambda _: self._wish(), "view"), "app", "cpu")

    def _wish(self) -> None:
        self.wished = True
        self._window.close()
