from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.history.source import HistoryReplay, newest, open_source
from data.connectors.recorded_track import source as recorded
from tests.data.history.factory import NOON, compact, record, walk
from tests.small_county import small_county
from tests.twin.live.factory import ids
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationBatch

Item = ObservationBatch | Rewound


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("past")
    told = walk(4, 600)
    record(folder / "journal.sqlite", told[:240])
    compact(folder / "lake", folder / "journal.sqlite")
    record(folder / "journal.sqlite", told[240:])
    return folder


def opened(folder: Path, **options: object) -> HistoryReplay:
    paths = {"lake": str(folder / "lake"), "journal": str(folder / "journal.sqlite")}
    return open_source(SourceSettings("past", "history", {**paths, **options}), small_county())


def played(replay: HistoryReplay, *passed_s: float) -> list[Item]:
    async def play() -> list[Item]:
        return [item for seconds in passed_s for item in await replay._advance(seconds)]

    return asyncio.run(play())


def told(items: list[Item]) -> list[tuple[str, float]]:
    return [
        (key, round(float(time_s) - NOON, 3))
        for item in items
        if isinstance(item, ObservationBatch)
        for key, time_s in zip(ids(item.rows), item.rows["time_s"], strict=True)
    ]


def test_it_tells_each_state_once_as_its_clock_runs(folder: Path) -> None:
    replay = opened(folder, speed=5)
    items = played(replay, 0, 1, 1, 0.5)
    assert isinstance(items[0], Rewound)
    assert told(items) == [("car 0", 0), *((f"car {n}", n / 10) for n in (1, 2, 3)), ("car 0", 5),
                           *((f"car {n}", 5 + n / 10) for n in (1, 2, 3)), ("car 0", 10),
                           *((f"car {n}", 10 + n / 10) for n in (1, 2, 3))]  # fmt: skip
    playback = replay.playback()
    assert playback is not None
    assert (playback.clock_s, playback.speed) == (NOON + 12.5, 5)


def test_all_of_a_part_is_told_from_lake_and_journal(folder: Path) -> None:
    replay = opened(folder, begin_s=NOON + 100, end_s=NOON + 500, speed=8)
    seen = told(played(replay, 0, *[1.0] * 50))
    wanted = walk(4, 600)
    wanted = wanted[(wanted["time_s"] > NOON + 95) & (wanted["time_s"] <= NOON + 500)]
    assert len(seen) == len(set(seen)) == len(wanted)


def test_at_great_speed_the_last_state_of_each_is_told(folder: Path) -> None:
    replay = opened(folder, speed=1000)
    played(replay, 0)
    assert told(played(replay, 0.1)) == [("car 1", 95.1), ("car 2", 95.2), ("car 3", 95.3), ("car 0", 100)]


def test_it_is_wound_paused_and_begun_again(folder: Path) -> None:
    replay = opened(folder)
    played(replay, 0)
    replay.steer("seek", NOON + 302)
    assert told(played(replay, 0)) == [("car 0", 300), ("car 1", 300.1), ("car 2", 300.2), ("car 3", 300.3)]
    replay.steer("pause", 0)
    assert played(replay, 60) == []
    replay.steer("resume", 0)
    replay.steer("speed", 1000)
    assert told(played(replay, 60))
    playback = replay.playback()
    assert playback is not None
    assert playback.paused
    replay.steer("resume", 0)
    assert isinstance(played(replay, 0)[0], Rewound)


def test_it_ends_if_it_shall_not_stay(folder: Path) -> None:
    async def all_of_it() -> list[Item]:
        replay = opened(folder, speed=1000, stay=False, begin_s=NOON + 500)
        clock: Iterator[float] = iter(np.arange(0, 100, 0.05))
        replay._clock = lambda: next(clock)
        return [item async for item in replay.batches()]

    assert sorted({key for key, _ in told(asyncio.run(all_of_it()))}) == [f"car {n}" for n in range(4)]


def test_what_it_cannot_do_is_refused(folder: Path, tmp_path: Path) -> None:
    replay = opened(folder)
    for order, value in (("seek", np.nan), ("speed", 1e4), ("rewind", 1)):
        with pytest.raises(UsageError):
            replay.steer(order, value)
    for options in ({"begin_s": NOON + 1e6}, {"color": 1}):
        with pytest.raises(BadInputError):
            opened(folder, **options)
    with pytest.raises(BadInputError, match="remembered"):
        opened(tmp_path)


def test_the_newest_of_each_stays() -> None:
    rows = walk(3, 20)
    assert newest(rows).tobytes() == rows[-3:].tobytes()
    assert recorded.SPEEDS == (0.01, 1000.0)
