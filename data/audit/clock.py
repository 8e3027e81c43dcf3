"""The clocks of an entry: the one on the wall, which can be set, and the one that only counts on."""

from __future__ import annotations

import contextlib
import secrets
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


@dataclass(frozen=True, slots=True)
class Clock:
    """Both clocks.

    Parameters
    ----------
    boot : str
        What ``up_s`` counts from: comparable among entries of the same.
    wall_s, up_s : callable
        Seconds since 1970-01-01 UTC; seconds since the machine was started.
    """

    boot: str
    wall_s: Callable[[], float]
    up_s: Callable[[], float]


def _boot() -> str:
    """Return a name for the time since the machine was started; where the system has none, since this process was."""
    with contextlib.suppress(OSError):
        return BOOT_ID.read_text("ascii").replace("-", "")[:12]
    return secrets.token_hex(6)


def _up_s() -> float:
    if sys.platform == "linux":
        return time.clock_gettime(time.CLOCK_BOOTTIME)  # goes on while the machine sleeps
    return time.monotonic()


CLOCK = Clock(_boot(), time.time, _up_s)
"""This machine's."""
