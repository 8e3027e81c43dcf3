"""The window's event log: what the engine, the jobs and the commands did."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from PySide6.QtCore import QObject, Signal

KINDS = ("engine", "job", "command", "problem")
LONGEST = 2000


@dataclass(frozen=True, slots=True)
class Event:
    """One line: a text's key and its values, so that it can be read in either language later."""

    at_s: float
    kind: str
    key: str
    values: Mapping[str, str] = field(default_factory=dict)


class EventLog(QObject):
    """Keeps the newest events."""

    added = Signal(object)
    """Event."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.events: deque[Event] = deque(maxlen=LONGEST)

    def add(self, kind: str, key: str, **values: str) -> None:
        """Write a line."""
        event = Event(time.time(), kind, key, values)
        self.events.append(event)
        self.added.emit(event)
