"""Receivers over real sockets, and files that play."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from data.connectors.ais.encoder import write_name, write_position, write_tag
from data.connectors.ais.options import Options
from data.connectors.ais.recorded import read_sentences
from data.connectors.ais.source import open_source
from data.connectors.contract import SourceSettings
from data.connectors.recorded_track.source import RecordedTrack
from tests.data.connectors.ais.sentences_seen import EVER_DIADEM
from tests.data.connectors.bench import HOST, Bench, shout
from tests.services import free_port
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError

NOON = 1_790_000_000.0
MMSI = 412_000_001


def here(second: int) -> bytes:
    (line,) = write_position(MMSI, 120.92 + second * 1e-4, 30.84, 3.0, 90.0, second % 60)
    return line


def test_a_receiver_over_udp(tmp_path: Path) -> None:
    desk = Bench(home_with_county(tmp_path), SourceSettings("boats", "ais", {"port": 0}))
    now = time.gmtime().tm_sec

    async def act() -> None:
        name = write_name(MMSI, "ZHE JIAXING 1")
        shout(desk.port, name[0] + b"\r\n" + name[1], here(now), b"!AIVDM,noise", here(now))
        await desk.until_stored(4)
        await desk.until(lambda: (status := desk.status()) is not None and status.entities == 1)

    desk.run(act)
    received, stored, duplicate, quarantined = desk.account()
    assert (received, stored + duplicate, quarantined) == (4, 3, 1)
    assert desk.ledger.labels("boats") == {str(MMSI): "ZHE JIAXING 1"}


def test_a_server_of_sentences_is_connected_to_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.01, 0.02))
    port = free_port()
    settings = SourceSettings("boats", "ais", {"port": port, "transport": "client"})
    desk = Bench(home_with_county(tmp_path), settings)

    async def act() -> None:
        came = 0

        async def serve(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            nonlocal came
            came += 1
            writer.write(here(came) + b"\r\n" + EVER_DIADEM[0])
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(serve, HOST, port)
        await desk.until_stored(2)
        server.close()

    desk.run(act, up=False)
    assert "source_down" in desk.told()
    assert desk.account()[1] >= 2


def write(path: Path, *lines: bytes) -> str:
    path.write_bytes(b"\r\n".join(lines))
    return str(path)


def test_a_file_of_sentences_plays_by_the_time_of_their_reception(tmp_path: Path) -> None:
    name = write_name(MMSI, "ZHE JIAXING 1")
    path = write(
        tmp_path / "day.nmea", write_tag(NOON, name[0]), name[1], *(write_tag(NOON + n, here(int(NOON + n) % 60))
        for n in range(0, 30, 10)), here(1), b"noise",
    )  # fmt: skip
    recording = read_sentences(path, Options())
    assert recording.rows["time_s"].tolist() == [NOON, NOON + 10, NOON + 20]
    assert set(recording.rows["label"].tolist()) == {b"ZHE JIAXING 1"}
    assert [problem.reason for problem in recording.problems] == ["no time of reception", "no AIS sentence"]
    assert isinstance(open_source(SourceSettings("day", "ais", {"paths": [path]}), small_county()), RecordedTrack)


def test_a_file_without_times_is_told(tmp_path: Path) -> None:
    for content in (b"", b"\xff" * 5000, here(1)):
        with pytest.raises(BadInputError, match="bears a time"):
            read_sentences(write(tmp_path / "day.nmea", content), Options())
    with pytest.raises(BadInputError, match="cannot be read"):
        read_sentences(str(tmp_path), Options())
