from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from app.cli import main
from data.upgrade import STAMP


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    return tmp_path


def test_build_list_use_and_info(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language", "en", "county", "build", "--small", "--name", "one"]) == 0
    told = capsys.readouterr()
    assert "Building houses" in told.err
    assert main(["--language", "en", "county", "build", "--small", "--name", "two", "--seed", "2"]) == 0
    assert main(["county", "use", "one"]) == 0
    assert main(["county", "draw", "one"]) == 0
    capsys.readouterr()
    assert main(["county", "list"]) == 0
    assert capsys.readouterr().out.split() == ["*", "one", "two"]
    assert main(["--json", "county", "info"]) == 0
    info = json.loads(capsys.readouterr().out)
    assert info["name"] == "one"
    assert info["invented"] is True
    assert info["buildings"] > 300


def test_progress_is_json_lines_when_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "county", "build", "--small"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert lines[-1]["done"] == "small"
    assert lines[-1]["buildings"] > 300


def test_a_twin_is_not_built_over_unless_asked(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["county", "build", "--small"]) == 0
    assert main(["county", "build", "--small"]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["county", "build", "--small", "--replace"]) == 0


def test_a_twin_that_is_not_there_cannot_be_used(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["county", "use", "nowhere"]) == 2
    assert "nowhere" in capsys.readouterr().err


def test_an_interrupted_build_leaves_nothing(home: Path) -> None:
    child = subprocess.Popen(
        [sys.executable, "-m", "app", "--json", "county", "build"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env={**os.environ, "ZHIAN_HOME": str(home)},
    )  # fmt: skip
    assert child.stdout is not None
    child.stdout.readline()
    child.send_signal(signal.SIGINT)
    child.communicate(timeout=60)
    assert child.returncode == 130
    assert [path.name for path in (home / "data").rglob("*") if path.is_file()] == [STAMP]
