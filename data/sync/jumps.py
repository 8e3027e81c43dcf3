"""Places that an entity cannot have reached since its last good one.

Each place is held against the last good one of its entity: it may lie as far as the kind can move in the time between,
whichever of the two is earlier. A place that does not fit is kept out and changes nothing for those that follow. Yet
the good one may have been the wrong one, or the thing may have been carried while it was silent: so when three places
in a row follow from each other, though not from the last good one, the third is believed, and it goes on from there.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from data.sync.devices import Devices, IntArray, Runs
from twin.geo import BoolArray, FloatArray

BELIEVED = 3
"""So many places in a row that follow from each other are believed."""
SLACK_M = 200.0
"""What a place may be off without having moved: reflections between houses."""
SLACK_S = 1.0
"""What a time may be off: most protocols tell whole seconds."""


def find_jumps(
    devices: Devices, slots: IntArray, time_s: FloatArray, place_m: FloatArray, top_mps: FloatArray
) -> BoolArray:
    """Mark the rows that cannot be, and remember the last good place of each entity.

    Parameters
    ----------
    slots : (N,) int array
        Where in ``devices`` the rows' entities are.
    time_s : (N,) float array
    place_m : (N, 2) float array
        East and north.
    top_mps : (N,) float array
        How fast each can move.
    """
    jumped = np.zeros(len(slots), np.bool_)
    if not len(slots):
        return jumped
    state, runs = devices.state, Runs(slots)
    times, places, tops = time_s[runs.order], place_m[runs.order], top_mps[runs.order]
    before_s = np.where(runs.first, state["time_s"][runs.slots], np.roll(times, 1))
    before_m = np.where(runs.first[:, None], state["place_m"][runs.slots], np.roll(places, 1, axis=0))
    plain = np.isnan(before_s) | (_fits(times - before_s, places - before_m, tops) & (times >= before_s))
    odd = runs.any(~plain)
    ends = runs.last & ~odd
    _settle(state, runs.slots[ends], times[ends], places[ends])
    for begin, end in zip(runs.begin.tolist(), np.append(runs.begin[1:], len(odd)).tolist(), strict=True):
        if odd[begin]:
            here, track = slice(begin, end), _Track.of(state[runs.slots[begin]])
            rows = zip(times[here].tolist(), *places[here].T.tolist(), tops[here].tolist(), strict=True)
            jumped[runs.order[here]] = [not track.follows(*row) for row in rows]
            track.note(state[runs.slots[begin]])
    return jumped


def _fits(time_s: FloatArray, way_m: FloatArray, top_mps: FloatArray) -> BoolArray:
    """Tell whether a way of (..., 2) metres can be moved in a time."""
    reach_m = SLACK_M + top_mps * (np.abs(time_s) + SLACK_S)
    return np.asarray(way_m[..., 0] * way_m[..., 0] + way_m[..., 1] * way_m[..., 1] <= reach_m * reach_m)


def _settle(state: NDArray[np.void], slots: IntArray, time_s: FloatArray, place_m: FloatArray) -> None:
    state["time_s"][slots], state["place_m"][slots], state["odd"][slots] = time_s, place_m, 0


@dataclass(slots=True)
class _Track:
    """What is known of one entity: its last good place, and the odd one that may yet be believed."""

    time_s: float
    east_m: float
    north_m: float
    odd_time_s: float
    odd_east_m: float
    odd_north_m: float
    odd: int

    @classmethod
    def of(cls, row: np.void) -> _Track:
        return cls(
            *(float(row["time_s"]), *row["place_m"].tolist()),
            *(float(row["odd_time_s"]), *row["odd_place_m"].tolist(), int(row["odd"])),
        )

    def note(self, row: np.void) -> None:
        row["time_s"], row["place_m"] = self.time_s, (self.east_m, self.north_m)
        row["odd_time_s"], row["odd_place_m"] = self.odd_time_s, (self.odd_east_m, self.odd_north_m)
        row["odd"] = self.odd

    def follows(self, time_s: float, east_m: float, north_m: float, top_mps: float) -> bool:
        """Tell whether a place can be, and note it."""
        if math.isnan(self.time_s) or _near(
            time_s - self.time_s, east_m - self.east_m, north_m - self.north_m, top_mps
        ):
            self.odd = 0
            if not time_s < self.time_s:
                self.time_s, self.east_m, self.north_m = time_s, east_m, north_m
            return True
        follows = self.odd and _near(
            time_s - self.odd_time_s, east_m - self.odd_east_m, north_m - self.odd_north_m, top_mps
        )
        self.odd = self.odd + 1 if follows else 1
        self.odd_time_s, self.odd_east_m, self.odd_north_m = time_s, east_m, north_m
        if self.odd < BELIEVED:
            return False
        self.time_s, self.east_m, self.north_m, self.odd = time_s, east_m, north_m, 0
        return True


def _near(time_s: float, east_m: float, north_m: float, top_mps: float) -> bool:
    """Tell of one way what :func:`_fits` tells of many."""
    reach_m = SLACK_M + top_mps * (abs(time_s) + SLACK_S)
    return east_m * east_m + north_m * north_m <= reach_m * reach_m
