"""The real SUMO as a source: shown as a simulation, killed, restarted, stopped, and started by ourselves."""

from __future__ import annotations

import asyncio
import os
import signal
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path

import pytest

from data.connectors.contract import SourceSettings
from data.connectors.sumo.source import Sumo, open_source
from data.sync.engine import Engine
from data.sync.messages import Log, Message
from data.sync.shared import open_for_reading, table_path
from tests.data.connectors.sumo.nets import BIN, kill, make, running
from tests.services import free_port
from tests.small_county import home_with_county, small_county
from twin.errors import BadInputError, UsageError
from twin.live.frame import TrackFrame
from twin.live.observation import ObservationArray, ObservationBatch
from twin.live.reader import LiveReader

BEGIN_S = 1_767_225_600.0  # 2026-01-01 08:00 in China


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make(tmp_path_factory.mktemp("geo"))


def source(**options: object) -> Sumo:
    told = {"program": str(BIN / "sumo"), "speed": 1000, "begin": "2026-01-01T08:00:00+08:00", **options}
    return open_source(SourceSettings("sim", "sumo", told), small_county())


async def batches(sumo: Sumo) -> AsyncIterator[ObservationArray]:
    async with aclosing(sumo.batches()) as items:  # type: ignore[type-var]  # a generator, as all sources are
        async for item in items:
            if isinstance(item, ObservationBatch):
                yield item.rows


def steps(sumo: Sumo, count: int) -> list[ObservationArray]:
    async def run() -> list[ObservationArray]:
        found: list[ObservationArray] = []
        async with asyncio.timeout(60), aclosing(batches(sumo)) as every:  # type: ignore[type-var]  # the same
            async for rows in every:
                found.append(rows)
                if len(found) == count:
                    break
        return found

    return asyncio.run(run())


def test_a_simulation_of_our_own_is_shown_where_its_net_lies_and_not_as_now(config: Path) -> None:
    sumo = source(config=str(config))
    rows = steps(sumo, 20)[-1]
    told = {row["id"].decode(): row for row in rows}
    assert "sumo:rider" not in told
    first = told["sumo:first"]
    assert first["lon_deg"] == pytest.approx(120.90, abs=0.003)
    assert first["lat_deg"] == pytest.approx(30.82, abs=0.003)
    assert 55 < first["heading_deg"] < 70  # from a to b, north-eastwards
    assert first["speed_mps"] > 5
    assert first["time_s"] == BEGIN_S + 20
    playback = sumo.playback()
    assert playback is not None
    assert (playback.begin_s, playback.clock_s, playback.speed) == (BEGIN_S, BEGIN_S + 20, 1000)
    assert "simulated" in sumo.report()[0]


def test_a_simulation_ends_when_nobody_drives_any_more(tmp_path: Path) -> None:
    sumo = source(config=str(make(tmp_path / "short", end=4)), report_s=30.0)
    assert len(steps(sumo, 1000)) < 60


def test_a_net_that_lies_nowhere_is_laid_here_or_refused(tmp_path: Path) -> None:
    config = str(make(tmp_path / "grid", geo=False))
    with pytest.raises(BadInputError, match="where on earth"):
        steps(source(config=config), 1)
    sumo = source(config=config, here=True)
    rows = steps(sumo, 5)[-1]
    west, south, east, north = small_county().bounds_m()
    x, y = small_county().frame.origin_m
    there_x, there_y = small_county().frame.to_local(rows["lon_deg"], rows["lat_deg"])
    assert abs(float(there_x[0]) - ((west + east) / 2 - x)) < 500
    assert abs(float(there_y[0]) - ((south + north) / 2 - y)) < 500
    assert "laid in the middle" in sumo.report()[-1]


def test_it_is_now_only_if_the_settings_say_so(config: Path) -> None:
    sumo = open_source(
        SourceSettings("sim", "sumo", {"program": str(BIN / "sumo"), "config": str(config), "as_now": True}),
        small_county(),
    )
    (rows,) = steps(sumo, 1)
    assert sumo.playback() is None
    assert abs(rows["time_s"][0] - time.time()) < 60
    assert rows["label"][0].startswith(b"SUMO ")
    assert "as if it were now" in sumo.report()[1]


def test_what_cannot_be_started_says_why(tmp_path: Path, config: Path) -> None:
    broken = tmp_path / "broken.sumocfg"
    broken.write_text("<configuration><input><net-file value='gone.net.xml'/></input></configuration>")
    with pytest.raises(BadInputError, match=r"gone\.net\.xml"):
        steps(source(config=str(broken)), 1)
    with pytest.raises(BadInputError, match="there is no program"):
        steps(source(config=str(config), program="no-such-sumo"), 1)
    with pytest.raises(ConnectionError):
        steps(source(port=free_port()), 1)


@pytest.mark.parametrize(
    "options",
    [
        {"speed": 0}, {"begin": "2026-01-01T08:00:00"}, {"as_now": True, "speed": 2}, {"config": "/no/such.sumocfg"},
        {"color": 1},
    ],
)  # fmt: skip
def test_options_that_make_no_sense_are_told(options: dict[str, object]) -> None:
    with pytest.raises(BadInputError):
        open_source(SourceSettings("sim", "sumo", options), small_county())


def test_it_is_paused_and_sped_up_but_not_wound(config: Path) -> None:
    sumo = source(config=str(config), speed=1)

    async def run() -> None:
        async with asyncio.timeout(60), aclosing(batches(sumo)) as every:  # type: ignore[type-var]  # the same
            await anext(every)
            sumo.steer("pause", 0)
            waiting = asyncio.ensure_future(anext(every))
            for _ in range(200):
                await asyncio.sleep(0)
            assert not waiting.done()
            sumo.steer("speed", 1000)
            sumo.steer("resume", 0)
            await waiting
            playback = sumo.playback()
            assert playback is not None
            assert (playback.speed, playback.paused) == (1000, False)

    asyncio.run(run())
    for order, value in (("seek", 1.0), ("speed", 1e9)):
        with pytest.raises(UsageError):
            sumo.steer(order, value)


def test_a_sumo_that_does_not_answer_is_given_up_and_does_not_hold_us_up(config: Path) -> None:
    port = free_port()
    sumo = source(port=port, patience_s=0.5)
    with running(config, port) as process:

        async def run() -> None:
            async with aclosing(batches(sumo)) as every:  # type: ignore[type-var]  # the same
                async with asyncio.timeout(60):
                    await anext(every)
                os.killpg(process.pid, signal.SIGSTOP)
                with pytest.raises(ConnectionError, match="does not answer"):
                    async with asyncio.timeout(60):
                        await anext(every)

        _until_reached(run)


def _until_reached(run: Callable[[], Awaitable[None]]) -> None:
    """Run, again while SUMO is still reading its net."""
    until = time.monotonic() + 30
    while True:
        try:
            asyncio.run(run())  # type: ignore[arg-type]  # a coroutine, as all our runs are
        except ConnectionError:
            if time.monotonic() > until:
                raise
        else:
            return


def test_a_sumo_that_is_killed_and_started_again_is_found_again(
    tmp_path: Path, config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setattr("data.sync.source.RETRY_S", (0.05, 0.2))
    home, port, said = home_with_county(tmp_path), free_port(), list[Message]()
    settings = SourceSettings("sim", "sumo", {"port": port, "speed": 5, "begin": "2026-01-01T08:00:00+08:00"})
    engine = Engine(home, "small", said.append)
    vars(engine)["_settings"] = (settings,)

    def told(key: str) -> list[Log]:
        return [message for message in said if isinstance(message, Log) and message.key == key]

    def frame() -> TrackFrame:
        shared = open_for_reading(table_path(home, "small"))
        assert shared is not None
        reader = LiveReader(shared.buffer)
        newest = reader.frame()
        reader.close()
        shared.close()
        return newest

    async def until(come: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not come():
                await asyncio.sleep(0.02)

    async def both() -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(engine.run())
            with running(config, port) as process:
                await until(lambda: len(told("source_up")) == 1)
                await until(lambda: len(frame()) >= 2)
                (running_source,) = vars(engine)["_sources"].values()
                assert running_source.state().playback is not None
                kill(process)
                await until(lambda: any("SUMO" in log.values["reason"] for log in told("source_down")))
            with running(config, port):
                await until(lambda: len(told("source_up")) == 2)
                await until(lambda: len(frame()) >= 1 and frame().rows["time_s"].max() < BEGIN_S + 30)
                engine.quit()

    asyncio.run(both())
