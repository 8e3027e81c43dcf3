"""Where the map was seen from, one after the other, to go back and forth between."""

from __future__ import annotations

import math

from app.map.events import CameraState

MOST = 100


class Visited:
    """The cameras at which the map came to rest."""

    def __init__(self) -> None:
        self._states: list[CameraState] = []
        self._at = -1

    def rest(self, state: CameraState) -> None:
        """Take note of a camera; one hardly different from that of now is the same, one that is new ends the way on."""
        if self._at >= 0 and alike(self._states[self._at], state):
            return
        self._states = [*self._states[: self._at + 1], state][-MOST:]
        self._at = len(self._states) - 1

    def back(self) -> CameraState | None:
        """Go to the camera before; None where there is none."""
        return self._go(-1)

    def on(self) -> CameraState | None:
        """Go to the camera that was gone back from."""
        return self._go(1)

    def can(self) -> tuple[bool, bool]:
        """Tell whether there is a way back, and a way on."""
        return self._at > 0, self._at + 1 < len(self._states)

    def _go(self, step: int) -> CameraState | None:
        if not 0 <= self._at + step < len(self._states):
            return None
        self._at += step
        return self._states[self._at]


def alike(a: CameraState, b: CameraState) -> bool:
    """Tell whether two cameras show nearly the same: a fiftieth of the distance, and two degrees."""
    near = 0.02 * min(a.distance_m, b.distance_m)
    turn = abs((a.bearing_deg - b.bearing_deg + 180.0) % 360.0 - 180.0)
    return (
        math.dist(a.focus_m, b.focus_m) < near
        and abs(a.distance_m - b.distance_m) < near
        and max(turn, abs(a.pitch_deg - b.pitch_deg)) < 2.0
    )
