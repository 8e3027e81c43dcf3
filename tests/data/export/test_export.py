"""An export is whole or not there, holds what was asked for, hides what it must, and hurts no spreadsheet."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import json
import os
import resource
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS

from app.exporting import Wish, export_layer
from data.export import child
from data.export.content import Features
from data.export.export import Receipt
from data.export.formats import FORMATS
from data.export.select import within
from data.export.write_table import harmless
from layers.catalogue import LAYERS
from tests.data.export.county import call
from tests.data.export.readers import READERS
from tests.layers.tiny import AT_S, tiny_city, tiny_world
from twin.city.city import City
from twin.errors import BadInputError, CancelledError, DiskError, UsageError, ZhianError
from twin.geo import LocalFrame
from twin.live.frame import empty_frame
from twin.world import World

WORLD = tiny_world()
EMPTY = World(City("空", "Empty", LocalFrame("EPSG:4549", (0, 0)), {}), empty_frame(), (), AT_S, live=True)
EVERY_TABLE = [(layer.name, form) for layer in LAYERS for form in layer.formats if form in READERS]


def export(target: Path, layer: str, world: World = WORLD, *, unmask: bool = False, **how: Any) -> Receipt:
    return export_layer(Wish(layer, target, **how), world, "tiny", call(unmask))


def left_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.mark.parametrize(("layer", "form"), EVERY_TABLE)
def test_an_empty_layer_becomes_a_file_without_rows(layer: str, form: str, tmp_path: Path) -> None:
    target = tmp_path / f"x{FORMATS[form].suffixes[0]}"
    assert export(target, layer, EMPTY).rows == 0
    assert READERS[form](target).rows == {}


def test_an_empty_city_becomes_a_city_without_objects(tmp_path: Path) -> None:
    assert export(tmp_path / "x.city.json", "buildings", EMPTY).rows == 0
    assert json.loads((tmp_path / "x.city.json").read_text("utf-8"))["CityObjects"] == {}


@pytest.mark.parametrize("layer", ["terrain", "imagery"])
def test_a_surface_that_is_not_there_is_said(layer: str, tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match=f"no {layer}"):
        export(tmp_path / "x.tif", layer, EMPTY)
    assert left_in(tmp_path) == []


@pytest.mark.parametrize("form", READERS)
def test_a_filter_chooses_rows_in_every_format(form: str, tmp_path: Path) -> None:
    target = tmp_path / f"x{FORMATS[form].suffixes[0]}"
    receipt = export(target, "buildings", where="height_m > 10 and use in ('hospital', 'office')")
    assert receipt.rows == 2
    assert set(READERS[form](target).rows) == {"b1", "b3"}


def test_a_box_keeps_what_touches_it_whole(tmp_path: Path) -> None:
    west, south = (float(v) for v in WORLD.city.frame.to_lonlat(5.0, 5.0))
    east, north = (float(v) for v in WORLD.city.frame.to_lonlat(41.0, 45.0))
    export(tmp_path / "x.gpkg", "buildings", bbox_deg=(west, south, east, north))
    found = READERS["gpkg"](tmp_path / "x.gpkg")
    assert set(found.rows) == {"b1", "b2", "b4"}
    assert shapely.area(found.shapes["b1"]) == pytest.approx(100.0)


def test_a_box_bends_with_the_system() -> None:
    """The straight southern side of a wide box of degrees is a curve on the ground: its middle lies farther south."""
    frame = LocalFrame("EPSG:3035", (0, 0))
    x, y = frame.to_local(np.array([1.0, 10.0, 19.0]), np.full(3, 50.01))
    points = np.asarray(shapely.points(np.column_stack([x, y])), dtype=object)
    features = Features((), {"id": np.array(["a", "b", "c"], object)}, points, "EPSG:3035")
    assert within(features, (0.0, 50.0, 20.0, 51.0)).keys() == ["a", "b", "c"]
    assert within(features, (0.0, 50.02, 20.0, 51.0)).keys() == []


def test_another_system_moves_places_and_keeps_heights(tmp_path: Path) -> None:
    export(tmp_path / "x.gpkg", "drones", crs="EPSG:32651")
    found = READERS["gpkg"](tmp_path / "x.gpkg")
    lon, lat = WORLD.city.frame.to_lonlat(50.0, 50.0)
    east, north = LocalFrame("EPSG:32651", (0, 0)).to_local(lon, lat)
    assert found.crs == CRS.from_epsg(32651)
    (point,) = found.shapes.values()
    assert shapely.get_coordinates(point, include_z=True)[0] == pytest.approx([east, north, 83.0], abs=0.05)


def test_terrain_is_cut_to_a_box_with_its_heights_untouched(tmp_path: Path) -> None:
    west, south = (float(v) for v in WORLD.city.frame.to_lonlat(0.5, 0.5))
    east, north = (float(v) for v in WORLD.city.frame.to_lonlat(99.5, 49.5))
    receipt = export(tmp_path / "x.tif", "terrain", bbox_deg=(west, south, east, north))
    terrain = WORLD.city.terrain
    assert terrain is not None
    assert receipt.size_px == (10, 5)
    with rasterio.open(tmp_path / "x.tif") as file:
        np.testing.assert_array_equal(file.read(1), terrain.height_m[15:20, 20:30])


def test_terrain_in_degrees_is_where_it_was(tmp_path: Path) -> None:
    export(tmp_path / "x.tif", "terrain", crs="EPSG:4326")
    lon, lat = (float(v) for v in WORLD.city.frame.to_lonlat(105.0, 55.0))
    east, north = WORLD.city.frame.origin_m
    with rasterio.open(tmp_path / "x.tif") as file:
        assert file.crs.to_epsg() == 4326
        (value,) = next(file.sample([(lon, lat)]))
    assert value == pytest.approx(float(WORLD.city.ground_m(east + 105.0, north + 55.0)), abs=0.06)


def test_a_box_beside_the_terrain_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="outside of the layer"):
        export(tmp_path / "x.tif", "terrain", bbox_deg=(10.0, 10.0, 11.0, 11.0))
    assert left_in(tmp_path) == []


@pytest.mark.parametrize(
    ("name", "how", "words"),
    [
        ("x.shp", {}, "not written in files of this name; it can be: gpkg"),
        ("x", {}, "not written in files of this name"),
        ("x.city.json", {"format": "cog"}, "not written as cog"),
        ("x.gpkg", {"format": "geojson"}, "a GeoJSON file ends in .geojson, .json"),
        ("x.geojson", {"crs": "EPSG:4549"}, "always in WGS 84"),
        ("x.csv", {"crs": "EPSG:4549"}, "always in WGS 84"),
        ("x.city.json", {"crs": "EPSG:4326"}, "needs a system in metres"),
        ("x.gpkg", {"crs": "EPSG:1"}, "no coordinate system"),
        ("x.gpkg", {"crs": "/etc/passwd"}, "no coordinate system"),
        ("x.gpkg", {"crs": "EPSG:5773"}, "no system of places"),
        ("x.gpkg", {"bbox_deg": (3.0, 1.0, 2.0, 4.0)}, "a box is west"),
        ("x.gpkg", {"bbox_deg": (float("nan"), 1.0, 2.0, 4.0)}, "a box is west"),
        ("x.gpkg", {"where": "__import__('os').system('touch hacked')"}, "cannot be read"),
        ("x.gpkg", {"where": "1=1; DROP TABLE x"}, "cannot be read"),
        ("x.gpkg", {"where": "secret = 1"}, "there is no .secret."),
        ("no/where/x.gpkg", {}, "there is no folder"),
        ("file.txt/x.gpkg", {}, "there is no folder"),
        ("folder.gpkg", {}, "is a folder"),
        ("taken.gpkg", {}, "is there already"),
        ("pipe.gpkg", {"overwrite": True}, "no plain file"),
    ],
)
def test_what_makes_no_sense_is_refused_and_leaves_nothing(
    name: str, how: dict[str, Any], words: str, tmp_path: Path
) -> None:
    (tmp_path / "folder.gpkg").mkdir()
    (tmp_path / "taken.gpkg").write_text("mine")
    (tmp_path / "file.txt").write_text("mine")
    os.mkfifo(tmp_path / "pipe.gpkg")
    before = left_in(tmp_path)
    with pytest.raises(UsageError, match=words):
        export(tmp_path / name, "buildings", **how)
    assert left_in(tmp_path) == before
    assert (tmp_path / "taken.gpkg").read_text() == "mine"


def test_a_filter_for_a_surface_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no rows to choose from"):
        export(tmp_path / "x.tif", "terrain", where="height_m > 3")


def test_a_folder_that_takes_no_file_is_a_disk_error() -> None:
    with pytest.raises(DiskError, match=r"/proc/x\.gpkg cannot be written"):
        export(Path("/proc/x.gpkg"), "roads")


def test_overwriting_replaces_both_files(tmp_path: Path) -> None:
    target = tmp_path / "x.csv"
    export(target, "buildings")
    receipt = export(target, "roads", overwrite=True)
    assert left_in(tmp_path) == ["x.csv", "x.csv.provenance.json"]
    told = json.loads(receipt.provenance.read_text("utf-8"))
    assert told["layer"] == "roads"
    assert told["sha256"] == hashlib.sha256(target.read_bytes()).hexdigest() == receipt.sha256
    assert told["bytes"] == target.stat().st_size


def test_provenance_says_what_was_asked_by_whom_and_why(tmp_path: Path) -> None:
    box = (120.0, 30.0, 121.5, 31.5)
    receipt = export(tmp_path / "x.geojson", "vehicles", unmask=True, where="kind = 'car'", bbox_deg=box)
    told = json.loads(receipt.provenance.read_text("utf-8"))
    assert told["rows"] == 1
    assert told["filter"] == "kind = 'car'"
    assert told["bbox_deg"] == list(box)
    assert told["purpose"] == {"text": "查找失踪老人", "reference": "A-2026-1"}
    assert told["actor"] == "demo"
    assert told["sources"] == ["demo-life"]
    assert told["time_of_data"] == "2026-05-28T20:26:38.750Z"
    assert told["invented"] == {"zh": "演示数据，均为虚构", "en": "Demo data, all invented"}
    assert told["program"].startswith("Zhian Twin 0.")
    assert told["masked"] is False


def test_real_data_is_not_called_invented(tmp_path: Path) -> None:
    real = dataclasses.replace(WORLD, city=dataclasses.replace(tiny_city(), invented=False))
    receipt = export(tmp_path / "x.geojson", "places", real)
    assert json.loads(receipt.provenance.read_text("utf-8"))["invented"] is False
    assert "虚构" not in (tmp_path / "x.geojson").read_text("utf-8")


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize(
    ("layer", "plain", "hidden"), [("vehicles", "浙F·8K2Q6", "浙F·8***6"), ("people", "王小明", "王**")]
)
def test_plates_and_names_leave_the_house_only_with_a_purpose(
    form: str, layer: str, plain: str, hidden: str, tmp_path: Path
) -> None:
    without, stated = (tmp_path / f"{name}{FORMATS[form].suffixes[0]}" for name in ("a", "b"))
    export(without, layer)
    export(stated, layer, unmask=True)
    assert hidden in {row["label"] for row in READERS[form](without).rows.values()}
    assert plain in {row["label"] for row in READERS[form](stated).rows.values()}
    assert plain.encode() not in without.read_bytes()


@pytest.mark.parametrize("layer_form", [("buildings", form) for form in (*READERS, "cityjson")] + [("terrain", "cog")])
def test_the_same_input_gives_the_same_bytes(
    layer_form: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer, form = layer_form
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1780000000")
    suffix = FORMATS[form].suffixes[0]
    (tmp_path / "b").mkdir()
    first = export(tmp_path / f"x{suffix}", layer)
    again = export(tmp_path / "b" / f"x{suffix}", layer)
    assert first.sha256 == again.sha256
    assert first.provenance.read_bytes() == again.provenance.read_bytes()


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "＝1"])
def test_formulas_become_texts(text: str) -> None:
    assert harmless(text) == f"'{text}"


def test_formula_cells_are_harmless_and_numbers_stay_numbers(tmp_path: Path) -> None:
    export(tmp_path / "x.csv", "buildings")
    with (tmp_path / "x.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = {row["id"]: row for row in csv.DictReader(file)}
    assert rows["b3"]["name"] == "'=cmd|' /C calc'!A0"
    assert rows["b4"]["name"] == '学校“东”,"校"'
    assert rows["b4"]["height_m"] == ""
    assert rows["b1"]["height_m"] == "21.5"
    cells = [cell for row in rows.values() for cell in row.values()]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "@")) or (cell[:1] == "-" and not float(cell))]


def test_negative_numbers_are_left_alone(tmp_path: Path) -> None:
    city = tiny_city()
    city.table("buildings")["base_m"] = np.full(4, -2.5, np.float32)
    export(tmp_path / "x.csv", "buildings", dataclasses.replace(WORLD, city=city))
    assert {row["base_m"] for row in READERS["csv"](tmp_path / "x.csv").rows.values()} == {"-2.5"}


@pytest.fixture
def spawned(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write each file in a new process, which takes its parent's limits over and compiles nothing under them."""
    monkeypatch.setattr(child, "METHOD", "spawn")
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")


@contextmanager
def small_files() -> Iterator[None]:
    """A disk that takes no file of more than 2 kB; no longer than needed, since the test run may log to a file too."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.usefixtures("spawned")
@pytest.mark.parametrize(
    ("layer", "name"),
    [("land", "x.gpkg"), ("buildings", "x.geojson"), ("buildings", "x.fgb"), ("buildings", "x.parquet"),
     ("buildings", "x.city.json"), ("terrain", "x.tif")],
)  # fmt: skip
def test_a_full_disk_leaves_nothing_behind(layer: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(DiskError), small_files():
        export(tmp_path / name, layer)
    assert left_in(tmp_path) == []


@pytest.mark.usefixtures("spawned")
def test_a_full_disk_leaves_the_file_that_was_there(tmp_path: Path) -> None:
    (tmp_path / "x.csv").write_text("mine")
    many = tiny_city()
    many.table("buildings")["name"] = ["名" * 900] * 4
    with pytest.raises(DiskError), small_files():
        export(tmp_path / "x.csv", "buildings", dataclasses.replace(WORLD, city=many), overwrite=True)
    assert left_in(tmp_path) == ["x.csv"]
    assert (tmp_path / "x.csv").read_text() == "mine"


def abort(*_: object) -> None:
    os.abort()


def stumble(*_: object) -> None:
    raise ValueError("a fault of the library")


def spin(*_: object) -> None:
    while True:
        pass


def test_a_writer_that_crashes_is_an_error_and_no_more() -> None:
    with pytest.raises(ZhianError, match="SIGABRT"):
        child.run(abort)


def test_a_writer_that_fails_says_why() -> None:
    with pytest.raises(ZhianError, match="a fault of the library"):
        child.run(stumble)


def test_an_export_can_be_stopped() -> None:
    asked: list[int] = []

    def cancelled() -> bool:
        asked.append(1)
        return len(asked) > 2

    with pytest.raises(CancelledError):
        child.run(spin, cancelled=cancelled)


def test_city_objects_of_many_shapes(tmp_path: Path) -> None:
    export(tmp_path / "x.city.json", "buildings")
    model = json.loads((tmp_path / "x.city.json").read_text("utf-8"))
    objects = model["CityObjects"]
    assert set(objects) == {"b1", "b2", "b3", "b3-part-1", "b3-part-2", "b4"}
    assert [shape["lod"] for shape in objects["b1"]["geometry"]] == ["1.2", "2"]
    assert [s["type"] for s in objects["b1"]["geometry"][1]["semantics"]["surfaces"]] == [
        "GroundSurface",
        "RoofSurface",
    ]
    floor, *walls, _ = objects["b2"]["geometry"][0]["boundaries"][0]
    assert len(floor) == 2
    assert len(walls) == 8
    assert objects["b3"]["children"] == ["b3-part-1", "b3-part-2"]
    assert objects["b3-part-2"]["parents"] == ["b3"]
    assert "measuredHeight" not in objects["b4"]["attributes"]
    assert [(shape["type"], shape["lod"]) for shape in objects["b4"]["geometry"]] == [("MultiSurface", "0")]
    assert model["metadata"]["referenceSystem"].endswith("/EPSG/0/4549")
    corners = {tuple(corner) for corner in model["vertices"]}
    assert len(corners) == len(model["vertices"])
