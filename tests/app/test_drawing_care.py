from __future__ import annotations

import sys
from pathlib import Path

import pytest
from PySide6.QtWidgets import QApplication

from app.drawing_care import SOFTWARE, begin_again, can_draw, died_drawing

FAULT = """Fatal Python error: Segmentation fault

Thread 0x01 (most recent call first):
  File "map.py", line 3 in {other}

Current thread 0x02 (most recent call first):
  File "pyvistaqt/rwi.py", line 562 in {main}
  File "app/map/canvas.py", line 55 in event

Extension modules: numpy
"""


@pytest.mark.parametrize(
    ("text", "died"),
    [
        (FAULT.format(main="paintGL", other="run"), True),
        (FAULT.format(main="read_table", other="paintGL"), False),
        (FAULT.format(main="paintGL", other="run") + FAULT.format(main="fsync", other="run"), False),
        ("", False),
        ("\x00\xff no fault at all", False),
    ],
)
def test_a_run_that_ended_inside_a_frame_is_known_once(tmp_path: Path, text: str, died: bool) -> None:
    log = tmp_path / "fault.log"
    log.write_text(text, "utf-8")
    assert died_drawing(log) is died
    assert died_drawing(log) is False


def test_without_a_log_nothing_died(tmp_path: Path) -> None:
    assert not died_drawing(tmp_path / "fault.log")


def test_a_driver_that_draws_is_told_so(qapp: QApplication) -> None:
    assert can_draw()


def test_the_program_is_begun_again_with_the_same_arguments(monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[tuple[str, list[str], dict[str, str]]] = []
    monkeypatch.setattr("os.execve", lambda *given: begun.append(given))
    monkeypatch.setattr(sys, "argv", ["zhian", "run", "--twin", "demo"])
    begin_again("died")
    program, words, environment = begun[0]
    assert program == sys.executable
    assert words == [sys.executable, "-m", "app", "run", "--twin", "demo"]
    assert SOFTWARE.items() <= environment.items()
    assert environment["ZHIAN_SOFTWARE_GL"] == "died"
