from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from data.connectors.contract import Connector, Rewound, SourceSettings
from data.home import Home
from data.sync.chunks import chunks
from data.sync.engine import Engine
from data.sync.journal import journal_path
from data.sync.messages import Log, Message, Order, Ready, Status, leave_order, line, read_order
from data.sync.settings import set_sources
from data.sync.shared import BusyTableError, open_for_reading, table_path
from tests.small_county import home_with_county
from tests.twin.live.factory import ids, rows
from twin.city.city import City
from twin.errors import BadInputError
from twin.live.frame import TrackFrame
from twin.live.observation import ObservationArray, ObservationBatch
from twin.live.reader import LiveReader
from twin.world import Playback

Items = list[ObservationArray | Rewound | Exception]


class Script:
    """A connector that yields what a test wrote, then waits."""

    def __init__(self, items: Items) -> None:
        self.items, self.orders = items, list[tuple[str, float]]()

    async def batches(self) -> AsyncIterator[ObservationBatch | Rewound]:
        while self.items:
            item = self.items.pop(0)
            if isinstance(item, Exception):
                raise item
            yield item if isinstance(item, Rewound) else ObservationBatch("script", item)
        await asyncio.Event().wait()

    def playback(self) -> Playback | None:
        return None

    def steer(self, order: str, value: float) -> None:
        self.orders.append((order, value))

    def report(self) -> tuple[str, ...]:
        return ("as written",)


class Bench:
    """An engine that runs scripts, and what it says."""

    def __init__(self, home: Home, scripts: dict[str, Script], monkeypatch: pytest.MonkeyPatch) -> None:
        def open_script(settings: SourceSettings, city: City) -> Connector:
            return scripts[settings.name]

        monkeypatch.setattr("data.sync.source.open_source", open_script)
        monkeypatch.setattr("data.sync.source.RETRY_S", (0.01, 0.02))
        monkeypatch.setattr("data.sync.engine.STATUS_S", 0.02)
        self.home, self.said = home, list[Message]()
        settings = [SourceSettings(name, "script") for name in scripts]
        set_sources(home, "small", settings)
        self.engine = Engine(home, "small", self.said.append)

    def keys(self) -> list[str]:
        return [message.key for message in self.said if isinstance(message, Log)]

    def status(self) -> Status:
        return [message for message in self.said if isinstance(message, Status)][-1]

    def frame(self) -> TrackFrame:
        shared = open_for_reading(table_path(self.home, "small"))
        assert shared is not None
        reader = LiveReader(shared.buffer)
        frame = reader.frame()
        reader.close()
        shared.close()
        return frame

    async def until(self, come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.01)

    def run(self, act: Callable[[], Awaitable[None]]) -> None:
        async def both() -> None:
            async with asyncio.TaskGroup() as group:
                running = group.create_task(self.engine.run())
                await self.until(lambda: bool(self.said) or running.done())
                await act()
                self.engine.quit()

        asyncio.run(both())


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Home:
    return home_with_county(tmp_path_factory.mktemp("home"))


def test_what_a_source_tells_is_in_the_table_and_what_fails_in_quarantine(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    bench = Bench(kept, {"script": Script([rows(("a", 1.0), ("b", 1.0), ("", 1.0))])}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: len(bench.frame()) == 2)
        await bench.until(lambda: isinstance(bench.said[-1], Status) and bench.status().quarantined == 1)
        assert bench.status().entities == 2

    bench.run(act)
    assert isinstance(bench.said[0], Ready)
    assert bench.keys()[:3] == ["sources_started", "source_report", "source_up"]
    assert '"no id"' in (kept.state / "quarantine-small.jsonl").read_text("utf-8")


def test_what_is_not_acknowledged_is_recorded_but_not_what_plays(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    journal = journal_path(kept, "small")
    before = sum(1 for _ in chunks(journal))
    playing = Script([rows(("past", 1.0))])
    monkeypatch.setattr(playing, "playback", lambda: Playback(0.0, 2.0, 1.0, 1.0, paused=False))
    bench = Bench(kept, {"now": Script([rows(("a", 1.0), ("b", 1.0))]), "then": playing}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: len(bench.frame()) == 3)

    bench.run(act)
    assert [(c.source, ids(c.rows)) for c in list(chunks(journal))[before:]] == [("now", ["a", "b"])]


def test_nothing_is_left_when_it_ends(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(kept, {"script": Script([])}, monkeypatch)

    async def act() -> None:
        assert table_path(kept, "small").exists()

    bench.run(act)
    assert list(kept.runtime.glob("*.table")) == []


def test_a_source_that_goes_away_is_told_once_and_comes_back(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = ConnectionError("no route to the camera")
    items: Items = [rows(("a", 1.0)), gone, gone, gone, ValueError("a bug"), rows(("a", 2.0))]
    bench = Bench(kept, {"script": Script(items)}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: bench.keys().count("source_up") == 2)
        await bench.until(lambda: bool(bench.frame().rows["time_s"] == [2.0]))

    bench.run(act)
    logs = [message for message in bench.said if isinstance(message, Log)]
    told = [message.values["reason"] for message in logs if message.key == "source_down"]
    assert told == ["no route to the camera", "fault in the connector: ValueError: a bug"]


def test_one_source_failing_leaves_the_others(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    scripts = {"bad": Script([RuntimeError("a bug")] * 50), "good": Script([rows(("a", 1.0))])}
    bench = Bench(kept, scripts, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: len(bench.frame()) == 1)

    bench.run(act)


def test_a_source_wound_back_starts_afresh(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(kept, {"script": Script([rows(("a", 9.0), ("b", 9.0)), Rewound(), rows(("a", 1.0))])}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: ids(bench.frame().rows) == ["a"])
        assert bench.frame().rows["time_s"].tolist() == [1.0]

    bench.run(act)


def test_orders_reach_their_source_and_nonsense_is_refused(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    script = Script([rows(("a", 1.0))])
    bench = Bench(kept, {"script": script}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: len(bench.frame()) == 1)
        bench.engine.read(line(Order("seek", "script", 12.5)))
        leave_order(kept, "small", Order("speed", "script", 4.0))
        for text in (b"junk", line(Order("seek", "nobody")), line(Order("dance", "script"))):
            bench.engine.read(text)
        await bench.until(lambda: len(script.orders) == 2)
        bench.engine.read(line(Order("stop", "script")))
        await bench.until(lambda: len(bench.frame()) == 0)

    bench.run(act)
    assert script.orders == [("seek", 12.5), ("speed", 4.0)]
    assert bench.keys().count("order_refused") == 3


def test_a_source_added_later_runs(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    later = Script([rows(("late", 1.0))])
    scripts = {"script": Script([rows(("a", 1.0))])}
    bench = Bench(kept, scripts, monkeypatch)

    async def act() -> None:
        scripts["later"] = later
        bench.engine.read(line(Order("add", settings=SourceSettings("later", "script"))))
        await bench.until(lambda: sorted(ids(bench.frame().rows)) == ["a", "late"])

    bench.run(act)


def test_two_engines_do_not_write_one_table(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(kept, {"script": Script([])}, monkeypatch)

    async def act() -> None:
        with pytest.raises(BusyTableError):
            await Engine(kept, "small", bench.said.append, []).run()

    bench.run(act)


def test_an_engine_of_given_sources_ends_with_what_is_wrong_with_them(
    kept: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    wrong = BadInputError("drive.gpx", "it is cut short", "get it again")
    bench = Bench(kept, {"script": Script([wrong])}, monkeypatch)
    engine = Engine(kept, "small", bench.said.append, [SourceSettings("script", "script")])
    with pytest.raises(BadInputError, match="cut short"):
        asyncio.run(engine.run())
    assert list(kept.runtime.glob("*.table")) == []


def test_a_full_table_is_told_once(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("data.sync.engine.CAPACITY", 1)
    monkeypatch.setattr("data.sync.shared.open_for_writing.__defaults__", (1,))
    bench = Bench(kept, {"script": Script([rows(("a", 1.0), ("b", 1.0)), rows(("b", 2.0))])}, monkeypatch)

    async def act() -> None:
        await bench.until(lambda: any(isinstance(m, Status) and m.overflow == 2 for m in bench.said))

    bench.run(act)
    assert bench.keys().count("table_full") == 1


def test_an_order_survives_its_line() -> None:
    order = Order("add", "x", 1.5, SourceSettings("x", "recorded-track", {"paths": ["a.csv"], "speed": 2.0}))
    assert read_order(line(order)) == order


def test_a_twin_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no twin"):
        Engine(Home(tmp_path, tmp_path, tmp_path, tmp_path), "nowhere", print)


def test_an_engine_told_to_quit_before_it_ran_ends_at_once(kept: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = Bench(kept, {"script": Script([])}, monkeypatch)
    bench.engine.quit()
    asyncio.run(asyncio.wait_for(bench.engine.run(), 60))
    assert list(kept.runtime.glob("*.table")) == []
