"""What an operator does in the first minute: open, see it move, find a place, look closer, take a file home."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.gui_watch import GuiWatch, WatchedWindow
from app.settings import SettingsFile
from tests.app.conftest import home_at, let_go, made_home, session_at, shared_home, small_city, until

__all__ = ["made_home", "small_city"]


@pytest.fixture
def window(
    qapp: QApplication, tmp_path: Path, made_home: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[WatchedWindow]:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))  # the engine, a process of its own, looks there
    session, _ = session_at(shared_home(tmp_path, made_home))
    opened = WatchedWindow(session, SettingsFile.in_folder(session.home.data))
    opened.watch = GuiWatch(opened)
    opened.resize(1600, 900)
    opened.show()
    yield opened
    let_go(opened)


def test_open_search_fly_look_and_export(window: WatchedWindow, tmp_path: Path) -> None:
    window.open_twin("small", build=False)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) > 100, 60)
    assert window.watch is not None
    window.watch.start()
    first = window.live.world
    assert first is not None
    until(lambda: window.live.world is not None and window.live.world.tracks.version > first.tracks.version)

    box = window.top.search
    window.acts.run("search.focus")
    box.setText("Xitang")
    box.textEdited.emit("Xitang")
    until(box.popup.isVisible)
    QTest.keyClick(box, Qt.Key.Key_Return)
    until(lambda: window.details.facts is not None and window.details.title.text() == "西塘镇")

    rows = first.tracks.rows
    bus = next(row["id"].decode() for row in rows if row["kind"] == 3)
    window.acts.run("map.find_entity", key=bus)
    assert window.selection.picks[0].key == bus
    until(lambda: "*" in window.details.title.text())

    receipts: list[object] = []
    target = tmp_path / "vehicles.geojson"
    window.acts.run("layer.save", name="vehicles", target=target, done=receipts.append)
    until(lambda: bool(receipts), 60)
    features = json.loads(target.read_text("utf-8"))["features"]
    assert len(features) > 100
    assert all("*" in feature["properties"]["label"] for feature in features)
    blocks = window.watch.stop()
    over = f"{blocks.over_16_ms} of {blocks.turns} turns over 16 ms"
    print(f"longest block without drawing: {blocks.longest_ms:.1f} ms; {over}")


def test_without_a_twin_the_window_opens_at_once_and_says_why_building_failed(
    qapp: QApplication, tmp_path: Path
) -> None:
    session, _ = session_at(tmp_path)
    opened = WatchedWindow(session, SettingsFile.in_folder(session.home.data))
    opened.opening._program = ["/bin/false"]
    opened.show()
    opened.open_twin("demo", build=True)
    assert opened.centre.currentWidget() is opened.opening_panel
    until(lambda: bool(opened.opening_panel.problem.text()))
    assert opened.opening_panel.retry.isVisible()
    assert not opened.opening_panel.bar.isVisible()
    let_go(opened)


def test_a_twin_that_cannot_be_read_is_told_in_a_sentence(qapp: QApplication, tmp_path: Path) -> None:
    session, _ = session_at(tmp_path)
    folder = home_at(tmp_path).twin("bad")
    folder.mkdir(parents=True)
    (folder / "twin.json").write_text("{", "utf-8")
    opened = WatchedWindow(session, SettingsFile.in_folder(session.home.data))
    opened.show()
    opened.open_twin("bad", build=False)
    until(lambda: bool(opened.opening_panel.problem.text()))
    assert "twin.json" in opened.opening_panel.problem.text()
    let_go(opened)
