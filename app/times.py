"""Times as people write them."""

from __future__ import annotations

from datetime import UTC, datetime

from twin.errors import UsageError
from twin.words import say


def parse_time(text: str) -> float:
    """Return a time as seconds since 1970-01-01 UTC; one without a zone is of this machine's.

    Raises
    ------
    twin.errors.UsageError
        If it cannot be read.
    """
    try:
        return datetime.fromisoformat(text.strip()).timestamp()
    except (ValueError, OverflowError, OSError):
        raise UsageError(say("{text!r} is no time; write it as 2026-11-22T08:30:00", text=text)) from None


def show_time(time_s: float) -> str:
    """Return a time of this machine's zone, to the second."""
    return datetime.fromtimestamp(time_s, UTC).astimezone().strftime("%Y-%m-%d %H:%M:%S")
