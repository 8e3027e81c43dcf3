"""Keeps results, geofences, bookmarks and tours: read when a twin opens, written as they change."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import replace
from typing import Any

from PySide6.QtCore import QObject, Signal

from app.live_world import LiveWorld
from data.home import Home
from data.store.kept import kept_path, read_kept, write_kept
from twin.city.city import City
from twin.errors import UsageError, ZhianError
from twin.kept import NOTHING_KEPT, Kept
from twin.words import why


class Keeper(QObject):
    """Shows in ``live`` what is kept, and writes it on a thread of its own, one change after the other."""

    changed = Signal(object)
    """Kept."""
    failed = Signal(object)
    """Why something could not be read or written: an exception."""
    _read = Signal(object, object)
    _written = Signal(object)

    def __init__(self, home: Home, live: LiveWorld, parent: QObject) -> None:
        super().__init__(parent)
        self._home, self._live = home, live
        self._twin: tuple[str, City] | None = None
        self._problem: Exception | None = None
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="keeper")
        self._read.connect(self._on_read)
        self._written.connect(self._on_written)

    @property
    def kept(self) -> Kept:
        """What is kept now."""
        return self._live.kept

    def open(self, name: str, city: City) -> None:
        """Read what is kept of a twin."""
        self._twin, self._problem = (name, city), None
        self._show(NOTHING_KEPT)
        work = self._thread.submit(read_kept, kept_path(self._home, name), city.frame)
        self._tell(work, lambda: self._read.emit(city, work))

    def change(self, **parts: Any) -> None:
        """Keep other results, fences, bookmarks or tours from now on.

        Raises
        ------
        twin.errors.ZhianError
            If no twin is open, or what is kept of it could not be read: it would be written over.
        """
        if self._twin is None:
            raise UsageError("no twin is open yet")
        if isinstance(self._problem, ZhianError):
            raise self._problem
        name, city = self._twin
        self._show(replace(self.kept, **parts))
        work = self._thread.submit(write_kept, kept_path(self._home, name), self.kept, city.frame)
        self._tell(work, lambda: self._written.emit(work))

    def close(self) -> None:
        """Wait until everything is written."""
        self._thread.shutdown(wait=True)

    def _tell(self, work: Future[Any], then: Callable[[], None]) -> None:
        work.add_done_callback(lambda _done: then())

    def _show(self, kept: Kept) -> None:
        self._live.keep(kept)
        self.changed.emit(kept)

    def _on_read(self, city: City, work: Future[Kept]) -> None:
        if self._twin is None or self._twin[1] is not city:
            return
        self._problem = work.exception()  # type: ignore[assignment]  # a thread pool's work raises exceptions only
        if self._problem is None:
            self._show(work.result())
        else:
            self.failed.emit(self._problem)

    def _on_written(self, work: Future[None]) -> None:
        if work.exception() is not None:
            self.failed.emit(work.exception())


def words_of(error: Exception) -> str:
    """Return why something failed, as a sentence."""
    return error.sentence if isinstance(error, ZhianError) else why(error)
