"""The engine at a real broker: what is acknowledged is on disk, whoever is killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import partial
from pathlib import Path

import msgspec
import pytest

from data.connectors.contract import SourceSettings
from data.home import Home
from data.simulate import mqtt as simulate
from data.simulate.faults import Faults
from data.simulate.fleet import Fleet
from data.simulate.mqtt import TOPICS, MqttSimulation, open_simulation
from data.sync.engine import Engine
from data.sync.journal import journal_path, read
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message, Status
from data.sync.settings import set_sources
from tests.data.connectors.mqtt.test_client import DURABLE, Publisher
from tests.services import HOST, Service, mosquitto
from tests.small_county import home_with_county

NOW = int(time.time()) - 1000
KILLS = int(os.environ.get("ZHIAN_KILLS", "2"))
"""How often the engine is killed; ``ZHIAN_KILLS=20`` for a longer run."""
CAR = {"topic": "t/{id}", "kind": "bus"}


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_county(tmp_path)


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Service]:
    with mosquitto(tmp_path, *DURABLE, f"persistence_location {tmp_path}/") as service:
        yield service


def city(port: int, *topics: Mapping[str, object], **options: object) -> SourceSettings:
    url = f"mqtt://{HOST}:{port}"
    return SourceSettings("city", "mqtt", {"url": url, "topics": topics or TOPICS, **options}, zone="政务感知网")


class Bench:
    """An engine that subscribes."""

    def __init__(self, home: Home, settings: SourceSettings) -> None:
        self.said = list[Message]()
        self.engine = Engine(home, "small", self.said.append, [settings])
        self.ledger = Ledger(journal_path(home, "small"))

    def run(self, act: Callable[[], Awaitable[None]]) -> None:
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                group.create_task(self.engine.run())
                await self.until(lambda: "source_up" in self.told())
                await act()
                self.engine.quit()

        asyncio.run(both())

    def told(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    def received(self) -> int:
        return counted(self.ledger.path, "sum(received) FROM balance")

    def account(self) -> tuple[int, ...]:
        """Return received, stored, duplicate and quarantined, and prove that they are exact."""
        accounts = self.ledger.balance()
        assert [a.difference for a in accounts] == [0] * len(accounts)
        assert self.ledger.verify() == []
        return tuple(sum(column) for column in zip(*(a[2:6] for a in accounts), strict=True))


def counted(path: Path, what: str) -> int:
    """Return a count of the journal, 0 while there is none."""
    with (
        contextlib.suppress(sqlite3.OperationalError),
        contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as journal,
    ):
        return int(journal.execute(f"SELECT {what}").fetchone()[0] or 0)
    return 0


def position(number: int) -> bytes:
    return msgspec.json.encode({"time": NOW + number, "lon": 120.92, "lat": 30.84, "speed": 5})


def stored(path: Path) -> list[tuple[str, bytes]]:
    """Return topic and payload of every record."""
    return [(record.message, record.raw) for record in read(path, limit=1_000_000)]


def missing(simulation: MqttSimulation, path: Path) -> set[tuple[str, bytes]]:
    """Return what the broker took of a simulation and is not on disk; prove that nothing stands there twice."""
    kept = stored(path)
    assert len(kept) == len(set(kept))
    return set(simulation.acknowledged.values()) - set(kept)


def test_what_comes_is_kept_and_then_shown(home: Home, broker: Service) -> None:
    bench = Bench(home, city(broker.port, CAR))

    async def act() -> None:
        with Publisher(broker.port) as device:
            await asyncio.to_thread(device.send, "t/a", *map(position, range(5)), qos=1)
            await asyncio.to_thread(device.send, "t/b", *map(position, range(5)), qos=2)
            await asyncio.to_thread(device.send, "t/c", position(0), qos=0)
            await bench.until(lambda: isinstance(bench.said[-1], Status) and bench.said[-1].entities == 3)

    bench.run(act)
    assert bench.account() == (11, 11, 0, 0)
    kept = stored(bench.ledger.path)
    assert [(topic, raw) for topic, raw in kept if topic == "t/a"] == [("t/a", position(n)) for n in range(5)]


def test_what_cannot_be_read_is_quarantined_and_its_neighbours_are_kept(home: Home, broker: Service) -> None:
    bench = Bench(home, city(broker.port, CAR, most_bytes=100_000))
    bad = [b"\xff\xfe", b'{"lon": "\xe9"}', b"{", position(2)[:-1], b"x" * 3_000_000, b'{"lon":200,"lat":1}']

    async def act() -> None:
        with Publisher(broker.port) as device:
            for number, payload in enumerate(bad):
                await asyncio.to_thread(device.send, "t/a", position(number), payload)
            await bench.until(lambda: bench.received() == 2 * len(bad))

    bench.run(act)
    assert bench.account() == (12, 6, 0, 6)
    reasons = {held.reason for held in bench.ledger.quarantine()}
    assert reasons == {"not JSON, or cut short", "text is not UTF-8", "message too large", "position out of range"}
    assert max(len(held.raw) for held in bench.ledger.quarantine()) == 65_536


def test_a_retained_message_is_one_fact_however_often_it_comes(home: Home, broker: Service) -> None:
    with Publisher(broker.port) as device:
        device.send("t/a", position(1), retain=True)
        device.send("t/b", b'{"lon":120.92,"lat":30.84}', retain=True)
    for number in (1, 2):
        settings = city(broker.port, CAR, client_id=f"desk {number}")  # a session that knows nothing yet
        bench = Bench(home, settings)

        async def act(bench: Bench = bench, number: int = number) -> None:
            await bench.until(lambda: bench.received() == 2 * number)

        bench.run(act)
    assert bench.account() == (4, 2, 2, 0)


def test_a_faulty_line_loses_and_doubles_nothing(home: Home, broker: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "RESEND_S", 0.2)
    bench = Bench(home, city(broker.port))
    faults = Faults(loss=0.05, duplicate=0.05, disorder=0.05, corrupt=0.05, clock_s=30)
    fleet = Fleet(terminals=20, rate_hz=500, seconds=1, faults=faults)
    simulation = open_simulation(fleet, f"mqtt://{HOST}:{broker.port}")

    async def act() -> None:
        outcome = await simulation.run()
        assert (outcome.acknowledged, outcome.unanswered) == (500, 0)
        await bench.until(lambda: bench.received() >= 500)
        await bench.until(lambda: not missing(simulation, bench.ledger.path))

    bench.run(act)
    _, _, duplicates, quarantined = bench.account()
    assert duplicates > 0
    assert quarantined > 0


def test_a_broker_that_is_killed_is_found_again(home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.05, 0.2))
    lines = ("persistence true", f"persistence_location {tmp_path}/", "autosave_interval 1", "autosave_on_changes true")
    with mosquitto(tmp_path, *DURABLE, *lines) as broker:
        bench = Bench(home, city(broker.port))
        simulation = open_simulation(
            Fleet(terminals=5, rate_hz=60, seconds=3, patience_s=30), f"mqtt://{HOST}:{broker.port}"
        )

        async def act() -> None:
            playing = asyncio.create_task(simulation.run())
            for count in (40, 90):
                await bench.until(partial(lambda enough: simulation.outcome().acknowledged > enough, count))
                broker.kill()
                await bench.until(lambda: bench.told()[-1] == "source_down")
                await asyncio.to_thread(broker.start)
                await bench.until(lambda: bench.told()[-1] == "source_up")
            outcome = await playing
            assert (outcome.acknowledged, outcome.unanswered, outcome.connections) == (180, 0, 3)
            await bench.until(lambda: not missing(simulation, bench.ledger.path))

        bench.run(act)
    assert bench.account()[0] >= 180


@pytest.mark.timeout(60 + 30 * KILLS)
def test_kill_9_of_the_engine_under_load_loses_and_doubles_nothing(home: Home, broker: Service, tmp_path: Path) -> None:
    set_sources(home, "small", [city(broker.port)])
    simulation = open_simulation(Fleet(terminals=20, rate_hz=600, seconds=1e6), f"mqtt://{HOST}:{broker.port}")
    ledger = Ledger(journal_path(home, "small"))

    async def start() -> asyncio.subprocess.Process:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "data.sync", "--twin", "small"),
            env={**os.environ, "ZHIAN_HOME": str(tmp_path)},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.DEVNULL,
        )

    async def kept(more: int) -> None:
        enough = counted(ledger.path, "count(*) FROM record") + more
        async with asyncio.timeout(60):
            while counted(ledger.path, "count(*) FROM record") < enough:
                await asyncio.sleep(0.05)

    async def run() -> None:
        engine = await start()
        await asyncio.sleep(0)
        playing = asyncio.create_task(_once_subscribed(broker, simulation))
        for _ in range(KILLS):
            await kept(300)
            engine.kill()
            await engine.wait()
            engine = await start()
        await kept(300)
        playing.cancel()
        await asyncio.wait([playing], timeout=60)
        simulation.outcome()
        async with asyncio.timeout(60):
            while missing(simulation, ledger.path):
                await asyncio.sleep(0.05)
        assert engine.stdin is not None
        engine.stdin.close()
        assert await engine.wait() == 0

    asyncio.run(run())
    assert len(simulation.acknowledged) >= 300 * (KILLS + 1)
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())
    assert ledger.verify() == []


async def _once_subscribed(broker: Service, simulation: MqttSimulation) -> None:
    """Play once the engine's session is there: a broker keeps nothing for those that never came."""
    async with asyncio.timeout(60):
        while "zhian-" not in broker.log.read_text(errors="replace"):
            await asyncio.sleep(0.05)
    await simulation.run()
