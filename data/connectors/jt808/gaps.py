"""Which messages of a terminal are missing, told by its serial numbers."""

from __future__ import annotations

from dataclasses import dataclass, field

from data.connectors.contract import Gap

LONGEST = 2000
"""A jump of the serial by more than this is a terminal that began anew, not a gap."""
MOST = 64
"""Open gaps watched at once for one terminal; the oldest is no longer watched when there are more."""


@dataclass(slots=True)
class _Open:
    gap: Gap
    serials: set[int]
    refilled: set[float] = field(default_factory=set)

    def now(self) -> Gap:
        gap = self.gap
        missing = max(len(self.serials) - len(self.refilled), 0)
        return Gap(gap.device, gap.first, gap.count, missing, gap.begin_s, gap.end_s)


@dataclass(slots=True)
class Serials:
    """The serials of one terminal.

    A serial that was skipped is filled by the message itself when it comes late, or by one position of a blind area
    whose time lies in the gap: those are sent again under other serials.
    """

    device: str
    expected: int = -1
    last_s: float = 0.0
    changed: dict[tuple[int, float], Gap] = field(default_factory=dict)
    _open: list[_Open] = field(default_factory=list)

    def note(self, serial: int, time_s: float) -> None:
        """Note a message; ``time_s`` is the sender's clock, 0 if it told none."""
        if serial == self.expected or self.expected < 0:
            self._go_on(serial, time_s)
            return
        ahead = (serial - self.expected) & 0xFFFF
        if ahead <= LONGEST:
            self._skip(ahead, time_s)
            self._go_on(serial, time_s)
        elif ahead >= 0x10000 - LONGEST:
            self._fill(serial)
        else:
            self._go_on(serial, time_s)

    def refill(self, time_s: float) -> None:
        """Note a position of a blind area."""
        for gap in self._open:
            if gap.gap.begin_s <= time_s <= gap.gap.end_s and time_s not in gap.refilled:
                gap.refilled.add(time_s)
                self._change(gap)
                return

    def recall(self, gap: Gap) -> None:
        """Watch a gap of before a restart; which of its messages are missing is not known any more, only how many."""
        serials = {(gap.first + i) & 0xFFFF for i in range(gap.count)}
        came = {-float(i + 1) for i in range(gap.count - gap.missing)}
        self._open.append(_Open(gap, serials, came))

    def take_changed(self) -> list[Gap]:
        """Return the gaps that changed since the last call."""
        changed = list(self.changed.values())
        self.changed.clear()
        return changed

    def _go_on(self, serial: int, time_s: float) -> None:
        self.expected = (serial + 1) & 0xFFFF
        self.last_s = time_s or self.last_s

    def _skip(self, count: int, time_s: float) -> None:
        first = self.expected
        gap = Gap(self.device, first, count, count, self.last_s, time_s or self.last_s)
        opened = _Open(gap, {(first + i) & 0xFFFF for i in range(count)})
        self._open = [*self._open[-MOST + 1 :], opened]
        self._change(opened)

    def _fill(self, serial: int) -> None:
        for gap in self._open:
            if serial in gap.serials:
                gap.serials.remove(serial)
                self._change(gap)
                return

    def _change(self, gap: _Open) -> None:
        now = gap.now()
        self.changed[now.first, now.begin_s] = now
        if not now.missing:
            self._open = [other for other in self._open if other is not gap]
