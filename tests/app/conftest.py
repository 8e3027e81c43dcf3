"""A window on the small county, with an engine that shows one still frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QObject, Signal
from pytestqt.qtbot import QtBot

from app.commands import Commands
from app.engine import EngineState
from app.main_window import MainWindow
from app.map.prepare import prepare
from app.session import Session
from app.settings import SettingsFile
from app.texts import Texts
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import save_city
from twin.access import DEMO_ACTOR, AuditEntry
from twin.city.city import City
from twin.live.frame import TrackFrame
from twin.live.observation import Observation, batch
from twin.world import SourceState

OpenWindow = Callable[[], MainWindow]


class Audit:
    """An audit sink in memory."""

    def __init__(self) -> None:
        self.entries: list[AuditEntry] = []

    def write(self, entry: AuditEntry) -> None:
        self.entries.append(entry)


class StillEngine(QObject):
    """An engine that knows three vehicles and an officer, and says so again and again."""

    state_changed = Signal(object)
    log = Signal(object)

    def __init__(self, city: City, parent: QObject) -> None:
        super().__init__(parent)
        self.sources: tuple[SourceState, ...] = (SourceState("demo life", "demo-life", True, "", time.time(), 4.0),)
        self.live = True
        self._frame = still_frame(city)

    def start(self) -> None:
        self.state_changed.emit(EngineState("running", rate_hz=4.0, entities=len(self._frame)))

    def close(self) -> None:
        self.sources = ()

    def at_s(self) -> float:
        return time.time()

    def frame(self) -> TrackFrame:
        return self._frame

    def show(self, frame: TrackFrame) -> None:
        self._frame = frame


def still_frame(city: City) -> TrackFrame:
    """Return a frame of four entities around the middle of the city."""
    west, south, east, north = city.bounds_m()
    x, y = (west + east) / 2 - city.frame.origin_m[0], (south + north) / 2 - city.frame.origin_m[1]
    kinds = (("car-1", "car", "浙F·8K2Q6"), ("bus-1", "bus", "浙F·10086"), ("car-2", "car", "浙F·3P7X9"),
             ("officer-1", "officer", "王小明"))  # fmt: skip
    places = [(x + 40.0 * number, y) for number in range(len(kinds))]
    lon, lat = city.frame.to_lonlat([p[0] for p in places], [p[1] for p in places])
    seen = [
        Observation(key, kind, time.time(), float(a), float(b), label, "moving", heading_deg=90.0, speed_mps=10.0)
        for (key, kind, label), a, b in zip(kinds, lon, lat, strict=True)
    ]
    position = np.array([(*place, 3.0) for place in places], np.float32)
    return TrackFrame(batch("demo life", seen).rows, position, np.zeros(len(seen), np.uint8), 1, time.time())


@pytest.fixture(scope="session")
def small_city() -> City:
    return build_county(seed=1, small=True)


@pytest.fixture(scope="session")
def made_home(tmp_path_factory: pytest.TempPathFactory, small_city: City) -> Path:
    """Return a folder in which the small county is kept and prepared."""
    root = Path(tmp_path_factory.mktemp("home"))
    home = home_at(root)
    save_city(small_city, home.twin("small"))
    prepare(small_city, home.cache / "scenes" / "small", lambda _share, _what: None)
    return root


def home_at(root: Path) -> Home:
    home = Home(root / "data", root / "cache", root / "state", root / "runtime")
    for folder in (home.data, home.cache, home.state, home.runtime):
        folder.mkdir(parents=True, exist_ok=True)
    return home


def session_at(root: Path, language: str = "zh") -> tuple[Session, Audit]:
    audit = Audit()
    return Session(home_at(root), Texts(language), Commands(DEMO_ACTOR, audit)), audit


@pytest.fixture
def home_root(tmp_path: Path, made_home: Path) -> Path:
    """Return a home of this test's own that shares the county with the others."""
    (tmp_path / "data").mkdir()
    (tmp_path / "cache").mkdir()
    (tmp_path / "data" / "twins").symlink_to(made_home / "data" / "twins")
    (tmp_path / "cache" / "scenes").symlink_to(made_home / "cache" / "scenes")
    return tmp_path


@pytest.fixture
def open_window(qtbot: QtBot, home_root: Path, small_city: City) -> Iterator[OpenWindow]:
    """Open windows on one home; each is closed at the end if the test did not."""
    opened: list[MainWindow] = []

    def make() -> MainWindow:
        session, _ = session_at(home_root)
        settings = SettingsFile.in_folder(session.home.data)
        window = MainWindow(session, settings, lambda _home, _twin, parent: StillEngine(small_city, parent))  # type: ignore[arg-type,return-value]  # stands in for EngineWatch
        opened.append(window)
        window.resize(1920, 1080)
        window.show()
        with qtbot.waitSignal(window.shown, timeout=30_000):
            window.open_twin("small", build=False)
        qtbot.waitUntil(lambda: window.live.world is not None and len(window.live.world.tracks) > 0, timeout=10_000)
        return window

    yield make
    for window in opened:
        window.close()
        window.deleteLater()


@pytest.fixture
def window(open_window: OpenWindow) -> MainWindow:
    return open_window()
