"""The timeline: from a move of the handle to 20,000 entities on the screen as they were, in the real window.

``python -m benchmarks.timeline --rows 46600000`` makes a day of so many invented states and drags across it on the
full county: jumps to instants anywhere in the day, and a handle that goes on a minute each sixtieth of a second. Beside
each wall time stands the processor time of all threads, drawing included, and what a frame alone takes. The peer is
plain DuckDB, asked for the last state of each entity in the ten minutes before each instant (over the files that can
hold them, nothing drawn). Without ``--rows`` a tenth of a day's rows do for a quick look; ``--lake FOLDER`` keeps the
day, or takes one that was kept. Software rendering where there is no GPU.
"""

from __future__ import annotations

import argparse
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import numpy as np
from PySide6.QtCore import QEventLoop, QTimer

from app.cli import open_session
from app.gui_watch import GuiWatch, WatchedWindow
from app.headless import virtual_display
from app.settings import SettingsFile
from app.shell import make_application
from app.verbs.run import has_display
from benchmarks._county import county_folder, scene_folder
from benchmarks.history import FIRST_DAY, make
from data.history.engines import DuckDB
from data.history.files import PLACE
from data.history.lean import LEAN_DTYPE, table_of
from data.history.reader import LONGEST_S, History
from data.store.twin_folder import open_city
from tests.app.conftest import StillEngine
from twin.geo import FloatArray

DAY_S = FIRST_DAY * 86_400.0
JUMPS, DRAG_S, MOVE_MS, STEP_S, FRAMES = 40, 6.0, 16, 60.0, 20
Times = tuple[list[float], float]
"""Seconds by the wall clock, and the mean of processor time."""
LAST = "SELECT entity, MAX(t), " + ", ".join(
    f"ARG_MAX({name}, t)" for name in ("lon", "lat", "height", "heading", "speed", "state")
)


def until(met: Callable[[], bool], seconds: float) -> None:
    """Run the event loop until something holds."""
    loop, end = QEventLoop(), time.monotonic() + seconds
    while not met():
        assert time.monotonic() < end, "it did not come about in time"
        loop.processEvents(QEventLoop.ProcessEventsFlag.WaitForMoreEvents)


@contextmanager
def county_window(lake: Path, home: Path) -> Iterator[WatchedWindow]:
    """Open the full county with a day behind it, seen whole; nothing lives in it now."""
    (home / "data" / "twins").mkdir(parents=True)
    (home / "cache" / "scenes").mkdir(parents=True)
    (home / "data" / "twins" / "demo").symlink_to(county_folder())
    (home / "cache" / "scenes" / "demo").symlink_to(scene_folder())
    city = open_city(county_folder())
    os.environ["ZHIAN_HOME"] = str(home)
    session = open_session("zh")
    make_application()
    window = WatchedWindow(
        session, SettingsFile.in_folder(session.home.data),
        lambda _home, _twin, parent: StillEngine(city, parent),  # type: ignore[arg-type,return-value]  # stands in for EngineWatch
        lambda _home, _twin, opened: History(lake, lake / "no-journal", opened),
    )  # fmt: skip
    window.resize(1920, 1080)
    window.show()
    window.open_twin("demo", build=False)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) > 0, 120)
    window.acts.run("view.whole")
    until(_after(3.0), 10)
    window.map.settle()
    yield window
    window.close()


def _after(seconds: float) -> Callable[[], bool]:
    end = time.monotonic() + seconds
    QTimer.singleShot(round(seconds * 1000) + 1, lambda: None)
    return lambda: time.monotonic() >= end


class Shown:
    """Notes how long after it was asked for an instant stood on the screen."""

    def __init__(self, window: WatchedWindow) -> None:
        self._window = window
        self.asked: dict[float, float] = {}
        self.took_s: dict[float, float] = {}
        self.entities = 0
        window.map.frame_drawn.connect(self._on_frame)

    def ask(self, at_s: float) -> None:
        """Move the handle."""
        self.asked[at_s] = time.perf_counter()
        self._window.look_back.go_to(at_s)

    def _on_frame(self, _stats: object) -> None:
        answer = self._window.map._labels
        if answer is None or answer.request.world.live:
            return
        at_s = answer.request.world.at_s
        if at_s in self.asked and at_s not in self.took_s:
            self.took_s[at_s] = time.perf_counter() - self.asked[at_s]
            self.entities = len(answer.request.world.tracks)


def jump(window: WatchedWindow, instants: FloatArray) -> tuple[list[float], int]:
    """Go to instants one after the other, each once the one before is on the screen; return seconds and entities."""
    shown = Shown(window)
    for at_s in instants.tolist():
        shown.ask(at_s)
        until(lambda at_s=at_s: at_s in shown.took_s, 30)  # type: ignore[misc]  # bound early
    return list(shown.took_s.values()), shown.entities


def drag(window: WatchedWindow) -> tuple[list[float], int]:
    """Move the handle on and on; return the seconds of what was shown, and how many moves there were."""
    shown, moves = Shown(window), QTimer(interval=MOVE_MS)
    moves.timeout.connect(lambda: shown.ask(DAY_S + 6 * 3600 + STEP_S * len(shown.asked)))
    moves.start()
    until(_after(DRAG_S), DRAG_S + 5)
    moves.stop()
    last = max(shown.asked)
    until(lambda: last in shown.took_s, 30)
    return list(shown.took_s.values()), len(shown.asked)


def read(lake: Path, instants: FloatArray) -> tuple[Times, Times]:
    """Return what the same instants take without a screen: here, and asked of DuckDB; both find all entities."""
    ours, theirs = Stopwatch(), Stopwatch()
    with closing(History(lake, lake / "no-journal")) as history, closing(DuckDB()) as engine:
        nothing = table_of(np.empty(0, LEAN_DTYPE))
        history.span()
        for at_s in instants.tolist():
            with ours:
                states = history.states_at(at_s)
            begin_ms, end_ms = round((at_s - LONGEST_S) * 1000), round(at_s * 1000)
            paths = [str(lake / file.name) for file in history.snapshot(PLACE, begin_ms, end_ms)[0]]
            sql = f"{LAST} FROM told WHERE t BETWEEN {begin_ms} AND {end_ms} GROUP BY entity"
            with theirs:
                answer = engine.select(sql, paths, nothing)
            assert answer.num_rows >= len(states) > 0  # what is too old for its kind is not shown here
    return ours.times(), theirs.times()


class Stopwatch:
    """Takes the time of what is done in it."""

    def __init__(self) -> None:
        self._walls = list[float]()
        self._cpu_s = 0.0
        self._begun = (0.0, 0.0)

    def __enter__(self) -> None:
        self._begun = time.perf_counter(), time.process_time()

    def __exit__(self, *_: object) -> None:
        self._walls.append(time.perf_counter() - self._begun[0])
        self._cpu_s += time.process_time() - self._begun[1]

    def times(self) -> Times:
        """Return the walls, and the mean of processor time."""
        return self._walls, self._cpu_s / max(len(self._walls), 1)


def told(name: str, seconds: list[float], cpu_s: float, more: str = "") -> None:
    """Print a line of the table; ``cpu_s`` is of one of them."""
    p50, p95 = (float(np.percentile(seconds, share)) * 1000 for share in (50, 95))
    print(f"  {name:34} p50 {p50:6.0f} ms, p95 {p95:6.0f} ms, processor {cpu_s * 1000:5.0f} ms{more}", flush=True)


def frames(window: WatchedWindow) -> list[float]:
    """Return what frames take in which nothing is new."""
    took = list[float]()
    for _ in range(FRAMES):
        before, begun = window.map.renders, time.perf_counter()
        window.map.refresh()
        until(lambda before=before: window.map.renders > before, 10)  # type: ignore[misc]  # bound early
        took.append(time.perf_counter() - begun)
    return took


def measure(lake: Path, home: Path) -> None:
    """Drag, ask the peer, print."""
    chance = np.random.default_rng(1)
    anywhere = DAY_S + chance.uniform(3600, 82_000, JUMPS).round(3)
    along = DAY_S + 6 * 3600 + STEP_S * np.arange(JUMPS, dtype=np.float64)
    with county_window(lake, home) as window:
        window.look_back.ask_day(DAY_S)
        jump(window, anywhere[:3] + 1.0)  # what is made once
        on_screen(window, anywhere, along)
        watch = window.watch = GuiWatch(window)  # it keeps the thread busy: not while processor time is taken
        acts: dict[str, Callable[[], object]] = {
            "jumping": lambda: jump(window, anywhere[::2] + 7.0),
            "dragging": lambda: drag(window),
        }
        for name, act in acts.items():
            watch.start()
            act()
            blocks = watch.stop()
            print(
                f"  window's thread while {name}: kept {blocks.longest_kept_ms:.1f} ms at most, over 16 ms "
                f"{blocks.kept_over_16_ms} of {blocks.turns} turns",
                flush=True,
            )
    for name, instants in (("anywhere", anywhere), ("along the day", along)):
        compare(lake, name, instants)


def on_screen(window: WatchedWindow, anywhere: FloatArray, along: FloatArray) -> None:
    """Print what it takes until something is seen."""
    begun = time.process_time()
    told("a frame in which nothing is new", frames(window), (time.process_time() - begun) / FRAMES)
    for name, instants in (("anywhere", anywhere), ("along the day", along)):
        begun, renders = time.process_time(), window.map.renders
        seconds, entities = jump(window, instants)
        cpu_s, drawn = (time.process_time() - begun) / len(seconds), (window.map.renders - renders) / len(seconds)
        told(f"to the screen, {name}", seconds, cpu_s, f"; {entities:,} entities, {drawn:.1f} frames each")
    begun = time.process_time()
    seconds, moves = drag(window)
    cpu_s = (time.process_time() - begun) / len(seconds)
    told("to the screen, while dragged", seconds, cpu_s, f"; {len(seconds)} of {moves} moves shown")


def compare(lake: Path, name: str, instants: FloatArray) -> None:
    """Print what reading alone takes, and the peer."""
    ours, theirs = read(lake, instants)
    told(f"read alone, {name}", *ours)
    told(f"DuckDB, {name}", *theirs)
    ratio = statistics.median(theirs[0]) / statistics.median(ours[0])
    print(f"  DuckDB ÷ ours: {ratio:.1f} by the wall clock, {theirs[1] / ours[1]:.1f} by processor time", flush=True)


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=4_660_000, help="of the day (default 4,660,000)")
    parser.add_argument("--lake", type=Path, help="where the day is kept; made if it is not there")
    arguments = parser.parse_args()
    with ExitStack() as stack:
        if not has_display():
            os.environ["DISPLAY"] = stack.enter_context(virtual_display(1920, 1080))
        stack.callback(lambda: make_application().shutdown())  # while there still is a display
        home = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="zhian-timeline-")))
        lake = arguments.lake or home / "lake"
        if not (lake / "manifest.sqlite").exists():
            lake.mkdir(parents=True, exist_ok=True)
            make(lake, arguments.rows, 1)
        measure(lake, home / "home")


if __name__ == "__main__":
    main()
