from __future__ import annotations

import os
from pathlib import Path

import pytest

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.recorded_track.source import open_source
from tests.twin.small import city


@pytest.mark.real
@pytest.mark.parametrize(("name", "rows", "seconds"), [("test1.gpx", 264, 796.0), ("tour-with-loop.gpx", 11, 77.0)])
def test_a_real_drive_plays_from_end_to_end(name: str, rows: int, seconds: float) -> None:
    path = Path(os.environ["ZHIAN_REAL_DATA"]) / "live" / "gpx" / name
    track = open_source(SourceSettings("drive", "recorded-track", {"paths": [str(path)], "speed": 100.0}), city())
    told = 0
    for _ in range(round(seconds / 10) + 2):
        told += sum(len(item.rows) for item in track.advance(0.1) if not isinstance(item, Rewound))
    playback = track.playback()
    assert playback is not None
    assert told == rows
    assert playback.end_s - playback.begin_s == seconds
    assert playback.clock_s == playback.end_s
