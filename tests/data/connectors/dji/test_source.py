"""Docks at a real broker."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.sync import commits
from data.sync.journal import Entry, Journal, Kept
from tests.data.connectors.bench import Bench
from tests.data.connectors.dji.messages_seen import AIRCRAFT, DOCK, EVENT, TOPOLOGY
from tests.data.connectors.mqtt.test_client import DURABLE, Listener, Publisher
from tests.services import HOST, Service, mosquitto
from tests.small_county import home_with_county

BEGUN_MS = int(time.time() * 1000) - 60_000
EVENTS = "thing/product/dock_sn/events"


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Service]:
    with mosquitto(tmp_path, *DURABLE) as service:
        yield service


def desk(folder: Path, broker: Service) -> Bench:
    settings = SourceSettings("docks", "dji", {"url": f"mqtt://{HOST}:{broker.port}"}, zone="政务外网")
    return Bench(home_with_county(folder / "home"), settings)


def here(number: int) -> bytes:
    told = json.loads(AIRCRAFT)
    told |= {"tid": f"t{number}", "timestamp": BEGUN_MS + number * 1000}
    told["data"] |= {"latitude": 30.84, "longitude": 120.92}
    return json.dumps(told).encode()


def test_an_aircraft_is_shown_and_an_event_is_replied_to_once_it_is_on_disk(tmp_path: Path, broker: Service) -> None:
    bench = desk(tmp_path, broker)
    dock = Listener(broker.port, ("thing/product/+/events_reply", "sys/product/+/status_reply"), client_id="dock")

    async def act() -> None:
        with Publisher(broker.port) as device:
            async with dock.listening():
                await asyncio.to_thread(device.send, "sys/product/dock_sn/status", TOPOLOGY)
                await asyncio.to_thread(device.send, "thing/product/a1/osd", here(1), here(2), here(1), b"{", qos=0)
                await asyncio.to_thread(device.send, EVENTS, EVENT, EVENT)
                await dock.until(lambda: len(dock.messages) == 3)
                assert sum(bench.counts()[1:]) >= 3
        await bench.until_stored(7)
        await bench.until(lambda: (status := bench.status()) is not None and status.entities == 1)

    bench.run(act)
    assert bench.account() == (7, 4, 2, 1)
    assert sorted(message.topic for message in dock.messages) == [
        "sys/product/dock_sn/status_reply", *["thing/product/dock_sn/events_reply"] * 2,
    ]  # fmt: skip
    assert {json.loads(message.payload)["data"]["result"] for message in dock.messages} == {0}


def test_while_the_disk_is_full_no_event_is_replied_to(
    tmp_path: Path, broker: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    append, full = Journal.append, asyncio.Event()

    def fail_while_full(journal: Journal, entries: Sequence[Entry]) -> list[Kept]:
        if full.is_set():
            raise sqlite3.OperationalError("database or disk is full")
        return append(journal, entries)

    monkeypatch.setattr(Journal, "append", fail_while_full)
    monkeypatch.setattr(commits, "RETRY_S", 0.01)
    bench = desk(tmp_path, broker)
    dock = Listener(broker.port, ("thing/product/+/events_reply",), client_id="dock")

    async def act() -> None:
        with Publisher(broker.port) as device:
            async with dock.listening():
                full.set()
                await asyncio.to_thread(device.send, EVENTS, EVENT)
                await bench.until(lambda: "journal_stopped" in bench.told())
                assert dock.messages == []
                full.clear()
                await dock.until(lambda: len(dock.messages) == 1)

    bench.run(act)
    assert bench.account() == (1, 1, 0, 0)


def test_a_broker_that_was_killed_is_connected_to_again(
    tmp_path: Path, broker: Service, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.05, 0.1))
    bench = desk(tmp_path, broker)

    async def act() -> None:
        with Publisher(broker.port) as device:
            await asyncio.to_thread(device.send, "thing/product/dock_sn/osd", DOCK)
        await bench.until_stored(1)
        (source,) = bench.engine._sources.values()
        assert source.peers() == 1
        await asyncio.to_thread(broker.kill)
        await bench.until(lambda: "source_down" in bench.told())
        await asyncio.to_thread(broker.start)
        await bench.until(lambda: bench.told().count("source_up") == 2)
        with Publisher(broker.port) as device:
            await asyncio.to_thread(device.send, "thing/product/a1/osd", here(3))
        await bench.until_stored(2)

    bench.run(act)
    assert bench.account()[0] == 2
