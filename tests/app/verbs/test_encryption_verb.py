"""``zhian encryption`` turns a home and tells its state and key."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main


def test_a_home_is_turned_by_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    assert main(["records", "upgrade"]) == 0
    assert main(["encryption", "on"]) == 0
    capsys.readouterr()
    assert main(["--json", "encryption", "status"]) == 0
    assert sorted(json.loads(capsys.readouterr().out).values()) == [True, True]
    assert main(["encryption", "key"]) == 0
    assert len(capsys.readouterr().out.strip()) == 64
    assert main(["audit", "verify"]) == 0
    assert main(["encryption", "off"]) == 0
    capsys.readouterr()
    assert main(["--language", "en", "encryption", "status"]) == 0
    assert capsys.readouterr().out.count("not encrypted") == 2
    assert main(["audit", "list"]) == 0
    assert capsys.readouterr().out.count("records.manage") == 4
