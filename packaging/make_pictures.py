#!/usr/bin/env python3
"""Take the pictures of the documentation: the real window, on a display of its own.

``python packaging/make_pictures.py`` writes ``docs/pictures/*.jpg``. It wants the demo county (``zhian county build``)
and, for the mountains, a twin named ``andorra`` made as ``docs/first-steps.md`` says; without it that one is left out.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QPoint, Qt, QTimer
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.cli import open_session, verb_modules
from app.features.hints import VERSION
from app.headless import virtual_display
from app.instruments.feature import Instruments
from app.main_window import MainWindow
from app.map.events import CameraState, Pick
from app.session import Session
from app.settings import SettingsFile
from app.shell import grab, make_application
from app.workbenches.operations.marks import LAYER
from twin.live.kinds import CODE

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
    act: Callable[[MainWindow], None] | None = None  # done before that, as a hand would do it


def clicked(window: MainWindow, instrument: str, *places: tuple[float, float], double: bool = False) -> None:
    """Use an instrument at places told as shares of the map, and wait for its result."""
    book = next(feature for feature in window.features if isinstance(feature, Instruments)).book
    before, view = len(book.all()), window.map
    window.acts.run(f"instrument.{instrument}")
    points = [QPoint(round(x * view.width()), round(y * view.height())) for x, y in places]
    for point in points:
        QTest.mouseClick(view, Qt.MouseButton.LeftButton, pos=point)
    if double:
        QTest.mouseDClick(view, Qt.MouseButton.LeftButton, pos=points[-1])
    wait(lambda: len(book.all()) > before, 60.0)
    view.set_tool(None)


def measured(window: MainWindow) -> None:
    """Measure a distance, an area, and a line of sight."""
    clicked(window, "area", (0.16, 0.30), (0.36, 0.26), (0.42, 0.50), (0.22, 0.60), double=True)
    clicked(window, "distance", (0.52, 0.70), (0.62, 0.48), (0.78, 0.40), double=True)
    clicked(window, "sight", (0.48, 0.86), (0.80, 0.66))


def seen_around(window: MainWindow) -> None:
    """Ask what is seen from a place."""
    clicked(window, "viewshed", (0.5, 0.55), (0.74, 0.55))


def reached(window: MainWindow) -> None:
    """Find Xitang with one key, and ask how far one comes from there."""
    box = window.top.search
    box.setText("xt")
    box.textEdited.emit("xt")
    wait(box.popup.isVisible, 30.0)
    QTest.keyClick(box, Qt.Key.Key_Return)
    book = next(feature for feature in window.features if isinstance(feature, Instruments)).book
    wait(lambda: not window.jobs.is_running("card.about"), 60.0)
    wait(lambda: False, 6.0)
    window.acts.run("reach.minutes")
    wait(lambda: len(book.all()) == 3, 120.0)
    window.map.set_camera(replace(window.map.camera(), distance_m=24_000.0, pitch_deg=62.0))


def with_trails(window: MainWindow) -> None:
    """Show where all cars and buses were in the last minute, by their speed."""
    world = window.live.world
    assert world is not None  # noqa: S101 - the picture waited for it
    rows = world.tracks.rows
    first = [int(np.flatnonzero(rows["kind"] == CODE[kind])[0]) for kind in ("car", "bus")]
    window.selection.select([Pick("vehicles", rows["id"][row].decode(), (0.0, 0.0, 0.0)) for row in first])
    window.acts.run("trails.kind")
    window.acts.run("trails.minutes", minutes=1)
    window.acts.run("trails.speed")
    window.selection.clear()


def merged(window: MainWindow) -> None:
    """Show crowds as bubbles."""
    if not window.settings.values.clusters:
        window.acts.run("view.clusters")
    window.map.view_whole()


def held_apart(window: MainWindow) -> None:
    """Hold what was three minutes ago, and compare it with now."""
    wait(lambda: window.look_back.stand is None and window.time_bar.strip.isEnabled(), 60.0)
    window.acts.run("compare.hold", value=time.time() - 180.0)
    wait(lambda: window.map.tool is not None, 60.0)


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
    Picture(
        "instruments-light", theme="light", camera=(-560.0, -560.0, 900.0, -40.0, 68.0), act=measured, settle_s=25.0
    ),
    Picture("viewshed-dark", camera=(-700.0, -560.0, 1300.0, 20.0, 58.0), act=seen_around, settle_s=25.0),
    Picture("isochrone-light", theme="light", act=reached),
    Picture("trails-dark", camera=(-815.0, -735.0, 1500.0, -20.0, 50.0), act=with_trails, settle_s=40.0),
    Picture("clusters-light", theme="light", act=merged, settle_s=25.0),
    Picture("heat-dark", commands=("view.whole", "heat.density")),
    Picture("compare-dark", camera=(-815.0, -735.0, 3600.0, 0.0, 50.0), act=held_apart, settle_s=20.0),
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
    with tempfile.TemporaryDirectory() as folder:
        show(session, picture, SettingsFile.in_folder(Path(folder)))


def show(session: Session, picture: Picture, settings: SettingsFile) -> None:
    """Do what the picture wants in a window with settings of its own."""
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
    wait(lambda: window.live.world is not None and len(window.live.world.tracks) > 0, 120.0)
    if picture.act is not None:
        picture.act(window)
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
