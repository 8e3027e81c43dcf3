"""SensorThings against a real HTTP server with faults, a real broker, and the journal."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from data.connectors.contract import Parcel, SourceSettings
from data.connectors.sensorthings.options import read_options
from data.connectors.sensorthings.source import REACHED, SensorThings
from data.home import Home
from data.sync.engine import Engine
from data.sync.journal import journal_path
from data.sync.ledger import Ledger
from data.sync.messages import Log, Message
from tests.data.connectors.mqtt.test_client import DURABLE, Publisher
from tests.data.connectors.mqtt.test_source import counted
from tests.data.connectors.sensorthings.server import Entity, SensorThingsServer, observation, stream
from tests.services import HOST, mosquitto
from tests.small_county import home_with_county

NOW = float(int(time.time()))
KINDS = {"PM2.5": "air_sensor"}


def settings_of(server: SensorThingsServer, **options: object) -> SourceSettings:
    told = {"url": server.url, "kinds": KINDS, "page": 4, "every_s": 0.02, "patience_s": 0.3, **options}
    return SourceSettings("air", "sensorthings", told)


def earlier(*numbers: int) -> list[Entity]:
    """Return observations, the higher the number the newer."""
    return [observation(n, NOW - 1000 + n, float(n)) for n in numbers]


class Bench:
    """An engine that asks a server."""

    def __init__(self, home: Home, settings: SourceSettings) -> None:
        self.said = list[Message]()
        self.engine = Engine(home, "small", self.said.append, [settings])
        self.ledger = Ledger(journal_path(home, "small"))

    async def run(self, act: Callable[[], Awaitable[None]]) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.engine.run())
            await act()
            self.engine.quit()

    def told(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    async def until_stored(self, count: int) -> None:
        await self.until(lambda: counted(self.ledger.path, "count(*) FROM record") == count)

    def account(self) -> tuple[int, ...]:
        """Return received, stored, duplicate and quarantined, and prove that they are exact."""
        accounts = self.ledger.balance()
        assert [a.difference for a in accounts] == [0] * len(accounts)
        assert self.ledger.verify() == []
        return tuple(sum(column) for column in zip(*(a[2:6] for a in accounts), strict=True))


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return home_with_county(tmp_path)


async def parcels(source: SensorThings, asked: Callable[[], bool]) -> list[Parcel]:
    """Run a source without an engine until it has asked enough, and settle all it yields."""
    told = list[Parcel]()
    async for item in source.batches():
        assert isinstance(item, Parcel)
        told.append(item)
        item.settle()
        if asked():
            break
    return told


def ids(told: Sequence[Parcel]) -> list[str]:
    return [record.device for parcel in told for record in parcel.records]


def test_pages_are_followed_and_each_observation_comes_once(home: Home) -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations = earlier(*range(1, 11))
            server.faults = ["", "twice"]
            bench = Bench(home, settings_of(server))

            async def more() -> None:
                await bench.until_stored(10)
                server.observations += earlier(11, 12)
                await bench.until_stored(12)
                asked = len(server.asked)
                await bench.until(lambda: len(server.asked) > asked + 3)

            await bench.run(more)
        assert bench.account() == (12, 12, 0, 0)

    asyncio.run(act())


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("500", "answers 500"), ("503", "answers 503"), ("302", "answers 302"), ("torn", "broke off"),
        ("html", "no list of entities"), ("silence", "did not answer"), ("circle", "round in a circle"),
        ("elsewhere", "another server"),
    ],
)  # fmt: skip
def test_a_faulty_answer_is_told_in_words(fault: str, why: str) -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations, server.faults = earlier(*range(1, 7)), ["", fault, fault]
            source = SensorThings("air", read_options(settings_of(server)))
            with pytest.raises(OSError, match=why):
                await parcels(source, lambda: False)

    asyncio.run(act())


def test_whatever_faults_there_are_everything_comes_once(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.01, 0.05))

    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations = earlier(*range(1, 41))
            server.faults = ["500", "", "torn", "", "", "circle", "html", "twice", "", "silence", "", "503"]
            bench = Bench(home, settings_of(server))
            await bench.run(lambda: bench.until(lambda: not server.faults and counted_all(bench) == 40))
        assert bench.account()[1] == 40
        assert "source_down" in bench.told()

    asyncio.run(act())


def counted_all(bench: Bench) -> int:
    return counted(bench.ledger.path, "count(*) FROM record")


def test_after_an_outage_it_goes_on_where_it_was(home: Home) -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations = earlier(1, 2, 3)
            first = Bench(home, settings_of(server, overlap_s=60))
            await first.run(lambda: first.until_stored(3))
            server.observations += earlier(*range(100, 120))
            server.asked.clear()
            second = Bench(home, settings_of(server, overlap_s=60))
            await second.run(lambda: second.until_stored(23))
            assert server.since()[0] == earlier(3 - 60)[0]["phenomenonTime"]
        assert second.account() == (26, 23, 3, 0)  # the three within the overlap were asked for again

    asyncio.run(act())


def test_an_observation_that_comes_late_is_found_within_the_overlap(home: Home) -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations = earlier(50)
            bench = Bench(home, settings_of(server))

            async def late() -> None:
                await bench.until_stored(1)
                server.observations += earlier(7)
                await bench.until_stored(2)

            await bench.run(late)
        assert bench.account() == (2, 2, 0, 0)

    asyncio.run(act())


def test_pages_out_of_order_move_nothing_on_before_the_last() -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.ordered = False
            server.observations = earlier(9, 1, 2, 3, 4, 5)
            source = SensorThings("air", read_options(settings_of(server)))
            begun = time.time()
            told = await parcels(source, lambda: len(server.asked) == 2)
        reached = [float(parcel.labels[REACHED]) for parcel in told]
        assert reached[0] == pytest.approx(begun - 3600, abs=60)
        assert reached[1] == NOW - 1000 + 9
        assert sorted(ids(told), key=int) == ["1", "2", "3", "4", "5", "9"]

    asyncio.run(act())


def test_a_clock_that_runs_ahead_does_not_hide_what_follows() -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.observations = [*earlier(1), observation(2, NOW + 1e8)]
            source = SensorThings("air", read_options(settings_of(server)))
            (told,) = await parcels(source, lambda: True)
        assert float(told.labels[REACHED]) <= time.time()

    asyncio.run(act())


def test_over_mqtt_an_observation_is_shown_at_once_and_counts_once(home: Home, tmp_path: Path) -> None:
    async def act(port: int) -> None:
        async with SensorThingsServer().running() as server:
            server.streams.append(stream(4, measured="humidity"))
            server.observations = earlier(1, 2, 3)
            broker = {"url": f"mqtt://{HOST}:{port}"}
            bench = Bench(home, settings_of(server, mqtt=broker, every_s=1000))

            async def publish() -> None:
                await bench.until_stored(3)
                plain = [{k: v for k, v in o.items() if k != "Datastream"} for o in earlier(3, 30, 31)]
                with Publisher(port) as device:
                    for told in plain:
                        await asyncio.to_thread(
                            device.send, "v1.1/Datastreams(1)/Observations", msgspec.json.encode(told)
                        )
                    await asyncio.to_thread(device.send, "v1.1/Datastreams(2)/Observations", b"{")
                    await bench.until_stored(5)
                    await bench.until(lambda: bench.ledger.quarantine() != [])

            await bench.run(publish)
            assert bench.account() == (7, 5, 1, 1)

    with mosquitto(tmp_path, *DURABLE) as broker:
        asyncio.run(act(broker.port))


def test_a_server_without_what_is_wanted_says_so() -> None:
    async def act() -> None:
        async with SensorThingsServer().running() as server:
            server.streams = [stream(4, measured="humidity")]
            source = SensorThings("air", read_options(settings_of(server, mqtt={})))
            with pytest.raises(OSError, match="no Datastream of the kinds"):
                await parcels(source, lambda: False)

    asyncio.run(act())
