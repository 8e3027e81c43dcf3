"""How much is driven in each hour of the day: from what was measured, else as it usually is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from twin.geo import FloatArray
from twin.traffic.slots import SLOT_S, Slots

ZONE_S = 28_800.0
HOURS = 24
USUAL = np.array([
    0.12, 0.08, 0.06, 0.06, 0.09, 0.22, 0.55, 1.00, 0.95, 0.72, 0.66, 0.66,
    0.62, 0.64, 0.68, 0.72, 0.82, 0.98, 0.88, 0.60, 0.48, 0.38, 0.28, 0.18,
])  # fmt: skip
"""To that of the busiest hour; ours, of the shape that counts in towns have. Taken for granted until it is measured."""


@dataclass(frozen=True, slots=True)
class ByHour:
    """What something costs in each hour of the day, vehicle-hours; whether the day's traffic is measured."""

    cost_h: tuple[float, ...]
    measured: bool

    def of(self, begin: int, hours: int) -> float:
        """Return what it costs from an hour on, over midnight too."""
        return sum(self.cost_h[(begin + row) % HOURS] for row in range(hours))


def profile(slots: Slots) -> FloatArray | None:
    """Return the traffic of each hour of the local day to that of the busiest, (24,); None until each hour was seen."""
    hour = np.floor((slots.slot * SLOT_S + ZONE_S) / 3600.0).astype(np.int64)
    seen = np.bincount(np.unique(hour) % HOURS, minlength=HOURS)
    vehicles = np.bincount(hour % HOURS, weights=slots.vehicles, minlength=HOURS)
    if (seen == 0).any() or not vehicles.any():
        return None
    mean = vehicles / seen
    share: FloatArray = mean / mean.max()
    return share
