"""Keeps the camera on what is selected while it moves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QObject, Signal

from app.facts import is_live
from app.map.view import MapView
from app.selection import Selection
from twin.world import World


class Follower(QObject):
    """Moves the camera's focus with the first entity of the selection."""

    changed = Signal(bool)

    def __init__(self, view: MapView, selection: Selection, parent: QObject) -> None:
        super().__init__(parent)
        self._view, self._selection, self._key = view, selection, b""
        selection.changed.connect(lambda _picks: self.stop())

    def toggle(self) -> bool:
        """Follow the selection, or stop following; tells which."""
        if self._key:
            self.stop()
        elif self._selection.picks and is_live(self._selection.picks[0].layer):
            self._key = self._selection.picks[0].key.encode()
            self.changed.emit(True)
        return bool(self._key)

    def stop(self) -> None:
        """Let the camera rest."""
        if self._key:
            self._key = b""
            self.changed.emit(False)

    def on_world(self, world: World) -> None:
        """Look at where it is now."""
        if not self._key:
            return
        found = np.flatnonzero(world.tracks.rows["id"] == self._key)
        if len(found):
            x, y, z = (float(value) for value in world.tracks.position_m[found[0]])
            self._view.set_camera(replace(self._view.camera(), focus_m=(x, y, z)))
