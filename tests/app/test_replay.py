"""A recording is played from the window, through the engine, and the screen says that it is not now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from app.main_window import MainWindow
from app.recordings import Asked, look_at
from app.settings import SettingsFile
from app.widgets.stage import MoveQuestion
from tests.app.conftest import let_go, session_at, shared_home, until
from twin.city.city import City

BEGIN_S = datetime(2024, 3, 5, 0, 0, tzinfo=UTC).timestamp()
HERE = (120.92, 30.83)
LEIPZIG = (12.34, 51.37)


def gpx(folder: Path, place: tuple[float, float], minutes: int = 20) -> Path:
    """Write a drive to the north-east, a point every second, that begins at 08:00 in Shanghai."""
    points = "".join(
        f'<trkpt lat="{place[1] + 1e-5 * s:.6f}" lon="{place[0] + 1e-5 * s:.6f}">'
        f"<time>{datetime.fromtimestamp(BEGIN_S + s, UTC):%Y-%m-%dT%H:%M:%SZ}</time></trkpt>"
        for s in range(60 * minutes)
    )
    path = folder / "drive.gpx"
    path.write_text(
        '<?xml version="1.0"?><gpx version="1.1" creator="t" xmlns="http://www.topografix.com/GPX/1/1">'
        f"<trk><name>drive</name><trkseg>{points}</trkseg></trk></gpx>",
        "utf-8",
    )
    return path


@pytest.fixture(scope="module")
def living(qapp: QApplication, tmp_path_factory: pytest.TempPathFactory, made_home: Path) -> Iterator[MainWindow]:
    """Return a window with the engine itself."""
    root = shared_home(Path(tmp_path_factory.mktemp("replay")), made_home)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZHIAN_HOME", str(root))  # the engine, a process of its own, looks there
        session, _ = session_at(root)
        window = MainWindow(session, SettingsFile.in_folder(session.home.data))
        window.resize(1600, 900)
        window.show()
        window.open_twin("small", build=False)
        until(lambda: window.live.world is not None and len(window.live.world.tracks) > 100, 60)
        yield window
        let_go(window)


@pytest.fixture
def window(living: MainWindow) -> Iterator[MainWindow]:
    """Return the window while it shows what is now, and leave it so."""
    yield living
    if living.replay.playback is not None:
        living.acts.run("recording.stop")
    until(lambda: living.replay.playback is None)


def clock_s(window: MainWindow) -> float:
    return -1.0 if window.replay.playback is None else window.replay.playback.clock_s


def test_a_recording_plays_is_steered_and_gives_way_to_what_is_now(window: MainWindow, tmp_path: Path) -> None:
    assert not window.time_bar.recording.isVisible()
    ran: list[str] = []
    window.acts.ran.connect(ran.append)
    window.acts.run("recording.play", paths=[str(gpx(tmp_path, HERE))], speed=10.0)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) == 1)
    assert window.live.world is not None
    assert not window.live.world.live
    assert b"drive" in window.live.world.tracks.rows["id"][0]
    bar = window.time_bar
    until(lambda: bar.about == "recording")
    assert "回放" in bar.notice.text()
    assert bar.title.text() == "drive.gpx"
    assert bar.clock.text().startswith("2024-03-05 08:0")
    assert window.stage.property("framed") == "true"

    until(lambda: window.acts.by_id["selection.follow"].isChecked())
    until(lambda: clock_s(window) > BEGIN_S + 15)
    assert "recording.seek" not in ran

    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    until(lambda: window.replay.playback is not None and window.replay.playback.paused)
    bar.speed.activated.emit(bar.speed.findData(100.0))
    until(lambda: window.replay.playback is not None and window.replay.playback.speed == 100.0)
    QTest.mouseClick(bar.strip, Qt.MouseButton.LeftButton, pos=QPoint(bar.strip.width() // 2, 8))
    until(lambda: abs(clock_s(window) - BEGIN_S - 600) < 30)
    QTest.mouseClick(bar.play, Qt.MouseButton.LeftButton)
    until(lambda: clock_s(window) > BEGIN_S + 700)

    QTest.mouseClick(bar.now, Qt.MouseButton.LeftButton)
    until(lambda: window.live.world is not None and window.live.world.live and len(window.live.world.tracks) > 100)
    until(lambda: bar.about == "history")
    assert window.stage.property("framed") == "false"


def test_a_recording_from_far_away_is_moved_here_if_one_wants(window: MainWindow, tmp_path: Path) -> None:
    window.acts.run("recording.play", paths=[str(gpx(tmp_path, LEIPZIG))])
    until(lambda: window.findChildren(MoveQuestion))
    question = window.findChildren(MoveQuestion)[0]
    assert "km" in question.text()
    QTest.mouseClick(question.move_here, Qt.MouseButton.LeftButton)
    until(lambda: window.live.world is not None and len(window.live.world.tracks) == 1)
    until(lambda: "地点非实" in window.time_bar.title.text())
    assert window.live.city is not None
    assert window.live.world is not None
    west, south, east, north = window.live.city.bounds_m()
    x, y = window.live.world.tracks.position_m[0, :2] + window.live.city.frame.origin_m
    assert west < x < east
    assert south < y < north


def test_a_recording_that_is_left_where_it_was_does_not_play(window: MainWindow, tmp_path: Path) -> None:
    window.acts.run("recording.play", paths=[str(gpx(tmp_path, LEIPZIG))])
    until(lambda: any(question.isVisible() for question in window.findChildren(MoveQuestion)))
    question = next(question for question in window.findChildren(MoveQuestion) if question.isVisible())
    QTest.mouseClick(question.leave, Qt.MouseButton.LeftButton)
    until(lambda: not question.isVisible())
    assert window.replay.playback is None


def test_files_can_be_dropped_and_what_is_no_recording_is_refused_in_a_sentence(
    window: MainWindow, tmp_path: Path
) -> None:
    other = tmp_path / "letter.docx"
    other.write_bytes(b"PK")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(other))])
    window.dropEvent(
        QDropEvent(QPointF(5, 5), Qt.DropAction.CopyAction, data, Qt.MouseButton.LeftButton, Qt.KeyboardModifier(0))
    )
    until(lambda: "letter.docx" in window.status.said.text())
    assert "Traceback" not in window.status.said.text()


def test_steering_without_a_recording_is_refused_in_a_sentence(window: MainWindow) -> None:
    assert not window.acts.by_id["recording.pause"].isEnabled()
    window.acts.run("recording.seek", value=0.0)
    assert "回放" in window.status.said.text()


def test_a_recording_tells_how_far_it_is(small_city: City, tmp_path: Path) -> None:
    near = look_at(Asked((str(gpx(tmp_path, HERE)),)), small_city)
    assert near.away_m < 20_000
    assert near.entities == 1
    assert 1000 < near.extent_m < 2000
    far = look_at(Asked((str(gpx(tmp_path, LEIPZIG)),)), small_city)
    assert 8_000_000 < far.away_m < 9_500_000
