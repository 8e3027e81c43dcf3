"""Where everything was at one instant."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.live.observation import OBSERVATION_DTYPE, ObservationArray


@dataclass(frozen=True, slots=True)
class TrackFrame:
    """The newest state of every entity at one instant.

    Parameters
    ----------
    rows : (N,) structured array of :data:`twin.live.observation.OBSERVATION_DTYPE`
    position_m : (N, 3) float32 array
        East, north, up in the city's local frame; up is above sea level, ground height included.
    source : (N,) uint8 array
        Index into ``World.sources``.
    version : int
        Grows with each change of the live table; equal versions mean equal frames.
    at_s : float
        When the newest row was committed, seconds since 1970-01-01 UTC.
    """

    rows: ObservationArray
    position_m: NDArray[np.float32]
    source: NDArray[np.uint8]
    version: int
    at_s: float

    def __len__(self) -> int:
        return len(self.rows)


def empty_frame() -> TrackFrame:
    """Return a frame in which nothing is known."""
    return TrackFrame(
        np.empty(0, dtype=OBSERVATION_DTYPE), np.empty((0, 3), np.float32), np.empty(0, np.uint8), version=0, at_s=0.0
    )
