"""Traffic as it was measured in one five minutes, for the world that is shown."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from twin.geo import BoolArray
from twin.traffic.graph import RoadGraph
from twin.traffic.slots import SLOT_S, Slots


@dataclass(frozen=True, eq=False, slots=True)
class Measured:
    """One slot.

    Parameters
    ----------
    graph : RoadGraph
    slots : Slots
        Of one slot.
    grades : (K,) int8 array
        Of its rows.
    sure : (K,) bool array
        Whether the interval of the speed lies within that grade.
    name, name_en : (L,) object arrays
        What the road of each link is called.
    """

    graph: RoadGraph
    slots: Slots
    grades: NDArray[np.int8]
    sure: BoolArray
    name: NDArray[np.object_]
    name_en: NDArray[np.object_]

    @property
    def at_s(self) -> float:
        """Return when the slot ends; 0 where nothing was measured."""
        return (float(self.slots.slot[0]) + 1.0) * SLOT_S if len(self.slots) else 0.0
