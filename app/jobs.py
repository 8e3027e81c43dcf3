"""Long work, off the window's thread.

A job is a function of a frozen request; its answer comes back on the window's thread with the job's number. A job
that was cancelled, or that a newer one replaced, is forgotten at once: its answer is dropped when it comes.
"""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from PySide6.QtCore import QObject, Signal

from app.turns import Turns
from twin.errors import CancelledError
from twin.words import why

Report = Callable[[float, str], None]
Cancelled = Callable[[], bool]
Answer = TypeVar("Answer")
LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as the screen shows it; ``fraction`` is negative while nothing is known of its end."""

    number: int
    title: str
    started_s: float
    fraction: float = -1.0
    stage: str = ""
    quiet: bool = False
    """True for short repeated work that only the log need know of."""

    def left_s(self, now_s: float) -> float | None:
        """Return the seconds that are left if it goes on as before, or None while that is a guess."""
        if self.fraction < 0.03:
            return None
        return (now_s - self.started_s) * (1.0 - self.fraction) / self.fraction


@dataclass(frozen=True, slots=True)
class JobEnd:
    """How a job ended: ``done``, ``failed`` or ``cancelled``, and why."""

    state: JobState
    outcome: str
    seconds: float
    reason: str = ""


@dataclass(slots=True)
class _Running:
    state: JobState
    cancel: Callable[[], None]
    done: Callable[[Any], None]
    failed: Callable[[Exception], None] | None
    key: str


class Jobs(QObject):
    """Starts jobs, tells how they stand, and cancels them."""

    changed = Signal(object)
    """tuple[JobState, ...]: what runs now."""
    ended = Signal(object)
    """JobEnd."""
    _reported = Signal(int, float, str)
    _answered = Signal(int, object, object)

    def __init__(self, parent: QObject | None = None, turns: Turns | None = None) -> None:
        super().__init__(parent)
        self._turns = turns or Turns(self)
        self._running: dict[int, _Running] = {}
        self._numbers = itertools.count(1)
        # Python's own threads: Qt's are a new thread to Python at each job, and what libraries keep for a thread
        # (PROJ's context in pyproj) is freed under them; that ended the process.
        self._pool = ThreadPoolExecutor(3, "job")
        self._work: set[Future[None]] = set()
        self._reported.connect(self.report)
        self._answered.connect(self._on_answered)

    def running(self) -> tuple[JobState, ...]:
        """Return what runs now, oldest first."""
        return tuple(job.state for job in self._running.values())

    def is_running(self, key: str) -> bool:
        """Tell whether a job of a key runs: repeated work waits for its own end, else a slow machine never gets one."""
        return any(job.key == key for job in self._running.values())

    def submit(
        self,
        title: str,
        function: Callable[[Report, Cancelled], Answer],
        done: Callable[[Answer], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        key: str = "",
        quiet: bool = False,
    ) -> int:
        """Run ``function(report, cancelled)`` on a thread and hand its answer to ``done`` on this one.

        Parameters
        ----------
        key : str
            Jobs of one key replace each other: the older one is cancelled and its answer dropped.
        quiet : bool
            Not shown in the status bar.
        """
        stop = threading.Event()
        number = self.open(title, stop.set, done, failed, key=key, quiet=quiet)
        work = self._pool.submit(self._run, number, function, stop)
        self._work = {other for other in self._work if not other.done()} | {work}
        return number

    def _run(self, number: int, function: Callable[[Report, Cancelled], Any], stop: threading.Event) -> None:
        """Do the work on a thread; whatever it raises travels to the window's thread."""
        try:
            answer, error = function(lambda share, stage: self._reported.emit(number, share, stage), stop.is_set), None
        except Exception as problem:
            answer, error = None, problem
            if not isinstance(problem, CancelledError):
                LOG.warning("job %d failed", number, exc_info=problem)
        self._answered.emit(number, answer, error)

    def open(
        self,
        title: str,
        cancel: Callable[[], None],
        done: Callable[[Any], None],
        failed: Callable[[Exception], None] | None = None,
        *,
        key: str = "",
        quiet: bool = False,
    ) -> int:
        """Enter work that someone else does (a child process), who calls :meth:`report` and :meth:`close_job`."""
        for number, job in list(self._running.items()):
            if key and job.key == key:
                self.cancel(number)
        number = next(self._numbers)
        self._running[number] = _Running(JobState(number, title, time.time(), quiet=quiet), cancel, done, failed, key)
        self._tell()
        return number

    def report(self, number: int, fraction: float, stage: str) -> None:
        """Say how far a job is; of a job nobody waits for, nothing happens."""
        job = self._running.get(number)
        if job is not None:
            job.state = replace(job.state, fraction=fraction, stage=stage)
            self._tell()

    def cancel(self, number: int) -> None:
        """Stop a job: it is gone from the screen now, whenever its thread notices."""
        job = self._running.pop(number, None)
        if job is not None:
            job.cancel()
            self._end(job, "cancelled")

    def close_job(self, number: int, answer: Any = None, error: Exception | None = None) -> None:
        """End a job with its answer or its error."""
        job = self._running.pop(number, None)
        if job is None:
            return
        if error is None:
            self._end(job, "done")
            job.done(answer)
        elif isinstance(error, CancelledError):
            self._end(job, "cancelled")
        else:
            self._end(job, "failed", why(error))
            if job.failed is not None:
                job.failed(error)

    def close(self) -> None:
        """Cancel everything and wait for the threads to leave."""
        for number in list(self._running):
            self.cancel(number)
        self._pool.shutdown(wait=False, cancel_futures=True)
        wait(self._work, 10.0)

    def _on_answered(self, number: int, answer: object, error: Exception | None) -> None:
        self._turns.soon(lambda: self.close_job(number, answer, error))

    def _end(self, job: _Running, outcome: str, reason: str = "") -> None:
        self._tell()
        self.ended.emit(JobEnd(job.state, outcome, time.time() - job.state.started_s, reason))

    def _tell(self) -> None:
        self.changed.emit(self.running())
