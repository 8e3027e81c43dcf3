"""The window's side of the engine: starts it, watches it, starts it again, and reads its live table."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

import msgspec
from PySide6.QtCore import QObject, QProcess, QTimer, Signal

from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.companion import put_behind
from data.sync.messages import Log, Order, Ready, Status, leave_order, line, read_message
from data.sync.shared import SharedFile, open_for_reading, remove_unused, table_path
from twin.live.frame import TrackFrame, empty_frame
from twin.live.reader import LiveReader
from twin.words import say, unpack
from twin.world import SourceState

PAUSE_S = (0.5, 10.0)
"""Wait before the first start after a death, doubled with each one that follows, up to the second figure."""
STEADY_S = 30.0
"""An engine that ran so long starts the waits afresh when it dies."""
HUNG_S = 5.0
OPENING_S = (30.0, 240.0)
"""How long an engine may take to its first sign of life: longer each time, as the machine may be slow."""
FRESH_S = 2.5
"""A table written so short a time ago has an engine."""
TAKE_OVER_S = 8.0
"""An engine of another process may be gone so long, as when a service starts it again, before we start our own."""
QUIT_S = 1.0
"""Between asking to quit, asking to terminate, and killing."""
BEHIND = 2
"""Steps of niceness: a turn of the window goes first where both want a core; a third of a core is left in any case."""
EXIT_S = 2.0
"""Most that :meth:`EngineWatch.close` holds the window up, at the end of the program."""


@dataclass(frozen=True, slots=True)
class EngineState:
    """How the engine stands, for the status bar.

    Parameters
    ----------
    phase : str
        ``running``, ``starting``, ``restarting`` or ``down``; its words are the text ``engine.state.<phase>``.
    reason : str
        Why it is not running.
    rate_hz : float
        Observations a second.
    oldest_s : float
        The longest time a running source has been silent.
    quarantined, restarts : int
        Rows the gate kept out since the engine started; starts after a death since the window opened.
    attached : bool
        Whether it is an engine of another process, as a service or another window, that we read along with.
    """

    phase: str = "down"
    reason: str = ""
    rate_hz: float = 0.0
    oldest_s: float = 0.0
    entities: int = 0
    quarantined: int = 0
    memory_mb: float = 0.0
    restarts: int = 0
    attached: bool = False


@dataclass(frozen=True, slots=True)
class EngineLog:
    """A line for the event log: its words are the text ``engine.log.<key>`` with ``values`` filled in."""

    level: str
    key: str
    source: str = ""
    values: Mapping[str, str] = field(default_factory=dict)
    at_s: float = 0.0


def engine_command(twin: str) -> list[str]:
    """Return the command line of an engine process: from the installed program or from the sources."""
    if getattr(sys, "frozen", False):
        return [sys.executable, "sync", "--watched", "--twin", twin]
    return [sys.executable, "-m", "data.sync", "--twin", twin]


class EngineWatch(QObject):
    """Owns the engine process of one twin; :meth:`frame` is what it knows, now or when it last lived.

    Where another process runs an engine for the twin, it is read along with instead, and replaced if it ends for good.
    """

    state_changed = Signal(object)
    """:class:`EngineState`"""
    log = Signal(object)
    """:class:`EngineLog`"""

    def __init__(
        self, home: Home, twin: str, parent: QObject | None = None, command: Sequence[str] | None = None
    ) -> None:
        super().__init__(parent)
        self._home, self._twin = home, twin
        self._path = table_path(home, twin)
        self._own = 0
        self._foreign = 0
        self._foreign_beat = 0.0
        self._command = list(command or engine_command(twin))
        self._state = EngineState()
        self._wanted = self._leaving = False
        self._pause_s, self._opening_s = PAUSE_S[0], OPENING_S[0]
        self._started = 0.0
        self._file: SharedFile | None = None
        self._reader: LiveReader | None = None
        self._frame = empty_frame()
        self._sources: tuple[SourceState, ...] = ()
        self._unread = b""
        self._errors = b""
        self._process = self._make_process()
        self._again = _timer(self, self._launch, single=True)
        self._watch = _timer(self, self._on_watch)
        self._insist = _timer(self, self._on_insist, single=True)
        self._kill = _timer(self, self._process.kill, single=True)

    def _make_process(self) -> QProcess:
        process = QProcess(self)
        process.setProgram(self._command[0])
        process.setArguments(self._command[1:])
        process.started.connect(lambda: put_behind(process.processId(), BEHIND))
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_error_output)
        process.finished.connect(self._on_finished)
        process.errorOccurred.connect(self._on_process_error)
        return process

    @property
    def state(self) -> EngineState:
        """How the engine stands."""
        return self._state

    @property
    def sources(self) -> tuple[SourceState, ...]:
        """How the sources stand; all down while the engine is."""
        self.frame()
        return self._sources

    def frame(self) -> TrackFrame:
        """Return the newest frame: the same object while nothing changes, the last one while the engine is gone."""
        if self._reader is None:
            self._attach()
        if self._reader is not None and self._reader.ready():
            frame = self._reader.frame()
            if frame is not self._frame and frame.version:
                self._frame = frame
                self._sources = self._reader.sources()
        return self._frame

    def _attach(self) -> None:
        self._file = open_for_reading(self._path)
        if self._file is not None:
            self._reader = LiveReader(self._file.buffer)

    def _detach(self) -> None:
        if self._reader is not None:
            self._reader.close()
        if self._file is not None:
            self._file.close()
        self._reader = self._file = None

    def start(self) -> None:
        """Start the engine and keep it running."""
        if not self._wanted:
            self._wanted = True
            self._watch.start(1000)
            self._tell(replace(self._state, phase="starting", reason=""))
            self._launch()

    def stop(self) -> None:
        """Ask the engine to quit and do not start it again; returns at once."""
        self._wanted, self._leaving = False, True
        self._again.stop()
        self._watch.stop()
        self._pause_s = PAUSE_S[0]
        if self._process.state() == QProcess.ProcessState.NotRunning:
            self._foreign = 0
            self._on_gone("")
        else:
            self._ask_to_quit()
            self._insist.start(int(QUIT_S * 1000))

    def close(self) -> None:
        """End the engine, at the end of the program: waits for it at most :data:`EXIT_S`."""
        self.stop()
        if self._process.state() != QProcess.ProcessState.NotRunning and not self._process.waitForFinished(
            int(EXIT_S * 750)
        ):
            self._process.kill()
            self._process.waitForFinished(int(EXIT_S * 250))
        self._insist.stop()
        self._detach()

    def send(self, order: Order) -> None:
        """Give the engine an order; one that it cannot follow comes back in the log. Lost while it is down."""
        if self._process.state() == QProcess.ProcessState.Running:
            self._process.write(line(order))
        elif self._foreign:
            leave_order(self._home, self._twin, order)

    def add_source(self, settings: SourceSettings) -> None:
        """Run one more source until the engine ends; one of the same name is replaced."""
        self.send(Order("add", settings.name, settings=settings))

    def play(self, paths: Sequence[str], speed: float = 1.0, **options: object) -> None:
        """Play recordings as one source, named ``recording``; the world is not live while it is there."""
        settings = {"paths": [str(path) for path in paths], "speed": speed, **options}
        self.add_source(SourceSettings("recording", "recorded-track", settings))

    def steer(self, source: str, order: str, value: float = 0.0) -> None:
        """``stop``, ``pause``, ``resume``, ``speed`` or ``seek`` a source."""
        self.send(Order(order, source, value))

    def _launch(self) -> None:
        if self._process.state() != QProcess.ProcessState.NotRunning:  # one that was asked to quit still does
            return
        self._started = time.monotonic()
        pid, beat = self._beat()
        if pid != self._own and self._started - beat < FRESH_S:
            self._follow(pid)
            return
        self._unread = self._errors = b""
        self._process.start()
        self._own = self._process.processId()

    def _follow(self, pid: int) -> None:
        """Read along with the engine of another process."""
        if pid != self._foreign:
            self._foreign = pid
            self._say("info", "engine_attached", pid=str(pid))
        self._foreign_beat = time.monotonic()
        self._tell_attached()

    def _tell_attached(self) -> None:
        assert self._reader is not None  # noqa: S101 - only called with its beat at hand
        frame, sources = self.frame(), self._sources
        self._tell(
            replace(
                self._state,
                phase="running",
                reason="",
                attached=True,
                rate_hz=round(sum(source.rate_hz for source in sources), 1),
                oldest_s=max((round(time.time() - s.last_s, 2) for s in sources if s.last_s), default=0.0),
                entities=len(frame),
                quarantined=self._reader.counts().quarantined,
            )
        )

    def _watch_foreign(self) -> None:
        """See how the other process does; gone for long, it is replaced by one of our own."""
        pid, beat = self._beat()
        now = time.monotonic()
        if now - beat < FRESH_S:
            self._follow(pid)
        elif now - self._foreign_beat < TAKE_OVER_S:
            self._detach()  # the next one may begin in a file of its own
            self._mark_down(reason := say("the engine of process {pid} gives no sign of life", pid=self._foreign))
            self._tell(replace(self._state, phase="restarting", reason=reason, rate_hz=0.0))
        else:
            self._say("warning", "engine_taken_over", pid=str(self._foreign))
            self._foreign = 0
            self._tell(replace(self._state, phase="starting", attached=False, reason=""))
            self._launch()

    def _ask_to_quit(self) -> None:
        self.send(Order("quit"))
        self._process.closeWriteChannel()

    def _tell(self, state: EngineState) -> None:
        if state != self._state:
            self._state = state
            self.state_changed.emit(state)

    def _say(self, level: str, key: str, source: str = "", **values: str) -> None:
        self.log.emit(EngineLog(level, key, source, values, time.time()))

    def _on_output(self) -> None:
        self._unread += self._process.readAllStandardOutput().data()
        *lines, self._unread = self._unread.split(b"\n")
        for text in lines:
            try:
                message = read_message(text)
            except msgspec.MsgspecError:
                self._say("warning", "line_unread", text=text[:200].decode(errors="replace"))
            else:
                self._on_message(message)

    def _on_message(self, message: Ready | Status | Log) -> None:
        if isinstance(message, Ready):
            self._detach()
            self._say("info", "engine_started")
        elif isinstance(message, Log):
            self._say(message.level, message.key, message.source, **message.values)
        elif self._wanted:
            self._tell(
                replace(
                    self._state,
                    phase="running",
                    reason="",
                    rate_hz=message.rate_hz,
                    oldest_s=message.oldest_s,
                    entities=message.entities,
                    quarantined=message.quarantined,
                    memory_mb=message.memory_mb,
                )
            )

    def _on_error_output(self) -> None:
        self._errors = (self._errors + self._process.readAllStandardError().data())[-4000:]

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart:
            self._on_gone(self._process.errorString())

    def _on_finished(self, code: int, status: QProcess.ExitStatus) -> None:
        last = self._errors.decode(errors="replace").strip().rpartition("\n")[2]
        crashed = status == QProcess.ExitStatus.CrashExit
        ending = say("signal {code}", code=code) if crashed else say("exit code {code}", code=code)
        self._on_gone(unpack(last) or ending)

    def _on_gone(self, reason: str) -> None:
        self._insist.stop()
        self._kill.stop()
        self._mark_down(reason)
        if not self._wanted:
            self._leaving = False
            self._detach()
            remove_unused(self._path)
            self._tell(EngineState("down", restarts=self._state.restarts))
            return
        if time.monotonic() - self._started > STEADY_S:
            self._pause_s = PAUSE_S[0]
        if self._leaving:  # started again while the one before was still ending
            self._leaving = False
            self._launch()
            return
        self._say("error", "engine_died", reason=reason, pause=f"{self._pause_s:g}")
        self._tell(
            replace(self._state, phase="restarting", reason=reason, rate_hz=0.0, restarts=self._state.restarts + 1)
        )
        self._again.start(int(self._pause_s * 1000))
        self._pause_s = min(2 * self._pause_s, PAUSE_S[1])

    def _mark_down(self, reason: str) -> None:
        self._sources = tuple(replace(source, up=False, reason=reason, rate_hz=0.0) for source in self._sources)

    def _on_watch(self) -> None:
        """Kill an engine that hangs; its end starts the next one."""
        if self._foreign:
            self._watch_foreign()
            return
        if self._process.state() != QProcess.ProcessState.Running:
            return
        silent = time.monotonic() - max(self._heard(), self._started)
        opening = self._heard() <= self._started
        if not opening:
            self._opening_s = OPENING_S[0]
        if silent > (self._opening_s if opening else HUNG_S):
            self._opening_s = min(2 * self._opening_s, OPENING_S[1])
            self._say("error", "engine_hung", seconds=f"{silent:.0f}")
            self._process.kill()

    def _heard(self) -> float:
        """When this engine gave its last sign of life, by the monotonic clock; 0 if never."""
        pid, beat = self._beat()
        return beat if pid == self._process.processId() else 0.0

    def _beat(self) -> tuple[int, float]:
        """Return which process writes the table and when it last gave a sign of life; zeros if none ever did."""
        if self._reader is None:
            self._attach()
        return self._reader.heartbeat() if self._reader is not None else (0, 0.0)

    def _on_insist(self) -> None:
        if self._process.state() == QProcess.ProcessState.NotRunning:
            return
        self._process.terminate()
        self._kill.start(int(QUIT_S * 1000))


def _timer(parent: QObject, slot: Callable[[], None], *, single: bool = False) -> QTimer:
    timer = QTimer(parent)
    timer.setSingleShot(single)
    timer.timeout.connect(slot)
    return timer
