"""SQLite files that are encrypted on disk by SQLCipher: which, by what key, and how one is turned into the other.

``encrypt = true`` in ``secrets.toml`` has new files encrypted; ``zhian encryption on`` turns those that are there. Each
file tells by itself whether it is encrypted, so that a home of which some files are and some are not is whole at every
moment in between. The key is one of this installation, a secret like its others (:mod:`data.secrets`).
"""

from __future__ import annotations

import contextlib
import io
import os
import secrets
import sqlite3
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from types import ModuleType

import sqlalchemy as sa

from data.home import Home
from data.secrets import keep_secret, secret, settings_of
from twin.errors import DiskError, UsageError, ZhianError
from twin.words import say, why

SECRET = "at-rest"  # noqa: S105 - the name of one
PLAIN = b"SQLite format 3\0"
NOT_OURS = "not a database"
"""What SQLite says of a file that is damaged, or encrypted by another key."""
WIPE_BYTES = 1 << 20
FIRST = ("cipher_log = off", "cipher_log_level = NONE")

_TOLD: dict[Path, tuple[int, bool]] = {}
"""Of each file that was looked at or opened its inode, and whether it is encrypted."""

_HOMES: dict[Path, Home] = {}
"""Whose key the files of a folder open with."""

Key = Callable[[], str]
"""Tells the key that a file opens with, in hex, each time it is opened; empty for a plain file."""


def no_key() -> str:
    """Return no key: the file is plain."""
    return ""


def is_sealed(path: Path) -> bool:
    """Tell whether there is a file that is no plain one of SQLite.

    A file that this process has open is not read: whoever closes one of its handles drops all locks that this process
    has on it (POSIX), SQLite's too. Another process that ends would then take itself for the last one, and remove the
    log that we write to.
    """
    path = path.absolute()
    try:
        now = path.stat()
    except FileNotFoundError:
        return False
    if not now.st_size:
        return False
    known = _TOLD.get(path)
    if known is None or known[0] != now.st_ino:
        with path.open("rb") as file:
            sealed = file.read(len(PLAIN)) != PLAIN
    else:
        sealed = known[1]
    _TOLD[path] = now.st_ino, sealed
    return sealed


def key_of(home: Home, path: Path) -> str:
    """Return the key that a file opens with; one that is new gets a key where the settings say so.

    Raises
    ------
    twin.errors.MissingPieceError
        If the system's keyring has the key, and does not answer.
    """
    if is_sealed(path):
        return (secret(home, SECRET) or b"").decode()
    if path.exists() and path.stat().st_size:
        return ""
    return made_key(home) if settings_of(home).encrypt else ""


def made_key(home: Home) -> str:
    """Return the key of this installation, made when it is first asked for."""
    kept = secret(home, SECRET) or keep_secret(home, SECRET, secrets.token_hex(32).encode())
    return kept.decode()


def kept_by(home: Home, path: Path) -> Path:
    """Have a file, and those beside it, opened by the key of their home in this process; return its path."""
    _HOMES[path.parent.absolute()] = home
    return path


def home_of(path: Path) -> Home | None:
    """Return whose the files of a folder are, as :func:`kept_by` was told."""
    return _HOMES.get(path.absolute())


def key_at(path: Path) -> str:
    """Return the key that a file opens with, as :func:`key_of`; of nobody's files none."""
    home = home_of(path.parent)
    return key_of(home, path) if home is not None else ""


def sealed_engine(path: Path, key: str, uri: str = "", **connect_args: object) -> sa.Engine:
    """Return an engine on a file; ``uri`` opens it in another way than its path does.

    Raises
    ------
    twin.errors.ZhianError
        If the key is none.
    """
    engine = sa.create_engine(f"sqlite:///{uri or path}", module=_module(key), connect_args=connect_args)
    statements = (*FIRST, _keyed(key)) if key else ()

    def unlock(connection: sqlite3.Connection, _: object) -> None:
        _note(path, bool(key))
        for statement in statements:
            connection.execute(f"PRAGMA {statement}")

    sa.event.listen(engine, "connect", unlock)
    return engine


def _note(path: Path, sealed: bool) -> None:
    """Remember what a file is that was just opened, and made if it was not there."""
    with contextlib.suppress(FileNotFoundError):  # one that is only in memory
        path = path.absolute()
        _TOLD[path] = path.stat().st_ino, sealed


@contextlib.contextmanager
def opened(path: Path, key: str, timeout_s: float = 30.0) -> Iterator[sqlite3.Connection]:
    """Open a file without an engine, in autocommit."""
    connection: sqlite3.Connection = _module(key).connect(
        f"{path.absolute().as_uri()}?mode=rw", uri=True, timeout=timeout_s, isolation_level=None
    )
    with contextlib.closing(connection):
        _note(path, bool(key))
        for first in (*FIRST, _keyed(key)) if key else ():
            connection.execute(f"PRAGMA {first}")
        yield connection


def errors(key: str) -> type[Exception]:
    """Return what is raised on such a file."""
    found: type[Exception] = _module(key).Error
    return found


def faults(*others: type[Exception], names: Sequence[str] = ("Error",)) -> tuple[type[Exception], ...]:
    """Return errors of SQLite by their names, of the libraries for it that this process has loaded, and some others."""
    libraries = [sqlite3, sys.modules.get("sqlcipher3.dbapi2")]
    return (*others, *(getattr(library, name) for library in libraries if library is not None for name in names))


def turn(path: Path, old: str, new: str) -> None:
    """Turn a plain file into an encrypted one or back: whole or not at all, whenever it is killed.

    What is written stands beside the file until it is complete, and then takes its name. Nobody else may have the file
    open; who opens it meanwhile waits, and finds nothing in the old one, whose content is overwritten.

    Raises
    ------
    twin.errors.UsageError
        If another process has it open.
    twin.errors.DiskError
        If the disk is full, or the key is not that of the file; the file is as it was.
    """
    beside = path.with_name(f"{path.name}.new")
    try:
        beside.unlink(missing_ok=True)
        beside.touch(0o600)
        with _alone(path, old, old or new) as connection:
            _export(connection, beside, new)
            if os.name == "nt":  # no file that is open gives its name away there
                connection.close()
            take_place(beside, path)
    except (OSError, errors(old), errors(old or new)) as error:
        beside.unlink(missing_ok=True)
        reason = wrong_key(error) or why(error)
        raise DiskError(say("{path} stays as it was: {reason}", path=path, reason=reason)) from error


def wrong_key(error: object) -> str:
    """Return what to say where a file cannot be read with the key that is here; empty for another error."""
    if NOT_OURS not in str(error):
        return ""
    return say(
        "it is damaged, or encrypted by a key that is not here: bring back {file}, or unlock the keyring that has it",
        file=f"{SECRET}.key",
    )


def _module(key: str) -> ModuleType:
    if not key:
        return sqlite3
    from sqlcipher3 import dbapi2  # a library of three megabytes: only for who needs it

    sealing: ModuleType = dbapi2
    return sealing


def _keyed(key: str) -> str:
    return f"key = {_literal(key)}"


def _literal(key: str) -> str:
    """Spell a key, so that SQLCipher takes it as it is."""
    if len(key) != 64 or not set(key) <= set("0123456789abcdef"):
        raise ZhianError(say("{file} holds no key: 64 characters of 0-9 and a-f", file=f"{SECRET}.key"))
    return f"\"x'{key}'\""


@contextlib.contextmanager
def _alone(path: Path, key: str, module_key: str) -> Iterator[sqlite3.Connection]:
    """Open a file so that nobody else can."""
    module = _module(module_key)
    connection: sqlite3.Connection = module.connect(str(path), timeout=2.0, isolation_level=None)
    with contextlib.closing(connection):
        for first in (*FIRST, *([_keyed(key)] if key else [])):
            connection.execute(f"PRAGMA {first}")
        try:
            connection.execute("PRAGMA journal_mode = DELETE")  # refused while another has it open
            connection.execute("PRAGMA main.locking_mode = EXCLUSIVE")
            connection.execute("BEGIN EXCLUSIVE")
            connection.execute("COMMIT")  # the lock stays
        except module.OperationalError as error:
            if "locked" not in str(error):
                raise
            raise UsageError(say("{path} is in use: close the program's windows and engines", path=path)) from None
        yield connection


def _export(connection: sqlite3.Connection, beside: Path, key: str) -> None:
    connection.execute(f"ATTACH ? AS fresh KEY {_literal(key) if key else repr('')}", (str(beside),))
    connection.execute("SELECT sqlcipher_export('fresh')").fetchall()
    (version,) = connection.execute("PRAGMA main.user_version").fetchone()
    connection.execute(f"PRAGMA fresh.user_version = {int(version)}")
    (found,) = connection.execute("PRAGMA fresh.integrity_check(1)").fetchone()
    if found != "ok":
        raise OSError(found)
    connection.execute("DETACH fresh")
    with opened(beside, key) as fresh:
        fresh.execute("PRAGMA journal_mode = WAL")


def take_place(beside: Path, path: Path) -> None:
    """Put a file that is complete in the place of another, whose content is overwritten; on disk when this returns."""
    with path.open("r+b", buffering=0) as before:
        to_disk(beside)
        if os.name == "nt":
            before.close()
        beside.replace(path)
        to_disk(path.parent)
        if not before.closed:
            wipe(before)


def wipe(before: io.FileIO) -> None:
    """Overwrite what the file held: nobody goes on in it, and it is not left on the disk."""
    for at in range(0, os.fstat(before.fileno()).st_size, WIPE_BYTES):
        before.seek(at)
        before.write(bytes(WIPE_BYTES))
    os.fsync(before.fileno())


def to_disk(path: Path) -> None:
    """Have a file or a folder on disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
