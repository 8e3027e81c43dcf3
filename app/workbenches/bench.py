"""What a workbench is to the window."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from PySide6.QtWidgets import QWidget

from app.commands import Command
from app.desk import Desk


class Workbench(Protocol):
    """One folder of ``app/workbenches``: a panel and its commands; it asks ``twin`` and shows the answer."""

    name: str
    """Also the name of its dock; the text ``panel.<name>`` is its title."""

    def panel(self, desk: Desk) -> QWidget:
        """Return its panel, made on the first call; a panel may have a signal ``note`` for its dock's title bar."""
        ...

    def commands(self, desk: Desk) -> Sequence[Command]:
        """Return its commands."""
        ...

    def close(self) -> None:
        """Let go of files and threads."""
        ...
