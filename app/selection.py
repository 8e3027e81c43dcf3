"""The one selection of the window."""

from __future__ import annotations

from collections.abc import Iterable

from PySide6.QtCore import QObject, Signal

from app.map.events import Pick


class Selection(QObject):
    """What is selected, everywhere at once."""

    changed = Signal(object)
    """tuple[Pick, ...]"""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.picks: tuple[Pick, ...] = ()

    def select(self, picks: Iterable[Pick]) -> None:
        """Replace the selection; nothing is told if it is the same."""
        picks = tuple(picks)
        if picks != self.picks:
            self.picks = picks
            self.changed.emit(picks)

    def clear(self) -> None:
        """Select nothing."""
        self.select(())
