"""What must stay secret on this machine: its keys, each by a name; in files that only their owner reads, or in the
system's keyring.

``secrets.toml`` in the user's data folder says which::

    keep = "keyring"        # or "file", which holds without the file
    encrypt = true          # new databases are encrypted on disk

A secret that is found in the other place is moved, so that turning from one to the other needs nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import os
import secrets
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from data.forms import learn
from data.home import Home
from data.whole_file import write_file
from twin.errors import BadInputError, MissingPieceError
from twin.words import say

FILE = "secrets.toml"
SERVICE = "zhian"
RANDOM_BYTES = 32


class SecretSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The settings as they stand in the file; ``encrypt`` is told in :mod:`data.sealed`."""

    keep: Literal["file", "keyring"] | None = None
    encrypt: bool = False


learn(SecretSettings)


def secret(home: Home, name: str) -> bytes | None:
    """Return a secret, or None where there is none.

    Raises
    ------
    twin.errors.MissingPieceError
        If it should be in the system's keyring, and that does not answer.
    """
    keep = settings_of(home).keep
    if keep is None:
        return _read(home, name)
    if keep == "keyring":
        if (kept := _asked(home, name)) is None and (moved := _read(home, name)) is not None:
            kept = _told(home, name, moved)
            _path(home, name).unlink()
        return kept
    if (kept := _read(home, name)) is None and (moved := _asked(home, name)) is not None:
        kept = _written(home, name, moved)
        _forgotten(home, name)
    return kept


def keep_secret(home: Home, name: str, fresh: bytes) -> bytes:
    """Keep a secret and return the one that counts: the first, where two make one at once.

    Raises
    ------
    twin.errors.MissingPieceError
        As :func:`secret`.
    """
    if (kept := secret(home, name)) is not None:
        return kept
    return _told(home, name, fresh) if settings_of(home).keep == "keyring" else _written(home, name, fresh)


def random_secret(home: Home, name: str) -> bytes:
    """Return random bytes of this installation, made when first asked for."""
    return secret(home, name) or keep_secret(home, name, secrets.token_bytes(RANDOM_BYTES))


def settings_of(home: Home) -> SecretSettings:
    """Return the settings that hold.

    Raises
    ------
    twin.errors.BadInputError
        If they cannot be read.
    """
    path = home.data / FILE
    try:
        return msgspec.convert(tomllib.loads(path.read_text("utf-8")), SecretSettings)
    except FileNotFoundError:
        return SecretSettings()
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise BadInputError(str(path), say("{error}", error=error), 'write keep = "keyring" or keep = "file"') from None


def set_encrypt(home: Home, encrypt: bool) -> None:
    """Write whether new databases are encrypted; what else the settings say stays."""
    keep = settings_of(home).keep
    lines = [f'keep = "{keep}"\n'] if keep else []
    write_file(home.data / FILE, "".join([*lines, f"encrypt = {str(encrypt).lower()}\n"]).encode())


def _path(home: Home, name: str) -> Path:
    return home.data / name if "/" in name else home.state / f"{name}.key"


def _read(home: Home, name: str) -> bytes | None:
    try:
        return _path(home, name).read_bytes()
    except FileNotFoundError:
        return None


def _written(home: Home, name: str, fresh: bytes) -> bytes:
    """Write a file whole or not at all, and never over one that another process made."""
    path = _path(home, name)
    path.parent.mkdir(parents=True, exist_ok=True)
    beside = path.with_name(f"{path.name}.{secrets.token_hex(4)}.new")
    handle = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(fresh)
        file.flush()
        os.fsync(file.fileno())
    with contextlib.suppress(FileExistsError):
        path.hardlink_to(beside)
    beside.unlink()
    return path.read_bytes()


def _asked(home: Home, name: str) -> bytes | None:
    import keyring  # takes a while to import, and where secrets are files nobody needs it

    with _answering():
        kept = keyring.get_password(SERVICE, _named(home, name))
    return None if kept is None else base64.b64decode(kept)


def _told(home: Home, name: str, fresh: bytes) -> bytes:
    import keyring

    with _answering():
        keyring.set_password(SERVICE, _named(home, name), base64.b64encode(fresh).decode())
    kept = _asked(home, name)
    if kept is None:
        raise MissingPieceError('the system\'s keyring kept nothing: write keep = "file" in secrets.toml')
    return kept


def _forgotten(home: Home, name: str) -> None:
    import keyring

    with _answering():
        keyring.delete_password(SERVICE, _named(home, name))


def _named(home: Home, name: str) -> str:
    return f"{name} {home.data}"


@contextlib.contextmanager
def _answering() -> Iterator[None]:
    import keyring.errors

    try:
        yield
    except keyring.errors.KeyringError as error:
        raise MissingPieceError(
            say(
                'the system\'s keyring does not answer ({kind}): unlock it, or write keep = "file" in secrets.toml',
                kind=type(error).__name__,
            )
        ) from None
