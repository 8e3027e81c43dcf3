"""Where everything has been in the last minutes: samples in a ring, for the trails behind what moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray, FloatArray
from twin.live.frame import TrackFrame

BYTES = 32_000_000
MOST_SLOTS, FEWEST_SLOTS = 400, 40
JUMP_S = 60.0
"""A gap longer than this, or a step back in time, begins anew: the window looks at another time."""


Sample = tuple[float, TrackFrame]
"""Where everything was at an instant, seconds since 1970-01-01 UTC."""


@dataclass(frozen=True, slots=True)
class Paths:
    """Where K entities were at S times, oldest first.

    Parameters
    ----------
    position_m : (S, K, 3) float32 array
        NaN where one was not there.
    time_s : (S,) float array
    kind : (K,) uint8 array
    """

    position_m: NDArray[np.float32]
    time_s: FloatArray
    kind: NDArray[np.uint8]


class Wake:
    """Keeps samples of every entity, as close in time as the memory for them allows.

    Parameters
    ----------
    minutes : float
        How far back it reaches.
    """

    def __init__(self, minutes: float = 10.0, size_bytes: int = BYTES) -> None:
        self._reach_s, self._bytes = minutes * 60.0, size_bytes
        self._ids = np.zeros(0, "S32")
        self._kind = np.zeros(0, np.uint8)
        self._column, self._sorted = np.zeros(0, np.int64), np.zeros(0, np.int64)
        self._seen = np.zeros(0, "S32")
        self._at = np.zeros((FEWEST_SLOTS, 0, 3), np.float32)
        self._time = np.full(FEWEST_SLOTS, -np.inf)
        self._next = 0
        self.samples = 0
        """Grows with each sample."""

    @property
    def step_s(self) -> float:
        """How far apart samples are."""
        return self._reach_s / len(self._time)

    def add(self, frame: TrackFrame, at_s: float) -> None:
        """Take a sample, if it is time for one.

        Parameters
        ----------
        at_s : float
            Of the world it was in, seconds since 1970-01-01 UTC.
        """
        last = float(self._time.max())
        if np.isfinite(last) and not -1e-6 <= at_s - last <= JUMP_S:
            self._forget()
        elif at_s - last < self.step_s:
            return
        if not len(frame):
            return
        column = self._columns(frame)
        self._at[self._next] = np.nan
        self._at[self._next, column] = frame.position_m
        self._kind[column] = frame.rows["kind"]
        self._time[self._next] = at_s
        self._next = (self._next + 1) % len(self._time)
        self.samples += 1

    def fill(self, samples: Sequence[Sample]) -> None:
        """Take samples from before the oldest one, as far as there is room for them; without one there is no before.

        Parameters
        ----------
        samples : sequence of Sample
            Oldest first; if there are too many, the oldest are left out.
        """
        known = self._time[np.isfinite(self._time)]
        if not len(known):
            return
        earlier = [(at_s, frame) for at_s, frame in samples if at_s < known.min() and len(frame)]
        columns = [self._columns(frame, keep=True) for _, frame in earlier]
        free = np.flatnonzero(~np.isfinite(self._time))
        free = free[np.argsort((free - self._next) % len(self._time))]  # what is overwritten first holds the oldest
        count = min(len(free), len(earlier))
        rows = list(zip(earlier, columns, strict=True))[len(earlier) - count :]
        for slot, ((at_s, frame), column) in zip(free[:count], rows, strict=True):
            self._at[slot] = np.nan
            self._at[slot, column] = frame.position_m
            self._kind[column] = frame.rows["kind"]
            self._time[slot] = at_s
        self.samples += 1

    def paths(self, ids: NDArray[np.bytes_], since_s: float, most_points: int) -> Paths:
        """Return the paths of some entities since a time, thinned out to so many points at most.

        One that is not known has a path of no points.
        """
        order = np.argsort(self._time, kind="stable")
        order = order[self._time[order] >= since_s]
        stride = max(1, -(-len(order) * len(ids) // max(most_points, 1)))
        order = order[::-1][::stride][::-1]
        column, known = self._find(ids)
        at = np.full((len(order), len(ids), 3), np.nan, np.float32)
        at[:, known] = self._at[np.ix_(order, column[known])]
        kind = np.zeros(len(ids), np.uint8)
        kind[known] = self._kind[column[known]]
        return Paths(at, self._time[order], kind)

    def _find(self, ids: NDArray[np.bytes_]) -> tuple[NDArray[np.int64], BoolArray]:
        """Return the column of each id, and whether it has one."""
        if not len(self._ids):
            return np.zeros(len(ids), np.int64), np.zeros(len(ids), bool)
        place = np.minimum(np.searchsorted(self._ids, ids, sorter=self._sorted), len(self._ids) - 1)
        column = self._sorted[place]
        return column, np.asarray(self._ids[column] == ids)

    def _columns(self, frame: TrackFrame, keep: bool = False) -> NDArray[np.int64]:
        """Return the column of each row; new entities get new ones. Unless told to keep, too many begin anew."""
        ids = frame.rows["id"]
        if np.array_equal(ids, self._seen):
            return self._column
        if not keep and len(self._ids) > 2 * len(ids) + 1000:
            self._forget()
        self._seen = ids.copy()
        column, known = self._find(self._seen)
        fresh, number = np.unique(self._seen[~known], return_inverse=True)
        column[~known] = len(self._ids) + number
        self._make_room(fresh)
        self._column = column
        return column

    def _make_room(self, fresh: NDArray[np.bytes_]) -> None:
        self._ids = np.concatenate([self._ids, fresh])
        self._sorted = np.argsort(self._ids)
        self._kind = np.concatenate([self._kind, np.zeros(len(fresh), np.uint8)])
        room = self._at.shape[1]
        if len(self._ids) <= room:
            return
        size = len(self._ids) + len(self._ids) // 4 + 16
        slots = int(np.clip(self._bytes // (12 * size), FEWEST_SLOTS, MOST_SLOTS))
        order = np.argsort(self._time, kind="stable")[-slots:]
        at, time = np.full((slots, size, 3), np.nan, np.float32), np.full(slots, -np.inf)
        at[: len(order), :room], time[: len(order)] = self._at[order], self._time[order]
        self._at, self._time, self._next = at, time, len(order) % slots

    def _forget(self) -> None:
        self._ids, self._kind, self._seen = np.zeros(0, "S32"), np.zeros(0, np.uint8), np.zeros(0, "S32")
        self._sorted = np.zeros(0, np.int64)
        self._at = np.zeros((FEWEST_SLOTS, 0, 3), np.float32)
        self._time, self._next = np.full(FEWEST_SLOTS, -np.inf), 0
