"""From drags, wheel and keys to cameras; nothing here draws."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from PySide6.QtCore import Qt

from app.map.camera import FARTHEST_M, LOWEST_PITCH_DEG, NEAREST_M, STEEPEST_PITCH_DEG, Lens
from app.map.events import CameraState
from twin.geo import FloatArray

DEG_A_PIXEL = 0.28
WHEEL_STEP = 0.84
KEY_PAN, KEY_TURN_DEG, KEY_TILT_DEG = 0.12, 8.0, 5.0
Point = tuple[float, float, float]


def _point(values: FloatArray) -> Point:
    return float(values[0]), float(values[1]), float(values[2])


def orbited(lens: Lens, pivot_m: Point, dx_px: float, dy_px: float) -> CameraState:
    """Turn round a point that keeps its place on the screen."""
    state = lens.state
    pitch = min(max(state.pitch_deg + dy_px * DEG_A_PIXEL, LOWEST_PITCH_DEG), STEEPEST_PITCH_DEG)
    turned = replace(state, bearing_deg=(state.bearing_deg + dx_px * DEG_A_PIXEL) % 360.0, pitch_deg=pitch)
    return about(lens, turned, pivot_m)


def about(lens: Lens, turned: CameraState, pivot_m: Point) -> CameraState:
    """Return ``turned`` shifted so that ``pivot_m`` is seen where ``lens`` sees it."""
    pivot = np.asarray(pivot_m)
    offset = np.asarray(lens.state.focus_m) - pivot
    after = Lens(turned, lens.width_px, lens.height_px)
    focus = pivot
    for old, new in ((lens.right, after.right), (lens.up, after.up), (lens.forward, after.forward)):
        focus = focus + float(offset @ old) * new
    return replace(turned, focus_m=_point(focus))


def panned(lens: Lens, grabbed_m: Point, x_px: float, y_px: float) -> CameraState:
    """Move so that the point grabbed lies under a pixel."""
    ray, eye = lens.ray(x_px, y_px), lens.eye_m
    farthest = 6.0 * lens.state.distance_m
    down = (grabbed_m[2] - eye[2]) / ray[2] if ray[2] < -1e-3 else farthest
    here = eye + min(max(float(down), 0.0), farthest) * ray
    shift = np.asarray(grabbed_m) - here
    x, y, z = lens.state.focus_m
    return replace(lens.state, focus_m=(x + float(shift[0]), y + float(shift[1]), z))


def zoomed(lens: Lens, towards_m: Point, steps: float) -> CameraState:
    """Come closer to a point (or go away, with negative steps); the point keeps its place on the screen."""
    state = lens.state
    distance = min(max(state.distance_m * WHEEL_STEP**steps, NEAREST_M), FARTHEST_M)
    share = distance / state.distance_m
    focus, target = np.asarray(state.focus_m), np.asarray(towards_m)
    return replace(state, focus_m=_point(target + (focus - target) * share), distance_m=distance)


def keyed(state: CameraState, key: int, *, turning: bool) -> CameraState | None:
    """Answer an arrow key (with Shift: turn and tilt), ``+`` and ``-``; None for any other key."""
    arrows = {
        Qt.Key.Key_Left: (-1, 0), Qt.Key.Key_Right: (1, 0), Qt.Key.Key_Up: (0, 1), Qt.Key.Key_Down: (0, -1),
    }  # fmt: skip
    zoom = {Qt.Key.Key_Plus: 1.0, Qt.Key.Key_Equal: 1.0, Qt.Key.Key_Minus: -1.0}
    if key in zoom:
        distance = state.distance_m * WHEEL_STEP ** (2 * zoom[Qt.Key(key)])
        return replace(state, distance_m=min(max(distance, NEAREST_M), FARTHEST_M))
    if key not in arrows:
        return None
    right, ahead = arrows[Qt.Key(key)]
    if turning:
        return replace(
            state,
            bearing_deg=(state.bearing_deg + right * KEY_TURN_DEG) % 360.0,
            pitch_deg=min(max(state.pitch_deg - ahead * KEY_TILT_DEG, LOWEST_PITCH_DEG), STEEPEST_PITCH_DEG),
        )
    step = KEY_PAN * state.distance_m
    bearing = np.radians(state.bearing_deg)
    x, y, z = state.focus_m
    east = right * np.cos(bearing) + ahead * np.sin(bearing)
    north = -right * np.sin(bearing) + ahead * np.cos(bearing)
    return replace(state, focus_m=(x + step * float(east), y + step * float(north), z))
