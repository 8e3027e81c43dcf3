"""What the rules remember of every entity: its last row, and what each condition keeps, in arrays with one row each."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from twin.geo import BoolArray, FloatArray
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray

IntArray = NDArray[np.int64]
ROOM = 1024


class Kept:
    """One value an entity, ``values`` (room,), at first ``fill``."""

    def __init__(self, dtype: DTypeLike, fill: Any, room: int) -> None:
        self.fill = fill
        self.values: NDArray[Any] = np.full(room, fill, dtype)


class Memory:
    """The entities by slot.

    Attributes
    ----------
    rows : (room,) structured array
        The last row of each.
    place_m : (room, 2) float array
        East and north in the city's local frame.
    known : int
        How many slots are used.
    """

    def __init__(self) -> None:
        self.rows: ObservationArray = np.zeros(ROOM, OBSERVATION_DTYPE)
        self.place_m: FloatArray = np.zeros((ROOM, 2))
        self.known = 0
        self._slots: dict[bytes, int] = {}
        self._kept: list[Kept] = []
        self._ids = np.empty(0, "S32")
        self._of_ids: IntArray = np.empty(0, np.int64)

    def keep(self, dtype: DTypeLike, fill: Any) -> Kept:
        """Return a fresh value for every entity."""
        kept = Kept(dtype, fill, len(self.rows))
        self._kept.append(kept)
        return kept

    @contextlib.contextmanager
    def noting(self) -> Iterator[list[Kept]]:
        """Give the list of what is kept from here on, to be let go of together."""
        before = len(self._kept)
        fresh: list[Kept] = []
        yield fresh
        fresh += self._kept[before:]

    def drop(self, gone: list[Kept]) -> None:
        """Let go of values."""
        self._kept = [kept for kept in self._kept if kept not in gone]

    def slots(self, ids: NDArray[np.bytes_]) -> IntArray:
        """Return the slot of each id, (N,); new ones get new slots."""
        if len(ids) == len(self._ids) and np.array_equal(ids, self._ids):
            return self._of_ids
        slots, known = self._slots, self._slots.setdefault
        self._of_ids = np.array([known(key, len(slots)) for key in ids.tolist()], np.int64)
        self._ids = ids.copy()
        self._make_room(len(slots))
        self.known = len(slots)
        return self._of_ids

    def take(self, slot: IntArray, rows: ObservationArray, place_m: FloatArray) -> None:
        """Remember rows, at most one an entity, as the last ones."""
        self.rows[slot] = rows
        self.place_m[slot] = place_m

    def forget(self, before_s: float) -> None:
        """Forget entities that said nothing since a time."""
        used = self.rows[: self.known]
        stay = np.flatnonzero(used["time_s"] >= before_s)
        if len(stay) == self.known:
            return
        for kept in self._kept:
            kept.values = _moved(kept.values, stay, kept.fill)
        ids = used["id"][stay].tolist()
        self.place_m = _moved(self.place_m, stay, 0.0)
        fresh = np.zeros(len(self.rows), OBSERVATION_DTYPE)
        fresh[: len(stay)] = used[stay]
        self.rows, self.known = fresh, len(stay)
        self._slots = {key: number for number, key in enumerate(ids)}
        self._ids, self._of_ids = np.empty(0, "S32"), np.empty(0, np.int64)

    def _make_room(self, wanted: int) -> None:
        if wanted <= len(self.rows):
            return
        room = max(wanted, 2 * len(self.rows))
        more = room - len(self.rows)
        self.rows = np.concatenate([self.rows, np.zeros(more, OBSERVATION_DTYPE)])
        self.place_m = np.concatenate([self.place_m, np.zeros((more, 2))])
        for kept in self._kept:
            kept.values = np.concatenate([kept.values, np.full(more, kept.fill, kept.values.dtype)])


def _moved(values: NDArray[Any], stay: IntArray, fill: Any) -> NDArray[Any]:
    fresh = np.full_like(values, fill)
    fresh[: len(stay)] = values[stay]
    return fresh


def of_kinds(rows: ObservationArray, codes: NDArray[np.integer]) -> BoolArray:
    """Mark the rows of some kinds, (N,)."""
    wanted = np.zeros(256, np.bool_)
    wanted[codes] = True
    return np.asarray(wanted[rows["kind"]])
