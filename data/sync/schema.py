"""What a row must be by itself, without knowing what came before: whole, finite, of a known kind, in range."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from twin.geo import BoolArray, FloatArray
from twin.live.kinds import KINDS, STATES
from twin.live.observation import ObservationArray

_TOP_MPS = 1.2 * np.array([kind.top_speed_mps for kind in KINDS])

Check = Callable[[ObservationArray], BoolArray]


def top_speeds(rows: ObservationArray) -> FloatArray:
    """Return how fast each row's kind can be, with a fifth to spare, in metres a second."""
    return np.asarray(_TOP_MPS[np.minimum(rows["kind"], len(KINDS) - 1)])


def _speed_fits(rows: ObservationArray) -> BoolArray:
    speed = rows["speed_mps"]
    return np.asarray(np.isnan(speed) | ((speed >= 0) & (speed <= top_speeds(rows))))


def _heading_fits(rows: ObservationArray) -> BoolArray:
    heading = rows["heading_deg"]
    return np.asarray(np.isnan(heading) | ((heading >= 0) & (heading <= 360)))


def sound(rows: ObservationArray) -> BoolArray:
    """Mark the rows that pass all checks of this file and lie on the earth."""
    good = np.abs(rows["lon_deg"]) <= 180
    good &= np.abs(rows["lat_deg"]) <= 90
    for _, check in CHECKS:
        good &= check(rows)
    return np.asarray(good)


CHECKS: tuple[tuple[str, Check], ...] = (
    ("no id", lambda rows: np.asarray(rows["id"] != b"")),
    ("kind unknown", lambda rows: np.asarray(rows["kind"] < len(KINDS))),
    ("state unknown", lambda rows: np.asarray(rows["state"] < len(STATES))),
    ("position not a number", lambda rows: np.isfinite(rows["lon_deg"]) & np.isfinite(rows["lat_deg"])),
    ("height not a number", lambda rows: np.isfinite(rows["height_m"])),
    ("time not a number", lambda rows: np.isfinite(rows["time_s"])),
    ("speed not plausible", _speed_fits),
    ("heading out of range", _heading_fits),
)
