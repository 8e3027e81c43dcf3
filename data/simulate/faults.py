"""What goes wrong between an invented device and whoever listens."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong on the way, each as a share of the messages; and how far clocks are off, in seconds.

    Parameters
    ----------
    loss, duplicate, disorder, corrupt : float
        Share of first sendings that are left out, sent twice, sent after the next one, or have a byte flipped.
    clock_s : float
        Each device's clock is off by up to so much, either way.
    """

    loss: float = 0.0
    duplicate: float = 0.0
    disorder: float = 0.0
    corrupt: float = 0.0
    clock_s: float = 0.0


@dataclass(slots=True)
class FaultyLine:
    """Sends messages as :class:`Faults` want it.

    Parameters
    ----------
    begin, end : int
        How many bytes of a message's head and tail are never flipped, as the line itself needs them.
    """

    faults: Faults
    chance: random.Random
    begin: int = 0
    end: int = 0
    _held: list[tuple[bytes, Callable[[bytes], object]]] = field(default_factory=list)

    def send(self, wire: bytes, write: Callable[[bytes], object]) -> bool:
        """Send a message; False if it does not arrive as it is, so that whoever has it must send it again.

        Parameters
        ----------
        write : callable
            Given the bytes that go out: none, once, twice, or after those of the next message.
        """
        faults, dice = self.faults, self.chance.random
        held, self._held = self._held, []
        whole = True
        if dice() < faults.disorder:
            self._held = [(wire, write)]
        elif dice() < faults.loss:
            whole = False
        else:
            whole = dice() >= faults.corrupt
            write(wire if whole else self._spoilt(wire))
            if dice() < faults.duplicate:
                write(wire)
        for late, write_late in held:
            write_late(late)
        return whole

    def flush(self) -> None:
        """Send what was held back for the next message, if there is none."""
        held, self._held = self._held, []
        for late, write in held:
            write(late)

    def _spoilt(self, wire: bytes) -> bytes:
        """Return a message in which one byte changed on the way."""
        at = self.chance.randrange(self.begin, len(wire) - self.end)
        other = (wire[at] + 1 + self.chance.randrange(255)) & 0xFF
        return wire[:at] + bytes([other]) + wire[at + 1 :]
