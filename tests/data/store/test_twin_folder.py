"""A twin on disk is the old one or the new one, never half."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.home import Home
from data.store import twin_folder
from data.store.twin_folder import open_city, save_city
from twin.city.city import City, Terrain
from twin.errors import BadInputError
from twin.geo import LocalFrame

FRAME = LocalFrame("EPSG:32651", (300_000, 3_410_000))


def small_city(name: str = "小城") -> City:
    lake = shapely.box(300_010, 3_410_010, 300_050, 3_410_050)
    water = gpd.GeoDataFrame({"id": ["w1"], "name": ["湖"], "kind": ["lake"]}, geometry=[lake], crs=FRAME.crs)
    heights = np.array([[1.0, 2.0], [np.nan, 4.0]], dtype=np.float32)
    return City(name, "Small", FRAME, {"water": water}, Terrain(heights, 300_000, 3_410_100, 50.0))


def test_a_city_comes_back_as_it_was(tmp_path: Path) -> None:
    save_city(small_city(), tmp_path / "a")
    back = open_city(tmp_path / "a")
    assert (back.name, back.frame) == ("小城", FRAME)
    assert back.table("water").geometry.geom_equals(small_city().table("water").geometry).all()
    assert back.terrain is not None
    np.testing.assert_array_equal(back.terrain.height_m, small_city().terrain.height_m)  # type: ignore[union-attr]  # made above


def test_a_failed_save_leaves_the_old_twin_and_nothing_else(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_city(small_city("旧"), tmp_path / "a")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(twin_folder, "_write_terrain", full_disk)
    with pytest.raises(OSError, match="No space"):
        save_city(small_city("新"), tmp_path / "a")
    assert open_city(tmp_path / "a").name == "旧"
    assert [p.name for p in tmp_path.iterdir()] == ["a"]


def test_the_old_twin_comes_back_after_a_stop_between_the_renames(tmp_path: Path) -> None:
    save_city(small_city("旧"), tmp_path / "a")
    (tmp_path / "a").rename(tmp_path / ".a.old")
    assert open_city(tmp_path / "a").name == "旧"


def test_a_twin_in_the_making_is_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    home = Home.of_user()
    save_city(small_city(), home.twin("a"))
    (home.data / "twins" / ".a.new-1").mkdir()
    (home.data / "twins" / ".a.new-1" / "twin.json").touch()
    assert home.twins() == ["a"]


@pytest.mark.parametrize(
    ("file", "content"),
    [
        ("twin.json", b"{"),
        ("twin.json", b"\xff\xfe"),
        ("water.parquet", b"PAR1junkPAR1"),
        ("terrain.tif", b"II*\0junk"),
    ],
)
def test_a_damaged_file_is_named(tmp_path: Path, file: str, content: bytes) -> None:
    save_city(small_city(), tmp_path / "a")
    (tmp_path / "a" / file).write_bytes(content)
    with pytest.raises(BadInputError, match=file):
        open_city(tmp_path / "a")


def test_a_folder_without_a_manifest_is_no_twin(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="no twin here"):
        open_city(tmp_path / "none")


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(twin_folder, "FORMAT", 2)
    save_city(replace(small_city(), terrain=None), tmp_path / "a")
    monkeypatch.undo()
    with pytest.raises(BadInputError, match="newer program"):
        open_city(tmp_path / "a")
