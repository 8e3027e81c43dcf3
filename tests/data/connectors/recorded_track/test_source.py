from __future__ import annotations

import asyncio

import numpy as np
import pytest

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.recorded_track.columns import Options
from data.connectors.recorded_track.recording import Recording
from data.connectors.recorded_track.source import RecordedTrack, open_source
from tests.twin.live.factory import ids, rows
from tests.twin.small import city
from twin.errors import BadInputError, UsageError
from twin.live.observation import ObservationArray, ObservationBatch


def _track(*told: tuple[str, float], **options: object) -> RecordedTrack:
    ordered = sorted(told, key=lambda row: row[1])
    return RecordedTrack("drive", Recording(rows(*ordered)), Options(("a.csv",), **options))  # type: ignore[arg-type]


def _told(items: list[ObservationBatch | Rewound]) -> ObservationArray:
    return np.concatenate([rows()[:0], *[item.rows for item in items if isinstance(item, ObservationBatch)]])


DRIVE = tuple((key, float(second)) for second in range(0, 100, 10) for key in "ab")


def test_it_plays_as_fast_as_it_is_told() -> None:
    track = _track(*DRIVE, speed=10.0)
    assert _told(track.advance(0.0))["time_s"].tolist() == [0.0, 0.0]
    assert _told(track.advance(2.5))["time_s"].tolist() == [10.0, 10.0, 20.0, 20.0]
    track.steer("speed", 100.0)
    assert len(_told(track.advance(1.0))) == 14
    playback = track.playback()
    assert playback is not None
    assert (playback.begin_s, playback.end_s, playback.clock_s, playback.speed) == (0.0, 90.0, 90.0, 100.0)


def test_it_waits_while_paused() -> None:
    track = _track(*DRIVE, paused=True)
    track.advance(0.0)
    assert track.advance(60.0) == []
    track.steer("resume", 0.0)
    assert len(_told(track.advance(10.0))) == 2


def test_winding_shows_what_was_there_then() -> None:
    track = _track(*DRIVE, ("c", 5.0), ("gone", -1000.0))
    track.advance(0.0)
    track.steer("seek", 55.0)
    items = track.advance(0.1)
    assert isinstance(items[0], Rewound)
    told = _told(items)
    assert sorted(zip(ids(told), told["time_s"].tolist(), strict=True)) == [("a", 50.0), ("b", 50.0), ("c", 5.0)]


def test_it_stops_at_the_end_and_begins_again_when_resumed() -> None:
    track = _track(*DRIVE)
    track.advance(0.0)
    track.advance(1000.0)
    track.advance(0.1)
    playback = track.playback()
    assert playback is not None
    assert playback.paused
    track.steer("resume", 0.0)
    assert _told(track.advance(0.0))["time_s"].tolist() == [0.0, 0.0]


def test_it_goes_round() -> None:
    track = _track(*DRIVE, loop=True)
    track.advance(0.0)
    track.advance(1000.0)
    items = track.advance(0.1)
    assert isinstance(items[0], Rewound)
    assert _told(items)["time_s"].tolist() == [0.0, 0.0]


def test_a_long_silence_is_skipped() -> None:
    track = _track(("a", 0.0), ("a", 100_000.0))
    track.advance(0.0)
    assert _told(track.advance(0.1))["time_s"].tolist() == [100_000.0]


def test_all_of_it_is_told_once_then_the_source_ends() -> None:
    track = _track(*DRIVE, speed=1000.0, stay=False)

    async def play() -> list[ObservationBatch | Rewound]:
        return [item async for item in track.batches()]

    told = _told(asyncio.run(asyncio.wait_for(play(), 60)))
    assert sorted(zip(ids(told), told["time_s"].tolist(), strict=True)) == sorted(DRIVE)


@pytest.mark.parametrize(
    ("order", "value"), [("speed", 0.0), ("speed", 5000.0), ("seek", float("nan")), ("dance", 1.0)]
)
def test_what_makes_no_sense_is_refused(order: str, value: float) -> None:
    with pytest.raises(UsageError):
        _track(*DRIVE).steer(order, value)


@pytest.mark.parametrize("options", [{}, {"paths": []}, {"paths": ["a.csv"], "colour": "red"}, {"paths": "a.csv"}])
def test_options_that_make_no_sense_are_told(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        open_source(SourceSettings("drive", "recorded-track", options), city())
