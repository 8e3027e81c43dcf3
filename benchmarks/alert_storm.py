"""10,000 alerts in a minute through the real window: grouped, none lost, the queue usable, the window's thread free?

``python -m benchmarks.alert_storm [--alerts 10000] [--seconds 60]`` on a display; prints one JSON line. Another process
raises the alerts on the small county, as the one that watches scenarios does; meanwhile an operator steps through the
queue and accepts a row every few seconds. What keeps the window's thread is counted as by ``benchmarks.gui_blocks``,
drawing left out, and for a while before the storm too.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np
import sqlalchemy as sa
from PySide6.QtCore import QTimer

from app.cli import open_session
from app.gui_watch import GuiWatch, WatchedWindow
from app.headless import virtual_display
from app.opening import SMALL
from app.settings import SettingsFile
from app.shell import make_application
from app.verbs.run import has_display
from app.workbenches.operations.bench import OperationsBench
from benchmarks.gui_blocks import told, until
from data.home import Home
from data.operations.opening import locate_in, open_operations
from data.operations.tables import ALERTS, HITS
from data.records.database import open_records
from data.rules.files import Folder
from data.store.twin_folder import open_city
from twin.rules.hit import Hit, Limit, Reading, Subject

EACH_S, CALM_S, STEP_MS, ACCEPT_EVERY = 0.5, 15.0, 1500, 4


def hits(alerts: int, twin: Path) -> list[Hit]:
    """Return hits of as many subjects, of all scenarios that are alarms, all over a city, by a seed."""
    dice, city = np.random.default_rng(7), open_city(twin)
    scenarios = [key for key, one in Folder.of(Home.of_user()).scenarios.items() if one.scenario.form == "alarm"]
    west, south, east, north = city.table("boundaries").total_bounds - np.tile(city.frame.origin_m, 2)
    lon, lat = city.frame.to_lonlat(dice.uniform(west, east, alerts), dice.uniform(south, north, alerts))
    severity = dice.choice((1, 2, 3, 4), alerts, p=(0.02, 0.18, 0.4, 0.4))
    scenario = dice.choice(scenarios, alerts)
    return [
        Hit(
            str(scenario[n]), "a1b2", int(severity[n]), 0.0, 0.0, float(lon[n]), float(lat[n]),
            (Subject(f"storm-{n}", "car", f"浙F·I{n:04d}", "plate"),),
            (Reading("speed_mps", 12.5, "m/s"),), (Limit("speed_mps", "<", 5.0, "m/s"),),
        )
        for n in range(alerts)
    ]  # fmt: skip


def feed(alerts: int, seconds: float) -> None:
    """Raise the alerts at an even pace, once a line was read."""
    home = Home.of_user()
    twin = home.twin(SMALL)
    store, storm = open_operations(home, locate_in(open_city(twin))), hits(alerts, twin)
    print("ready", flush=True)
    sys.stdin.readline()
    begun, done = time.time(), 0
    while done < alerts:
        time.sleep(EACH_S)
        now_s = time.time()
        upto = min(round((now_s - begun) / seconds * alerts), alerts)
        store.take([replace(hit, at_s=now_s, seen_s=now_s) for hit in storm[done:upto]])
        done = upto
    store.close()


class Operator:
    """Steps through the queue, and accepts every fourth row."""

    def __init__(self, window: WatchedWindow, bench: OperationsBench) -> None:
        self._window, self._bench, self.steps, self.accepted = window, bench, 0, 0
        self.timer = QTimer(window)
        self.timer.setInterval(STEP_MS)
        self.timer.timeout.connect(self.act)
        self.timer.start()

    def act(self) -> None:
        """Take the next row in hand, or do what stands first on it."""
        self.steps += 1
        row = self._bench.queue.list.current
        if self.steps % ACCEPT_EVERY == 0 and row is not None and row.next == "work.accept":
            self.accepted += 1
            self._window.acts.run("work.accept")
        else:
            self._bench.queue.list.step(1)


def measure(alerts: int, seconds: float) -> dict[str, object]:
    """Build the county, watch the window before and in the storm, and count what is there after it."""
    session = open_session("zh")
    make_application()
    window = WatchedWindow(session, SettingsFile.in_folder(session.home.data))
    watch = window.watch = GuiWatch(window)
    window.resize(1920, 1080)
    window.show()
    until(lambda: bool(window.arrangement.current), 10)
    window.open_twin(SMALL, build=True, small=True)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) > 0, 300)
    window.arrangement.show("operations")
    bench = next(feature for feature in window.features if isinstance(feature, OperationsBench))
    command = [
        sys.executable,
        "-m",
        "benchmarks.alert_storm",
        "--feed",
        "--alerts",
        str(alerts),
        "--seconds",
        str(seconds),
    ]
    results: dict[str, object] = {"alerts": alerts, "seconds": seconds}
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as feeder:
        assert feeder.stdin is not None
        assert feeder.stdout is not None
        feeder.stdout.readline()
        operator = Operator(window, bench)
        until(lambda: False, CALM_S / 2)
        watch.start()
        until(lambda: False, CALM_S)
        results["before"] = told(watch.stop(), CALM_S)
        watch.start()
        feeder.stdin.write("go\n")
        feeder.stdin.flush()
        begun = time.monotonic()
        until(lambda: feeder.poll() is not None, seconds * 4)
        results["storm"] = told(watch.stop(), time.monotonic() - begun)
        operator.timer.stop()
    print(json.dumps(results), file=sys.stderr, flush=True)
    until(lambda: not bench.work.busy and shown(bench) == counted(session.home)["new"], 60)
    results |= {"accepted": operator.accepted, "steps": operator.steps, "queue": shown(bench),
                "rows": len(bench.queue.list.queue.rows), **counted(session.home)}  # fmt: skip
    window.close()
    return results


def shown(bench: OperationsBench) -> int:
    """Return how many new alerts the rows of the queue stand for."""
    return sum(row.alerts for row in bench.work.rows if row.alert is not None)


def counted(home: Home) -> dict[str, int]:
    """Count hits, alerts and groups without what the window uses."""
    engine = open_records(home)
    new = ALERTS.c.state == "new"
    with engine.connect() as connection:
        ask = {
            "hits": sa.select(sa.func.count()).select_from(HITS).where(HITS.c.body.contains('"storm-')),
            "kept": sa.select(sa.func.count()).select_from(ALERTS).where(ALERTS.c.subject.like("storm-%")),
            "new": sa.select(sa.func.count()).select_from(ALERTS).where(new),
            "groups": sa.select(sa.func.count(sa.distinct(ALERTS.c.group))).where(new),
        }
        found = {name: int(connection.scalar(question) or 0) for name, question in ask.items()}
    engine.dispose()
    return found


def main() -> None:
    """Measure in a home of its own and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--alerts", type=int, default=10_000)
    parser.add_argument("--seconds", type=float, default=60.0)
    parser.add_argument("--feed", action="store_true", help="raise the alerts: what the program starts itself")
    arguments = parser.parse_args()
    if arguments.feed:
        feed(arguments.alerts, arguments.seconds)
        return
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        os.environ["ZHIAN_HOME"] = folder
        if not has_display():
            os.environ["DISPLAY"] = stack.enter_context(virtual_display(1920, 1080))
        print(json.dumps(measure(arguments.alerts, arguments.seconds), ensure_ascii=False))


if __name__ == "__main__":
    main()
