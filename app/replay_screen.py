"""Shows on the screen that a recording plays, and where it stands."""

from __future__ import annotations

from PySide6.QtCore import QObject, QTimer

from app.actions import Actions
from app.look_back import LookBack
from app.replay import Replay
from app.widgets.time_bar import TimeBar
from twin.world import Playback

FLIGHT_MS = 900
"""Until the camera has arrived."""


class ReplayScreen(QObject):
    """Keeps bar and actions as the recording stands; one that begins is shown, whatever was looked at before."""

    def __init__(self, replay: Replay, look_back: LookBack, bar: TimeBar, acts: Actions) -> None:
        super().__init__(replay)
        self._replay, self._look_back, self._bar, self._acts = replay, look_back, bar, acts
        self._followed = self._plays = False
        replay.stood.connect(self._on_stood)
        replay.began.connect(self._on_began)
        self._on_stood(None)

    def _on_began(self, key: str) -> None:
        """Keep the camera on an entity that is alone: nobody would find it on the map."""
        self._followed = bool(key)
        if key:
            self._acts.run("map.find_entity", about=key, key=key)
            QTimer.singleShot(FLIGHT_MS, lambda: self._replay.playback and self._acts.run("selection.follow"))

    def _on_stood(self, playback: Playback | None) -> None:
        if playback is not None and not self._plays:
            self._look_back.back_to_now()
        self._plays = playback is not None
        self._bar.set_playback(playback, self._replay.name)
        if playback is None and self._followed:
            self._followed = False
            self._acts.run("selection.clear")
        able = {
            "pause": playback is not None and not playback.paused,
            "resume": playback is not None and playback.paused,
            "stop": playback is not None,
        }
        for order, on in able.items():
            self._acts.by_id[f"recording.{order}"].setEnabled(on)
