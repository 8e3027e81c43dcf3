from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from pytestqt.qtbot import QtBot

from app.engine import BEHIND, EngineLog, EngineState, EngineWatch
from app.texts import Texts
from data.home import Home
from tests.small_county import home_with_county
from twin.world import Playback

BLOCK_S = 0.016
WAIT_MS = 60_000


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    return home_with_county(tmp_path)


@pytest.fixture
def watch(home: Home, qtbot: QtBot) -> Iterator[EngineWatch]:
    watch = EngineWatch(home, "small")
    yield watch
    watch.close()


def _pid(watch: EngineWatch) -> int:
    return int(watch.findChildren(type(watch._process))[0].processId())


def _wait_for_life(watch: EngineWatch, qtbot: QtBot, after: int = 0) -> None:
    def alive() -> bool:
        return len(watch.frame()) > 0 and watch.frame().version > after and watch.state.phase == "running"

    qtbot.waitUntil(alive, timeout=WAIT_MS)


def test_an_engine_that_is_killed_comes_back_and_its_frames_go_on_without_doubles(
    watch: EngineWatch, qtbot: QtBot
) -> None:
    states: list[EngineState] = []
    watch.state_changed.connect(states.append)
    watch.start()
    _wait_for_life(watch, qtbot)
    assert os.getpriority(os.PRIO_PROCESS, _pid(watch)) == min(os.getpriority(os.PRIO_PROCESS, 0) + BEHIND, 19)
    before = watch.frame()
    os.kill(_pid(watch), signal.SIGKILL)
    qtbot.waitUntil(lambda: watch.state.phase == "restarting", timeout=WAIT_MS)
    assert len(watch.frame()) == len(before)
    assert not any(source.up for source in watch.sources)
    _wait_for_life(watch, qtbot, after=before.version)
    after = watch.frame().rows["id"].tolist()
    assert sorted(after) == sorted(set(after)) == sorted(before.rows["id"].tolist())
    assert watch.state.restarts == 1
    assert states[0].phase == "starting"


def test_an_engine_that_hangs_is_replaced(watch: EngineWatch, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("app.engine.HUNG_S", 1.5)
    logs: list[EngineLog] = []
    watch.log.connect(logs.append)
    watch.start()
    _wait_for_life(watch, qtbot)
    before = watch.frame()
    os.kill(_pid(watch), signal.SIGSTOP)
    _wait_for_life(watch, qtbot, after=before.version + 3)
    texts = Texts("en")
    assert any("no sign of life" in texts(f"engine.log.{log.key}", **log.values) for log in logs)


def test_closing_leaves_no_process_and_no_file_and_stopping_does_not_block(
    watch: EngineWatch, home: Home, qtbot: QtBot
) -> None:
    watch.start()
    _wait_for_life(watch, qtbot)
    pid = _pid(watch)
    begun = time.perf_counter()
    watch.stop()
    assert time.perf_counter() - begun < BLOCK_S
    qtbot.waitUntil(lambda: watch.state.phase == "down", timeout=WAIT_MS)
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
    assert list(home.runtime.iterdir()) == []
    watch.start()
    _wait_for_life(watch, qtbot)
    watch.stop()
    watch.start()  # while the one before still ends
    _wait_for_life(watch, qtbot, after=watch.frame().version)
    assert watch.state.restarts == 0
    watch.close()
    assert list(home.runtime.iterdir()) == []


def test_an_engine_that_cannot_start_is_told_with_its_reason(home: Home, qtbot: QtBot) -> None:
    watch = EngineWatch(home, "nowhere")
    with qtbot.waitSignal(watch.log, timeout=WAIT_MS) as told:
        watch.start()
    assert told.args is not None
    assert "no twin here" in told.args[0].values["reason"]
    assert watch.state.phase == "restarting"
    watch.close()
    missing = EngineWatch(home, "small", command=["/nowhere/zhian-engine"])
    with qtbot.waitSignal(missing.log, timeout=WAIT_MS):
        missing.start()
    missing.close()


def test_an_engine_that_runs_already_is_read_along_with_and_replaced_when_it_ends(
    watch: EngineWatch, home: Home, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.engine.TAKE_OVER_S", 1.5)
    monkeypatch.setattr("app.engine.FRESH_S", 1.2)
    logs: list[EngineLog] = []
    watch.log.connect(logs.append)
    command = [sys.executable, "-m", "data.sync", "--twin", "small"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert b"ready" in other.stdout.readline()
        watch.start()
        qtbot.waitUntil(lambda: watch.state.attached and watch.state.entities > 0, timeout=WAIT_MS)
        assert not _pid(watch)
        watch.steer("demo life", "stop")
        qtbot.waitUntil(lambda: not any(source.up for source in watch.sources), timeout=WAIT_MS)
        other.kill()
    qtbot.waitUntil(lambda: watch.state.phase == "restarting", timeout=WAIT_MS)
    qtbot.waitUntil(lambda: watch.state.phase == "running" and not watch.state.attached, timeout=WAIT_MS)
    assert _pid(watch)
    assert [log.key for log in logs][:2] == ["engine_attached", "engine_taken_over"]


def test_a_recording_makes_the_world_a_look_back(watch: EngineWatch, qtbot: QtBot, tmp_path: Path) -> None:
    csv = tmp_path / "drive.csv"
    csv.write_text("time,lon,lat\n" + "".join(f"{1000 + s},120.92,{30.83 + s * 1e-4}\n" for s in range(60)), "utf-8")
    watch.start()
    _wait_for_life(watch, qtbot)
    assert _recording(watch) is None
    watch.play([str(csv)], speed=10.0)
    qtbot.waitUntil(lambda: _recording(watch) is not None, timeout=WAIT_MS)
    playback = _recording(watch)
    assert playback is not None
    assert 1000 <= playback.clock_s <= 1060
    watch.steer("recording", "pause")
    qtbot.waitUntil(lambda: getattr(_recording(watch), "paused", False), timeout=WAIT_MS)
    watch.steer("recording", "stop")
    qtbot.waitUntil(lambda: _recording(watch) is None, timeout=WAIT_MS)


def _recording(watch: EngineWatch) -> Playback | None:
    watch.frame()
    return next((source.playback for source in watch.sources if source.playback is not None), None)
