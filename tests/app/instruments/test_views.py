"""Views, tours, pictures and films in the window."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
import pytest
from PySide6.QtGui import QImage

from app.instruments.feature import Instruments
from app.instruments.stamp import FOOT_PX, Stamp, stamped
from app.main_window import MainWindow
from app.theme import load_theme
from tests.app.conftest import until
from twin.access import Purpose


def instruments(window: MainWindow) -> Instruments:
    (found,) = [feature for feature in window.features if isinstance(feature, Instruments)]
    return found


@pytest.fixture(autouse=True)
def emptied(request: pytest.FixtureRequest) -> None:
    if "window" in request.fixturenames:
        window: MainWindow = request.getfixturevalue("window")
        instruments(window).keeper.change(bookmarks=(), tours=(), fences=())


def refused(window: MainWindow, command: str) -> str:
    told: list[str] = []
    window.acts.refused.connect(lambda _id, why: told.append(why))
    window.acts.run(command)
    return told[-1] if told else ""


def test_a_view_is_kept_left_and_come_back_to_by_its_key(window: MainWindow) -> None:
    before = window.map.camera()
    window.acts.run("view.keep")
    (view,) = instruments(window).keeper.kept.bookmarks
    assert (view.name, view.slot) == ("视角 1", 1)
    window.acts.run("view.top")
    until(lambda: window.map.camera().pitch_deg > 89)
    window.acts.run("view.go_1")
    until(lambda: abs(window.map.camera().pitch_deg - before.pitch_deg) < 0.01)
    now = window.map.camera()
    assert now.focus_m == pytest.approx(before.focus_m, abs=0.01)
    assert (now.distance_m, now.bearing_deg) == pytest.approx((before.distance_m, before.bearing_deg))
    assert "Alt+7" in refused(window, "view.go_7")


def test_views_are_renamed_and_dropped_and_free_their_key(window: MainWindow) -> None:
    found = instruments(window)
    for _ in range(3):
        window.acts.run("view.keep")
    first = found.keeper.kept.bookmarks[0]
    window.acts.run("view.rename", key=first.id, name="西塘古镇")
    assert found.keeper.kept.bookmarks[0].name == "西塘古镇"
    window.acts.run("view.drop", key=first.id)
    window.acts.run("view.keep")
    assert [view.slot for view in found.keeper.kept.bookmarks] == [2, 3, 1]
    assert len(found.views.panel.model.keys) == 3


def test_a_tour_goes_from_view_to_view_and_ends(window: MainWindow) -> None:
    found = instruments(window)
    assert "Ctrl+B" in refused(window, "tour.make")
    for distance in (700.0, 1500.0):
        state = window.map.camera()
        window.map.set_camera(type(state)(state.focus_m, distance, state.bearing_deg, state.pitch_deg))
        window.acts.run("view.keep")
    window.acts.run("tour.make", seconds=1.0)
    (tour,) = found.keeper.kept.tours
    assert [seconds for _key, seconds in tour.stops] == [1.0, 1.0]
    window.acts.run("tour.toggle")
    assert window.acts.by_id["tour.toggle"].isChecked()
    until(lambda: abs(window.map.camera().distance_m - 700.0) < 1)
    until(lambda: abs(window.map.camera().distance_m - 1500.0) < 1)
    until(lambda: not found.views.playing)
    assert not window.acts.by_id["tour.toggle"].isChecked()


def test_a_tour_is_stopped_and_forgets_views_that_are_dropped(window: MainWindow) -> None:
    found = instruments(window)
    for _ in range(2):
        window.acts.run("view.keep")
    window.acts.run("tour.make")
    window.acts.run("tour.toggle")
    window.acts.run("tour.toggle")
    assert not found.views.playing
    for view in found.keeper.kept.bookmarks:
        window.acts.run("view.drop", key=view.id)
    assert found.keeper.kept.tours == ()


def test_a_picture_carries_its_strip_and_its_mark(window: MainWindow, tmp_path: Path) -> None:
    window.purpose.state(Purpose("查找失踪老人", "A-1"), 5)
    path = tmp_path / "map.png"
    window.acts.run("picture.save", target=str(path))
    until(path.exists, 60.0)
    picture = QImage(str(path))
    plain = window.map.picture()
    assert picture.height() == plain.height() + FOOT_PX
    assert [file.name for file in tmp_path.iterdir()] == ["map.png"]


def test_the_words_of_a_picture_are_in_its_pixels() -> None:
    blank = QImage(1200, 400, QImage.Format.Format_RGB32)
    blank.fill(0xFF204060)
    marked = stamped(blank, Stamp("小县", "演示", "某人", "某人 · 查找"), load_theme("dark"))
    bare = stamped(blank, Stamp("", "", "", ""), load_theme("dark"))

    def pixels(picture: QImage) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
        return np.frombuffer(picture.constBits(), np.uint8).reshape(picture.height(), -1).copy()

    difference = pixels(marked) != pixels(bare)
    assert difference[400:].any(), "the strip has no words"
    for left in range(0, 4800, 1600):
        assert difference[:400, left : left + 1600].any(), "a part of the picture has no mark"


def test_a_film_is_made_of_the_view_and_can_be_given_up(window: MainWindow, tmp_path: Path) -> None:
    path = tmp_path / "map.mp4"
    window.acts.run("film.toggle", target=str(path))
    assert window.acts.by_id["film.toggle"].isChecked()
    film = instruments(window).pictures
    until(lambda: any(job.stage for job in window.jobs.running() if job.title == "job.film"))
    window.acts.run("film.toggle")
    until(path.exists, 60.0)
    reader = cv2.VideoCapture(str(path))
    there, frame = reader.read()
    reader.release()
    assert there
    assert frame is not None
    assert abs(frame.shape[1] - window.map.picture().width()) <= 1
    window.acts.run("film.toggle", target=str(tmp_path / "other.mp4"))
    window.acts.run("film.cancel")
    until(lambda: not list(tmp_path.glob(".*")))
    assert not film._timer.isActive()
    assert [file.name for file in tmp_path.iterdir()] == ["map.mp4"]


def test_a_film_that_cannot_be_written_says_so_and_ends(window: MainWindow, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    window.acts.run("film.toggle", target=str(tmp_path / "file" / "map.mp4"))
    until(lambda: not window.acts.by_id["film.toggle"].isChecked())
    assert not instruments(window).pictures._timer.isActive()
