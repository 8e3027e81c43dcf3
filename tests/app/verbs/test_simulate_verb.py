"""``zhian simulate`` against a real listener."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import main
from app.verbs.simulate import read_faults
from data.connectors.contract import SourceSettings
from data.simulate.faults import Faults
from data.sync.engine import Engine
from data.sync.ledger import Ledger
from data.sync.messages import Log
from tests.data.sync.test_intake import free_port
from tests.small_county import home_with_county
from twin.errors import UsageError


@pytest.fixture
def listener(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    """Run an engine on a thread and yield its port."""
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    home, port, up = home_with_county(tmp_path), free_port(), threading.Event()
    loops: list[asyncio.AbstractEventLoop] = []
    engine = Engine(
        home, "small", lambda m: up.set() if isinstance(m, Log) and m.key == "source_up" else None,
        [SourceSettings("vans", "jt808", {"port": port})],
    )  # fmt: skip

    async def run() -> None:
        loops.append(asyncio.get_running_loop())
        await engine.run()

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert up.wait(60)
    yield port
    loops[0].call_soon_threadsafe(engine.quit)
    thread.join()


def test_terminals_report_and_every_report_is_acknowledged(
    listener: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    address = f"127.0.0.1:{listener}"
    played = ["simulate", "--jt808", address, "--terminals", "4", "--rate", "200", "--seconds", "0.5"]
    assert main(["--json", *played, "--faults", "duplicate=0.1,clock=3", "--around", "120.9,30.8"]) == 0
    told = json.loads(capsys.readouterr().out)["jt808"]
    assert (told["reported"], told["acknowledged"], told["unanswered"]) == (100, 100, 0)
    ledger = Ledger(tmp_path / "state" / "journal-small.sqlite")
    assert [account.difference for account in ledger.balance()] == [0] * len(ledger.balance())


def test_faults_are_read() -> None:
    assert read_faults("") == Faults()
    assert read_faults("loss=0.1, clock=5") == Faults(loss=0.1, clock_s=5)
    for wrong in ("loss=2", "luck=1", "loss", "clock=-1"):
        with pytest.raises(UsageError):
            read_faults(wrong)


@pytest.mark.parametrize(
    "arguments",
    [["here"], ["127.0.0.1:0"], ["127.0.0.1:6808", "--terminals", "0"], ["127.0.0.1:6808", "--around", "30.8,120.9"]],
)
def test_what_makes_no_sense_is_exit_code_2(
    arguments: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    assert main(["simulate", "--jt808", *arguments]) == 2
    assert capsys.readouterr().err


def test_banks_are_played_and_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    played = ["simulate", "bank", "--port", "0", "--seconds", "0.05", "--moods", "silent=0.3", "--cashier", "10"]
    assert main(["--json", *played, "--accounts", "earlier=0.1"]) == 0
    told = capsys.readouterr()
    assert json.loads(told.out) == {"done": 0}
    assert json.loads(told.err.splitlines()[0])["address"].startswith("http://127.0.0.1:")


@pytest.mark.parametrize("wrong", [["--moods", "sulky=1"], ["--key", "x"], ["--accounts", "partial=2"]])
def test_banks_that_cannot_be_played_are_refused(
    wrong: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    assert main(["--language", "en", "simulate", "bank", *wrong]) == 2
    assert wrong[0] in capsys.readouterr().err
