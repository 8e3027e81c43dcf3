"""The picture of ``zhian run --screenshot``, taken once everything is shown."""

from __future__ import annotations

from pathlib import Path

import pytest
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication

from app import shell
from app.main_window import MainWindow
from app.settings import SettingsFile
from data.connectors.contract import SourceSettings
from data.sync.settings import set_sources
from tests.app.conftest import let_go, made_home, session_at, shared_home, small_city, until

__all__ = ["made_home", "small_city"]


def test_sources_that_tell_nothing_do_not_cost_the_picture(
    qapp: QApplication, tmp_path: Path, made_home: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))  # the engine, a process of its own, looks there
    monkeypatch.setattr(shell, "SILENCE_S", 1.0)
    session, _ = session_at(shared_home(tmp_path, made_home))
    set_sources(session.home, "small", [SourceSettings("vans", "jt808", {"port": 0})])
    window, picture = MainWindow(session, SettingsFile.in_folder(session.home.data)), tmp_path / "silent.png"
    window.show()
    window.open_twin("small", build=False)
    ending = shell.Ending(window, picture, 0.5)
    until(picture.exists, 60)
    until(lambda: not window.isVisible())
    assert ending.code == 0
    assert not QImage(str(picture)).isNull()
    assert "没有移动目标" in capsys.readouterr().err
    let_go(window)
