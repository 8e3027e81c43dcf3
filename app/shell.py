"""Runs the window: sets Qt up, opens the twin, takes the picture, reports what nobody caught."""

from __future__ import annotations

import argparse
import faulthandler
import logging
import logging.handlers
import os
import subprocess
import sys
import time
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import Any

from PySide6.QtCore import QObject, QTimer, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QSurfaceFormat
from PySide6.QtWidgets import QApplication

from app.collector import Collector
from app.drawing_care import begin_again, can_draw, died_drawing, why_software
from app.features.drawing import Drawing
from app.headless import virtual_display
from app.look import Look
from app.main_window import MainWindow
from app.opening import DEMO, SMALL
from app.session import Session
from app.settings import SettingsFile
from app.theme import register_fonts
from app.warm import warm_up
from app.widgets.sign_in import SignInDialog
from data.home import Home
from twin.errors import BadInputError, DiskError, UsageError, ZhianError
from twin.words import say, why

LOG = logging.getLogger("zhian")
STEADY_S = 4.0
"""How long everything must have been shown before the picture is taken."""
SILENCE_S = 20.0
"""How long sources that are up may tell nothing before the picture is taken without anything that moves."""
PATIENCE_S = 900.0


def run_without_display(options: argparse.Namespace, size: tuple[int, int] | None) -> int:
    """Run this very command again on a display of our own."""
    width, height = size or (1920, 1080)
    target = (options.screenshot or Path("out") / "zhian.png").absolute()
    with virtual_display(width, height) as display:
        environment = os.environ | {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        command = [sys.executable, "-m", "app", *sys.argv[1:]]
        extra = [] if options.screenshot else ["--screenshot", str(target)]
        return subprocess.run([*command, *extra], env=environment, check=False).returncode


def sign_in(session: Session) -> bool:
    """Ask who it is, before anything of the county is shown; False if the dialog was closed."""
    app = make_application()
    settings = SettingsFile.in_folder(session.home.data)
    if settings.values.language and not _asked_for_language():
        session.texts.language = settings.values.language
    register_fonts()
    dialog = SignInDialog(Look(app, session.texts, settings.values.theme), session)
    dialog.exec()
    if dialog.signed_in is None:
        return False
    session.commands.actor = dialog.signed_in.actor(datetime.now().astimezone())
    return True


def run_window(session: Session, options: argparse.Namespace, size: tuple[int, int] | None) -> int:
    """Open the window and stay until it is closed."""
    crashed = died_drawing(session.home.state / "log" / FAULT_LOG)
    _keep_log(session.home)
    app = make_application()
    if not why_software() and (crashed or options.safe_mode or not can_draw()):
        begin_again("safe" if options.safe_mode else "died" if crashed else "missing")
    settings = SettingsFile.of_nobody() if options.safe_mode else SettingsFile.in_folder(session.home.data)
    aside = settings.reset() if options.reset_settings else None
    if options.theme:
        settings.overlay(theme=options.theme)
    if options.workspace:
        settings.overlay(workspace=options.workspace)
    if settings.values.language and not _asked_for_language():
        session.texts.language = settings.values.language
    window = MainWindow(session, settings)
    catcher = Catcher(window)
    if aside is not None:
        window.log.add("problem", "event.settings_reset", file=aside.name)
    size = size or ((1920, 1080) if options.screenshot else None)
    if size is not None:
        window.move(0, 0)
        window.resize(*size)
    window.show()
    name, build = which_twin(session.home, options.twin, options.small)
    window.open_twin(name, build, options.small)
    ending = Ending(window, options.screenshot, options.seconds) if options.screenshot or options.seconds else None
    code = app.exec()
    catcher.close()
    if any(isinstance(feature, Drawing) and feature.wished for feature in window.features):
        begin_again("wished")
    return ending.code if ending is not None else code


FAULT_LOG = "fault.log"
SWITCH_S = 0.0002
"""A thread keeps Python's lock for so long when the window's thread wants it; Python's own 5 ms add up in one turn."""


def make_application() -> QApplication:
    """Return the program's Qt application, set up before any window."""
    sys.setswitchinterval(SWITCH_S)
    warm_up()
    surface = QSurfaceFormat.defaultFormat()
    surface.setSwapInterval(0)
    QSurfaceFormat.setDefaultFormat(surface)
    found = QApplication.instance()
    app = found if isinstance(found, QApplication) else QApplication(sys.argv[:1])
    app.setApplicationName("zhian")
    app.setApplicationDisplayName("")
    app.setDesktopFileName("cn.zhian.twin")
    app.setQuitOnLastWindowClosed(True)
    if app.findChild(Collector) is None:
        Collector(app, settle=True)
    return app


def which_twin(home: Home, asked: str, small: bool) -> tuple[str, bool]:
    """Return the twin to open, and whether it must be built first."""
    kept = home.twins()
    if asked:
        if asked not in kept and asked not in (DEMO, SMALL):
            raise UsageError(
                say("there is no twin named {asked}: `zhian county list` shows those kept here", asked=asked)
            )
        return asked, asked not in kept
    if small:
        return SMALL, SMALL not in kept
    try:
        name = home.current()
    except BadInputError:
        name = DEMO
    name = name if name in kept else DEMO
    return name, name not in kept


class Ending(QObject):
    """Waits until everything is shown, takes the picture, and closes the window."""

    def __init__(self, window: MainWindow, picture: Path | None, seconds: float) -> None:
        super().__init__(window)
        self.code = 0
        self._window, self._picture, self._seconds = window, picture, seconds or STEADY_S
        self._began, self._whole_since, self._silent_since = time.monotonic(), 0.0, 0.0
        self._timer = QTimer(self)
        self._timer.setInterval(250)
        self._timer.timeout.connect(self._look)
        self._timer.start()
        window.opening.failed.connect(self._on_failed)

    def _look(self) -> None:
        now = time.monotonic()
        if now - self._began > PATIENCE_S:
            late = say("the county was not shown within {seconds:.0f} s", seconds=PATIENCE_S)
            self._end(1, f"zhian: {self._window.look.texts.said(late)}")
        elif not self._whole(now):
            self._whole_since = 0.0
        elif not self._whole_since:
            self._whole_since = now
        elif now - self._whole_since >= self._seconds:
            self._take()

    def _whole(self, now: float) -> bool:
        world, engine, shown = self._window.live.world, self._window.engine, self._window.centre.currentWidget()
        if world is None or engine is None or engine.state.phase != "running" or shown is not self._window.map:
            self._silent_since = 0.0
            return False
        # A real place has no source until one is set, and a source may be down: then nothing more is to come.
        if len(world.tracks) > 0 or all(source.reason for source in engine.sources):
            return True
        self._silent_since = self._silent_since or now
        return now - self._silent_since >= SILENCE_S

    def _take(self) -> None:
        self._timer.stop()
        if self._picture is None:
            self._end(0, "")
            return
        world = self._window.live.world
        if self._silent_since and world is not None and not len(world.tracks):
            silent = say("the sources told nothing for {seconds:.0f} s: the picture shows no movers", seconds=SILENCE_S)
            print(f"zhian: {self._window.look.texts.said(silent)}", file=sys.stderr)
        self._window.map.settle()
        QTimer.singleShot(600, self._grab)

    def _grab(self) -> None:
        assert self._picture is not None  # noqa: S101 - only called for a picture
        try:
            grab(self._window, self._picture)
        except ZhianError as error:
            self._end(error.exit_code, f"zhian: {self._window.look.texts.error(error)}")
        else:
            self._end(0, "")
            print(self._picture)

    def _on_failed(self, _title: str, problem: str) -> None:
        self._end(1, f"zhian: {self._window.look.texts.said(problem)}")

    def _end(self, code: int, words: str) -> None:
        self._timer.stop()
        self.code = code
        if words:
            print(words, file=sys.stderr)
        self._window.close()


def grab(window: MainWindow, path: Path) -> None:
    """Write a picture of the whole window, its 3D part included.

    Raises
    ------
    twin.errors.DiskError
        If the file cannot be written.
    """
    picture = window.screen().grabWindow(window.winId())
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DiskError(say("{folder}: {reason}", folder=path.parent, reason=error)) from error
    if not picture.save(str(path)):
        raise DiskError(say("{path}: the picture could not be written; check the folder and the free space", path=path))


class Catcher:
    """Turns what nobody caught into a sentence on the screen and a traceback in the log."""

    def __init__(self, window: MainWindow) -> None:
        self._window = window
        self._before = sys.excepthook
        self._spoken: Any = qInstallMessageHandler(_on_qt_message)
        sys.excepthook = self._on_exception

    def close(self) -> None:
        """Put back what was there."""
        sys.excepthook = self._before
        qInstallMessageHandler(self._spoken)

    def _on_exception(self, kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            self._window.close()
            return
        LOG.error("uncaught", exc_info=(kind, error, trace))
        self._window.report_crash(why(error) if isinstance(error, ZhianError) else f"{kind.__name__}: {error}")


def _on_qt_message(kind: QtMsgType, _context: object, message: str) -> None:
    level = {QtMsgType.QtWarningMsg: logging.WARNING, QtMsgType.QtCriticalMsg: logging.ERROR}.get(kind, logging.DEBUG)
    logging.getLogger("qt").log(level, "%s", message)


def _keep_log(home: Home) -> None:
    folder = home.state / "log"
    folder.mkdir(parents=True, exist_ok=True)
    handler = logging.handlers.RotatingFileHandler(
        folder / "zhian.log", maxBytes=10_000_000, backupCount=9, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    # The file stays open for as long as the process lives: it is what a crash writes to.
    faulthandler.enable((folder / FAULT_LOG).open("a", encoding="utf-8"))


def _asked_for_language() -> bool:
    return "--language" in sys.argv or bool(os.environ.get("ZHIAN_LANGUAGE"))
