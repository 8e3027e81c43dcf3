"""How old is what is drawn, and what does it cost: 20,000 entities, each updated once a second, in four batches.

Three roads from the engine's process to the window's, with the same batches, one after the other in one run:

- *live table*: the gate, then the table in shared memory, read at 30 Hz as the window does;
- *queue*: ``multiprocessing.Queue`` of the same arrays, merged by id into one array in the reader;
- *JSON pipe*: one dictionary a row as JSON lines, merged into a dictionary and turned into arrays for drawing.

The peers skip the gate, so their writers do less.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from multiprocessing.queues import Queue
from pathlib import Path
from typing import Any

import numpy as np
from PySide6.QtCore import QCoreApplication, Qt, QTimer

from data.sync.gate import Gate
from data.sync.shared import open_for_reading, open_for_writing
from twin.city.city import City
from twin.geo import FloatArray, LocalFrame
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.live.reader import LiveReader
from twin.live.table import LiveTable

ENTITIES, BATCHES, FRAME_MS = 20_000, 4, 33
CITY = City("benchmark", "benchmark", LocalFrame.around(120.92, 30.83), {}, invented=True)
FIELDS = OBSERVATION_DTYPE.names or ()


@dataclass(slots=True)
class Seen:
    """What a reader measured: milliseconds from arrival to the frame that showed it, age and cost a frame."""

    came_ms: list[float] = field(default_factory=list)
    age_ms: list[float] = field(default_factory=list)
    cost_ms: list[float] = field(default_factory=list)
    changed_ms: list[float] = field(default_factory=list)
    writer_ms: float = math.nan
    elapsed_s: float = math.nan


def _batches(seconds: float) -> Iterator[ObservationArray]:
    """Yield batches at their time; ``time_s`` is when the batch came to the engine."""
    rng = np.random.default_rng(1)
    rows = np.zeros(ENTITIES, OBSERVATION_DTYPE)
    rows["id"] = [f"demo-car-{number:05d}".encode() for number in range(ENTITIES)]
    rows["label"] = [f"浙F·I{number:05d}".encode() for number in range(ENTITIES)]
    rows["lon_deg"] = 120.92 + rng.uniform(-0.1, 0.1, ENTITIES)
    rows["lat_deg"] = 30.83 + rng.uniform(-0.1, 0.1, ENTITIES)
    rows["heading_deg"], rows["speed_mps"] = 90.0, 10.0
    parts = np.array_split(rows, BATCHES)
    begun = time.monotonic()
    for number in range(int(seconds * BATCHES)):
        time.sleep(max(begun + number / BATCHES - time.monotonic(), 0.0))
        part = parts[number % BATCHES]
        part["time_s"] = time.time()
        part["lon_deg"] += 1e-4
        yield part.copy()


def _write(report: Connection, seconds: float, send: Callable[[ObservationArray], None]) -> None:
    """Send all batches; report the CPU time a second of it took, making the batches (the same for all) included."""
    begun = time.process_time()
    for batch in _batches(seconds):
        send(batch)
    time.sleep(1.0 / BATCHES)  # a queue's own thread still works
    report.send((time.process_time() - begun) / seconds * 1000.0)


def _write_table(report: Connection, seconds: float, path: Path) -> None:
    shared = open_for_writing(path)
    table = LiveTable(shared.buffer, 131_072, 1, int(time.time()), os.getpid())
    source, gate = table.source("benchmark", "benchmark"), Gate(CITY)

    def send(batch: ObservationArray) -> None:
        passed = gate.check(batch, time.time())
        table.update(source, passed.rows, passed.position_m, float(batch["time_s"][0]), time.monotonic())
        table.commit(time.time())

    _write(report, seconds, send)


def _write_queue(report: Connection, seconds: float, queue: Queue[Any]) -> None:
    _write(report, seconds, queue.put)


def _write_json(report: Connection, seconds: float, end: int) -> None:
    with os.fdopen(end, "w", encoding="utf-8") as pipe:

        def send(batch: ObservationArray) -> None:
            for row in batch:
                plain = dict(zip(FIELDS, row.item(), strict=True))
                plain["id"], plain["label"] = plain["id"].decode(), plain["label"].decode()
                pipe.write(json.dumps(plain) + "\n")
            pipe.flush()

        _write(report, seconds, send)


class TableReader:
    """Reads the live table as the window does."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._reader: LiveReader | None = None

    def newest(self) -> tuple[float, FloatArray] | None:
        """Return the newest arrival and the longitudes, as a reader would draw them."""
        if self._reader is None:
            shared = open_for_reading(self._path)
            if shared is None:
                return None
            self._reader = LiveReader(shared.buffer)
        frame = self._reader.frame()
        return (float(frame.rows["time_s"].max()), frame.rows["lon_deg"]) if len(frame) else None


class Merged:
    """One array of all entities, merged by id from batches."""

    def __init__(self) -> None:
        self._slot: dict[bytes, int] = {}
        self._rows = np.zeros(ENTITIES, OBSERVATION_DTYPE)

    def take(self, batch: ObservationArray) -> None:
        """Merge one batch."""
        slots = [self._slot.setdefault(key, len(self._slot)) for key in batch["id"].tolist()]
        self._rows[slots] = batch

    def newest(self) -> tuple[float, FloatArray] | None:
        """Return the newest arrival and a copy of the longitudes."""
        rows = self._rows[: len(self._slot)].copy()
        return (float(rows["time_s"].max()), rows["lon_deg"]) if len(rows) else None


class QueueReader(Merged):
    """Takes what is in a queue."""

    def __init__(self, queue: Queue[Any]) -> None:
        super().__init__()
        self._queue = queue
        self._last: tuple[float, FloatArray] | None = None

    def newest(self) -> tuple[float, FloatArray] | None:
        """Merge what has come since."""
        fresh = False
        while not self._queue.empty():
            self.take(self._queue.get())
            fresh = True
        if fresh:
            self._last = super().newest()
        return self._last


class JsonReader:
    """Parses lines; a thread only moves bytes, as Qt's process class would."""

    def __init__(self, end: int) -> None:
        self._lines: deque[bytes] = deque()
        self._states: dict[str, dict[str, Any]] = {}
        self._last: tuple[float, FloatArray] | None = None
        threading.Thread(target=self._pump, args=(end,), daemon=True).start()

    def _pump(self, end: int) -> None:
        with os.fdopen(end, "rb") as pipe:
            self._lines.extend(pipe)

    def newest(self) -> tuple[float, FloatArray] | None:
        """Parse what has come since and turn the states into an array."""
        fresh = bool(self._lines)
        while self._lines:
            state = json.loads(self._lines.popleft())
            self._states[state["id"]] = state
        if fresh:
            lon = np.array([state["lon_deg"] for state in self._states.values()])
            self._last = (max(state["time_s"] for state in self._states.values()), lon)
        return self._last


def _watch(read: Callable[[], tuple[float, FloatArray] | None], report: Connection) -> Seen:
    """Read at 30 Hz in a Qt event loop until the writer reports."""
    seen, last_s = Seen(), 0.0
    loop = QCoreApplication.instance() or QCoreApplication([])

    def frame() -> None:
        nonlocal last_s
        begun = time.perf_counter()
        newest = read()
        cost = (time.perf_counter() - begun) * 1000.0
        if report.poll():
            seen.writer_ms = report.recv()
            loop.quit()
        if newest is None:
            return
        seen.cost_ms.append(cost)
        seen.age_ms.append((time.time() - newest[0]) * 1000.0)
        if newest[0] > last_s:
            last_s = newest[0]
            seen.came_ms.append(seen.age_ms[-1])
            seen.changed_ms.append(cost)

    timer = QTimer()
    timer.setTimerType(Qt.TimerType.PreciseTimer)
    timer.timeout.connect(frame)
    timer.start(FRAME_MS)
    begun = time.monotonic()
    loop.exec()
    seen.elapsed_s = time.monotonic() - begun
    return seen


def _run(name: str, seconds: float, folder: Path) -> Seen:
    ours, theirs = multiprocessing.Pipe(duplex=False)
    read: Callable[[], tuple[float, FloatArray] | None]
    if name == "live table":
        path = folder / "live.table"
        writer = multiprocessing.Process(target=_write_table, args=(theirs, seconds, path))
        read = TableReader(path).newest
    elif name == "queue":
        queue: Queue[Any] = multiprocessing.Queue()
        writer = multiprocessing.Process(target=_write_queue, args=(theirs, seconds, queue))
        read = QueueReader(queue).newest
    else:
        out, into = os.pipe()
        writer = multiprocessing.Process(target=_write_json, args=(theirs, seconds, into))
        read = JsonReader(out).newest
    writer.start()
    if name == "JSON pipe":
        os.close(into)
    seen = _watch(read, ours)
    writer.join()
    return seen


def _line(name: str, seen: Seen, first: Seen) -> str:
    came, age = (np.percentile(values[2:], [50, 95, 99]) for values in (seen.came_ms, seen.age_ms))
    changed, base = float(np.median(seen.changed_ms[2:])), float(np.median(first.changed_ms[2:]))
    share = 0.1 * sum(seen.cost_ms) / seen.elapsed_s
    cells = [name.ljust(12), *(f"{value:7.1f}" for value in came), *(f"{value:7.0f}" for value in age)]
    cells += [f"{changed:9.2f}", f"{share:7.2f} %", f"{changed / base:7.1f}"]
    return " ".join([*cells, f"{seen.writer_ms:9.1f}", f"{seen.writer_ms / first.writer_ms:7.1f}"])


HEAD = """\
             arrival to frame, ms    age at each frame, ms   read a change, ms     write, CPU-ms/s
                 p50     p95     p99     p50     p95     p99      ms  of time   ratio        ms   ratio"""


def main() -> None:
    """Run the three roads and print them beside each other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=15.0)
    seconds = parser.parse_args().seconds
    print(f"{ENTITIES} entities updated each second in {BATCHES} batches, read at 30 Hz, {seconds:g} s a road")
    print(HEAD)
    results: dict[str, Seen] = {}
    with tempfile.TemporaryDirectory() as folder:
        for name in ("live table", "queue", "JSON pipe"):
            results[name] = _run(name, seconds, Path(folder))
            print(_line(name, results[name], results["live table"]), flush=True)


if __name__ == "__main__":
    main()
