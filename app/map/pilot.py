"""Where the map is seen from: at once, or by a short flight; never from below the ground."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import QElapsedTimer, QObject, QTimer, Signal
from PySide6.QtWidgets import QWidget

from app.map.camera import Lens, between, kept_above_ground, seeing_all
from app.map.events import CameraState
from app.map.scene import PreparedScene
from twin.geo import FloatArray

FLY_MS, STEP_MS = 600, 16
OPENING_M, OPENING_BEARING_DEG, OPENING_PITCH_DEG = 2100.0, -28.0, 19.0


class Pilot(QObject):
    """Holds the camera of a widget.

    Parameters
    ----------
    widget : QWidget
        Its size is that of the picture.
    """

    moved = Signal(object)
    """CameraState."""

    def __init__(self, widget: QWidget) -> None:
        super().__init__(widget)
        self._widget = widget
        self.scene: PreparedScene | None = None
        self.state = CameraState((0.0, 0.0, 0.0), 2000.0, 0.0, 50.0)
        self._flight: tuple[CameraState, CameraState] | None = None
        self.calm = False
        """Whether flights are left out."""
        self._clock = QElapsedTimer()
        self._timer = QTimer(self, interval=STEP_MS)
        self._timer.timeout.connect(self._on_step)

    def lens(self) -> Lens:
        """Return the camera with the size of the picture."""
        return Lens(self.state, max(self._widget.width(), 1), max(self._widget.height(), 1))

    def look(self, state: CameraState) -> None:
        """Look from somewhere, at once."""
        self.state = kept_above_ground(state, self.ground)
        self.moved.emit(self.state)

    def stop(self) -> None:
        """End a flight where it is."""
        self._timer.stop()
        self._flight = None

    def fly(self, end: CameraState) -> None:
        """Fly there; at once where it is calm."""
        if self.calm:
            self.stop()
            self.look(end)
            return
        self._flight = (self.state, kept_above_ground(end, self.ground))
        self._clock.start()
        self._timer.start()
        self._on_step()

    def fly_to(self, lon_deg: float, lat_deg: float, distance_m: float) -> None:
        """Fly to a place on the ground."""
        if self.scene is None:
            return
        x, y = map(float, self.scene.city.frame.to_local(lon_deg, lat_deg))
        focus = (x, y, self.ground(x, y))
        self.fly(replace(self.state, focus_m=focus, distance_m=distance_m, pitch_deg=min(self.state.pitch_deg, 50)))

    def opening(self) -> CameraState:
        """Return where a city is seen from first: over its towers, or whole where it has none."""
        towers = self.scene.skyline_m() if self.scene is not None else None
        if towers is None:
            return self.whole()
        return CameraState((*towers, self.ground(*towers)), OPENING_M, OPENING_BEARING_DEG, OPENING_PITCH_DEG)

    def whole(self) -> CameraState:
        """Return from where the whole city is seen."""
        if self.scene is None:
            return self.state
        west, south, low, east, north, high = self.scene.bounds_m
        size = self._widget.width(), self._widget.height()
        return seeing_all((west, south, low), (east, north, high), 54.0, *size)

    def ground(self, x: float, y: float) -> float:
        """Return the height of the ground at a point of the scene."""
        return float(self.heights(np.array([x]), np.array([y]))[0])

    def heights(self, x: FloatArray, y: FloatArray) -> FloatArray:
        """Return the heights of the ground at (N,) points of the scene."""
        if self.scene is None:
            return np.zeros(len(x))
        origin = self.scene.city.frame.origin_m
        return self.scene.city.ground_m(x + origin[0], y + origin[1])

    def _on_step(self) -> None:
        if self._flight is None:
            return
        share = min(self._clock.elapsed() / FLY_MS, 1.0)
        start, end = self._flight
        if share >= 1.0:
            self.stop()
            self.look(end)
        else:
            self.look(between(start, end, share))
