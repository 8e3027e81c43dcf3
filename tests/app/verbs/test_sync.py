from __future__ import annotations

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from app.cli import main
from data.connectors.contract import SourceSettings
from data.home import Home
from data.sync.messages import inbox, read_order
from data.sync.settings import DEMO, set_sources
from data.sync.shared import open_for_writing, table_path
from tests.small_county import home_with_county

DRIVE = "time,lon,lat\n" + "".join(f"{1000 + second},12.{second:03d},51.0\n" for second in range(30))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    home = home_with_county(tmp_path)
    home.set_current("small")
    (tmp_path / "drive.csv").write_text(DRIVE, "utf-8")
    return home


def test_a_recording_is_played_to_its_end(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    drive = str(home.data.parent / "drive.csv")
    assert main(["--json", "play", drive, "--here", "--speed", "20"]) == 0
    said = [json.loads(text) for text in capsys.readouterr().out.splitlines()]
    assert said[0]["type"] == "ready"
    assert [line["key"] for line in said if line["type"] == "log"][-1] == "source_ended"
    assert any(line["type"] == "status" and line["entities"] == 1 for line in said)
    assert list(home.runtime.iterdir()) == []


@pytest.mark.parametrize("language", ["zh", "en"])
def test_what_the_engine_says_is_said_in_words(home: Home, language: str, capsys: pytest.CaptureFixture[str]) -> None:
    drive = str(home.data.parent / "drive.csv")
    assert main(["--language", language, "play", drive, "--here", "--speed", "1000"]) == 0
    out = capsys.readouterr().out
    assert ("数据源已结束" in out) == (language == "zh")
    assert "{" not in out


def test_a_bad_recording_ends_with_its_sentence(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    bad = home.data.parent / "bad.csv"
    bad.write_text("name,lon,lat\nx,1,2\n", "utf-8")
    assert main(["play", str(bad)]) == 4
    assert "找不到表示 time 的列" in capsys.readouterr().err
    assert main(["play", str(bad), "--column", "time"]) == 2


def test_a_running_engine_is_handed_the_recording(home: Home, capsys: pytest.CaptureFixture[str]) -> None:
    shared = open_for_writing(table_path(home, "small"), 8)
    drive = str(home.data.parent / "drive.csv")
    assert main(["--language", "en", "play", drive, "--speed", "2"]) == 0
    assert "Handed to the engine" in capsys.readouterr().out
    (left,) = inbox(home, "small").glob("*.json")
    order = read_order(left.read_bytes())
    assert order.settings is not None
    assert order.settings.options["paths"] == [drive]
    assert order.settings.options["speed"] == 2.0
    shared.close()


@contextlib.contextmanager
def _sync(home: Home, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """Run the engine as a service does: from the command line, without a display."""
    command = [sys.executable, "-m", "app", "--json", "sync"]
    around = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    around |= {"PYTHONPATH": str(Path(__file__).parents[3]), **environment}
    with subprocess.Popen(command, stdout=subprocess.PIPE, env=around) as process:
        try:
            yield process
        finally:
            process.kill()


def _until(process: subprocess.Popen[bytes], word: bytes) -> bytes:
    assert process.stdout is not None
    while word not in (text := process.stdout.readline()):
        assert text
    return text


@pytest.mark.parametrize(("ending", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_the_engine_in_the_foreground_ends_clean_when_told(home: Home, ending: signal.Signals, code: int) -> None:
    with _sync(home) as process:
        _until(process, b"source_up")
        process.send_signal(ending)
        assert process.stdout is not None
        process.stdout.read()
        assert process.wait(60) == code
    assert list(home.runtime.iterdir()) == []


def test_the_service_tells_its_manager_and_follows_changed_settings_without_a_display(home: Home) -> None:
    address = str(home.runtime / "notify")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(120)
        with _sync(home, NOTIFY_SOCKET=address) as process:
            while (told := manager.recv(200)) != b"READY=1":
                assert told.startswith(b"WATCHDOG=1")
            assert manager.recv(200).startswith(b"WATCHDOG=1\nSTATUS=")
            if sys.platform == "linux":
                loaded = Path(f"/proc/{process.pid}/maps").read_text()
                assert "Qt6" not in loaded
                assert "vtk" not in loaded
            set_sources(home, "small", [SourceSettings("vans", "jt808", {"port": 0}), DEMO])
            process.send_signal(signal.SIGHUP)
            assert json.loads(_until(process, b"sources_reloaded"))["values"] == {"sources": "2"}
            (home.data / "sources.toml").write_text("[small", "utf-8")
            process.send_signal(signal.SIGHUP)
            assert b"not TOML" in _until(process, b"order_refused")
            process.terminate()
            while (told := manager.recv(200)) != b"STOPPING=1":
                assert told.startswith(b"WATCHDOG=1")
            assert process.wait(60) == 0


def test_a_service_that_reads_along_with_another_engine_is_ready_though_nobody_answers(home: Home) -> None:
    address = str(home.runtime / "notify")
    assert main(["desk", "join", "nats://127.0.0.1:1"]) == 0
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager:
        manager.bind(address)
        manager.settimeout(120)
        with _sync(home, NOTIFY_SOCKET=address) as process:
            while manager.recv(200) != b"READY=1":
                assert process.poll() is None
            assert json.loads(_until(process, b"fanout_lost"))["values"]["url"] == "nats://127.0.0.1:1"
            process.terminate()
            assert process.wait(60) == 0
