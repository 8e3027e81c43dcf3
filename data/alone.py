"""Be the only one who does something on this machine; the lock ends with its process, however that ends."""

from __future__ import annotations

import sqlite3
from pathlib import Path


def lock(path: Path) -> sqlite3.Connection | None:
    """Return what holds the lock of a file until it is closed; None if another process or object holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    held = sqlite3.connect(path, timeout=0, isolation_level=None, check_same_thread=False)
    try:
        held.execute("BEGIN EXCLUSIVE")
    except sqlite3.OperationalError:
        held.close()
        return None
    return held
