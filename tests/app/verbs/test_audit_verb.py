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
    checkpoint = next(word for word in capsys.readouterr().out.split() if ":" in word and len(word) > 64)
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


def test_the_witness_shows_a_cut_tail(record: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    witness = tmp_path / "share"
    witness.mkdir()
    assert main(["audit", "init"]) == 0
    settings = Home.of_user().data / "audit.toml"
    settings.write_text(settings.read_text("utf-8").replace('witness = ""', f'witness = "{witness}"'), "utf-8")
    assert main(["audit", "checkpoint"]) == 0
    assert main(["audit", "checkpoint", "--due", "--json"]) == 0
    assert '"now":false' in capsys.readouterr().out
    assert main(["audit", "key", "--json"]) == 0
    key = json.loads(capsys.readouterr().out)["key"]
    assert main(["audit", "verify", "--witness", str(witness), "--key", key, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)[0]["witnessed"] == 1
    connection = sqlite3.connect(record)
    connection.executescript("DROP TRIGGER audit_entry_no_delete; DELETE FROM audit_entry WHERE seq > 1")
    connection.close()
    for checkpoint in (Home.of_user().state / "checkpoints" / "desk").iterdir():
        checkpoint.unlink()
    assert main(["audit", "verify"]) == 6
    assert "not those of the checkpoint" in capsys.readouterr().err
    assert main(["audit", "key", "--sm2"]) == 0
    assert main(["audit", "verify", "--key", capsys.readouterr().out.split()[-1]]) == 6
    assert "signed by a key that is not ours" in capsys.readouterr().out


@pytest.mark.parametrize(
    "arguments", [["verify", "--key", "x"], ["verify", "--checkpoint", "x"], ["list", "--newest", "0"]]
)
def test_what_makes_no_sense_is_exit_code_2(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", *arguments]) == 2
    assert capsys.readouterr().err
