"""Footprints in every vector format, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.importers.part import Part
from data.importers.report import Note, Watch
from data.importers.vector import BY_NAME, Columns, read_vector
from tests.data.importers.samples import UTM, footprints, square, write_json
from twin.errors import BadInputError, UsageError


def read(path: Path, crs: str = "", columns: Columns = BY_NAME, encoding: str = "") -> Part:
    return read_vector(path, crs, columns, encoding, Watch())


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb", "parquet"])
def test_every_format_gives_the_same_buildings(tmp_path: Path, suffix: str) -> None:
    table = footprints(id=["a", "b"], height=[12.5, 30.0], 用途=["住宅", "学校"])
    path = tmp_path / f"b.{suffix}"
    table.to_parquet(path) if suffix == "parquet" else table.to_file(path)
    made = read(path).tables["buildings"]
    by_id = made.set_index("id")
    assert sorted(made["id"]) == ["a", "b"]
    assert by_id["height_m"].to_dict() == {"a": 12.5, "b": 30.0}
    assert by_id["use"].to_dict() == {"a": "residential", "b": "school"}
    assert made.to_crs(UTM).geometry.area.tolist() == pytest.approx([100, 100], rel=1e-3)


@pytest.mark.parametrize("column", ["height", "height_m", "hoehe", "measuredHeight", "高度"])
def test_usual_height_columns_are_found(tmp_path: Path, column: str) -> None:
    footprints(**{column: [7.0]}).to_file(tmp_path / "b.gpkg")
    part = read(tmp_path / "b.gpkg")
    assert part.tables["buildings"]["height_m"].tolist() == [7.0]
    assert part.report.notes == [Note("heights_from", column)]


@pytest.mark.parametrize("column", ["levels", "floors", "层数"])
def test_usual_floor_columns_are_found(tmp_path: Path, column: str) -> None:
    footprints(**{column: ["6"]}).to_file(tmp_path / "b.gpkg")
    assert read(tmp_path / "b.gpkg").tables["buildings"]["floors"].tolist() == [6]


def test_a_column_that_was_asked_for_is_taken_or_missed(tmp_path: Path) -> None:
    footprints(height=[7.0], eaves=[5.0], n=[2]).to_file(tmp_path / "b.gpkg")
    made = read(tmp_path / "b.gpkg", columns=Columns("eaves", "N")).tables["buildings"]
    assert (made["height_m"].tolist(), made["floors"].tolist()) == ([5.0], [2])
    with pytest.raises(BadInputError, match="no column 'ridge'"):
        read(tmp_path / "b.gpkg", columns=Columns("ridge"))


def test_bad_heights_are_listed_and_the_buildings_kept(tmp_path: Path) -> None:
    footprints(height=["-5", "9999", "tall", "12 m", None]).to_file(tmp_path / "b.gpkg")
    part = read(tmp_path / "b.gpkg")
    heights = part.tables["buildings"]["height_m"]
    assert heights.isna().tolist() == [True, True, True, False, True]
    assert part.report.fault_counts == {"height": 2, "not_a_number": 1}
    assert [(f.place, f.kept) for f in part.report.faults if f.reason == "height"] == [
        ("feature 1", True),
        ("feature 2", True),
    ]


def test_broken_shapes_are_mended_or_left_out_and_counted(tmp_path: Path) -> None:
    bow = shapely.Polygon([(300_000, 3_410_000), (300_010, 3_410_010), (300_010, 3_410_000), (300_000, 3_410_010)])
    flat = shapely.Polygon([(300_000, 3_410_000), (300_010, 3_410_000), (300_020, 3_410_000)])
    shapes: Any = [square(), bow, flat, shapely.Polygon(), None, shapely.Point(300_000, 3_410_000)]
    gpd.GeoDataFrame({"height": [5.0] * 6}, geometry=shapes, crs=UTM).to_parquet(tmp_path / "b.parquet")
    part = read(tmp_path / "b.parquet")
    assert len(part.tables["buildings"]) == 2
    assert part.tables["buildings"].geometry.is_valid.all()
    assert part.report.fault_counts == {"self_crossing": 1, "beyond_repair": 1, "empty": 2, "not_polygon": 1}


def test_coordinates_that_are_no_numbers_are_left_out(tmp_path: Path) -> None:
    with np.errstate(invalid="ignore"):
        bad = shapely.Polygon([(0, 0), (1, 0), (np.nan, 1)])
    gpd.GeoDataFrame(geometry=[square(), bad], crs=UTM).to_parquet(tmp_path / "b.parquet")
    part = read(tmp_path / "b.parquet")
    assert len(part.tables["buildings"]) == 1
    assert part.report.fault_counts == {"not_finite": 1}


def test_ids_that_come_again_get_a_suffix(tmp_path: Path) -> None:
    footprints(id=["a", "a", "a~2", None]).to_file(tmp_path / "b.gpkg")
    part = read(tmp_path / "b.gpkg")
    ids = part.tables["buildings"]["id"].tolist()
    assert len(set(ids)) == 4
    assert part.report.fault_counts["duplicate_id"] >= 1


def test_no_system_is_asked_for_and_taken_when_given(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.shp")
    (tmp_path / "b.prj").unlink()
    with pytest.raises(BadInputError, match="no coordinate system"):
        read(tmp_path / "b.shp")
    assert read(tmp_path / "b.shp", UTM).crs == UTM


def test_latitude_before_longitude_is_said(tmp_path: Path) -> None:
    swapped = shapely.box(30.8, 120.9, 30.801, 120.901)
    gpd.GeoDataFrame(geometry=[swapped], crs="EPSG:4326").to_file(tmp_path / "b.geojson")
    with pytest.raises(BadInputError, match="latitude stands before longitude"):
        read(tmp_path / "b.geojson")


def test_metres_that_call_themselves_degrees_are_said(tmp_path: Path) -> None:
    model = json.loads(footprints(height=[5.0]).to_json(drop_id=True))
    model.pop("crs", None)
    with pytest.raises(BadInputError, match="no degrees"):
        read(write_json(tmp_path / "b.geojson", model))


def chinese_shapefile(tmp_path: Path) -> Path:
    footprints(名称=["县政府大楼"], 高度=[9.0]).to_file(tmp_path / "b.shp", encoding="GB18030")
    (tmp_path / "b.cpg").unlink()
    return tmp_path / "b.shp"


def test_attributes_in_gbk_without_a_word_of_it_are_said(tmp_path: Path) -> None:
    path = chinese_shapefile(tmp_path)
    with pytest.raises(BadInputError, match="--encoding GB18030"):
        read(path)
    made = read(path, encoding="GB18030").tables["buildings"]
    assert (made["name"].tolist(), made["height_m"].tolist()) == (["县政府大楼"], [9.0])


def test_geojson_in_gbk_is_said_and_read_when_told(tmp_path: Path) -> None:
    text = footprints(名称=["学校"]).to_crs("EPSG:4326").to_json(drop_id=True, ensure_ascii=False)
    (tmp_path / "b.geojson").write_bytes(text.encode("gb18030"))
    with pytest.raises(BadInputError, match="--encoding GB18030"):
        read(tmp_path / "b.geojson")
    assert read(tmp_path / "b.geojson", encoding="gb18030").tables["buildings"]["name"].tolist() == ["学校"]
    with pytest.raises(UsageError, match="no known encoding"):
        read(tmp_path / "b.geojson", encoding="klingon")


def test_the_layer_of_buildings_is_taken_and_the_others_named(tmp_path: Path) -> None:
    path = tmp_path / "b.gpkg"
    footprints(x=[1]).to_file(path, layer="parcels")
    footprints(x=[1, 2]).to_file(path, layer="建筑")
    part = read(path)
    assert len(part.tables["buildings"]) == 2
    assert part.report.notes == [Note("layer", "建筑 (parcels)")]


def test_a_file_of_lines_is_said(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    gpd.GeoDataFrame(geometry=[line], crs=UTM).to_file(tmp_path / "b.gpkg")
    with pytest.raises(BadInputError, match="no layer of areas"):
        read(tmp_path / "b.gpkg")


@pytest.mark.parametrize("suffix", ["gpkg", "geojson", "shp", "fgb", "parquet"])
@pytest.mark.parametrize("part", [0.2, 0.6])
def test_a_file_cut_short_is_one_sentence(tmp_path: Path, suffix: str, part: float) -> None:
    table = footprints(height=[5.0] * 50)
    path = tmp_path / f"b.{suffix}"
    table.to_parquet(path) if suffix == "parquet" else table.to_file(path)
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * part)])
    assert outcome(path) in ("error", "part")


def outcome(path: Path) -> str:
    try:
        read(path)
    except BadInputError as error:
        return "error" if "\n" not in str(error) else "more than a sentence"
    return "part"


def test_json_that_breaks_off_is_told_by_line(tmp_path: Path) -> None:
    (tmp_path / "b.geojson").write_text('{"type": "FeatureCollection",\n "features": [\n {"type": ')
    with pytest.raises(BadInputError, match="line 3"):
        read(tmp_path / "b.geojson")


SAME_EACH_TIME: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}
VALUE: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(), st.text(max_size=6), st.just([[]])
)


def sample() -> dict[str, Any]:
    made: dict[str, Any] = json.loads(footprints(id=["a", "b"], height=[5.0, 6.0]).to_crs("EPSG:4326").to_json())
    return made


def _paths(value: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here] * bool(here) + [path for key, inner in items for path in _paths(inner, (*here, key))]


@settings(max_examples=120, **SAME_EACH_TIME)
@given(choice=st.integers(0, 10_000), value=VALUE)
def test_whatever_one_value_becomes_there_are_buildings_or_a_sentence(tmp_path: Path, choice: int, value: Any) -> None:
    model: Any = sample()
    paths = _paths(model)
    *before, last = paths[choice % len(paths)]
    target = model
    for key in before:
        target = target[key]
    target[last] = value
    (tmp_path / "b.geojson").write_text(json.dumps(model), "utf-8")
    assert outcome(tmp_path / "b.geojson") in ("error", "part")


@settings(max_examples=60, **SAME_EACH_TIME)
@given(at=st.integers(0, 4000), junk=st.binary(min_size=1, max_size=6))
@pytest.mark.parametrize("suffix", ["fgb", "shp", "parquet"])
def test_whatever_bytes_change_there_are_buildings_or_a_sentence(
    tmp_path: Path, suffix: str, at: int, junk: bytes
) -> None:
    path = tmp_path / f"b.{suffix}"
    table = footprints(id=["a", "b"], height=[5.0, 6.0])
    table.to_parquet(path) if suffix == "parquet" else table.to_file(path)
    content = path.read_bytes()
    at %= len(content)
    path.write_bytes(content[:at] + junk + content[at + len(junk) :])
    assert outcome(path) in ("error", "part")
