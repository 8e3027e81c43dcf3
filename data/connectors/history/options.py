"""Options of this source."""

from __future__ import annotations

import msgspec


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which lake and journal, from when to when (0: all that is known), and how fast; ``stay`` waits at the end."""

    lake: str
    journal: str
    begin_s: float = 0.0
    end_s: float = 0.0
    speed: float = 1.0
    paused: bool = False
    stay: bool = True
