from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from data.traffic.store import TrafficStore
from data.traffic.watching import TrafficWatching, fixes_of
from tests.data.router.grid import street, town
from tests.twin.small import frame
from twin.errors import DiskError
from twin.live.frame import TrackFrame
from twin.traffic.graph import road_graph
from twin.traffic.slots import Slots
from twin.world import Playback, SourceState

ROAD = town(*(street(f"s{x}", (5 * x, 0), (5 * x + 5, 0)) for x in range(4)))
LIVE = (SourceState("gps", "tracks", True, "", 0.0, 1.0),)


class Table:
    """A live table that a test writes."""

    def __init__(self) -> None:
        self.now: TrackFrame = frame()
        self.open = True

    def look(self) -> None:
        pass

    def frame(self) -> tuple[TrackFrame, tuple[SourceState, ...]]:
        return self.now, LIVE

    def close(self) -> None:
        self.open = False


def at(seconds: float, version: int) -> TrackFrame:
    """Return three cars that drive east at 8 m/s, and an officer who walks."""
    east = [20.0 + 8.0 * seconds + 15.0 * car for car in range(3)]
    told = frame(
        *((f"c{n}", "car", x, 1.0, 90.0, 8.0) for n, x in enumerate(east)), ("o", "officer", 5.0, 3.0, 90.0, 1.0)
    )
    told.rows["time_s"] = 1_000_000.0 + seconds
    return TrackFrame(told.rows, told.position_m, told.source, version, 1_000_000.0 + seconds)


def watched(store: TrafficStore, told: list[str], minutes: int = 15) -> TrafficWatching:
    table, clock = Table(), [1_000_000.0]
    watching = TrafficWatching(table, store, told.append, lambda: clock[0])  # type: ignore[arg-type]  # stands in for it
    for step in range(minutes * 12):
        clock[0] = 1_000_000.0 + 5.0 * step
        if step < 36:
            table.now = at(5.0 * step, step + 1)
        elif step % 6 == 0:
            table.now = frame()
            object.__setattr__(table.now, "version", 1000 + step)
        watching.step()
    return watching


def test_vehicles_of_the_live_table_become_kept_speeds(tmp_path: Path) -> None:
    told: list[str] = []
    store = TrafficStore(tmp_path, road_graph(ROAD))
    watched(store, told)
    slots = store.between(999_000.0, 1_001_800.0)
    assert slots.metres.sum() == pytest.approx(3 * 8.0 * 175, rel=0.05)
    assert np.nansum(slots.metres) / slots.seconds.sum() == pytest.approx(8.0, rel=0.05)
    assert told == []


def test_what_cannot_be_written_is_told_once_and_kept_for_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    store = TrafficStore(tmp_path, road_graph(ROAD))
    taken: list[Slots] = []

    def full(_store: TrafficStore, slots: Slots) -> None:
        taken.append(slots)
        if len(taken) < 3:
            raise DiskError("the disk is full")

    monkeypatch.setattr(TrafficStore, "add", full)
    watched(store, told)
    assert told == ["the disk is full"]
    assert taken[2].metres.sum() == pytest.approx(3 * 8.0 * 175, rel=0.05)


def test_recordings_and_people_are_not_traffic() -> None:
    now = at(0.0, 1)
    assert len(fixes_of(now, LIVE)) == 3
    played = (SourceState("film", "tracks", True, "", 0.0, 1.0, playback=Playback(0.0, 1.0, 0.0, 1.0, False)),)
    assert len(fixes_of(now, played)) == 0
