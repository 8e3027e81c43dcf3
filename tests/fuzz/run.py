"""Reading what was changed at random: nothing crashes, nothing hangs, and no neighbour is lost."""

from __future__ import annotations

import contextlib
import random
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from tests.fuzz.mutate import mutated
from tests.fuzz.targets import Target

LIMIT_S = 2.0
"""A decoder that takes longer over one input hangs."""

AFTER = 25
"""Whole frames after the noise: what looks like the head of a long message may swallow as many bytes as it claims."""


class HangError(Exception):
    """A decoder took too long."""


@contextmanager
def limit() -> Iterator[None]:
    """Raise :class:`HangError` in the main thread when the time is over."""

    def _on_alarm(_: int, __: FrameType | None) -> None:
        raise HangError

    before = signal.signal(signal.SIGALRM, _on_alarm)
    signal.setitimer(signal.ITIMER_REAL, LIMIT_S)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


def once(target: Target, chance: random.Random) -> bytes:
    """Read one changed input; return it.

    Raises
    ------
    Exception
        Whatever the decoder raises that it does not declare; :class:`HangError`; AssertionError for a lost neighbour.
    """
    data = mutated(target.seeds, chance)
    try:
        with limit():
            check(target, data, chance)
    except Exception as error:
        error.add_note(f"{target.name} of {data.hex()}")
        raise
    return data


def check(target: Target, data: bytes, chance: random.Random) -> None:
    """Read an input; raise as :func:`once` does."""
    with contextlib.suppress(*target.declared):
        target.read(data)
    _neighbours(target, data, chance)


def _neighbours(target: Target, noise: bytes, chance: random.Random) -> None:
    if target.split is None:
        return
    good = chance.choice(target.seeds[:2])
    wired = good if target.name == "MAVLink" else b"\x7e" + good + b"\x7e"
    out = target.split(wired + noise + wired * AFTER)
    assert out[0] == good, "the frame before the noise is lost"
    assert out[-1] == good, "the frame after the noise is lost"
