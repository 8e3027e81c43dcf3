"""What is kept comes back as it was, in whatever system the twin is in, or says why it does not."""

from __future__ import annotations

import errno
import math
import os
from dataclasses import replace
from pathlib import Path

import pytest
import shapely

from data.home import Home
from data.store.kept import kept_path, read_kept, write_kept
from tests.layers.tiny import tiny_city, tiny_kept
from twin.errors import BadInputError, DiskError, UsageError
from twin.geo import LocalFrame
from twin.kept import Bookmark, Kept, Tour

FRAME = tiny_city().frame


def whole() -> Kept:
    view = Bookmark("b1", "西塘古镇", 120.9, 30.9, 3.0, 800.0, 45.0, 30.0, slot=1)
    return replace(tiny_kept(), bookmarks=(view,), tours=(Tour("t1", "早巡", (("b1", 5.0),)),))


def test_what_was_kept_comes_back(tmp_path: Path) -> None:
    path = tmp_path / "kept" / "demo.json"
    assert read_kept(path, FRAME) == Kept()
    write_kept(path, whole(), FRAME)
    back = read_kept(path, FRAME)
    assert (back.bookmarks, back.tours) == (whole().bookmarks, whole().tours)
    assert back.fences[1].until_s == math.inf
    for old, new in zip(whole().results, back.results, strict=True):
        assert shapely.equals_exact(old.shape, new.shape, 1e-4)
        assert replace(new, shape=old.shape) == old
    for one, again in zip(whole().fences, back.fences, strict=True):
        assert shapely.equals_exact(one.shape, again.shape, 1e-4)
        assert replace(again, shape=one.shape) == one
    assert list(path.parent.iterdir()) == [path]


def test_it_lies_where_it_lay_when_the_twin_comes_back_in_another_system(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    write_kept(path, whole(), FRAME)
    other = LocalFrame("EPSG:32651", (300_000, 3_400_000))
    shape = read_kept(path, other).fences[0].shape
    x, y = shapely.get_coordinates(shapely.centroid(shape))[0]
    lon, lat = other.to_lonlat(x - other.origin_m[0], y - other.origin_m[1])
    x, y = shapely.get_coordinates(shapely.centroid(whole().fences[0].shape))[0]
    assert (float(lon), float(lat)) == pytest.approx(
        tuple(map(float, FRAME.to_lonlat(x - FRAME.origin_m[0], y - FRAME.origin_m[1]))), abs=1e-8
    )


@pytest.mark.parametrize(
    "damage",
    [b"", b"{", b"\xff\xfe", b"[]", b'{"format": 1, "fences": [{"id": 3}]}', b'{"format": "x"}',
     b'{"format":1,"fences":[{"id":"a","name":"a","kind":"watch","owner":"","shape":"AAAA","made_s":1.0}]}'],
)  # fmt: skip
def test_a_damaged_file_is_told_and_not_touched(tmp_path: Path, damage: bytes) -> None:
    path = tmp_path / "demo.json"
    path.write_bytes(damage)
    with pytest.raises(BadInputError, match="backup"):
        read_kept(path, FRAME)
    assert path.read_bytes() == damage


def test_a_file_of_a_newer_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "demo.json"
    path.write_bytes(b'{"format": 2}')
    with pytest.raises(BadInputError, match="newer"):
        read_kept(path, FRAME)


def test_a_full_disk_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "demo.json"
    write_kept(path, whole(), FRAME)
    before = path.read_bytes()

    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DiskError, match="full"):
        write_kept(path, Kept(), FRAME)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


def test_each_twin_has_a_file_of_its_own_and_a_name_is_no_path(tmp_path: Path) -> None:
    home = Home(*(tmp_path / name for name in ("data", "cache", "state", "runtime")))
    assert kept_path(home, "demo") == tmp_path / "data" / "kept" / "demo.json"
    with pytest.raises(UsageError):
        kept_path(home, "../demo")
