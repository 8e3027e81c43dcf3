"""A batch of rows as the conditions see it, with what several of them ask for worked out once."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from twin.cql2.rows import chosen
from twin.cql2.tree import Node
from twin.geo import BoolArray, FloatArray
from twin.live.kinds import CODE, KINDS
from twin.live.observation import ObservationArray
from twin.rules.ground import Ground
from twin.rules.memory import IntArray, of_kinds
from twin.rules.scenario import Watch


@dataclass(frozen=True)
class Batch:
    """Rows of N entities, each newer than the last of its entity.

    Parameters
    ----------
    rows : (N,) structured array
    slot : (N,) int array
        Of each entity in the memory.
    place_m : (N, 2) float array
        East and north in the city's local frame.
    fresh : (N,) bool array
        The entity is new, or its label another than before.
    now_s : float
        The time of the batch, by the sources' clocks.
    """

    rows: ObservationArray
    slot: IntArray
    place_m: FloatArray
    fresh: BoolArray
    now_s: float
    _within: dict[int, NDArray[np.int64]] = field(default_factory=dict)
    _parts: dict[bytes, Batch] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, mask: BoolArray) -> Batch:
        """Return the marked rows."""
        if mask.all():
            return self
        index = np.flatnonzero(mask)
        return Batch(self.rows[index], self.slot[index], self.place_m[index], self.fresh[index], self.now_s)

    def of(self, codes: NDArray[np.integer]) -> Batch:
        """Return the rows of some kinds, the same object each time it is asked."""
        key = codes.tobytes()
        if key not in self._parts:
            self._parts[key] = self.part(of_kinds(self.rows, codes))
        return self._parts[key]

    def within(self, ground: Ground) -> IntArray:
        """Return in which area of the ground each row is now, -1 for none."""
        if id(ground) not in self._within:
            self._within[id(ground)] = ground.find(self.place_m, self.now_s)
        return self._within[id(ground)]


@dataclass(frozen=True)
class Watched:
    """A scenario's :class:`twin.rules.scenario.Watch`, made ready."""

    codes: NDArray[np.int64]
    where: Node | None

    def of(self, batch: Batch) -> Batch:
        """Return the rows that are watched."""
        part = batch.of(self.codes)
        return part.part(chosen(self.where, part.rows)) if self.where is not None and len(part) else part

    def marks(self, rows: ObservationArray) -> BoolArray:
        """Mark the rows that are watched, (N,)."""
        mask = of_kinds(rows, self.codes)
        if self.where is not None and mask.any():
            mask[mask] = chosen(self.where, rows[mask])
        return mask


def codes_of(watch: Watch) -> NDArray[np.int64]:
    """Return the codes of the kinds that are watched, in order; of all where none are named."""
    named = {*watch.kinds, *(kind.name for kind in KINDS if kind.layer in watch.layers)}
    return np.array(sorted(CODE[name] for name in named or CODE), np.int64)
