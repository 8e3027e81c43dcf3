"""The loss meter: each component numbers its frames from 0 to 255 and over again; what is skipped was lost."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.connectors.contract import Gap

SILENT_S = 5.0
"""After so long the sequence may have gone round unseen, or begun anew: nothing is counted."""
SAME_S = 1.0
"""The same frame within so long came over two links."""
PERIOD_S = 60.0
"""Losses are told as one gap a component and minute: a radio link loses frames all the time, and nothing fills them."""


@dataclass(slots=True)
class Sequence:
    """The sequence of one component.

    Parameters
    ----------
    device : str
        System and component.
    """

    device: str
    expected: int = -1
    last_s: float = 0.0
    changed: bool = False
    _first: int = 0
    _begin_s: float = 0.0
    _count: int = 0
    _missing: set[int] = field(default_factory=set)
    _lost: int = 0
    _recent: dict[int, tuple[int, float]] = field(default_factory=dict)

    def first_heard(self, sequence: int, check: int, arrival_s: float) -> tuple[float, bool]:
        """Return when this frame came first, and whether it came before, over another link."""
        known = self._recent.get(sequence)
        if known is not None and known[0] == check and 0 <= arrival_s - known[1] <= SAME_S:
            return known[1], True
        self._recent[sequence] = (check, arrival_s)
        return arrival_s, False

    def note(self, sequence: int, arrival_s: float) -> None:
        """Note a frame that did not come before."""
        silent = arrival_s - self.last_s > SILENT_S
        ahead = (sequence - self.expected) & 0xFF
        if self.expected < 0 or silent:
            self._missing.clear()
        elif 0 < ahead < 128:
            self._skip(ahead, arrival_s)
        elif ahead >= 128:
            self._fill(sequence)
            return
        self._missing.discard(sequence)  # of the round before
        self.expected, self.last_s = (sequence + 1) & 0xFF, arrival_s

    def _skip(self, count: int, arrival_s: float) -> None:
        if arrival_s - self._begin_s > PERIOD_S:
            self._first, self._begin_s = self.expected, self.last_s
            self._count = self._lost = 0
        skipped = {(self.expected + i) & 0xFF for i in range(count)}
        self._missing |= skipped
        self._count, self._lost, self.changed = self._count + count, self._lost + count, True

    def _fill(self, sequence: int) -> None:
        if sequence in self._missing:
            self._missing.remove(sequence)
            self._lost, self.changed = max(self._lost - 1, 0), True

    def gap(self) -> Gap:
        """Return what was lost in this minute."""
        self.changed = False
        return Gap(self.device, self._first, self._count, self._lost, self._begin_s, self.last_s)
