"""What the gate remembers of each entity that a source tells of: its clock and its last good place; bounded."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from twin.live.observation import ObservationArray

SAMPLES = 8
"""Clock readings kept of each entity."""
MOST = 131_072
"""Entities remembered of one source, 18 MB; when there are more, the half not heard of for longest is forgotten."""
FIRST = 1024
STATE_DTYPE = np.dtype(
    [
        ("heard", "i8"),  # number of the batch that named it last
        ("ahead_s", "f8", (SAMPLES,)),  # source clock minus ours, the newest readings in a ring; -inf where none
        ("readings", "i8"),
        ("time_s", "f8"),  # of the last good place; NaN if there is none
        ("place_m", "f8", (2,)),  # east and north
        ("odd_time_s", "f8"),  # of the last place that did not follow from the good one
        ("odd_place_m", "f8", (2,)),
        ("odd", "i8"),  # how many places in a row followed from the odd one
    ]
)
IntArray = NDArray[np.int64]


class Devices:
    """The entities of one source.

    ``state`` has a row of :data:`STATE_DTYPE` for each, at the place that :meth:`find` tells; both hold until the next
    call of it.
    """

    def __init__(self) -> None:
        self.state = _fresh(FIRST)
        self._slots: dict[bytes, int] = {}
        self._batch = 0
        self._last: tuple[bytes, IntArray] | None = None

    def __len__(self) -> int:
        return len(self._slots)

    def find(self, rows: ObservationArray) -> IntArray:
        """Return the places of the rows' entities, new ones for those that are not known."""
        self._batch += 1
        key = rows["id"].tobytes()
        if self._last is None or self._last[0] != key:
            self._last = key, self._find(rows["id"].tolist())
        slots = self._last[1]
        self.state["heard"][slots] = self._batch
        return slots

    def _find(self, names: list[bytes]) -> IntArray:
        known = self._slots.keys() >= frozenset(names)
        fresh = [] if known else [name for name in dict.fromkeys(names) if name not in self._slots]
        if fresh and len(self._slots) + len(fresh) > MOST:
            self._forget_half(frozenset(names))
        first = len(self._slots)
        self._slots.update(zip(fresh, range(first, first + len(fresh)), strict=True))
        while len(self.state) < len(self._slots):
            self.state = np.concatenate([self.state, _fresh(len(self.state))])
        return np.fromiter(map(self._slots.__getitem__, names), np.int64, len(names))

    def _forget_half(self, needed: frozenset[bytes]) -> None:
        """Forget those not heard of for longest; never those of the batch at hand."""
        known = list(self._slots)
        oldest = np.argsort(self.state["heard"][: len(known)], kind="stable")[: len(known) // 2]
        gone = {known[i] for i in oldest.tolist()} - needed
        stay = [name for name in known if name not in gone]
        state = _fresh(max(FIRST, len(stay)))
        state[: len(stay)] = self.state[[self._slots[name] for name in stay]]
        self.state, self._slots = state, {name: slot for slot, name in enumerate(stay)}

    def heard_state(self) -> NDArray[np.void]:
        """Return the rows of the entities that are known."""
        return self.state[: len(self._slots)]


def _fresh(count: int) -> NDArray[np.void]:
    state = np.zeros(count, STATE_DTYPE)
    state["ahead_s"] = -np.inf
    state["time_s"] = np.nan
    return state


class Runs:
    """The rows of a batch by entity, those of one entity together in the order in which they came.

    Parameters
    ----------
    order : (N,) int array
        Places of the rows, so sorted.
    first, last : (N,) bool array
        Whether the row at that place of ``order`` is its entity's first or last.
    """

    def __init__(self, slots: IntArray) -> None:
        self.order: IntArray = np.argsort(slots, kind="stable")
        self.slots = slots[self.order]
        change = self.slots[1:] != self.slots[:-1]
        self.first = np.concatenate([[True], change])[: len(slots)]
        self.last = np.concatenate([change, [True]])[-len(slots) :] if len(slots) else self.first
        self.begin: IntArray = np.flatnonzero(self.first)

    def any(self, marked: NDArray[np.bool_]) -> NDArray[np.bool_]:
        """Mark all rows of the entities of which one row is marked; both in sorted order."""
        if not len(marked):
            return marked
        return np.repeat(np.logical_or.reduceat(marked, self.begin), self.lengths())

    def lengths(self) -> IntArray:
        """Return how many rows each entity has."""
        return np.diff(np.append(self.begin, len(self.order)))
