#!/usr/bin/env python3
"""Take the pictures of the documentation: the real window, on a display of its own.

``python packaging/make_pictures.py`` writes ``docs/pictures/*.jpg``. It wants the demo county (``zhian county build``)
and, for the mountains, a twin named ``andorra`` made as ``docs/first-steps.md`` says; without it that one is left out.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from PySide6.QtCore import QEventLoop, Qt, QTimer
from PySide6.QtGui import QImage

from app.cli import open_session, verb_modules
from app.features.hints import VERSION
from app.headless import virtual_display
from app.main_window import MainWindow
from app.map.events import CameraState
from app.session import Session
from app.settings import SettingsFile
from app.shell import grab, make_application
from app.workbenches.operations.marks import LAYER

PICTURES = Path(__file__).resolve().parent.parent / "docs" / "pictures"
WIDTH_PX, QUALITY = 1600, 86
SHOW_WORK = ("operations", "wall")
"""Workspaces that are shown once there is work."""


@dataclass(frozen=True, slots=True)
class Picture:
    """What one picture shows; ``focus_lonlat`` None keeps the view a twin opens with."""

    name: str
    twin: str = "demo"
    theme: str = "dark"
    language: str = "zh"
    workspace: str = "watch"
    camera: tuple[float, float, float, float, float] | None = None  # x, y (local metres), distance, bearing, pitch
    settle_s: float = 12.0
    commands: tuple[str, ...] = ()  # run once settled, a few seconds apart


WANTED = (
    Picture("county-dark"),
    Picture("overview-light", theme="light", camera=(-700.0, 1200.0, 7000.0, -20.0, 30.0)),
    Picture("street-dark", camera=(-815.0, -735.0, 330.0, -78.0, 20.0)),
    Picture("traffic-dark", workspace="traffic", settle_s=75.0),
    Picture("sites-light-en", theme="light", language="en", workspace="sites"),
    Picture(
        "operations-dark", workspace="operations", settle_s=20.0, commands=("work.accept", "work.propose", "work.show")
    ),
    Picture("operations-light-en", theme="light", language="en", workspace="operations", settle_s=20.0),
    Picture("wall-dark", workspace="wall", settle_s=20.0),
    Picture("andorra-light", twin="andorra", theme="light", camera=(-9500.0, -6800.0, 5000.0, 10.0, 22.0)),
)


def main() -> int:
    """Take all pictures, or those named."""
    chosen = [picture for picture in WANTED if not sys.argv[1:] or picture.name in sys.argv[1:]]
    with virtual_display(1920, 1080) as display:
        os.environ |= {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"}
        app = make_application()
        for picture in chosen:
            session = open_session(picture.language)
            for verb in verb_modules():
                for command in verb.commands(session):
                    session.commands.add(command)
            if picture.twin in session.home.twins():
                take(session, picture)
        app.processEvents()
    return 0


def take(session: Session, picture: Picture) -> None:
    """Open the window as a picture wants it, wait, and write the file."""
    settings = SettingsFile.in_folder(session.home.data)
    settings.overlay(theme=picture.theme, workspace=picture.workspace, hints_seen=VERSION)
    window = MainWindow(session, settings)
    window.move(0, 0)
    window.resize(1920, 1080)
    window.show()
    window.open_twin(picture.twin, build=False)
    wait(lambda: window.live.world is not None and window.centre.currentWidget() is window.map, 60.0)
    if picture.camera is not None:
        x, y, distance_m, bearing_deg, pitch_deg = picture.camera
        window.map.set_camera(CameraState((x, y, 3.0), distance_m, bearing_deg, pitch_deg))
    if picture.workspace in SHOW_WORK:
        wait(lambda: LAYER in window.map.extras.drawings, 300.0)  # until the scenarios found something
    wait(lambda: False, picture.settle_s)
    for command in picture.commands:
        window.acts.run(command)
        wait(lambda: False, 8.0)
    window.map.settle()
    wait(lambda: False, 1.0)
    whole = PICTURES / f"{picture.name}.png"
    grab(window, whole)
    window.close()
    image = QImage(str(whole)).scaledToWidth(WIDTH_PX, Qt.TransformationMode.SmoothTransformation)
    image.save(str(whole.with_suffix(".jpg")), quality=QUALITY)
    whole.unlink()
    print(whole.with_suffix(".jpg"))


def wait(ready: Callable[[], bool], longest_s: float) -> None:
    """Let the window live until something is so, or time is up."""
    loop = QEventLoop()
    look = QTimer()
    look.timeout.connect(lambda: loop.quit() if ready() else None)
    look.start(100)
    QTimer.singleShot(round(longest_s * 1000), loop.quit)
    loop.exec()
    look.stop()


if __name__ == "__main__":
    sys.exit(main())
