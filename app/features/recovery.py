"""Where one was is kept every few seconds; after a run that did not end as it should it is there again, and said."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
from PySide6.QtCore import QLockFile, QObject, QTimer
from PySide6.QtWidgets import QFileDialog

from app import formats
from app.commands import Call, Command
from app.doctor.bundle import write_bundle
from app.doctor.rounds import examine
from app.events import Event
from app.features.feature import Context, Entry, Feature
from app.map.events import CameraState
from app.opening import Opened
from app.widgets.crash import CrashDialog

NAME, LOCK = "desk.json", "desk.lock"
KEEP_MS = 10_000
LOG = logging.getLogger(__name__)


class Left(msgspec.Struct, frozen=True):
    """How a desk stood: the twin, where it was seen from, and whether the run ended as it should."""

    process: int
    at_s: float
    twin: str = ""
    camera: CameraState | None = None
    ended: bool = False


def read_left(path: Path) -> Left | None:
    """Return how a desk was left; None if that is not known."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Left)
    except (OSError, msgspec.MsgspecError):
        return None


class Recovery(QObject, Feature):
    """Keeps, brings back, and tells of failures. Of two windows of one user only the first keeps."""

    def __init__(self, context: Context) -> None:
        super().__init__(context.window)
        self._context, self._desk = context, context.desk
        state = self._desk.session.home.state
        self._path = state / NAME
        self._lock = QLockFile(str(state / LOCK))
        self._lock.setStaleLockTime(0)  # stale by its process alone, not by its age
        self._first = self._lock.tryLock(0)
        left = read_left(self._path) if self._first else None
        died = left is not None and not left.ended and left.process != os.getpid()
        self.before = left if died else None
        self._twin, self._kept = "", Left(os.getpid(), time.time())
        self.dialog = CrashDialog(self._desk.look, state / "log", self._ask_for_bundle, context.window)
        self._timer = QTimer(self)
        self._timer.setInterval(KEEP_MS)
        self._timer.timeout.connect(self.keep)
        context.opening.opened.connect(self._on_opened)
        context.map.frame_drawn.connect(self._on_frame)
        self._desk.log.added.connect(self._on_event)

    def entries(self) -> Iterator[Entry]:
        """Return the command."""
        yield Entry(Command("support.bundle", self._bundle, "app.run"), "app", "lifebuoy")

    def close(self) -> None:
        """Note that this run ended as it should."""
        self._timer.stop()
        self.dialog.close()
        self.keep(ended=True)
        self._lock.unlock()

    def keep(self, *, ended: bool = False) -> None:
        """Keep how the desk stands, and what was chosen for the layers."""
        if not self._first:
            return
        camera = self._context.map.camera() if self._twin else None
        left = Left(os.getpid(), time.time(), self._twin, camera, ended)
        if (left.twin, left.camera, left.ended) == (self._kept.twin, self._kept.camera, self._kept.ended):
            return
        self._kept = left
        fresh = self._path.with_suffix(".new")
        try:
            fresh.write_bytes(msgspec.json.encode(left))
            fresh.replace(self._path)
            if not ended:
                layers = self._desk.layers
                self._desk.settings.change(layers=layers.choices(), layer_order=list(layers.order))
        except OSError as error:  # a full disk must not end the work: the window says so where it matters
            LOG.warning("the desk was not kept: %s", error)

    def _on_opened(self, opened: Opened) -> None:
        self._twin = opened.name
        self._timer.start()

    def _on_frame(self, _stats: object) -> None:
        """Wait for the first picture of a twin; then for none."""
        if self._context.map.city is not None:
            self._context.map.frame_drawn.disconnect(self._on_frame)
            self._desk.turns.soon(self._bring_back)

    def _bring_back(self) -> None:
        before, texts = self.before, self._desk.look.texts
        if before is not None:
            if before.camera is not None and before.twin == self._twin:
                self._context.map.set_camera(before.camera)
            told = texts("crash.before", time=f"{formats.local_time(before.at_s):%Y-%m-%d %H:%M:%S}")
            self.dialog.tell(texts("crash.title_before"), told)
        self.keep()

    def _on_event(self, event: Event) -> None:
        if event.key == "event.crash":
            texts = self._desk.look.texts
            values = {name: texts.said(value) for name, value in event.values.items()}
            self.dialog.tell(texts("crash.title"), texts("event.crash", **values))

    def _ask_for_bundle(self) -> None:
        self._desk.run("support.bundle")

    def _bundle(self, call: Call) -> None:
        """Write the bundle to ``file``, or where the user says."""
        texts, home = self._desk.look.texts, self._desk.session.home
        file = str(call.arguments.get("file", ""))
        if not file:
            title = texts("command.support.bundle")
            file, _ = QFileDialog.getSaveFileName(self._context.window, title, "zhian-support.zip", "ZIP (*.zip)")
        if not file:
            return

        def work(*_: object) -> list[str]:
            return write_bundle(Path(file), home, list(examine(home)))

        self._desk.jobs.submit("job.bundle", work, lambda _names: None, key="support.bundle")
