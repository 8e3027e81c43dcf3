"""Group commit: entries from anywhere, kept together on a thread of its own, each answered once it is on disk."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from data.sealed import faults
from data.sync.held import DEFAULT_CAP, Cap
from data.sync.journal import Entry, Journal, Kept
from data.sync.recovery import is_damage, open_or_recover

RECORDS_AT_ONCE = 4000
WAIT_S = 0.02
"""A commit waits so long for more, or for :data:`RECORDS_AT_ONCE`, whichever is first."""
RETRY_S = 0.5

Tell = Callable[[str, str, dict[str, str]], None]
Group = list[tuple[Entry, Future[Kept]]]
OF_THE_ENTRY = ("IntegrityError", "ProgrammingError", "InterfaceError", "DataError")


class BadEntryError(ValueError):
    """The journal's tables refuse what an entry holds."""


class Commits:
    """The journal's writer.

    While the disk is full or does not answer, nothing is answered and ``problem`` says so; what waits is tried again
    until it is kept. So whoever puts must bound what it has waiting.

    Parameters
    ----------
    path : Path
        The journal; a damaged one is set aside and what can be read of it is taken over.
    tell : callable
        Given level, key and values of a line for the log, on the writer's thread.
    """

    def __init__(self, path: Path, tell: Tell, clock: Callable[[], float] = time.time, cap: Cap = DEFAULT_CAP) -> None:
        self._path, self._tell, self._clock, self._cap = path, tell, clock, cap
        self.problem = ""
        self._waiting: queue.SimpleQueue[tuple[Entry, Future[Kept]] | None] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._journal: Journal | None = None
        self._thread = threading.Thread(target=self._run, name="journal", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> Future[Kept]:
        """Hand over an entry; the future is done once it is on disk, in the order in which entries were put."""
        future: Future[Kept] = Future()
        future.set_running_or_notify_cancel()
        self._waiting.put((entry, future))
        return future

    def close(self) -> None:
        """Keep what waits, if the disk takes it, and let go of the journal; what it does not take stays unanswered."""
        self._closing.set()
        self._waiting.put(None)
        self._thread.join()

    def _run(self) -> None:
        ending = False
        while not ending:
            group, ending = self._gather()
            if group:
                self._keep(group)
        if self._journal is not None:
            self._journal.close()

    def _gather(self) -> tuple[Group, bool]:
        """Return the entries of the next commit, and whether they are the last."""
        group: Group = []
        records, until = 0, float("inf")
        while records < RECORDS_AT_ONCE:
            try:
                item = self._waiting.get(timeout=None if not group else max(until - time.monotonic(), 0.0))
            except queue.Empty:
                break
            if item is None:
                return group, True
            if not group:
                until = time.monotonic() + WAIT_S
            group.append(item)
            records += len(item[0].records)
        return group, False

    def _keep(self, group: Group) -> None:
        """Commit a group, however long it takes, and answer it; unanswered only if the end comes first.

        An entry that cannot be kept whatever the disk does must not hold up the others: it alone gets the error.
        """
        try:
            kept = self._insist([entry for entry, _ in group])
        except faults(DBAPIError, OSError):
            return  # the end came first
        except Exception as error:  # noqa: BLE001 - whatever it is goes to who put the entry, not to the thread's end
            if len(group) > 1:
                for pair in group:
                    self._keep([pair])
            else:
                _answer(group[0][1], error)
            return
        for (_, future), outcome in zip(group, kept, strict=True):
            _answer(future, outcome)

    def _insist(self, entries: list[Entry]) -> list[Kept]:
        """Append, again and again while the disk does not let it; its last fault is raised if the end comes first."""
        while True:
            try:
                if self._journal is None:
                    self._journal = open_or_recover(self._path, self._tell, self._clock, self._cap)
                kept = self._journal.append(entries)
            except faults(names=OF_THE_ENTRY) as error:
                raise BadEntryError(str(error)) from error
            except faults(DBAPIError, OSError) as error:
                self._suffer(error)
                if self._closing.wait(RETRY_S):
                    raise
            else:
                break
        if self.problem:
            self.problem = ""
            self._tell("info", "journal_writes_again", {})
        return kept

    def _suffer(self, error: Exception) -> None:
        """Say once what is wrong, and begin afresh with the file."""
        reason = str(getattr(error, "orig", None) or error)
        if reason != self.problem:
            self._tell("error", "journal_stopped", {"reason": reason})
        self.problem = reason
        if self._journal is not None and is_damage(error):
            self._journal.close()
            self._journal = None


def _answer(future: Future[Kept], outcome: Kept | Exception) -> None:
    try:
        if isinstance(outcome, Exception):
            future.set_exception(outcome)
        else:
            future.set_result(outcome)
    except InvalidStateError:
        return  # whoever waited gave up
