"""The world of now, as the window draws it: thirty times a second for the map, twice for the panels."""

from __future__ import annotations

import time
from typing import Protocol

from PySide6.QtCore import QObject, QTimer, Signal

from twin.city.city import City
from twin.live.frame import TrackFrame, empty_frame
from twin.world import SourceState, World

FRAME_MS, PANEL_MS = 33, 500


class Engine(Protocol):
    """Where frames come from: :class:`app.engine.EngineWatch`, or a recording in a test."""

    @property
    def sources(self) -> tuple[SourceState, ...]:
        """The sources as they stand."""
        ...

    @property
    def live(self) -> bool:
        """False while a recording plays."""
        ...

    def at_s(self) -> float:
        """Return the time of what is shown."""
        ...

    def frame(self) -> TrackFrame:
        """Return the newest frame; the same object while nothing changed."""
        ...


class LiveWorld(QObject):
    """Makes a :class:`twin.world.World` of the city and the engine's newest frame."""

    moved = Signal(object)
    """World: something moved; at most 30 a second."""
    panels_due = Signal(object)
    """World: time to bring panels up to date; twice a second."""
    city_changed = Signal(object)
    """City."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.world: World | None = None
        self._city: City | None = None
        self._engine: Engine | None = None
        self._version = -1
        self._frames = _timer(self, FRAME_MS)
        self._frames.timeout.connect(self.look)
        self._panels = _timer(self, PANEL_MS)
        self._panels.timeout.connect(self._on_panels_due)

    @property
    def city(self) -> City | None:
        """The city that is open."""
        return self._city

    def open(self, city: City) -> None:
        """Show a city; nothing moves in it until an engine is there."""
        self._city, self._engine, self._version = city, None, -1
        self.world = World(city, empty_frame(), (), time.time(), live=True)
        self.city_changed.emit(city)
        self.moved.emit(self.world)
        self._frames.start()
        self._panels.start()

    def follow(self, engine: Engine | None) -> None:
        """Take frames from an engine from now on."""
        self._engine, self._version = engine, -1

    def look(self) -> None:
        """Take the newest frame, if there is a new one."""
        if self._city is None or self._engine is None:
            return
        frame = self._engine.frame()
        if frame.version != self._version:
            self._version = frame.version
            self.world = self._world(self._city, self._engine, frame)
            self.moved.emit(self.world)

    def close(self) -> None:
        """Stop looking."""
        self._frames.stop()
        self._panels.stop()
        self._engine = None

    def _world(self, city: City, engine: Engine, frame: TrackFrame) -> World:
        return World(city, frame, engine.sources, engine.at_s(), engine.live)

    def _on_panels_due(self) -> None:
        if self._city is None or self.world is None:
            return
        if self._engine is not None:
            self.world = self._world(self._city, self._engine, self._engine.frame())
        self.panels_due.emit(self.world)


def _timer(parent: QObject, interval_ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    return timer
