"""What must stay secret on this machine: keys and passwords, each by a name, in files that only their owner reads."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from data.home import Home


def secret(home: Home, name: str) -> bytes | None:
    """Return a secret, or None where there is none."""
    try:
        return _path(home, name).read_bytes()
    except FileNotFoundError:
        return None


def keep_secret(home: Home, name: str, fresh: bytes) -> bytes:
    """Keep a secret and return the one that counts: the first, where two make one at once."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(beside)
    except FileExistsError:
        return path.read_bytes()
    finally:
        beside.unlink()
    return fresh


def _path(home: Home, name: str) -> Path:
    return home.data / name
