"""The way in for sources that are told what is safe: gate, journal, answer, and only then the live table."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from data.connectors.contract import Parcel
from data.sync.commits import Commits, Tell
from data.sync.entries import entry_of
from data.sync.gate import Gate, Passed
from data.sync.held import DEFAULT_CAP, Cap
from data.sync.journal import Entry, Kept
from data.sync.source import RunningSource
from twin.live.observation import ObservationArray

Show = Callable[[RunningSource, ObservationArray, NDArray[np.float32], int], None]


class Intake:
    """Takes parcels to the journal; its file is made with the first of them.

    Parameters
    ----------
    path : Path
        Of the journal.
    show : callable
        Given the source, the rows that are new and their places once they are on disk, and how many were quarantined.
    tell : callable
        Given level, key and values of a line for the log.
    """

    def __init__(self, path: Path, gate: Gate, show: Show, tell: Tell, cap: Cap = DEFAULT_CAP) -> None:
        self._path, self._gate, self._show, self._tell, self._cap = path, gate, show, tell, cap
        self._loop = asyncio.get_running_loop()
        self._commits: Commits | None = None

    @property
    def problem(self) -> str:
        """Why nothing is kept and answered at present; empty if all is well."""
        return self._commits.problem if self._commits is not None else ""

    def take(self, source: RunningSource, parcel: Parcel) -> None:
        """Check a parcel and hand it to the journal; it is settled once it is on disk."""
        source.count(parcel.received)
        if not parcel.received and not parcel.gaps:
            parcel.settle()
            return
        passed = self._gate.check(parcel.rows, source.now_s(), source.settings)
        entry = entry_of(source.settings, parcel, passed, self._gate.border(source.settings))
        future = self.put(entry)

        def on_kept(done: Future[Kept]) -> None:
            error = done.exception()
            if error is None:
                self._soon(self._on_kept, source, parcel, passed, len(entry.refused), done.result())
            else:
                self._soon(self._on_failed, parcel, error)

        future.add_done_callback(on_kept)

    def put(self, entry: Entry) -> Future[Kept]:
        """Hand an entry to the journal."""
        if self._commits is None:
            self._commits = Commits(self._path, lambda *line: self._soon(self._tell, *line), cap=self._cap)
        return self._commits.put(entry)

    def _on_kept(self, source: RunningSource, parcel: Parcel, passed: Passed, quarantined: int, kept: Kept) -> None:
        parcel.settle()
        new = kept.new[: len(passed.rows)]
        self._show(source, passed.rows[new], passed.position_m[new], quarantined)

    def _on_failed(self, parcel: Parcel, error: BaseException) -> None:
        parcel.give_up()
        values = {"messages": str(parcel.received), "reason": f"{type(error).__name__}: {error}"}
        self._tell("error", "parcel_not_kept", values)

    def _soon(self, function: Callable[..., None], *arguments: object) -> None:
        if not self._loop.is_closed():
            self._loop.call_soon_threadsafe(function, *arguments)

    async def close(self) -> None:
        """Keep what waits and answer it, if the disk takes it."""
        if self._commits is not None:
            await asyncio.to_thread(self._commits.close)
