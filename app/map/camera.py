"""Where the map is seen from, in plain numbers: a point looked at, a distance, a bearing and a pitch."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from app.map.events import CameraState
from twin.geo import FloatArray

VIEW_DEG = 38.0
HALF_VIEW = math.tan(math.radians(VIEW_DEG) / 2)
LOWEST_PITCH_DEG, STEEPEST_PITCH_DEG = 3.0, 90.0
NEAREST_M, FARTHEST_M = 15.0, 120_000.0
EYE_ABOVE_GROUND_M = 2.5
GroundHeight = Callable[[float, float], float]
GroundHeights = Callable[[FloatArray, FloatArray], FloatArray]
"""Of (N,) points at once."""


@dataclass(frozen=True, slots=True)
class Lens:
    """A camera and the size of its picture: projects points and casts rays.

    Parameters
    ----------
    state : CameraState
    width_px, height_px : int
    """

    state: CameraState
    width_px: int
    height_px: int

    @property
    def forward(self) -> FloatArray:
        """Return the direction of view."""
        bearing, pitch = math.radians(self.state.bearing_deg), math.radians(self.state.pitch_deg)
        return np.array([math.sin(bearing) * math.cos(pitch), math.cos(bearing) * math.cos(pitch), -math.sin(pitch)])

    @property
    def right(self) -> FloatArray:
        """Return the direction to the right of the picture."""
        bearing = math.radians(self.state.bearing_deg)
        return np.array([math.cos(bearing), -math.sin(bearing), 0.0])

    @property
    def up(self) -> FloatArray:
        """Return the direction to the top of the picture."""
        bearing, pitch = math.radians(self.state.bearing_deg), math.radians(self.state.pitch_deg)
        return np.array([math.sin(bearing) * math.sin(pitch), math.cos(bearing) * math.sin(pitch), math.cos(pitch)])

    @property
    def eye_m(self) -> FloatArray:
        """Return where the camera stands."""
        return np.asarray(self.state.focus_m) - self.forward * self.state.distance_m

    @property
    def metres_a_pixel(self) -> float:
        """Return what a pixel spans at a distance of one metre."""
        return 2 * HALF_VIEW / max(self.height_px, 1)

    def depth_m(self, position_m: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return how far in front of the camera points (N, 3) are, in their own precision."""
        return self.along_m(self.forward, position_m)

    def along_m(self, way: FloatArray, position_m: NDArray[np.floating]) -> NDArray[np.floating]:
        """Return how far points (N, 3) are from the eye along a direction, in their own precision."""
        f = way.astype(position_m.dtype)
        x, y, z = position_m.T
        return np.asarray(x * f[0] + y * f[1] + z * f[2] - position_m.dtype.type(self.eye_m @ way))

    def project(self, position_m: NDArray[np.floating]) -> tuple[FloatArray, FloatArray, FloatArray]:
        """Project points.

        Parameters
        ----------
        position_m : (N, 3) float array

        Returns
        -------
        x_px, y_px, depth_m : (N,) float arrays
            From the top left corner; a point is in front of the camera where the depth is positive.
        """
        # By columns: a matrix product of (N, 3) costs fifty times as much with some BLAS builds.
        # Plain numbers: numpy's own would make float32 positions float64.
        ex, ey, ez = self.eye_m.tolist()
        x, y, z = position_m[:, 0] - ex, position_m[:, 1] - ey, position_m[:, 2] - ez
        f, r, u = self.forward.tolist(), self.right.tolist(), self.up.tolist()
        depth = x * f[0] + y * f[1] + z * f[2]
        scale = 1.0 / (np.where(np.abs(depth) < 1e-6, 1e-6, depth) * self.metres_a_pixel)
        x_px = self.width_px / 2 + (x * r[0] + y * r[1] + z * r[2]) * scale
        y_px = self.height_px / 2 - (x * u[0] + y * u[1] + z * u[2]) * scale
        return x_px, y_px, depth

    def ray(self, x_px: float, y_px: float) -> FloatArray:
        """Return the unit direction from the eye through a pixel."""
        across = (x_px - self.width_px / 2) * self.metres_a_pixel
        down = (y_px - self.height_px / 2) * self.metres_a_pixel
        direction = self.forward + across * self.right - down * self.up
        return np.asarray(direction / np.linalg.norm(direction))

    def frustum(self) -> tuple[FloatArray, FloatArray]:
        """Return normals (5, 3) that point inside and offsets (5,): the four sides and the plane of the eye."""
        f, r, u, eye = self.forward, self.right, self.up, self.eye_m
        half_w = HALF_VIEW * self.width_px / max(self.height_px, 1)
        normals = np.array([f * half_w + r, f * half_w - r, f * HALF_VIEW + u, f * HALF_VIEW - u, f])
        return normals, -normals @ eye

    def sees(self, low_m: NDArray[np.floating], high_m: NDArray[np.floating]) -> NDArray[np.bool_]:
        """Tell which boxes (N, 3) may be in the picture."""
        normals, offsets = self.frustum()
        seen = np.ones(len(low_m), bool)
        for (nx, ny, nz), offset in zip(normals, offsets, strict=True):
            x = np.where(nx > 0, high_m[:, 0], low_m[:, 0])
            y = np.where(ny > 0, high_m[:, 1], low_m[:, 1])
            z = np.where(nz > 0, high_m[:, 2], low_m[:, 2])
            seen &= nx * x + ny * y + nz * z + offset >= 0
        return seen

    def far_from(self, low_m: NDArray[np.floating], high_m: NDArray[np.floating]) -> FloatArray:
        """Return how far each box (N, 3) is from the eye, in metres."""
        eye = self.eye_m
        gap = np.maximum(np.maximum(low_m - eye, eye - high_m), 0.0)
        return np.asarray(np.sqrt((gap * gap).sum(axis=1)))


def kept_above_ground(state: CameraState, ground: GroundHeight) -> CameraState:
    """Return ``state`` with its numbers in their ranges and the eye above the ground."""
    state = replace(
        state,
        distance_m=min(max(state.distance_m, NEAREST_M), FARTHEST_M),
        bearing_deg=state.bearing_deg % 360.0,
        pitch_deg=min(max(state.pitch_deg, LOWEST_PITCH_DEG), STEEPEST_PITCH_DEG),
    )
    eye = Lens(state, 1, 1).eye_m
    missing = ground(float(eye[0]), float(eye[1])) + EYE_ABOVE_GROUND_M - float(eye[2])
    if missing <= 0:
        return state
    x, y, z = state.focus_m
    return replace(state, focus_m=(x, y, z + missing))


def seeing_all(
    low_m: tuple[float, float, float], high_m: tuple[float, float, float], pitch_deg: float, width: int, height: int
) -> CameraState:
    """Return the nearest camera, looking north, whose picture holds the ground of a box with a margin."""
    corners = np.array([(x, y, low_m[2]) for x in (low_m[0], high_m[0]) for y in (low_m[1], high_m[1])])
    focus = [(low_m[0] + high_m[0]) / 2, (low_m[1] + high_m[1]) / 2, low_m[2]]
    distance = max(high_m[0] - low_m[0], high_m[1] - low_m[1], 100.0)
    for _ in range(12):
        lens = Lens(CameraState((focus[0], focus[1], focus[2]), distance, 0.0, pitch_deg), width, height)
        x, y, _ = lens.project(corners)
        wide, tall = float(np.ptp(x)) / (0.92 * width), float(np.ptp(y)) / (0.90 * height)
        off = (float(y.min() + y.max()) - height) / 2
        focus[1] -= off * lens.metres_a_pixel * distance / math.sin(math.radians(pitch_deg))
        distance = min(distance * max(wide, tall), FARTHEST_M)
    return CameraState((focus[0], focus[1], focus[2]), distance, 0.0, pitch_deg)


def between(start: CameraState, end: CameraState, share: float) -> CameraState:
    """Return the camera on its way: slow at both ends, higher in between when the way is long."""
    t = share * share * (3 - 2 * share)
    turn = (end.bearing_deg - start.bearing_deg + 180.0) % 360.0 - 180.0
    a, b = np.asarray(start.focus_m), np.asarray(end.focus_m)
    way = float(np.linalg.norm(b - a))
    arch = math.sin(math.pi * t) * min(way * 0.35, 6000.0) if way > 1.5 * max(start.distance_m, end.distance_m) else 0.0
    focus = a + (b - a) * t
    distance = math.exp(math.log(start.distance_m) * (1 - t) + math.log(end.distance_m) * t) + arch
    return CameraState(
        (float(focus[0]), float(focus[1]), float(focus[2])),
        distance,
        (start.bearing_deg + turn * t) % 360.0,
        start.pitch_deg + (end.pitch_deg - start.pitch_deg) * t,
    )
