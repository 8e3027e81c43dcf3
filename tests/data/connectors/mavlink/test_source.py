"""Drones over real sockets, and logs that play."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from data.connectors.contract import Rewound, SourceSettings
from data.connectors.mavlink.encoder import Voice
from data.connectors.mavlink.options import Options
from data.connectors.mavlink.source import open_source
from data.connectors.mavlink.telemetry_log import read_log
from data.connectors.recorded_track.source import RecordedTrack
from tests.data.connectors.bench import Bench, connect, shout
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError
from twin.live.observation import ObservationBatch

NOON = 1_790_000_000.0


def flight(voice: Voice, count: int) -> list[bytes]:
    return [voice.position(60.0 + n, 120.92 + n * 1e-5, 30.84, 80.0, 90.0, 0.0, 1.0) for n in range(count)]


def test_a_drone_over_udp_and_tcp_is_on_disk_and_then_in_the_table(tmp_path: Path) -> None:
    desk = Bench(home_with_county(tmp_path), SourceSettings("drones", "mavlink", {"port": 0, "transport": "both"}))
    voice = Voice(7)
    frames = [voice.heartbeat(), voice.system_time(time.time(), 59.0), *flight(voice, 20)]

    async def act() -> None:
        shout(desk.port, b"".join(frames[:5]), frames[5], frames[5][:-1] + b"\0", *frames[7:12])
        await desk.until_stored(12)
        _, writer = await connect(desk.port)
        writer.write(b"".join(frames[12:]))
        await desk.until_stored(22)
        await desk.until(lambda: (status := desk.status()) is not None and status.entities == 1)
        writer.close()

    desk.run(act)
    assert desk.account() == (22, 21, 0, 1)
    assert [(gap.device, gap.missing) for _, gap in desk.ledger.gaps()] == [("7.1", 1)]


def test_a_drone_in_a_flood_of_noise_is_not_lost(tmp_path: Path) -> None:
    desk = Bench(home_with_county(tmp_path), SourceSettings("drones", "mavlink", {"port": 0, "transport": "tcp"}))
    frames = flight(Voice(7), 200)

    async def act() -> None:
        _, writer = await connect(desk.port)
        writer.write(b"".join(frame + b"\xfd\x20noise\xfe" for frame in frames) + b"." * 300)
        await desk.until_stored(400)
        writer.close()

    desk.run(act)
    assert desk.account()[1] == 200


def log(path: Path, *pieces: bytes) -> str:
    path.write_bytes(b"".join(pieces))
    return str(path)


def stamped(frames: list[bytes]) -> list[bytes]:
    return [int((NOON + n) * 1e6).to_bytes(8, "big") + frame for n, frame in enumerate(frames)]


def test_a_log_is_read_and_what_is_damaged_in_it_costs_no_neighbour(tmp_path: Path) -> None:
    pieces = stamped(flight(Voice(7), 10))
    pieces[3] = pieces[3][:-1] + b"\x00"
    pieces[6] = b"\xfd\xfenoise" + pieces[6]
    recording = read_log(log(tmp_path / "a.tlog", *pieces, pieces[0][:15]), Options())
    assert recording.rows["time_s"].tolist() == [NOON + n for n in range(10) if n != 3]
    assert [problem.reason for problem in recording.problems] == ["no frame"] * 3
    assert "1" in recording.notes[0]


@pytest.mark.parametrize("content", [b"", b"text", bytes(1000), b"".join(stamped([Voice(1).heartbeat()]))])
def test_a_file_that_is_none_is_told(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(BadInputError, match=r"a\.tlog"):
        read_log(log(tmp_path / "a.tlog", content), Options())
    with pytest.raises(BadInputError, match="cannot be read"):
        read_log(str(tmp_path), Options())


def test_a_log_plays_and_is_wound(tmp_path: Path) -> None:
    path = log(tmp_path / "a.tlog", *stamped(flight(Voice(7), 10)))
    source = open_source(SourceSettings("log", "mavlink", {"paths": [path], "paused": True}), small_county())
    assert isinstance(source, RecordedTrack)
    source.steer("seek", NOON + 5)

    async def first_two() -> list[object]:
        told = source.batches()
        return [await anext(told), await anext(told)]

    rewound, batch = asyncio.run(first_two())
    assert isinstance(rewound, Rewound)
    assert isinstance(batch, ObservationBatch)
    assert batch.rows["time_s"].tolist() == [NOON + 5]
    playback = source.playback()
    assert playback is not None
    assert (playback.begin_s, playback.end_s) == (NOON, NOON + 9)
