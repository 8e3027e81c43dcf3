"""``zhian access``: the matrix as the rules say, and a copy to change."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from app.cli import main, open_session, verb_modules
from data.access_rules import FILE


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    return tmp_path


def test_every_permission_a_command_asks_for_is_in_the_rules(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["access", "matrix", "--json"]) == 0
    named = set(json.loads(capsys.readouterr().out))
    session = open_session()
    session.commands.close()
    asked = {command.permission for verb in verb_modules() for command in verb.commands(session)}
    assert asked - named == set()


@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_matrix_has_a_line_for_each_action(capsys: pytest.CaptureFixture[str], language: str) -> None:
    assert main(["access", "matrix", "--language", language]) == 0
    head, *lines, legend = capsys.readouterr().out.splitlines()
    assert ("值班员" if language == "zh" else "Operator") in head
    assert sum(line.startswith("device.tell ") and "◐" in line for line in lines) == 1
    assert "◐" in legend


def test_an_own_copy_counts_from_then_on(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["access", "init"]) == 0
    path = next(home.rglob(FILE))
    path.write_text(path.read_text("utf-8").replace('may = ["*"]', 'may = ["access.read"]'), "utf-8")
    assert main(["access", "init"]) == 5
    assert main(["access", "matrix"]) == 0
    path.write_text("classifications = 3", "utf-8")
    assert main(["access", "matrix"]) == 4
    assert FILE in capsys.readouterr().err
