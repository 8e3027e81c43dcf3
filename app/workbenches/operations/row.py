"""One line of the queue: what it is, how long it may take, and what is to be done next."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

SEVERITIES = (1, 2, 3, 4)
SHAPES = {1: "▲", 2: "◆", 3: "●", 4: "■"}
"""Severity is never told by colour alone; its colours are the tokens ``severity_1`` to ``severity_4``."""
SOON_SHARE, SOON_S = 0.25, 30.0
"""A timer warns while less than this share of its level is left, or so many seconds."""
NONE, RUNNING, SOON, BROKEN = "none", "running", "soon", "broken"


@dataclass(frozen=True, slots=True)
class QueueRow:
    """What needs a hand.

    Parameters
    ----------
    key : str
        Of the alert, the group of alerts or the incident it stands for; stays while it lives.
    kind : str
        ``alert``, ``group`` or ``incident``.
    severity : int
        One of :data:`SEVERITIES`.
    title, place : str
        In the language of the moment, masked as the purpose of the moment asks for.
    state : str
        As the rules of the work name it.
    since_s, due_s, span_s : float
        When it came and when its level breaks, seconds since 1970-01-01 UTC, and how long the level is; infinite for
        what has none.
    next : str
        Id of the command that is its next step; empty while others are at it.
    count : int
        How many alerts it stands for.
    owner : str
        Who took it; empty for nobody.
    lonlat_deg : tuple of float
    """

    key: str
    kind: str
    severity: int
    title: str
    place: str
    state: str
    since_s: float
    due_s: float = math.inf
    span_s: float = math.inf
    next: str = ""
    count: int = 1
    owner: str = ""
    lonlat_deg: tuple[float, float] = (math.nan, math.nan)

    def left_s(self, now_s: float) -> float:
        """Return how long the level still holds: negative once it broke, infinite without one."""
        return self.due_s - now_s

    def timer(self, now_s: float) -> str:
        """Return how its timer stands: none, running, soon to break, or broken."""
        left_s = self.left_s(now_s)
        if math.isinf(left_s):
            return NONE
        if left_s < 0.0:
            return BROKEN
        return SOON if left_s <= max(SOON_SHARE * self.span_s, SOON_S) else RUNNING


def ranked(rows: Iterable[QueueRow]) -> tuple[QueueRow, ...]:
    """Return rows in the order they are to be dealt with.

    What waits for a hand comes before what only waits to be closed, and that before what others are at; then the
    severer, the sooner due, the older. The order does not depend on the time of day, so that no row moves under a hand
    that is about to press.
    """
    return tuple(sorted(rows, key=lambda row: (_turn(row), row.severity, row.due_s, row.since_s, row.key)))


def _turn(row: QueueRow) -> int:
    return 2 if not row.next else int(row.state == "resolved")


def counted(rows: Sequence[QueueRow]) -> dict[int, int]:
    """Return how many rows there are of each severity."""
    return {severity: sum(row.severity == severity for row in rows) for severity in SEVERITIES}


def timer_words(left_s: float) -> str:
    """Write a timer: ``2:14`` left, ``+0:42`` over, hours in front where there are some; empty without a level."""
    if math.isinf(left_s):
        return ""
    seconds = math.ceil(left_s) if left_s >= 0.0 else math.floor(-left_s)
    hours, rest = divmod(seconds, 3600)
    minutes, seconds = divmod(rest, 60)
    words = f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"
    return words if left_s >= 0.0 else f"+{words}"
