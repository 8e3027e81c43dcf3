"""Records what sources tell that are not acknowledged, as far as the policy says, as chunks of the journal."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from data.connectors.contract import SourceSettings
from data.history.policy import Recording
from data.sync.journal import Entry, Kept, Origin
from twin.geo import BoolArray
from twin.live.observation import ObservationArray

FLUSH_ROWS = 4000
WAITING_ROWS = 200_000
"""Rows that may wait for a disk that does not take them; what comes after them is counted and not recorded."""
SLACK_S = 0.05
"""A state that comes a little early is taken, not the one after it."""

Put = Callable[[Entry], Future[Kept]]


class Recorder:
    """Picks the rows that are due and hands them to the journal in lumps.

    Parameters
    ----------
    put : callable
        Hands an entry to the journal. A row that is lost between here and the disk was never acknowledged to anyone.
    """

    def __init__(self, policy: Recording, put: Put) -> None:
        self.policy, self._put = policy, put
        self._every_s, self._changing = np.array(policy.interval_s()), np.array(policy.changing())
        self._last: dict[str, _Last] = {}
        self._held: dict[Origin, list[ObservationArray]] = {}
        self._handed: deque[tuple[Future[Kept], int]] = deque()
        self.left_out = 0
        """Rows that were due and found no room, or that the journal could not keep."""

    def take(self, settings: SourceSettings, rows: ObservationArray, now_s: float) -> None:
        """Take what passed the gate; the rows that are due are kept with the next :meth:`flush`."""
        last = self._last.setdefault(settings.name, _Last())
        due = rows[last.due(rows, self._every_s, self._changing)]
        if not len(due):
            return
        if self._waiting() + len(due) > WAITING_ROWS:
            self.left_out += len(due)
            return
        held = self._held.setdefault(Origin(settings.name, settings.zone, settings.classification), [])
        held.append(due)
        if sum(map(len, held)) >= FLUSH_ROWS:
            self.flush(now_s)

    def flush(self, now_s: float) -> None:
        """Hand over what is held; asked for once a second."""
        held, self._held = self._held, {}
        for origin, parts in held.items():
            rows = np.concatenate(parts)
            self._handed.append((self._put(Entry(origin, now_s, 0, (), rows=rows)), len(rows)))

    def _waiting(self) -> int:
        while self._handed and self._handed[0][0].done():
            future, rows = self._handed.popleft()
            self.left_out += rows if future.exception() is not None else 0
        held = sum(len(part) for parts in self._held.values() for part in parts)
        return held + sum(rows for _, rows in self._handed)


@dataclass(slots=True)
class _Last:
    """What was last kept of each entity of a source."""

    slots: dict[bytes, int] = field(default_factory=dict)
    key: bytes = b""
    found: NDArray[np.int64] = field(default_factory=lambda: np.empty(0, np.int64))
    time_s: NDArray[np.float64] = field(default_factory=lambda: np.empty(0))
    value: NDArray[np.float32] = field(default_factory=lambda: np.empty(0, np.float32))
    state: NDArray[np.uint8] = field(default_factory=lambda: np.empty(0, np.uint8))

    def due(self, rows: ObservationArray, every_s: NDArray[np.float64], changing: NDArray[np.bool_]) -> BoolArray:
        """Mark the rows that are to be kept, and remember them."""
        slots = self._find(rows["id"])
        passed = rows["time_s"] - self.time_s[slots]
        other = (rows["value"] != self.value[slots]) & ~(np.isnan(rows["value"]) & np.isnan(self.value[slots]))
        other |= rows["state"] != self.state[slots]
        kind = rows["kind"]
        due = (passed >= every_s[kind] - SLACK_S) | (passed < 0) | (other & changing[kind])
        kept = slots[due]
        self.time_s[kept], self.value[kept], self.state[kept] = (
            rows[name][due] for name in ("time_s", "value", "state")
        )
        return np.asarray(due)

    def _find(self, ids: NDArray[np.bytes_]) -> NDArray[np.int64]:
        """Return the places of entities, new ones made; sources name the same ones in the same order mostly."""
        key = ids.tobytes()
        if key == self.key:
            return self.found
        names = ids.tolist()
        for name in names:
            self.slots.setdefault(name, len(self.slots))
        more = len(self.slots) - len(self.time_s)
        self.time_s = np.append(self.time_s, np.full(more, -np.inf))
        self.value = np.append(self.value, np.full(more, np.nan, np.float32))
        self.state = np.append(self.state, np.zeros(more, np.uint8))
        self.key, self.found = key, np.array([self.slots[name] for name in names], np.int64)
        return self.found
