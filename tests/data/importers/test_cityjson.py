"""CityJSON models of one house, whole and broken."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data.importers.cityjson import read_cityjson
from data.importers.part import Part
from data.importers.report import Watch
from tests.by_cjio import read_by_cjio
from tests.data.importers.samples import EAST_M, NORTH_M, box_model, write_json
from twin.errors import BadInputError


def read(tmp_path: Path, model: object, crs: str = "") -> Part:
    return read_cityjson(write_json(tmp_path / "a.city.json", model), crs, Watch())


def test_a_solid_gives_a_footprint_its_height_and_its_surfaces(tmp_path: Path) -> None:
    part = read(tmp_path, box_model())
    building = part.tables["buildings"].iloc[0]
    assert part.crs == "EPSG:32651"
    assert (building["id"], building["use"]) == ("b1", "residential")
    assert (building["height_m"], building["base_m"]) == pytest.approx((6.0, 3.0))
    assert building.geometry.equals(shapely.box(EAST_M, NORTH_M, EAST_M + 10, NORTH_M + 8))
    assert part.tables["surfaces"]["kind"].tolist() == ["ground", "roof", "wall", "wall", "wall", "wall"]
    assert part.tables["surfaces"].geometry.has_z.all()


def test_the_sample_is_cityjson_in_the_eyes_of_cjio(tmp_path: Path) -> None:
    path = write_json(tmp_path / "a.city.json", box_model())
    assert read_by_cjio(path)["first_level"] == 1


def test_without_semantics_faces_are_told_by_slope_and_height(tmp_path: Path) -> None:
    model = box_model()
    del model["CityObjects"]["b1"]["geometry"][0]["semantics"]
    kinds = read(tmp_path, model).tables["surfaces"]["kind"]
    assert kinds.tolist() == ["ground", "roof", "wall", "wall", "wall", "wall"]


@pytest.mark.parametrize("kind", ["MultiSurface", "CompositeSolid", "MultiSolid"])
def test_other_geometry_types_give_the_same_building(tmp_path: Path, kind: str) -> None:
    model = box_model()
    geometry = model["CityObjects"]["b1"]["geometry"][0]
    solid, values = geometry["boundaries"], geometry["semantics"]["values"]
    geometry["type"] = kind
    geometry["boundaries"] = solid[0] if kind == "MultiSurface" else [solid]
    geometry["semantics"]["values"] = values[0] if kind == "MultiSurface" else [values]
    tables = read(tmp_path, model).tables
    assert tables["buildings"]["height_m"].tolist() == [6.0]
    assert len(tables["surfaces"]) == 6


def test_parts_count_as_their_building(tmp_path: Path) -> None:
    model = box_model()
    geometry = model["CityObjects"]["b1"].pop("geometry")
    model["CityObjects"]["b1"]["children"] = ["p1"]
    model["CityObjects"]["p1"] = {"type": "BuildingPart", "parents": ["b1"], "geometry": geometry}
    part = read(tmp_path, model)
    assert part.tables["buildings"]["id"].tolist() == ["b1"]
    assert set(part.tables["surfaces"]["building_id"]) == {"b1"}


def test_the_finest_level_is_taken(tmp_path: Path) -> None:
    model = box_model()
    fine = model["CityObjects"]["b1"]["geometry"][0]
    coarse = {"type": "MultiSurface", "lod": 0, "boundaries": [fine["boundaries"][0][0]]}
    model["CityObjects"]["b1"]["geometry"] = [coarse, fine]
    assert len(read(tmp_path, model).tables["surfaces"]) == 6


def test_other_objects_go_to_their_tables_or_are_counted(tmp_path: Path) -> None:
    model = box_model()
    flat = {"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 2, 3]]]}
    for key, kind in (("w", "WaterBody"), ("l", "LandUse"), ("p", "PlantCover"), ("r", "Road"), ("x", "Bridge")):
        model["CityObjects"][key] = {"type": kind, "geometry": [flat]}
    part = read(tmp_path, model)
    assert part.tables["water"]["kind"].tolist() == ["lake"]
    assert part.tables["land"]["kind"].tolist() == ["urban", "grass"]
    assert (part.report.counts["not_taken.Road"], part.report.counts["not_taken.Bridge"]) == (1, 1)


def test_a_compound_system_gives_its_flat_part(tmp_path: Path) -> None:
    model = box_model(metadata={"referenceSystem": "urn:ogc:def:crs:EPSG::7415"})
    assert read(tmp_path, model).crs == "EPSG:28992"


def test_no_system_is_asked_for_and_taken_when_given(tmp_path: Path) -> None:
    model = box_model(metadata={})
    with pytest.raises(BadInputError, match=r"declares no coordinate system.*--crs"):
        read(tmp_path, model)
    assert read(tmp_path, model, "EPSG:4549").crs == "EPSG:4549"


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"metadata": {"referenceSystem": "EPSG:999999"}}, "not known"),
        ({"type": "FeatureCollection"}, "not CityJSON"),
        ({"version": "9.9"}, "not read"),
        ({"vertices": [[0, 0]]}, "no whole CityJSON"),
        ({"transform": {"scale": [1, 1, 1e308], "translate": [0, 0, 1e308]}}, "no number"),
    ],
)
def test_what_cannot_be_used_is_said(tmp_path: Path, changes: dict[str, Any], word: str) -> None:
    with pytest.raises(BadInputError, match=word):
        read(tmp_path, box_model(**changes))


def test_a_file_cut_short_is_said(tmp_path: Path) -> None:
    path = tmp_path / "a.city.json"
    path.write_text(json.dumps(box_model())[:-30])
    with pytest.raises(BadInputError, match="no whole CityJSON"):
        read_cityjson(path, "", Watch())


def test_deep_nesting_is_no_crash(tmp_path: Path) -> None:
    path = tmp_path / "a.city.json"
    deep = "[" * 200_000 + "]" * 200_000
    path.write_text(json.dumps(box_model()).replace('"住宅"', deep).replace('"\\u4f4f\\u5b85"', deep))
    part_or_error = _outcome(path)
    assert part_or_error in ("part", "error")


def _outcome(path: Path) -> str:
    try:
        read_cityjson(path, "", Watch())
    except BadInputError:
        return "error"
    return "part"


def test_a_bad_object_is_counted_and_the_good_one_kept(tmp_path: Path) -> None:
    model = box_model()
    model["CityObjects"]["b2"] = {"type": "Building", "geometry": "none"}
    model["CityObjects"]["b3"] = {"type": "Building", "geometry": []}
    model["CityObjects"]["b4"] = {
        "type": "Building",
        "geometry": [{"type": "MultiSurface", "lod": "1", "boundaries": [[[0, 1, 99]], [[0, 0, 1]]]}],
    }
    part = read(tmp_path, model)
    assert part.tables["buildings"]["id"].tolist() == ["b1"]
    assert part.report.fault_counts == {"bad_object": 1, "bad_boundary": 2, "no_geometry": 2}
    assert "CityObjects.b2" in [fault.place for fault in part.report.faults]


SAME_EACH_TIME: dict[str, Any] = {
    "deadline": None,
    "derandomize": True,
    "suppress_health_check": [HealthCheck.function_scoped_fixture],
}
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def _paths(value: object, here: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [here] * bool(here) + [path for key, inner in items for path in _paths(inner, (*here, key))]


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture], derandomize=True
)
@given(choice=st.integers(0, 10_000), value=JSON)
def test_whatever_one_value_becomes_there_is_a_model_or_a_sentence(tmp_path: Path, choice: int, value: Any) -> None:
    model: Any = box_model()
    paths = _paths(model)
    *before, last = paths[choice % len(paths)]
    target = model
    for key in before:
        target = target[key]
    target[last] = value
    path = tmp_path / "a.city.json"
    path.write_text(json.dumps(model), "utf-8")
    assert _outcome(path) in ("part", "error")


@settings(max_examples=60, **SAME_EACH_TIME)
@given(at=st.integers(0, 1500), junk=st.binary(max_size=4))
def test_whatever_bytes_change_there_is_a_model_or_a_sentence(tmp_path: Path, at: int, junk: bytes) -> None:
    content = json.dumps(box_model()).encode()
    path = tmp_path / "a.city.json"
    path.write_bytes(content[:at] + junk + content[at + len(junk) :])
    assert _outcome(path) in ("part", "error")
