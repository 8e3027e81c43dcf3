"""From the engine to a desk: through the file they share, and through a NATS server; then ten desks at once.

``python -m benchmarks.fanout``. A writer in a process of its own commits batches as an engine does, each row stamped
with the time. The bench looks into the shared table and into the tables of the desks (each a process) every
millisecond, and notes when a batch is first seen. At the end the publisher, then the engine, is killed, and it is
noted when all desks say so. All on one machine, so that there is one clock.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np

from data.fanout.accounts import Join, joined_path, write_join
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import read_manifest, save_city
from data.sync.shared import open_for_reading, open_for_writing, table_path
from tests.services import HOST, nats_server
from twin.geo import LocalFrame
from twin.live.layout import Word, Words, slab_views
from twin.live.observation import OBSERVATION_DTYPE
from twin.live.reader import LiveReader
from twin.live.table import LiveTable, place_word
from twin.world import SourceState

TWIN = "small"
CAPACITY = 131_072
ROUNDS = 3
MARK = b"e000000"
"""The entity that is in every batch."""


def write(home: Home, entities: int, changed: int, rate_hz: float) -> None:
    """Commit batches until killed."""
    manifest = read_manifest(home.twin(TWIN))
    shared = open_for_writing(table_path(home, TWIN), CAPACITY)
    place = place_word(LocalFrame(manifest.crs, manifest.origin_m))
    table = LiveTable(shared.buffer, CAPACITY, place, int(time.time()), os.getpid())
    source = table.source("bench", "test")
    table.tell_source(source, SourceState("bench", "test", True, "", time.time(), rate_hz, None, "", ""))
    rng = np.random.default_rng(1)
    rows = np.zeros(entities, OBSERVATION_DTYPE)
    rows["id"] = [f"e{number:06d}".encode() for number in range(entities)]
    rows["label"] = [f"浙F·{number:05d}".encode() for number in range(entities)]
    due, batch = time.monotonic(), np.arange(entities)
    while True:
        rows["time_s"][batch] = time.time()
        for field in ("lon_deg", "lat_deg", "speed_mps", "heading_deg"):
            rows[field][batch] += rng.normal(0, 1e-4, len(batch))
        position_m = rng.normal(0, 1000, (len(batch), 3)).astype(np.float32)
        table.update(source, rows[batch], position_m, time.time(), time.monotonic())
        table.beat(time.time(), time.monotonic())
        table.commit(time.time())
        batch = np.concatenate([[0], 1 + rng.choice(entities - 1, changed - 1, replace=False)])
        due += 1 / rate_hz
        time.sleep(max(due - time.monotonic(), 0))


class Probe:
    """Looks at one entity of a table without copying the table."""

    def __init__(self, home: Home) -> None:
        self._path = table_path(home, TWIN)
        self._slot = -1
        self.newest = 0.0
        self.late_s: list[float] = []

    def begin(self, entities: int) -> bool:
        """Tell whether all entities have come."""
        shared = open_for_reading(self._path)
        if shared is None:
            return False
        self._buffer, self._words = shared.buffer, Words(shared.buffer)
        self._slabs = [slab_views(shared.buffer, CAPACITY, index) for index in (0, 1)]
        ids = self._slabs[self._words[Word.ACTIVE] & 1].rows["id"].tolist()
        found = sum(1 for key in ids if key)
        self._slot = ids.index(MARK) if MARK in ids else -1
        return found == entities and self._slot >= 0

    def look(self) -> None:
        """Note how old a batch is when it is first seen."""
        stamp = float(self._slabs[self._words[Word.ACTIVE] & 1].rows["time_s"][self._slot])
        if stamp > self.newest:
            self.newest = stamp
            self.late_s.append(time.time() - stamp)


def measure(homes: list[Home], entities: int, seconds: float) -> list[list[float]]:
    """Return the latencies that each home's table saw."""
    probes = [Probe(home) for home in homes]
    until = time.monotonic() + 120
    for probe in probes:
        while not probe.begin(entities):
            time.sleep(0.2)
            if time.monotonic() > until:
                raise TimeoutError("a desk did not get all entities")
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for probe in probes:
            probe.look()
        time.sleep(0.001)
    return [probe.late_s[3:] for probe in probes]


def until_told(homes: list[Home], up: bool) -> float:
    """Return the seconds until all desks say that the source is up, or that it is not."""
    begun = time.monotonic()
    with ExitStack() as stack:
        readers = []
        for home in homes:
            shared = open_for_reading(table_path(home, TWIN))
            if shared is None:
                raise TimeoutError("a desk has no table")
            stack.callback(shared.close)
            readers.append(stack.enter_context(closing(LiveReader(shared.buffer))))
        while any(state.up != up for reader in readers for state in reader.sources()):
            time.sleep(0.001)
            if time.monotonic() > begun + 120:
                raise TimeoutError(f"a desk does not say that the source is {'up' if up else 'down'}")
    return time.monotonic() - begun


@contextmanager
def _child(home: Home, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    environment = {**os.environ, "ZHIAN_HOME": str(home.data.parent)}
    with subprocess.Popen(
        [sys.executable, "-m", *arguments], env=environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL
    ) as child:
        yield child
        child.kill()


def _homes(folder: Path, desks: int) -> list[Home]:
    """Return the engine's home and the desks', which share one twin on disk."""
    homes = []
    for number in range(desks + 1):
        root = folder / f"home-{number}"
        home = Home(root / "data", root / "cache", root / "state", root / "runtime")
        for part in (home.data, home.cache, home.state, home.runtime):
            part.mkdir(parents=True)
        homes.append(home)
    save_city(build_county(1, small=True), homes[0].twin(TWIN))
    for home in homes[1:]:
        (home.data / "twins").symlink_to(homes[0].data / "twins")
    return homes


def run(entities: int, changed: int, rate_hz: float, desks: int, seconds: float) -> None:
    """Print the medians of the rounds."""
    with tempfile.TemporaryDirectory() as name, ExitStack() as stack:
        folder = Path(name)
        homes = _homes(folder, desks)
        server = stack.enter_context(nats_server(folder))
        url = f"nats://{HOST}:{server.port}"
        figures = (str(entities), str(changed), str(rate_hz))
        engine = stack.enter_context(_child(homes[0], "benchmarks.fanout", "--write", *figures))
        publish = ("app", "fanout", "--watched", "--twin", TWIN, url)
        publisher = stack.enter_context(_child(homes[0], *publish))
        print(f"{entities:,} entities, {changed:,} of them {rate_hz:g} times a second; {desks} desks")
        started = 0
        for many in dict.fromkeys((1, desks)):
            for home in homes[started + 1 : many + 1]:
                subjects = [f"zhian.{TWIN}.beat", f"zhian.{TWIN}.live.>"]
                write_join(joined_path(home, TWIN), Join(url, TWIN, f"desk-{started}", subjects))
                stack.enter_context(_child(home, "data.sync", "--twin", TWIN))
                started += 1
            for number in range(ROUNDS):
                shared, *far = measure(homes[: many + 1], entities, seconds)
                _say(number, many, shared, [late for one in far for late in one])
        publisher.kill()
        print(f"the publisher killed: all desks say so after {until_told(homes[1:], up=False):.2f} s")
        stack.enter_context(_child(homes[0], *publish))
        until_told(homes[1:], up=True)
        engine.kill()
        print(f"the engine killed: all desks say so after {until_told(homes[1:], up=False):.2f} s")


def _say(number: int, desks: int, shared: list[float], far: list[float]) -> None:
    here, there = statistics.median(shared), statistics.median(far)
    p99 = [statistics.quantiles(late, n=100)[98] * 1000 for late in (shared, far)]
    print(
        f"round {number + 1}, {desks:>2} desks: shared {here * 1000:.1f} ms (p99 {p99[0]:.1f}, {len(shared)} seen), "
        f"desks {there * 1000:.1f} ms (p99 {p99[1]:.1f}, {len(far)} seen), ratio {there / here:.1f}"
    )


def main() -> None:
    """Read the command line."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--entities", type=int, default=20_000)
    parser.add_argument("--changed", type=int, default=2_000, help="rows a commit")
    parser.add_argument("--rate", type=float, default=10.0, help="commits a second")
    parser.add_argument("--desks", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=8.0, help="of each round")
    parser.add_argument("--write", nargs=3, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.write:
        entities, changed, rate_hz = arguments.write
        write(Home.of_user(), int(entities), int(changed), float(rate_hz))
    else:
        run(arguments.entities, arguments.changed, arguments.rate, arguments.desks, arguments.seconds)


if __name__ == "__main__":
    main()
