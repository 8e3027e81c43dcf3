"""An observation: one entity's state at one time, as a source told it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.live.kinds import STATE_CODE, kind_code

OBSERVATION_DTYPE = np.dtype(
    [
        ("id", "S32"),  # stable name of the entity within the twin, UTF-8
        ("label", "S48"),  # plate, call sign or name, UTF-8; sensitive
        ("kind", "u1"),  # index into twin.live.kinds.KINDS
        ("state", "u1"),  # index into twin.live.kinds.STATES
        ("time_s", "f8"),  # source's clock, seconds since 1970-01-01 UTC
        ("lon_deg", "f8"),
        ("lat_deg", "f8"),
        ("height_m", "f4"),  # above the ground for drones, else 0
        ("heading_deg", "f4"),  # clockwise from north, NaN if unknown
        ("speed_mps", "f4"),  # NaN if unknown
        ("value", "f4"),  # the kind's quantity, NaN if none
        ("accuracy_m", "f4"),  # 68 % radius, NaN if unknown
    ]
)
ObservationArray = NDArray[np.void]


@dataclass(frozen=True, slots=True)
class Observation:
    """One row, for sources that speak one message at a time; units as in :data:`OBSERVATION_DTYPE`."""

    id: str
    kind: str
    time_s: float
    lon_deg: float
    lat_deg: float
    label: str = ""
    state: str = "unknown"
    height_m: float = 0.0
    heading_deg: float = math.nan
    speed_mps: float = math.nan
    value: float = math.nan
    accuracy_m: float = math.nan


@dataclass(frozen=True, slots=True)
class ObservationBatch:
    """What one source said at once.

    Parameters
    ----------
    source : str
        Name of the source, as in the settings.
    rows : (N,) structured array of :data:`OBSERVATION_DTYPE`
        One entity may stand in it more than once, oldest first.
    """

    source: str
    rows: ObservationArray


def clip_utf8(text: str, size: int) -> bytes:
    """Return ``text`` as at most ``size`` bytes of UTF-8, never cutting a character in two."""
    return text.encode()[:size].decode(errors="ignore").encode()


def batch(source: str, observations: Iterable[Observation]) -> ObservationBatch:
    """Pack single observations into a batch."""
    rows = [
        (
            *(clip_utf8(o.id, 32), clip_utf8(o.label, 48), kind_code(o.kind), STATE_CODE.get(o.state, 0)),
            *(o.time_s, o.lon_deg, o.lat_deg, o.height_m, o.heading_deg, o.speed_mps, o.value, o.accuracy_m),
        )
        for o in observations
    ]
    return ObservationBatch(source, np.array(rows, dtype=OBSERVATION_DTYPE))
