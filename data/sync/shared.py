"""The file in which the live table lies, mapped into memory: plain, the same on Linux and Windows.

It outlives the engine that writes it, so that the next engine and the window go on where it stopped. The writer holds
an operating-system lock on it that ends with its process, however it ends.
"""

from __future__ import annotations

import mmap
import os
import sys
from pathlib import Path
from typing import BinaryIO

from data.home import Home
from twin.errors import DiskError, ZhianError
from twin.live.layout import table_bytes
from twin.words import say

CAPACITY = 131_072
"""Most entities at once: 41 MB of memory, of which only what is used is touched."""


class BusyTableError(ZhianError):
    """Another engine writes this table."""


def table_path(home: Home, twin: str) -> Path:
    """Return where the live table of a twin lies while an engine runs."""
    return home.runtime / f"live-{twin}.table"


class SharedFile:
    """A mapped file. ``buffer`` is its memory; close what views it first, then this."""

    def __init__(self, path: Path, handle: BinaryIO, mapped: mmap.mmap) -> None:
        self.path = path
        self.buffer = memoryview(mapped)
        self._handle, self._mapped = handle, mapped

    def close(self) -> None:
        """Unmap and close, which frees the writer's lock."""
        self.buffer.release()
        self._mapped.close()
        self._handle.close()


def open_for_writing(path: Path, capacity: int = CAPACITY) -> SharedFile:
    """Map the table for its one writer, made if need be.

    Raises
    ------
    BusyTableError
        If another engine holds it.
    twin.errors.DiskError
        If there is no room for it.
    """
    size = table_bytes(capacity)
    while True:
        handle = _open_or_make(path)
        try:
            _lock(handle, path)
            if not _is_at(handle, path):  # its last holder removed it between our opening and our locking
                handle.close()
                continue
            _allot(handle, path, size)
            return SharedFile(path, handle, mmap.mmap(handle.fileno(), size))
        except BaseException:
            handle.close()
            raise


def open_for_reading(path: Path) -> SharedFile | None:
    """Map the table for a reader; None while there is none."""
    try:
        handle = path.open("rb")
    except FileNotFoundError:
        return None
    if os.fstat(handle.fileno()).st_size < table_bytes(1):
        handle.close()
        return None
    return SharedFile(path, handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_READ))


def remove(path: Path) -> None:
    """Remove the table's file; where a reader still maps it and the system forbids that, its reader does it later."""
    try:
        path.unlink(missing_ok=True)
    except PermissionError:
        if sys.platform != "win32":
            raise


def remove_unused(path: Path) -> None:
    """Remove what an engine left that was killed; a table that an engine writes stays."""
    if path.exists() and not is_written(path):
        remove(path)


def is_written(path: Path) -> bool:
    """Tell whether an engine writes a table at this moment."""
    try:
        handle = path.open("r+b")
    except FileNotFoundError:
        return False
    with handle:
        try:
            _lock(handle, path)
        except BusyTableError:
            return True
    return False


def _open_or_make(path: Path) -> BinaryIO:
    flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_CLOEXEC", 0)
    return os.fdopen(os.open(path, flags, 0o600), "r+b", buffering=0)


def _is_at(handle: BinaryIO, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(handle.fileno()), path.stat())
    except FileNotFoundError:
        return False


def _allot(handle: BinaryIO, path: Path, size: int) -> None:
    """Give the file its size with blocks behind it: writing to a hole on a full disk would end the process."""
    try:
        if os.fstat(handle.fileno()).st_size != size:
            handle.truncate(size)
        if sys.platform == "linux":
            os.posix_fallocate(handle.fileno(), 0, size)
    except OSError as error:
        raise DiskError(
            say(
                "{path}: no room for the live table ({size:.0f} MB): {reason}",
                path=path,
                size=size / 1e6,
                reason=error,
            )
        ) from error


def _lock(handle: BinaryIO, path: Path) -> None:
    try:
        if sys.platform == "win32":
            import msvcrt

            handle.seek(1 << 40)  # a lock on Windows shuts readers out of its bytes, so it is put past the end
            msvcrt.locking(handle.fileno(), msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(handle.fileno(), fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise BusyTableError(say("{name}: another engine is running for this twin", name=path.stem)) from error
