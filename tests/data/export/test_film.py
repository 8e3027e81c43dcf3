"""Films are whole or not there."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from data.export import film
from data.export.film import Film
from twin.errors import DiskError


def picture(level: int, size: tuple[int, int] = (160, 90)) -> NDArray[np.uint8]:
    return np.full((size[1], size[0], 3), level, np.uint8)


def frames(path: Path) -> list[NDArray[np.uint8]]:
    reader = cv2.VideoCapture(str(path))
    found = []
    while True:
        there, frame = reader.read()
        if not there:
            break
        found.append(np.asarray(frame, np.uint8))
    reader.release()
    return found


def test_a_film_shows_each_picture_for_as_long_as_it_stood(tmp_path: Path) -> None:
    path = tmp_path / "new" / "film.mp4"
    made = Film(path, (160, 90), 10.0)
    made.add(picture(20), 0.0)
    made.add(picture(200), 0.5)
    made.add(picture(90), 0.55)
    assert made.finish() == 7
    levels = [round(float(frame.mean()) / 10) * 10 for frame in frames(path)]
    assert levels == [20, 20, 20, 20, 20, 200, 90]
    assert [file.name for file in path.parent.iterdir()] == ["film.mp4"]


def test_odd_sizes_lose_a_line(tmp_path: Path) -> None:
    made = Film(tmp_path / "odd.mp4", (161, 91), 10.0)
    made.add(picture(50, (161, 91)), 0.0)
    made.finish()
    assert frames(tmp_path / "odd.mp4")[0].shape == (90, 160, 3)


def test_a_film_that_is_cancelled_leaves_nothing_and_what_was_there_stays(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"before")
    made = Film(path, (160, 90), 10.0)
    made.add(picture(20), 0.0)
    made.cancel()
    assert [file.name for file in tmp_path.iterdir()] == ["film.mp4"]
    assert path.read_bytes() == b"before"


def test_a_film_without_a_frame_or_cut_short_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(DiskError, match="not written whole"):
        Film(tmp_path / "empty.mp4", (160, 90), 10.0).finish()
    made = Film(tmp_path / "short.mp4", (160, 90), 10.0)
    made.add(picture(20), 0.0)
    monkeypatch.setattr(film, "_frames_in", lambda _path: 0)
    with pytest.raises(DiskError, match="not written whole"):
        made.finish()
    assert list(tmp_path.iterdir()) == []


def test_it_stops_before_the_disk_is_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = Film(tmp_path / "film.mp4", (160, 90), 10.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _folder: SimpleNamespace(free=1000))
    made.add(picture(20), 0.5)
    with pytest.raises(DiskError, match="no room"):
        made.add(picture(20), 1.0)
    made.cancel()
    with pytest.raises(DiskError, match="no room"):
        Film(tmp_path / "other.mp4", (160, 90), 10.0)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(DiskError):
        Film(tmp_path / "file" / "film.mp4", (160, 90), 10.0)
