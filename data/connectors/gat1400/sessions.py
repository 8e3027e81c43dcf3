"""Which devices are registered, and how much one address may ask."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

MOST_SESSIONS = 10_000
MOST_ADDRESSES = 10_000


class Sessions:
    """Devices that registered, each from one address, until they have been silent for long.

    After its registration a device names itself in a header and no more (``User-Identify``), so it is only believed
    from the address that it registered from.
    """

    def __init__(self, lasts_s: float, clock: Callable[[], float]) -> None:
        self._lasts_s, self._clock = lasts_s, clock
        self._until: OrderedDict[tuple[str, str], float] = OrderedDict()

    def open(self, device: str, address: str) -> None:
        """Register a device; above :data:`MOST_SESSIONS` the one silent for longest must register again."""
        self._until[device, address] = self._clock() + self._lasts_s
        self._until.move_to_end((device, address))
        if len(self._until) > MOST_SESSIONS:
            self._until.popitem(last=False)

    def knows(self, device: str, address: str) -> bool:
        """Tell whether a device is registered; asking counts as a sign of life."""
        if self._until.get((device, address), 0.0) < self._clock():
            return False
        self.open(device, address)
        return True

    def close(self, device: str, address: str) -> None:
        """Let a device go."""
        self._until.pop((device, address), None)

    def __len__(self) -> int:
        """Return how many are registered, silent ones included."""
        return len(self._until)


class Allowance:
    """How many requests a second each address may make; what it does not use is saved up for two seconds."""

    def __init__(self, per_s: float, clock: Callable[[], float]) -> None:
        self._per_s, self._clock = per_s, clock
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def grant(self, address: str) -> bool:
        """Take one request off an address's allowance; False if it has none left."""
        now, most = self._clock(), max(2 * self._per_s, 1.0)
        left, at = self._left.pop(address, (most, now))
        left = min(left + (now - at) * self._per_s, most)
        self._left[address] = (left - (left >= 1), now)
        if len(self._left) > MOST_ADDRESSES:
            self._left.popitem(last=False)
        return left >= 1
