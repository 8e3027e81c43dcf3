"""Desks are let in, join and leave from the command line; a service publishes to them."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from pathlib import Path

import pytest

from app.cli import main
from data.fanout.accounts import joined
from data.home import Home
from data.sync.child import engine_of
from tests.data.fanout.far import FarDesk, join, running, until
from tests.services import HOST, child, nats_server
from tests.small_county import home_with_county


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "engine"))
    home = home_with_county(tmp_path / "engine")
    home.set_current("small")
    return home


def test_a_desk_is_let_in_joins_leaves_and_is_removed(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = str(tmp_path / "desk-1.desk")
    assert main(["--language", "en", "desk", "open", "127.0.0.1:4333"]) == 0
    assert "nats-server -c" in capsys.readouterr().out
    assert main(["desk", "add", "desk-1", "--zone", "公安网", "--layer", "vehicles", "--out", file]) == 0
    assert Path(file).stat().st_mode & 0o077 == 0
    assert "PRIVATE" not in capsys.readouterr().out
    assert main(["--json", "desk", "list"]) == 0
    said = capsys.readouterr().out
    assert json.loads(said) == {"name": "desk-1", "zones": ["公安网"], "classifications": [], "layers": ["vehicles"]}
    assert main(["desk", "join", file]) == 0
    kept = joined(home, "small")
    assert kept is not None
    assert kept.url == "tls://127.0.0.1:4333"
    assert type(engine_of(home, "small", lambda message: None)).__name__ == "DeskEngine"
    assert main(["desk", "leave"]) == 0
    assert main(["desk", "leave"]) == 2
    assert main(["desk", "remove", "desk-1"]) == 0
    assert main(["desk", "remove", "desk-1"]) == 4


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["desk", "add", "王 五"], 2, "席位名"),
        (["desk", "add", "engine"], 2, "席位名"),
        (["desk", "open", "nowhere"], 2, "主机:端口"),
        (["desk", "join", "missing.desk"], 4, "zhian desk add"),
        (["desk", "join", "nats://10.1.1.1:4222"], 2, "不是本机"),
        (["sync", "--fanout", "nats://10.1.1.1:4222"], 2, "不是本机"),
        (["fanout", "http://127.0.0.1:1"], 2, "NATS"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(
    home: Home, arguments: list[str], code: int, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(arguments) == code
    assert words in capsys.readouterr().err


def test_a_service_publishes_and_takes_its_publisher_with_it(home: Home, tmp_path: Path) -> None:

    with nats_server(tmp_path) as server:
        url = f"nats://{HOST}:{server.port}"
        command = [sys.executable, "-m", "app", "--json", "sync", "--fanout", url]
        with child(command) as process:
            desk = FarDesk(tmp_path / "desk", join(url))

            async def run() -> None:
                async with running(desk.engine.run()):
                    await until(lambda: bool(desk.said) and len(desk.known()) > 100, 120)
                    process.send_signal(signal.SIGTERM)
                    desk.engine.quit()

            asyncio.run(run())
            assert process.wait(60) == 0
