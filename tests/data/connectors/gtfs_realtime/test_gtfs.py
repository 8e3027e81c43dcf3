from __future__ import annotations

import asyncio
import math
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from aiohttp import web
from google.transit import gtfs_realtime_pb2 as pb
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.gtfs_realtime.decoder import FaultyFeedError, Told, read_entity, read_feed
from data.connectors.gtfs_realtime.options import read_options
from data.connectors.gtfs_realtime.source import GtfsRealtime, read_again
from data.sync.engine import Engine
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message
from tests.data.connectors.mqtt.test_source import counted
from tests.small_county import home_with_county
from twin.errors import BadInputError

NOW = int(time.time()) - 100
HOST = "127.0.0.1"


def feed(*vehicles: dict[str, object], time_s: int = NOW) -> pb.FeedMessage:
    """Return a feed with vehicles, by the fields of gtfs-realtime.proto."""
    message = pb.FeedMessage(header=pb.FeedHeader(gtfs_realtime_version="2.0", timestamp=time_s))
    for number, changes in enumerate(vehicles):
        told: dict[str, object] = {
            "vehicle": pb.VehicleDescriptor(id=f"b{number}", license_plate="浙F00000"),
            "position": pb.Position(latitude=30.84, longitude=120.92, bearing=90, speed=8.5), "timestamp": NOW + number,
        }  # fmt: skip
        position = pb.VehiclePosition(**{k: v for k, v in (told | changes).items() if v is not None})  # type: ignore[arg-type]  # any field
        message.entity.append(pb.FeedEntity(id=f"e{number}", vehicle=position))
    return message


def with_others(message: pb.FeedMessage) -> pb.FeedMessage:
    message.entity.append(pb.FeedEntity(id="a", alert=pb.Alert()))
    message.entity.append(pb.FeedEntity(id="t", trip_update=pb.TripUpdate(trip=pb.TripDescriptor(trip_id="1"))))
    return message


def read(message: pb.FeedMessage | bytes) -> list[Told]:
    whole = read_feed(message if isinstance(message, bytes) else message.SerializeToString())
    return [read_entity(whole, raw, "bus", "gtfs:", NOW + 50.0) for raw in whole.entities]


def test_a_vehicle_becomes_a_row_and_its_plate_a_label() -> None:
    (told,) = read(feed({}))
    assert told.row is not None
    assert (told.row.id, told.row.kind, told.row.label, told.row.state) == ("gtfs:b0", "bus", "浙F00000", "moving")
    assert (told.row.time_s, told.row.heading_deg, told.row.speed_mps) == (NOW, 90, 8.5)
    assert (told.row.lon_deg, told.row.lat_deg) == pytest.approx((120.92, 30.84), abs=1e-5)


def test_what_is_not_said_is_not_known() -> None:
    bare = pb.Position(latitude=30, longitude=120)
    (told,) = read(feed({"position": bare, "timestamp": None, "vehicle": None}))
    assert told.row is not None
    assert (told.row.id, told.row.time_s, told.row.state) == ("gtfs:e0", NOW, "unknown")
    assert math.isnan(told.row.heading_deg)
    (waiting,) = read(feed({"current_status": 1}, time_s=0))
    assert waiting.row is not None
    assert waiting.row.state == "stopped"


def test_other_entities_are_told_apart() -> None:
    message = with_others(feed({}))
    message.entity.append(pb.FeedEntity(id="gone", is_deleted=True))
    assert [told.other for told in read(message)] == ["", "alert", "trip update", "deleted"]


def test_what_does_not_hold_costs_no_neighbour() -> None:
    whole = feed({}, {"position": None}, {"timestamp": 2**40}).SerializeToString() + b"\x12\x02\xff\xff"
    told = read(whole + feed({}).SerializeToString())
    assert [t.reason for t in told] == [
        "", "vehicle without a position", "time out of range", "entity cannot be read", ""
    ]  # fmt: skip
    for body in (b"", b"<html>", whole[:-1], b"\x08", b"\x0a\x01\xff"):
        with pytest.raises(FaultyFeedError):
            read_feed(body)


def test_an_entity_is_read_again_alone() -> None:
    settings_of = SourceSettings("buses", "gtfs-realtime", {"url": f"http://{HOST}/feed"})
    for told in read(feed({}, {"position": None})):
        parcel = read_again(settings_of, told.record.device, told.record.message, told.record.raw)
        kept = [*parcel.records, *(record for record, _ in parcel.refused)]
        assert kept == [told.record]
    assert read_again(settings_of, "", "", b"torn").received == 0


@pytest.mark.parametrize("options", [{}, {"url": "here"}, {"url": "http://here", "kind": "ufo"}])
def test_options_that_make_no_sense_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        read_options(SourceSettings("buses", "gtfs-realtime", options))


GOOD = feed({}, {}).SerializeToString()


@settings(max_examples=300, deadline=None, derandomize=True)
@given(st.binary(max_size=40), st.integers(0, len(GOOD)), st.integers(0, 3))
def test_anything_is_read_or_refused(noise: bytes, at: int, cut: int) -> None:
    for body in (noise, GOOD[:at] + noise + GOOD[at + cut :], GOOD[:at]):
        try:
            told = read(body)
        except FaultyFeedError:
            continue
        assert all((t.row is None) == bool(t.reason or t.other) for t in told)


class FeedServer:
    """Answers with ``feed``, and with 304 while it is the one that was asked for last."""

    def __init__(self) -> None:
        self.feed, self.faults, self.statuses, self.port = feed(), list[str](), list[int](), 0

    @asynccontextmanager
    async def running(self) -> AsyncIterator[FeedServer]:
        application = web.Application()
        application.router.add_get("/feed", self._answer)
        runner = web.AppRunner(application, handle_signals=False, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, HOST, 0).start()
        self.port = runner.addresses[0][1]
        try:
            yield self
        finally:
            await runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        body = self.feed.SerializeToString()
        fault, mark = (self.faults.pop(0) if self.faults else ""), f'"{hash(body)}"'
        status = 304 if request.headers.get("If-None-Match") == mark else 200
        self.statuses.append(int(fault) if fault.isdecimal() else status)
        if fault == "torn":
            body = body[: len(body) // 2]
        return web.Response(status=self.statuses[-1], body=body if status == 200 else None, headers={"ETag": mark})


def source_of(server: FeedServer) -> SourceSettings:
    options = {"url": f"http://{HOST}:{server.port}/feed", "every_s": 0.01, "patience_s": 1}
    return SourceSettings("buses", "gtfs-realtime", options)


def test_a_feed_that_stays_is_not_told_again() -> None:
    async def act() -> None:
        async with FeedServer().running() as server:
            server.feed = with_others(feed({}, {}))
            source, told = GtfsRealtime("buses", read_options(source_of(server))), list[Parcel]()

            async def listen() -> None:
                async for parcel in source.batches():
                    assert isinstance(parcel, Parcel)
                    told.append(parcel)

            async def until(come: Callable[[], bool]) -> None:
                async with asyncio.timeout(60):
                    while not come():
                        await asyncio.sleep(0.005)

            listening = asyncio.create_task(listen())
            await until(lambda: 304 in server.statuses)
            server.feed = with_others(feed({}, {"timestamp": NOW + 60}, {}))
            await until(lambda: len(told) == 2)
            listening.cancel()
            await asyncio.gather(listening, return_exceptions=True)
        assert [[record.device for record in parcel.records] for parcel in told] == [["b0", "b1"], ["b1", "b2"]]
        assert source.unused == {"alert": 1, "trip update": 1}
        assert any("1 alerts and 1 trip updates" in line for line in source.report())

    asyncio.run(act())


def test_faults_of_the_server_lose_and_double_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.01, 0.05))
    home, said = home_with_county(tmp_path), list[Message]()
    ledger = Ledger(journal_path(home, "small"))

    async def act() -> None:
        async with FeedServer().running() as server:
            server.feed, server.faults = with_others(feed({}, {}, {"position": None})), ["500", "torn", "", "503", ""]
            engine = Engine(home, "small", said.append, [source_of(server)])
            async with asyncio.TaskGroup() as group:
                group.create_task(engine.run())
                async with asyncio.timeout(60):
                    while server.faults or counted(ledger.path, "count(*) FROM record") < 2:
                        await asyncio.sleep(0.01)
                    server.feed = feed({}, {"timestamp": NOW + 60})
                    while counted(ledger.path, "count(*) FROM record") < 3:
                        await asyncio.sleep(0.01)
                engine.quit()

    asyncio.run(act())
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())
    assert ledger.verify() == []
    logs = [message for message in said if isinstance(message, Log)]
    assert {"source_down", "source_up", "source_report"} <= {log.key for log in logs}
    assert any("trip updates" in log.values.get("text", "") for log in logs)
