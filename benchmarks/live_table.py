"""The live table at its size: 100,000 entities taken in batches, shown, and copied by a reader.

``python -m benchmarks.live_table``. Each figure is the median of 50 turns of processor time, in milliseconds and as a
share of a frame of 33 ms; the limit is what it takes to copy the same bytes once. The writer is in a process of its own
in earnest, the reader's copy is all that the window's thread pays.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np

from twin.live.layout import table_bytes
from twin.live.observation import OBSERVATION_DTYPE, ObservationArray
from twin.live.reader import LiveReader
from twin.live.table import LiveTable

ENTITIES = 100_000
CAPACITY = 131_072
BATCH = 5_000
"""Rows that come at once: a group commit of a busy journal."""
TURNS = 50
FRAME_MS = 33.0


def rows_of(count: int) -> ObservationArray:
    """Return invented entities."""
    chance = np.random.default_rng(1)
    rows = np.zeros(count, OBSERVATION_DTYPE)
    rows["id"] = [f"car-{number:06d}".encode() for number in range(count)]
    rows["label"] = [f"浙F·I{number:05d}".encode() for number in range(count)]
    rows["lon_deg"], rows["lat_deg"] = chance.uniform(120.7, 121.1, count), chance.uniform(30.7, 31.0, count)
    return rows


def timed(act: Callable[[int], object]) -> float:
    """Return the median processor time of a turn, milliseconds."""
    took = []
    for turn in range(TURNS):
        begun = time.thread_time()
        act(turn)
        took.append((time.thread_time() - begun) * 1e3)
    return statistics.median(took)


def measure() -> Sequence[tuple[str, float, float]]:
    """Return what was measured, its processor time, and that of copying the same bytes, in milliseconds."""
    buffer = memoryview(bytearray(table_bytes(CAPACITY)))
    table, rows = LiveTable(buffer, CAPACITY, 1, int(time.time()), os.getpid()), rows_of(ENTITIES)
    source, reader = table.source("benchmark", "benchmark"), LiveReader(buffer)
    place_m = np.zeros((ENTITIES, 3), np.float32)
    mixed = rows[np.random.default_rng(2).permutation(ENTITIES)]
    parts = np.array_split(mixed, ENTITIES // BATCH)

    def take(some: ObservationArray, turn: int) -> None:
        some["time_s"] = turn
        table.update(source, some, place_m[: len(some)], time.time(), time.monotonic())

    def show(turn: int) -> None:
        table.commit(float(turn))

    def copy(turn: int) -> None:
        table.commit(float(turn))
        begun = time.thread_time()
        assert len(reader.frame()) == ENTITIES
        copies.append((time.thread_time() - begun) * 1e3)

    copies = list[float]()
    take(rows, 1)
    row_bytes = OBSERVATION_DTYPE.itemsize + place_m.itemsize * 3 + 1
    whole = timed(lambda turn: take(rows, turn + 2))
    batch = timed(lambda turn: take(parts[turn % len(parts)], turn + 2 + TURNS))
    shown = timed(show)
    timed(copy)
    unchanged = timed(lambda _: reader.frame())
    return (
        ("all entities told at once, in one order", whole, _copied(ENTITIES * row_bytes)),
        (f"a batch of {BATCH:,}, mixed", batch, _copied(BATCH * row_bytes)),
        ("shown to readers (commit)", shown, _copied(ENTITIES * (row_bytes + 16))),
        ("a reader's copy, after a change", statistics.median(copies), _copied(ENTITIES * (row_bytes + 16))),
        ("a reader's look, nothing changed", unchanged, 0.0),
    )


def _copied(count: int) -> float:
    """Return the time that copying so many bytes takes, milliseconds."""
    one, other = np.ones(count, np.uint8), np.empty(count, np.uint8)
    return timed(lambda _: np.copyto(other, one))


def main() -> int:
    """Print the table."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    print(f"{ENTITIES:,} entities, median processor time of {TURNS} turns, load {os.getloadavg()[0]:.1f} before")
    for name, took_ms, limit_ms in measure():
        limit = f"; {took_ms / limit_ms:.1f} of copying the same bytes" if limit_ms else ""
        print(f"{name:42}: {took_ms:7.3f} ms, {100 * took_ms / FRAME_MS:5.1f} % of a frame{limit}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
