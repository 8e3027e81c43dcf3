"""The world that the window draws, of now or of the past: thirty times a second for the map, twice for the panels."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Protocol

import shapely
from PySide6.QtCore import QObject, QTimer, Signal

from app.turns import Turns
from twin.access import Scope
from twin.city.city import City
from twin.kept import NOTHING_KEPT, Kept
from twin.live.frame import TrackFrame, empty_frame
from twin.operations.standing import Standing
from twin.reach import narrowed, reach_of
from twin.traffic.measured import Measured
from twin.world import SourceState, World, world_of

FRAME_MS, PANEL_MS = 33, 500


class Engine(Protocol):
    """Where frames come from: :class:`app.engine.EngineWatch`, or a recording in a test."""

    @property
    def sources(self) -> tuple[SourceState, ...]:
        """The sources as they stand."""
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

    def __init__(self, parent: QObject | None = None, turns: Turns | None = None) -> None:
        super().__init__(parent)
        self._turns = turns or Turns(self)
        self.kept = NOTHING_KEPT
        self.alerts: tuple[Standing, ...] = ()
        self.measured: Measured | None = None
        self.scope: Callable[[], Scope] = Scope
        """How far who looks may see; asked with every world."""
        self._reached: tuple[City | None, Scope, shapely.Geometry | None] = (None, Scope(), None)
        self._world: World | None = None
        self._city: City | None = None
        self._engine: Engine | None = None
        self._version = -1
        self._past = False
        self._frames = _timer(self, FRAME_MS)
        self._frames.timeout.connect(lambda: self._turns.soon(self.look, "frame"))
        self._panels = _timer(self, PANEL_MS)
        self._panels.timeout.connect(lambda: self._turns.soon(self._on_panels_due, "panels"))

    @property
    def world(self) -> World | None:
        """The world that is shown, with what is kept of it."""
        return self._world

    @world.setter
    def world(self, world: World) -> None:
        alerts = self.alerts if world.live else world.alerts
        self._world = narrowed(
            replace(world, kept=self.kept, alerts=alerts, measured=self.measured), self._reach(world.city)
        )

    def _reach(self, city: City) -> shapely.Geometry | None:
        """Return the area that may be seen, worked out anew for another city or another scope alone."""
        scope = self.scope()
        if self._reached[0] is not city or self._reached[1] != scope:
            self._reached = (city, scope, reach_of(city, scope))
        return self._reached[2]

    def keep(self, kept: Kept) -> None:
        """Show what is kept, at whatever instant, from now on."""
        self.kept = kept
        if self.world is not None:
            self.world = self.world
            self.moved.emit(self.world)

    def look_at(self, measured: Measured | None) -> None:
        """Show these five minutes of measured traffic, at whatever instant, from now on."""
        self.measured = measured
        if self.world is not None:
            self.world = self.world
            self.moved.emit(self.world)

    def set_alerts(self, alerts: tuple[Standing, ...]) -> None:
        """Show these as the alerts that stand now, with the next world."""
        self.alerts = alerts

    @property
    def city(self) -> City | None:
        """The city that is open."""
        return self._city

    def open(self, city: City) -> None:
        """Show a city; nothing moves in it until an engine is there."""
        self._city, self._engine, self._version, self._past = city, None, -1, False
        self.measured = None
        self.world = World(city, empty_frame(), (), time.time(), live=True)
        self.city_changed.emit(city)
        self.moved.emit(self.world)
        self._frames.start()
        self._panels.start()

    def follow(self, engine: Engine | None) -> None:
        """Take frames from an engine from now on."""
        self._engine, self._version = engine, -1

    def show_past(self, world: World) -> None:
        """Show another instant from now on, whatever the engine tells meanwhile."""
        self._past, self.world = True, world
        self.moved.emit(self.world)

    def show_now(self) -> None:
        """Show what the engine tells again."""
        if not self._past or self._city is None:
            return
        self._past, self._version = False, -1
        self.world = World(self._city, empty_frame(), (), time.time(), live=True)
        self.look()
        self.moved.emit(self.world)
        self.panels_due.emit(self.world)

    def look(self) -> None:
        """Take the newest frame, if there is a new one."""
        if self._city is None or self._engine is None or self._past:
            return
        frame = self._engine.frame()
        if frame.version != self._version:
            self._version = frame.version
            self.world = world_of(self._city, frame, self._engine.sources, time.time())
            self.moved.emit(self.world)

    def close(self) -> None:
        """Stop looking."""
        self._frames.stop()
        self._panels.stop()
        self._engine = None

    def _on_panels_due(self) -> None:
        if self._city is None or self.world is None:
            return
        if self._engine is not None and not self._past:
            self.look()
            told = world_of(self._city, self._engine.frame(), self._engine.sources, time.time())
            self.world = replace(told, tracks=self.world.tracks)  # what was drawn of this frame is known by it
        self.panels_due.emit(self.world)


def _timer(parent: QObject, interval_ms: int) -> QTimer:
    timer = QTimer(parent)
    timer.setInterval(interval_ms)
    return timer
