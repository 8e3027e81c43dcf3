"""Making a backup while the engine runs.

Data and state are copied file by file; SQLite files by SQLite itself, which gives one state of each. While a twin's
lake is copied nobody seals or prunes: its list is copied before the journal, so the journal holds at least what the
lake does not. The list of the backup is written last, and the folder gets its name after that: one that was cut off has
neither.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

from data.backup.listing import FORMAT, NAME, Listed, Listing, digest, read_listing, roots, write_listing
from data.backup.server import dump
from data.history.compactor import BusyLakeError, alone
from data.history.manifest import lake_path
from data.home import Home
from data.records.settings import database_url
from data.sealed import errors, key_of, opened, wrong_key
from twin.errors import DiskError, ZhianError
from twin.words import say, why

SQLITE = ".sqlite"
LEFT_OUT = ("-wal", "-shm", ".new", "lock.sqlite")
"""Endings of what is no file of its own: SQLite's log is in the copy already."""
WAIT_S = 120.0
LAST = "journal-"
"""What begins so is copied after all else."""


def make_backup(
    home: Home, folder: Path, program: str, now_s: float, *, share: bool = False, server: bool = True
) -> Path:
    """Back all twins up into a new folder below ``folder`` and return it.

    Parameters
    ----------
    share : bool
        Files that are never changed in place are not copied but get a second name: for a backup on the same disk, made
        against what a program may do to them and not against the disk's end.
    server : bool
        False to leave out what is kept by a database server.

    Raises
    ------
    twin.errors.ZhianError
        If the disk is full, a lake stays busy, or the database server's programs are missing.
    """
    name = f"zhian-{time.strftime('%Y%m%dT%H%M%SZ', time.gmtime(now_s))}"
    place, growing = folder / name, folder / f".{name}.growing"
    if place.exists():
        raise ZhianError(say("{folder} is there already: wait a second", folder=place))
    try:
        shutil.rmtree(growing, ignore_errors=True)
        growing.mkdir(parents=True, mode=0o700)
        with contextlib.ExitStack() as held:
            for twin in _twins_with_history(home):
                held.enter_context(_quiet(lake_path(home, twin)))
            url = database_url(home)
            dumped = server and url.drivername != "sqlite"
            if dumped:
                dump(url, growing / "records.dump")
            _Copy(home, growing, _newest(folder), share).all()
        records = url.get_backend_name() if dumped else "sqlite"
        _finish(growing, Listing(FORMAT, now_s, program, records, _hashes(growing)))
        growing.rename(place)
        _sync(folder)
    except (OSError, sqlite3.Error) as error:
        shutil.rmtree(growing, ignore_errors=True)
        raise DiskError(say("the backup could not be made: {reason}", reason=why(error))) from error
    except BaseException:
        shutil.rmtree(growing, ignore_errors=True)
        raise
    return place


def _twins_with_history(home: Home) -> list[str]:
    return [twin for twin in home.twins() if lake_path(home, twin).is_dir()]


@contextlib.contextmanager
def _quiet(lake: Path) -> Iterator[None]:
    """Keep everybody else from changing a lake; whoever does is waited for."""
    until = time.monotonic() + WAIT_S
    with contextlib.ExitStack() as held:
        while True:
            try:
                held.enter_context(alone(lake))
                break
            except BusyLakeError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.5)
        yield


class _Copy:
    """Copies data and state; files that never change are shared with the backup before, where it has them."""

    def __init__(self, home: Home, to: Path, before: Path | None, share: bool) -> None:
        self._home, self._to, self._before, self._share = home, to, before, share
        self._known = read_listing(before).files if before is not None else {}

    def all(self) -> None:
        """Copy everything, journals last."""
        found = [
            (f"{part}/{path.relative_to(root).as_posix()}", path)
            for part, root in roots(self._home).items()
            for path in sorted(root.rglob("*"))
            if path.is_file() and not path.name.endswith(LEFT_OUT) and not self._is_elsewhere(path)
        ]
        for name, path in sorted(found, key=lambda item: item[1].name.startswith(LAST)):
            target = self._to / name
            target.parent.mkdir(parents=True, exist_ok=True)
            with contextlib.suppress(FileNotFoundError):  # it was removed since it was found
                self._copy(name, path, target)

    def _is_elsewhere(self, path: Path) -> bool:
        """Tell whether a file lies in a part of its own below data or state, as in a home moved into one folder."""
        return any(path.is_relative_to(root) for root in (self._home.cache, self._home.runtime))

    def _copy(self, name: str, path: Path, target: Path) -> None:
        if path.suffix == SQLITE:
            _copy_sqlite(path, target, key_of(self._home, path))
        elif path.suffix == ".parquet" and self._share and _linked(path, target):
            return
        elif path.suffix == ".parquet" and self._same_as_before(name, path):
            assert self._before is not None  # noqa: S101 - it is known from there
            os.link(self._before / name, target)
        else:
            shutil.copy2(path, target)
            _sync(target)

    def _same_as_before(self, name: str, path: Path) -> bool:
        known: Listed | None = self._known.get(name)
        return known is not None and known.bytes == path.stat().st_size and known == digest(path)


def _linked(path: Path, target: Path) -> bool:
    """Give a file a second name; False where the disk does not do that."""
    try:
        os.link(path, target)
    except FileNotFoundError:
        raise
    except OSError:
        return False
    return True


def _copy_sqlite(path: Path, target: Path, key: str) -> None:
    """Copy one state of a database that others write; an encrypted one stays encrypted, by the same key."""
    target.touch(0o600)
    try:
        _copy_state(path, target, key)
    except errors(key) as error:
        raise DiskError(say("{path}: {reason}", path=path, reason=wrong_key(error) or why(error))) from error


def _copy_state(path: Path, target: Path, key: str) -> None:
    with opened(path, key) as source, opened(target, key) as copy:
        source.backup(copy, pages=-1)
        copy.execute("PRAGMA journal_mode=DELETE")
    _sync(target)


def _newest(folder: Path) -> Path | None:
    whole = sorted(path.parent for path in folder.glob(f"zhian-*/{NAME}"))
    return whole[-1] if whole else None


def _hashes(folder: Path) -> dict[str, Listed]:
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return {name: digest(folder / name) for name in names}


def _finish(folder: Path, listing: Listing) -> None:
    write_listing(folder, listing)
    _sync(folder / NAME)
    for path in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
        _sync(path)


def _sync(path: Path) -> None:
    """Have a file or folder on disk."""
    if path.is_dir() and os.name == "nt":
        return  # Windows opens no folders
    handle = os.open(path, os.O_RDONLY if path.is_dir() else os.O_RDWR)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
