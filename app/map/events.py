"""What the map tells the rest of the window."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Pick:
    """Something on the map: the layer it is in, its ``id`` there, and where it is (east, north, up; local metres)."""

    layer: str
    key: str
    position_m: tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class GroundPoint:
    """The place on the ground under the pointer."""

    lon_deg: float
    lat_deg: float
    height_m: float


@dataclass(frozen=True, slots=True)
class CameraState:
    """Where one looks from: the point looked at (local metres), how far, which way, how steeply.

    ``bearing_deg`` is clockwise from north; ``pitch_deg`` is 90 straight down and 0 along the ground.
    """

    focus_m: tuple[float, float, float]
    distance_m: float
    bearing_deg: float
    pitch_deg: float


@dataclass(frozen=True, slots=True)
class FrameStats:
    """One shown frame.

    Parameters
    ----------
    render_ms : float
        Drawing: VTK, the copy to the widget, and the words over it.
    update_ms : float
        Everything else the map did on the window's thread since the frame before.
    longest_ms : float
        The longest single piece of that.
    drawn_age_s : float
        Age of the newest observation drawn; 0 if there is none.
    tiles, triangles : int
        What was sent to be drawn.
    renders : int
        VTK renders since the window opened; grows by one a frame.
    """

    render_ms: float
    update_ms: float
    longest_ms: float
    drawn_age_s: float
    tiles: int
    triangles: int
    renders: int
