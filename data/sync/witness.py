"""How far a journal had come, noted beside it: a log that lost its end looks to SQLite like one that was shorter.

The note is written after each commit and never flushed, so it can be older than the journal, but never newer.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
from pathlib import Path

_SIZE = 128
_REACHED = (
    "SELECT (SELECT value FROM about WHERE name = 'id'), "
    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'record'), 0), "
    "coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'quarantine'), 0)"
)
Reached = tuple[str, int, int]
"""A journal's id, and the offsets that its records and its quarantine came to."""


class Witness:
    """Notes how far a journal has come."""

    def __init__(self, journal: Path) -> None:
        self._file = os.open(note_of(journal), os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o600)

    def note(self, raw: sqlite3.Connection) -> None:
        """Note what is on disk now."""
        journal, records, held = raw.execute(_REACHED).fetchone()
        text = f"{journal} {records} {held}".ljust(_SIZE)
        with contextlib.suppress(OSError):  # the commit holds without it; a full disk is told by the next one
            os.lseek(self._file, 0, os.SEEK_SET)
            os.write(self._file, text.encode("ascii"))

    def close(self) -> None:
        """Let go of the file."""
        os.close(self._file)


def note_of(journal: Path) -> Path:
    """Return where the note on a journal lies."""
    return journal.with_name(journal.name + "-reached")


def missing(journal: Path, raw: sqlite3.Connection) -> int:
    """Return how many messages a journal once held after its end of today."""
    seen = _noted(journal)
    if seen is None:
        return 0
    name, records, held = raw.execute(_REACHED).fetchone()
    return max(seen[1] - records, 0) + max(seen[2] - held, 0) if name == seen[0] else 0


def noted_id(journal: Path) -> str:
    """Return which journal it was, by the note; empty if nothing was noted."""
    seen = _noted(journal)
    return seen[0] if seen else ""


def _noted(journal: Path) -> Reached | None:
    try:
        name, records, held = note_of(journal).read_text("ascii").split()
        return name, int(records), int(held)
    except (FileNotFoundError, ValueError):
        return None
