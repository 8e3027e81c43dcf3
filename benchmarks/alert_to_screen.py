"""From an observation to its alert in the window's queue: ``python -m benchmarks.alert_to_screen`` on a display.

The real window on the small county, with its engine (demo life and a GA/T 1400 source), the rules beside it and the
records on disk. A gate posts passes of vehicles on a list, one after the other at odd moments; the clock runs from
before the post until the queue with it was painted.

Before that, in the same run, the naive way with the same passes: each is a row of a database, a job that looks each
second goes through the new rows with a loop and shapely over the same scenarios and writes alerts, and a screen asks
for them each second. It has neither gate, journal nor 2,000 others to look after.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import json
import os
import random
import socket
import sqlite3
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np
import shapely

from app.cli import open_session
from app.headless import virtual_display
from app.main_window import MainWindow
from app.opening import SMALL
from app.settings import SettingsFile
from app.shell import make_application
from app.verbs.run import has_display
from app.workbenches.operations.bench import OperationsBench
from benchmarks.gui_blocks import until
from benchmarks.rules import ready_of
from data.connectors.contract import SourceSettings
from data.connectors.gat1400.encoder import local_time, write_passes
from data.home import Home
from data.own_copy import shipped
from data.records.database import open_records
from data.rules.files import FOLDER, Folder
from data.rules.lists import Brought, ListStore, read_lines
from data.simulate.county.build import build_county
from data.sync.settings import DEMO, set_sources
from twin.city.city import City

CAMERA, LIST, SCENARIO = "33042100001190000001", "suspended-licences", "unlicensed-driver"
LOOK_S = 1.0
"""How often the naive job and the naive screen look."""
PAUSE_S = (0.3, 0.9)
WAIT_S = 30.0
SETTLE_S = 15.0
"""The rules begin beside the engine, and look once at all there is."""


def plates(count: int) -> list[str]:
    """Return invented plates."""
    return [f"浙F·X{number:04d}" for number in range(count)]


def prepared(home: Home, port: int, count: int) -> None:
    """Set the sources of the small county, and bring the list in."""
    camera = {"lon_deg": 120.92, "lat_deg": 30.84}
    options = {"port": port, "authentication": "open", "most_requests_per_s": 1e9, "devices": {CAMERA: camera}}
    set_sources(home, SMALL, (DEMO, SourceSettings("gates", "gat1400", options)))
    told = Brought(LIST, "benchmark", "benchmark", time.time(), 1e6)
    lines = read_lines(LIST, "\n".join(["key", *plates(count)]).encode(), told, time.time())
    with contextlib.closing(ListStore(open_records(home))) as store:
        store.bring(told, lines, time.time())


def post(port: int, plate: str, number: int) -> None:
    """Post one pass and wait for the answer."""
    one = {
        "MotorVehicleID": f"{CAMERA}{number:028d}", "DeviceID": CAMERA, "HasPlate": "1", "PlateNo": plate,
        "PassTime": local_time(time.time()), "VehicleClass": "K33", "Speed": 50,
    }  # fmt: skip
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=WAIT_S)
    connection.request("POST", "/VIID/MotorVehicles", write_passes([one]), {"User-Identify": CAMERA})
    connection.getresponse().read()
    connection.close()


def in_window(home: Home, port: int, count: int) -> list[float]:
    """Return the seconds from each post until the queue with its alert was painted."""
    prepared(home, port, count)
    session = open_session("zh")
    make_application()
    window = MainWindow(session, SettingsFile.in_folder(session.home.data))
    window.resize(1600, 900)
    window.show()
    window.open_twin(SMALL, build=True, small=True)
    bench = next(feature for feature in window.features if isinstance(feature, OperationsBench))
    until(lambda: window.live.world is not None and len(window.live.world.tracks) > 0, 300.0)
    until(lambda: _answers(port), 60.0)
    until(lambda: False, SETTLE_S)
    chance, took = random.Random(1), []
    for number, plate in enumerate(plates(count)):
        until(lambda: False, chance.uniform(*PAUSE_S))
        before, begun = _alerts(bench), time.perf_counter()
        sender = threading.Thread(target=post, args=(port, plate, number))
        sender.start()
        until(lambda before=before: _alerts(bench) > before, WAIT_S)  # type: ignore[misc]  # bound at once
        if _alerts(bench) == before:
            raise SystemExit(f"the alert of pass {number} is not on the screen after {WAIT_S:.0f} s")
        bench.queue.list.viewport().repaint()
        took.append(time.perf_counter() - begun)
        sender.join()
    window.close()
    return took


def _alerts(bench: OperationsBench) -> int:
    """Return how many alerts of the scenario stand in the queue that is shown."""
    shown = {row.key for row in bench.queue.list.queue.rows}
    rows = (row for row in bench.work.rows if row.alert is not None and row.alert.scenario == SCENARIO)
    return sum(row.alerts for row in rows if row.alert is not None and f"a:{row.alert.group}" in shown)


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.5):
        return True
    return False


class Naive:
    """A job that polls a table of passes and a screen that polls a table of alerts."""

    def __init__(self, path: Path, city: City, listed: Sequence[str]) -> None:
        folder = Folder((shipped(FOLDER),))
        folder.read()
        self._path, self._ready, self._listed = path, ready_of(list(folder.scenarios.values()), city), set(listed)
        with self._open() as database:
            database.execute("CREATE TABLE pass (id INTEGER PRIMARY KEY, plate TEXT, east REAL, north REAL)")
            database.execute("CREATE TABLE alert (id INTEGER PRIMARY KEY, plate TEXT)")
        self._end = threading.Event()

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        with contextlib.closing(sqlite3.connect(self._path, timeout=30.0)) as database, database:
            yield database

    def job(self) -> None:
        """Go through what is new each second."""
        seen = 0
        while not self._end.wait(LOOK_S):
            with self._open() as database:
                fresh = database.execute("SELECT id, plate, east, north FROM pass WHERE id > ?", (seen,)).fetchall()
                for number, plate, east, north in fresh:
                    seen = number
                    inside = [whole is None or shapely.contains_xy(whole, east, north) for _, _, whole in self._ready]
                    if any(inside) and plate in self._listed:
                        database.execute("INSERT INTO alert (plate) VALUES (?)", (plate,))

    def took(self, count: int) -> list[float]:
        """Return the seconds from each pass until the screen had its alert."""
        threading.Thread(target=self.job, daemon=True).start()
        chance, took, next_look = random.Random(1), [], time.perf_counter() + LOOK_S
        for number, plate in enumerate(plates(count)):
            time.sleep(chance.uniform(*PAUSE_S))
            begun = time.perf_counter()
            with self._open() as database:
                database.execute("INSERT INTO pass (plate, east, north) VALUES (?, 0, 0)", (plate,))
            while True:
                next_look += LOOK_S * max(np.ceil((time.perf_counter() - next_look) / LOOK_S), 0.0)
                time.sleep(max(next_look - time.perf_counter(), 0.0))
                next_look += LOOK_S
                with self._open() as database:
                    if database.execute("SELECT count(*) FROM alert").fetchone()[0] > number:
                        break
            took.append(time.perf_counter() - begun)
        self._end.set()
        return took


def told(name: str, took: Sequence[float]) -> dict[str, object]:
    """Return the figures of one way as plain values."""
    ordered = sorted(took)
    return {
        "way": name, "alerts": len(ordered), "median_s": round(statistics.median(ordered), 3),
        "p99_s": round(ordered[min(int(len(ordered) * 0.99), len(ordered) - 1)], 3),
    }  # fmt: skip


def main() -> None:
    """Measure both in a home of their own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=30)
    count = parser.parse_args().alerts
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["ZHIAN_HOME"] = folder
        naive = Naive(Path(folder) / "naive.sqlite", build_county(seed=1, small=True), plates(count))
        print(json.dumps(told("naive", naive.took(count))), flush=True)
        if not has_display():
            os.environ["DISPLAY"] = stack.enter_context(virtual_display(1920, 1080))
        print(json.dumps(told("ours", in_window(Home.of_user(), port, count))), flush=True)


if __name__ == "__main__":
    main()
