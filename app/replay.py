"""Plays recordings through the engine, and says where they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal

from app import formats
from app.commands import Call
from app.desk import Desk
from app.engine import EngineLog, EngineWatch
from app.map.view import MapView
from app.recordings import NEAR_M, Asked, Recorded, look_at, named
from twin.errors import UsageError
from twin.world import Playback, World

SOURCE = "recording"
"""What :meth:`app.engine.EngineWatch.play` calls its source."""
SIGHT_M = (600.0, 60_000.0)
"""From how near and how far a recording is looked at when it begins."""


Ask = Callable[[str, Callable[[], None]], None]
"""Given a sentence and what to do if the answer is yes; asks without waiting."""


class Replay(QObject):
    """The recording that plays, if one does; what was asked of it is done by the engine."""

    stood = Signal(object)
    """Playback, or None: where the recording stands now."""
    began = Signal(str)
    """Key of the only entity of a recording that begins; empty if there are several."""
    refused = Signal(str)
    """Why a recording does not play."""

    def __init__(
        self, desk: Desk, view: MapView, engine: Callable[[], EngineWatch | None], ask: Ask, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._desk, self._view, self._engine, self._ask = desk, view, engine, ask
        self._asked: Asked | None = None
        self._alone = self._beginning = False
        self.playback: Playback | None = None

    @property
    def name(self) -> str:
        """What plays, in words."""
        if self._asked is None:
            return ""
        moved = self._desk.look.texts("replay.moved") if self._asked.here else ""
        return " · ".join(part for part in (named(self._asked.paths), moved) if part)

    def play(self, asked: Asked) -> None:
        """Look at a recording in a job, then play it; if it lies far away, ask whether to move it here."""
        city = self._desk.live.city
        if city is None or self._engine() is None:
            raise UsageError(self._desk.look.texts("replay.no_twin"))
        self._desk.jobs.submit(
            "job.recording",
            lambda _report, _cancelled: look_at(asked, city),
            lambda found: self._on_found(asked, found),
            lambda error: self.refused.emit(self._desk.look.texts.error(error)),
            key="recording",
        )

    def _on_found(self, asked: Asked, found: Recorded) -> None:
        if asked.here or found.away_m <= NEAR_M:
            self._begin(asked, found)
            return
        words = self._desk.look.texts("replay.far", name=named(asked.paths), distance=formats.distance(found.away_m))
        self._ask(words, lambda: self._begin(replace(asked, here=True), found))

    def _begin(self, asked: Asked, found: Recorded) -> None:
        engine = self._engine()
        if engine is None:
            return
        self._asked, self._alone, self._beginning = asked, found.entities == 1, True
        paths = [str(Path(path).absolute()) for path in asked.paths]
        engine.play(paths, asked.speed, here=asked.here, zone=asked.zone, kind=asked.kind)
        lon, lat = found.here_deg if asked.here else (found.lon_deg, found.lat_deg)
        self._view.fly_to(lon, lat, min(max(1.3 * found.extent_m, SIGHT_M[0]), SIGHT_M[1]))
        self._desk.log.add(
            "job", "event.replay", name=named(asked.paths), entities=str(found.entities), left=str(found.left_out)
        )

    def steer(self, order: str, value: float = 0.0) -> None:
        """``pause``, ``resume``, ``speed``, ``seek`` or ``stop`` it."""
        engine = self._engine()
        if engine is None or self.playback is None:
            raise UsageError(self._desk.look.texts("replay.nothing"))
        engine.steer(SOURCE, order, value)

    def on_world(self, world: World) -> None:
        """Take note of where the recording stands."""
        playback = next((source.playback for source in world.sources if source.playback is not None), None)
        if playback != self.playback:
            self.playback = playback
            self.stood.emit(playback)
        if self._beginning and playback is not None and len(world.tracks):
            self._beginning = False
            key = world.tracks.rows["id"][0].decode() if self._alone else ""
            self._desk.turns.soon(lambda: self.began.emit(key))

    def on_engine_log(self, entry: EngineLog) -> None:
        """Say why the engine does not play it."""
        if (entry.source == SOURCE and entry.level == "error") or entry.key == "order_refused":
            self.refused.emit(self._desk.look.texts(f"engine.log.{entry.key}", **entry.values))


def asked_in(call: Call, paths: tuple[str, ...]) -> Asked:
    """Return what a call asks to be played; what it does not say is as :class:`Asked` has it."""
    given: dict[str, Any] = {
        name: call.arguments[name] for name in ("here", "zone", "kind", "speed") if name in call.arguments
    }
    return Asked(paths, **given)
