"""Turning the databases of an installation into encrypted ones and back, each whole or not at all."""

from __future__ import annotations

from pathlib import Path

from data.audit.trails import desk_file
from data.home import Home
from data.records.settings import database_url
from data.sealed import is_sealed, key_of, made_key, turn
from data.secrets import set_encrypt


def databases(home: Home) -> list[Path]:
    """Return the files that are encrypted where the settings say so: the records (if no server has them), the trail."""
    url = database_url(home)
    records = [Path(url.database)] if url.drivername == "sqlite" and url.database else []
    return [path for path in (*records, desk_file(home)) if path.exists()]


def state(home: Home) -> dict[str, bool]:
    """Return which of them are encrypted, by their paths."""
    return {str(path): is_sealed(path) for path in databases(home)}


def encrypt(home: Home) -> list[Path]:
    """Encrypt what is not, and have new databases encrypted; return what was turned.

    Raises
    ------
    twin.errors.ZhianError
        As :func:`data.sealed.turn`: the files before are turned then, that one and those after are as they were. All of
        them open; the same again goes on.
    """
    key = made_key(home)
    set_encrypt(home, True)
    plain = [path for path in databases(home) if not is_sealed(path)]
    for path in plain:
        turn(path, "", key)
    return plain


def decrypt(home: Home) -> list[Path]:
    """Take the encryption away again, as :func:`encrypt`."""
    set_encrypt(home, False)
    sealed = [path for path in databases(home) if is_sealed(path)]
    for path in sealed:
        turn(path, key_of(home, path), "")
    return sealed
