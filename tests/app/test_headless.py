from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from app import headless
from app.headless import check_pieces, virtual_display
from app.verbs.run import has_display
from twin.errors import MissingPieceError

ROOT = Path(__file__).resolve().parents[2]


def test_what_is_missing_is_named_with_the_command_that_brings_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shutil.which", lambda _name: None)
    monkeypatch.setattr(headless, "LIBRARIES", {"no-such-library": "libnosuch0"})
    with pytest.raises(MissingPieceError, match="apt-get install -y --no-install-recommends xvfb libnosuch0") as error:
        check_pieces()
    assert error.value.exit_code == 3


def test_a_display_of_our_own_starts_and_ends() -> None:
    with virtual_display(640, 480) as display:
        assert Path(f"/tmp/.X11-unix/X{display[1:]}").exists()  # noqa: S108 - where X keeps its sockets
    assert not Path(f"/tmp/.X11-unix/X{display[1:]}").exists()  # noqa: S108


def test_no_display_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    assert not has_display()
    monkeypatch.setenv("DISPLAY", ":1")
    assert has_display()


@pytest.mark.parametrize("arguments", [["--size", "12"], ["--size", "10x10"], ["--twin", "nowhere"]])
def test_what_makes_no_sense_is_said_in_a_sentence(arguments: list[str], tmp_path: Path) -> None:
    environment = os.environ | {"ZHIAN_HOME": str(tmp_path), "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "app", "run", *arguments]
    answer = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert answer.returncode == 2
    assert answer.stderr.startswith("zhian: ")
    assert "Traceback" not in answer.stderr
