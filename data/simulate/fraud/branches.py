"""Invented bank branches and cash machines of an invented county: the same for the same buildings."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.city.city import City
from twin.geo import FloatArray

BANKS = ("ICBC", "ABC", "CCB", "BOC", "PSBC", "BCM")
BRANCH, MACHINE = "bank_branch", "cash_machine"
USES = ("commercial", "office")
BRANCHES, MACHINES = 24, 48


@dataclass(frozen=True, slots=True)
class Branches:
    """Where banks can be met.

    Parameters
    ----------
    id, bank, kind : (N,) object arrays
        ``ICBC-3``; a code as accounts have it; :data:`BRANCH` or :data:`MACHINE`.
    position_m : (N, 3) float32 array
        In the local frame.
    """

    id: NDArray[np.object_]
    bank: NDArray[np.object_]
    kind: NDArray[np.object_]
    position_m: NDArray[np.float32]

    def __len__(self) -> int:
        return len(self.id)

    def of(self, banks: frozenset[str]) -> NDArray[np.float32]:
        """Return where some banks can be met, (M, 3)."""
        found: NDArray[np.float32] = self.position_m[np.isin(self.bank, list(banks))]
        return found


def branches(city: City, seed: int = 7) -> Branches:
    """Return branches in houses of shops and offices, and cash machines at others."""
    table = city.table("buildings")
    houses = table[table["use"].isin(USES)]
    count = min(BRANCHES + MACHINES, len(houses))
    chosen = np.sort(np.random.default_rng(seed).choice(len(houses), count, replace=False))
    middle = shapely.centroid(houses.geometry.to_numpy()[chosen])
    x, y = shapely.get_x(middle), shapely.get_y(middle)
    up: FloatArray = np.asarray(city.ground_m(x, y), np.float64) + 2.0
    position = np.column_stack([x - city.frame.origin_m[0], y - city.frame.origin_m[1], up]).astype(np.float32)
    order = np.random.default_rng(seed + 1).permutation(count)
    bank = np.array([BANKS[at % len(BANKS)] for at in range(count)], object)
    kind = np.array(
        [BRANCH if at < count * BRANCHES // (BRANCHES + MACHINES) else MACHINE for at in range(count)], object
    )
    names = np.array([f"{one}-{at + 1}" for at, one in enumerate(bank)], object)
    return Branches(names, bank, kind, position[order])
