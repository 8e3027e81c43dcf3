"""Rows, tables and readers for tests of what lives."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from twin.live.layout import table_bytes
from twin.live.observation import Observation, ObservationArray, batch
from twin.live.reader import LiveReader
from twin.live.table import LiveTable, Taken


def rows(
    *seen: tuple[str, float], kind: str = "car", lon_deg: float = 120.92, lat_deg: float = 30.83
) -> ObservationArray:
    """Return rows of (id, time)."""
    return batch("test", [Observation(key, kind, time_s, lon_deg, lat_deg) for key, time_s in seen]).rows


def ids(found: ObservationArray) -> list[str]:
    """Return the ids of rows."""
    return [bytes(key).decode() for key in found["id"]]


class Pair:
    """A table of few places and a reader of the same memory."""

    def __init__(self, capacity: int = 8, memory: bytearray | None = None, epoch: int = 1, place: int = 1) -> None:
        self.memory = memory if memory is not None else bytearray(table_bytes(capacity))
        self.table = LiveTable(memoryview(self.memory), capacity, place, epoch, pid=7)
        self.reader = LiveReader(memoryview(self.memory))
        self.source = self.table.source("demo", "demo-life")

    def tell(self, told: ObservationArray, heard: float = 0.0, source: int | None = None) -> Taken:
        """Update and commit."""
        position: NDArray[np.float32] = np.tile(told["time_s"].astype(np.float32)[:, None], (1, 3))
        taken = self.table.update(self.source if source is None else source, told, position, 5.0, heard)
        self.table.commit(6.0)
        return taken


def times(pair: Pair) -> dict[str, float]:
    """Return what a reader sees: the newest time of each entity."""
    frame = pair.reader.frame()
    return dict(zip(ids(frame.rows), frame.rows["time_s"].tolist(), strict=True))


def keys(count: int) -> Sequence[str]:
    """Return that many ids."""
    return [f"e{number:05d}" for number in range(count)]
