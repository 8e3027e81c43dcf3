"""``zhian tell``: a text to a terminal that is connected to a running engine."""

from __future__ import annotations

import asyncio
import random
from pathlib import Path

import pytest

from app.cli import main
from data.audit.reading import entries
from data.connectors.contract import SourceSettings
from data.connectors.jt808.client import TerminalClient
from data.sync.settings import set_sources
from tests.data.sync.test_intake import Bench
from tests.small_county import home_with_county

Said = pytest.CaptureFixture[str]
TELL = ["--purpose", "drill", "tell", "--twin", "small"]


@pytest.fixture
def bench(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Bench:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    monkeypatch.setattr("data.sync.engine.STATUS_S", 0.05)
    monkeypatch.setattr("data.sync.tell.WAIT_S", 0.3)
    return Bench(home_with_county(tmp_path), authentication="required")


def test_a_terminal_takes_a_text_and_what_it_answers_is_shown(bench: Bench, capsys: Said) -> None:
    codes: dict[str, int] = {}

    async def act() -> None:
        terminal = TerminalClient("013912345678", "浙F·I0001", random.Random(1))
        running = asyncio.create_task(terminal.run("127.0.0.1", bench.port))
        await bench.until(lambda: terminal.online)
        for name, arguments in (
            ("taken", ["vans", "13912345678", "前方拥堵"]),
            ("unknown device", ["vans", "13900000000", "x"]),
            ("unknown source", ["cars", "13912345678", "x"]),
        ):
            codes[name] = await asyncio.to_thread(main, [*TELL, *arguments])
        assert terminal.tally.texts == 1
        running.cancel()

    bench.run(act)
    said = capsys.readouterr()
    assert codes == {"taken": 0, "unknown device": 1, "unknown source": 1}
    assert "the terminal has taken the text" in said.out
    assert "no terminal of this number was heard of" in said.out
    assert "there is no source 'cars'" in said.out
    assert "text_answered" in bench.told()
    newest = entries(bench.home.state / "trail.sqlite")[0]
    assert (newest["action"], newest["object"]) == ("device.tell", "small/vans/13912345678")
    assert "前方" not in str(entries(bench.home.state / "trail.sqlite"))


def test_a_terminal_that_is_connected_and_says_nothing_is_shown_so(
    bench: Bench, capsys: Said, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("twin.world.SILENT_S", 0.0)
    set_sources(bench.home, "small", [SourceSettings("vans", "jt808")])

    async def act() -> None:
        terminal = TerminalClient("013912345678", "浙F·I0001", random.Random(1))
        running = asyncio.create_task(terminal.run("127.0.0.1", bench.port))
        await bench.until(lambda: terminal.online)
        async with asyncio.timeout(60):
            while "silent · 1 connected" not in capsys.readouterr().out:
                assert await asyncio.to_thread(main, ["networks", "--twin", "small"]) == 0
        running.cancel()

    bench.run(act)


def test_a_terminal_that_does_not_answer_is_told(bench: Bench, capsys: Said) -> None:
    async def act() -> None:
        terminal = TerminalClient("013912345678", "浙F·I0001", random.Random(1))
        running = asyncio.create_task(terminal.run("127.0.0.1", bench.port))
        await bench.until(lambda: terminal.online)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        assert await asyncio.to_thread(main, [*TELL, "vans", "13912345678", "x"]) == 1

    bench.run(act)
    assert "no answer came within 0.3 s" in capsys.readouterr().out


def test_without_a_purpose_or_an_engine_nothing_is_sent(bench: Bench, capsys: Said) -> None:
    assert main(["tell", "vans", "13912345678", "x", "--twin", "small"]) == 5
    assert main([*TELL, "vans", "13912345678", "x"]) == 2
    assert "no engine runs for small" in capsys.readouterr().err
