"""A window on the small county, with an engine that shows one still frame."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QEventLoop, QObject, Signal
from PySide6.QtWidgets import QApplication, QWidget

from app.commands import Commands
from app.engine import EngineState
from app.main_window import MainWindow
from app.map.prepare import prepare
from app.second import KeptRequests
from app.session import Session
from app.settings import SettingsFile
from app.texts import Texts
from data.access_rules import rules_of
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import save_city
from twin.access import DEMO_ACTOR, Actor, AuditEntry
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

    def close(self) -> None:
        self.entries.clear()


class StillEngine(QObject):
    """An engine that knows three vehicles and an officer, and says so again and again."""

    state_changed = Signal(object)
    log = Signal(object)

    def __init__(self, city: City, parent: QObject) -> None:
        super().__init__(parent)
        self.sources: tuple[SourceState, ...] = (SourceState("demo life", "demo-life", True, "", time.time(), 4.0),)
        self._frame = still_frame(city)

    def start(self) -> None:
        self.state_changed.emit(EngineState("running", rate_hz=4.0, entities=len(self._frame)))

    def close(self) -> None:
        self.sources = ()

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
    audit, home = Audit(), home_at(root)
    rules = rules_of(home)
    commands = Commands(DEMO_ACTOR, audit, rules, KeptRequests(home, rules, audit))
    return Session(home, Texts(language), commands), audit


def shared_home(root: Path, made: Path) -> Path:
    """Return a home of its own that shares the county with the others."""
    (root / "data").mkdir()
    (root / "cache").mkdir()
    (root / "data" / "twins").symlink_to(made / "data" / "twins")
    (root / "cache" / "scenes").symlink_to(made / "cache" / "scenes")
    return root


def until(met: Callable[[], object], seconds: float = 120.0) -> None:
    """Let the window work until something holds."""
    loop, end = QEventLoop(), time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come about in time"
        loop.processEvents(QEventLoop.ProcessEventsFlag.AllEvents, 20)


def let_go(window: QWidget) -> None:
    """Close a window and delete it at once: what is deleted later waits for a loop that ends, which no test has."""
    window.close()
    window.deleteLater()
    QCoreApplication.sendPostedEvents(window, QEvent.Type.DeferredDelete)


def make_window(root: Path, city: City, actor: Actor = DEMO_ACTOR) -> MainWindow:
    """Open a window on the small county and wait until it is shown."""
    session, _ = session_at(root)
    session.commands.actor = actor
    settings = SettingsFile.in_folder(session.home.data)
    window = MainWindow(session, settings, lambda _home, _twin, parent: StillEngine(city, parent))  # type: ignore[arg-type,return-value]  # stands in for EngineWatch
    window.resize(1920, 1080)
    window.show()
    window.open_twin("small", build=False)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) > 0 and window.arrangement.current)
    until(lambda: not window.jobs.is_running("past"))  # else it takes the place of a past that a test gives
    return window


@pytest.fixture
def open_window(qapp: QApplication, tmp_path: Path, made_home: Path, small_city: City) -> Iterator[OpenWindow]:
    """Open windows on one home of the test's own; each is closed at the end if the test did not."""
    root = shared_home(tmp_path, made_home)
    opened: list[MainWindow] = []

    def make() -> MainWindow:
        opened.append(make_window(root, small_city))
        return opened[-1]

    yield make
    for window in opened:
        let_go(window)


@pytest.fixture(scope="module")
def only_window(
    qapp: QApplication, tmp_path_factory: pytest.TempPathFactory, made_home: Path, small_city: City
) -> Iterator[MainWindow]:
    window = make_window(shared_home(Path(tmp_path_factory.mktemp("window")), made_home), small_city)
    yield window
    let_go(window)


@pytest.fixture
def window(only_window: MainWindow) -> MainWindow:
    """Return the module's window as it was when it opened."""
    only_window.selection.clear()
    only_window.purpose.clear()
    only_window.layers.reset()
    only_window.look.set_language("zh")
    only_window.look.set_theme("dark")
    only_window.resize(1920, 1080)
    only_window.arrangement.show("watch")
    only_window.arrangement.reset()
    return only_window
