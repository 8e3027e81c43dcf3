"""``zhian audit``: the record can be read and checked, and a changed one is exit code 6."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from app.cli import main
from data.home import Home


@pytest.fixture(autouse=True)
def record(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    return Home.of_user().state / "trail.sqlite"


def test_a_whole_record_gives_a_checkpoint_that_holds_later(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "list"]) == 0
    assert main(["audit", "list", "--newest", "1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1])["seq"] == 2
    assert main(["audit", "verify"]) == 0
    checkpoint = capsys.readouterr().out.split()[-1]
    assert checkpoint.startswith("3:")
    assert main(["audit", "verify", "--checkpoint", checkpoint]) == 0


def test_a_changed_record_is_exit_code_6(record: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for _ in range(3):
        assert main(["audit", "list"]) == 0
    connection = sqlite3.connect(record)
    connection.executescript("DROP TRIGGER audit_entry_no_update; UPDATE audit_entry SET body = '{}' WHERE seq = 2")
    connection.close()
    capsys.readouterr()
    assert main(["audit", "verify"]) == 6
    assert "entry 2: it was changed" in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["verify", "--checkpoint", "x"], ["list", "--newest", "0"]])
def test_what_makes_no_sense_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *arguments]) == 2
    assert capsys.readouterr().err
