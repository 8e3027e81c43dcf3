"""Open a twin: build the demo county in a child process if there is none, then load it on a thread."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from PySide6.QtCore import QObject, QProcess, Signal

from app.collector import uncollected
from app.jobs import Cancelled, Jobs, Report
from app.map.prepare import is_prepared, open_scene
from app.map.scene import PreparedScene
from data.home import Home
from data.search.index import NameIndex
from data.search.of_city import names_path, open_names
from data.store.twin_folder import open_city
from data.sync.companion import put_behind
from twin.city.city import City
from twin.errors import CancelledError, ZhianError
from twin.traffic.speeds import road_index
from twin.words import say, unpack, why

DEMO, SMALL = "demo", "small"


@dataclass(frozen=True, slots=True)
class Opened:
    """A twin that is ready to be shown."""

    name: str
    city: City
    scene: PreparedScene
    index: NameIndex


class TwinOpening(QObject):
    """Builds and loads; one at a time."""

    began = Signal(str)
    """``title_build`` or ``title_open``."""
    reported = Signal(float, str)
    opened = Signal(object)
    """Opened."""
    failed = Signal(str, object)
    """A title of the texts, and why: a str, :class:`twin.words.Said` where it can be."""

    def __init__(self, home: Home, jobs: Jobs, program: Sequence[str] = (), parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._home, self._jobs = home, jobs
        self._program = list(program) or [sys.executable, "-m", "app"]
        self._process: QProcess | None = None
        self._job = 0
        self.language = ""
        """What a child process says its errors in; empty for that of the environment."""
        self._unread, self._errors, self._answer = b"", b"", b""

    def start(self, name: str, build: bool, small: bool = False) -> None:
        """Open the twin ``name``; ``build`` it first."""
        self._build(name, small) if build else self._load(name)

    def cancel(self) -> None:
        """Stop what is under way."""
        self._jobs.cancel(self._job)
        self.failed.emit("title_stopped", "")

    def close(self) -> None:
        """Let no child outlive the window."""
        if self._process is not None and self._process.state() != QProcess.ProcessState.NotRunning:
            self._process.blockSignals(True)
            self._process.kill()
            self._process.waitForFinished(2000)

    def _build(self, name: str, small: bool) -> None:
        self.began.emit("title_build")
        self._unread = self._errors = b""
        process = QProcess(self)
        process.setProgram(self._program[0])
        options = ["--small"] if small else []
        process.setArguments(
            [*self._program[1:], *self._spoken(), "county", "build", "--name", name, "--replace", *options]
        )
        process.readyReadStandardOutput.connect(self._on_output)
        process.readyReadStandardError.connect(self._on_errors)
        process.finished.connect(lambda code, _status: self._on_built(name, code))
        process.errorOccurred.connect(self._on_process_error)
        process.started.connect(lambda: put_behind(process.processId()))
        self._process = process
        self._job = self._jobs.open("job.build", process.terminate, lambda _answer: self._load(name), self._on_failed)
        process.start()

    def _spoken(self) -> list[str]:
        return ["--json", *(["--language", self.language] if self.language else [])]

    def _on_output(self) -> None:
        assert self._process is not None  # noqa: S101 - its own signal
        self._unread += self._process.readAllStandardOutput().data()
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            message = _progress(line)
            if message is not None:
                self._jobs.report(self._job, 0.9 * message.progress, message.stage)
                self.reported.emit(0.9 * message.progress, message.stage)

    def _on_errors(self) -> None:
        assert self._process is not None  # noqa: S101 - its own signal
        self._errors = (self._errors + self._process.readAllStandardError().data())[-4000:]

    def _on_process_error(self, error: QProcess.ProcessError) -> None:
        if error == QProcess.ProcessError.FailedToStart and self._process is not None:
            self._jobs.close_job(self._job, error=ZhianError(self._process.errorString()))

    def _on_built(self, name: str, code: int) -> None:
        self._jobs.close_job(self._job, name, None if code == 0 else _failure(self._errors, code))

    def _load(self, name: str) -> None:
        self.began.emit("title_open")
        folder = self._home.twin(name)

        def work(report: Report, cancelled: Cancelled) -> Opened:
            def said(fraction: float, stage: str) -> None:
                if cancelled():
                    raise CancelledError("opening was stopped")
                report(fraction, stage)
                self.reported.emit(fraction, stage)

            with uncollected():
                said(0.02, "open")
                city = open_city(folder)
                said(0.30, "scene")
                scene = self._scene(city, name, lambda share: said(0.30 + 0.55 * share, "scene"))
                said(0.88, "names")
                index = open_names(city, folder, names_path(self._home, name))
                road_index(city)
                city.frame.to_local(*city.frame.to_lonlat(0.0, 0.0))  # PROJ chooses here, not on the window's thread
                self._home.set_current(name)
                said(1.0, "names")
                return Opened(name, city, scene, index)

        self._job = self._jobs.submit("job.open", work, self._on_loaded, self._on_failed, key="open")

    def _scene(self, city: City, name: str, said: Callable[[float], None]) -> PreparedScene:
        """Map the drawing cache; a child makes what is missing or stale, the names too: it would hold Python's lock."""
        cache = self._home.cache / "scenes" / name
        if not is_prepared(city, cache):
            run_reporting([*self._program, *self._spoken(), "county", "draw", name], said)
        return open_scene(city, cache)

    def _on_loaded(self, opened: Opened) -> None:
        self.opened.emit(opened)

    def _on_failed(self, error: Exception) -> None:
        self.failed.emit("title_failed", why(error))


def run_reporting(program: Sequence[str], said: Callable[[float], None]) -> None:
    """Run a child that prints its progress to its end; it ends when ``said`` raises.

    Raises
    ------
    twin.errors.ZhianError
        If it fails, with its last words.
    """
    with (
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(program, stdout=subprocess.PIPE, stderr=errors) as child,
    ):
        try:
            for line in child.stdout or ():
                message = _progress(line)
                if message is not None:
                    said(message.progress)
        except BaseException:
            child.terminate()
            raise
        if child.wait():
            errors.seek(0)
            raise _failure(errors.read(), child.returncode)


def _failure(errors: bytes, code: int) -> ZhianError:
    last = errors[-4000:].decode(errors="replace").strip().rpartition("\n")[2].removeprefix("zhian: ")
    return ZhianError(unpack(last) or say("exit code {code}", code=code))


class _Progress(msgspec.Struct):
    progress: float
    stage: str = ""


def _progress(line: bytes) -> Any:
    try:
        return msgspec.json.decode(line, type=_Progress)
    except msgspec.MsgspecError:
        return None  # a result line or a word from a library
