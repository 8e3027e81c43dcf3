"""The gate: each observation is checked before it becomes state; what fails is kept with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import KINDS, STATES
from twin.live.observation import ObservationArray

AHEAD_S = 300.0
"""A clock may run ahead of ours by so much."""
REACH_M = 200_000.0
"""How far from a twin's origin a position still belongs to it; 32-bit metres keep centimetres within it."""
_TOP_MPS = np.array([kind.top_speed_mps for kind in KINDS])

Check = Callable[[ObservationArray, float], BoolArray]


def _known_kind(rows: ObservationArray) -> BoolArray:
    return np.asarray(rows["kind"] < len(KINDS))


def _speed_fits(rows: ObservationArray) -> BoolArray:
    top = _TOP_MPS[np.minimum(rows["kind"], len(KINDS) - 1)]
    speed = rows["speed_mps"]
    return np.asarray(np.isnan(speed) | ((speed >= 0) & (speed <= 1.2 * top)))


def _heading_fits(rows: ObservationArray) -> BoolArray:
    heading = rows["heading_deg"]
    return np.asarray(np.isnan(heading) | ((heading >= 0) & (heading <= 360)))


CHECKS: tuple[tuple[str, Check], ...] = (
    ("no id", lambda rows, _: np.asarray(rows["id"] != b"")),
    ("kind unknown", lambda rows, _: _known_kind(rows)),
    ("state unknown", lambda rows, _: np.asarray(rows["state"] < len(STATES))),
    ("position not a number", lambda rows, _: np.isfinite(rows["lon_deg"]) & np.isfinite(rows["lat_deg"])),
    ("position out of range", lambda rows, _: (np.abs(rows["lon_deg"]) <= 180) & (np.abs(rows["lat_deg"]) <= 90)),
    ("height not a number", lambda rows, _: np.isfinite(rows["height_m"])),
    ("time not a number", lambda rows, _: np.isfinite(rows["time_s"])),
    ("time ahead of now", lambda rows, now_s: rows["time_s"] <= now_s + AHEAD_S),
    ("speed not plausible", lambda rows, _: _speed_fits(rows)),
    ("heading out of range", lambda rows, _: _heading_fits(rows)),
)
FAR = "position far from this twin"


@dataclass(frozen=True, slots=True)
class Passed:
    """What the gate let through, and what not.

    Parameters
    ----------
    rows : (N,) structured array
    position_m : (N, 3) float32 array
        East, north, up in the city's local frame.
    failed : (M,) structured array
    reasons : tuple of str
        One for each failed row.
    index, failed_index : (N,) and (M,) int arrays
        Where those rows stood in what was checked.
    """

    rows: ObservationArray
    position_m: NDArray[np.float32]
    failed: ObservationArray
    reasons: tuple[str, ...]
    index: NDArray[np.int64]
    failed_index: NDArray[np.int64]


class Gate:
    """Checks rows and places them in one city."""

    def __init__(self, city: City) -> None:
        self._city = city

    def check(self, rows: ObservationArray, now_s: float) -> Passed:
        """Split rows into good and bad; ``now_s`` is the time at the source (a recording's own)."""
        reason = np.full(len(rows), -1, np.int8)
        for code, (_, check) in enumerate(CHECKS):
            reason[(reason < 0) & ~check(rows, now_s)] = code
        good = np.flatnonzero(reason < 0)
        position_m, near = self._place(rows[good])
        reason[good[~near]] = len(CHECKS)
        names = (*(name for name, _ in CHECKS), FAR)
        bad = np.flatnonzero(reason >= 0)
        reasons = tuple(names[code] for code in reason[bad])
        return Passed(rows[good[near]], position_m[near], rows[bad], reasons, good[near], bad)

    def _place(self, rows: ObservationArray) -> tuple[NDArray[np.float32], BoolArray]:
        frame = self._city.frame
        east, north = frame.to_local(rows["lon_deg"], rows["lat_deg"])
        near = np.asarray(np.hypot(east, north) <= REACH_M)  # the projection answers inf where it does not reach
        east, north = np.where(near, east, 0.0), np.where(near, north, 0.0)
        up = self._ground(east + frame.origin_m[0], north + frame.origin_m[1]) + rows["height_m"]
        return np.column_stack([east, north, up]).astype(np.float32), near

    def _ground(self, east_m: FloatArray, north_m: FloatArray) -> FloatArray:
        return self._city.ground_m(east_m, north_m)
