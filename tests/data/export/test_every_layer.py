"""Every layer comes back from every format of its table as it went: same rows by key, same system, same values."""

from __future__ import annotations

import json
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from pyproj import CRS
from rasterio.enums import ColorInterp

from app.exporting import Wish, export_layer
from data.export.formats import FORMATS
from layers.catalogue import LAYERS, layer_by_name
from layers.shown import shown
from tests.by_cjio import read_by_cjio
from tests.data.export.county import AT_S, IMAGE_PX, call, county_world
from tests.data.export.readers import READERS, Found, same_value
from twin.world import World

TABLE = [(layer.name, form) for layer in LAYERS for form in layer.formats]
FEATURES = [(name, form) for name, form in TABLE if form in READERS]
# Seven decimals of a degree are a centimetre; the other formats keep every bit.
TOLERANCE = {"geojson": 1e-7, "csv": 1e-7, "gpkg": 1e-9, "fgb": 1e-9, "parquet": 1e-9}
NOTICE = "演示数据，均为虚构 Demo data, all invented"


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return county_world(tmp_path_factory.mktemp("county"))


def written(world: World, layer: str, form: str, folder: Path, **how: str) -> Path:
    target = folder / f"{layer}{FORMATS[form].suffixes[0]}"
    export_layer(Wish(layer, target, **how), world, "small", call())  # type: ignore[arg-type]
    return target


def test_the_table_has_every_layer_and_every_format_is_used() -> None:
    assert {name for name, _ in TABLE} == {layer.name for layer in LAYERS} - {"trees"}
    assert {form for _, form in TABLE} == set(FORMATS)
    assert {form for _, form in TABLE} == {*READERS, "cityjson", "cog"}


@pytest.mark.parametrize(("layer", "form"), FEATURES)
def test_a_layer_comes_back_as_it_went(world: World, layer: str, form: str, tmp_path: Path) -> None:
    path = written(world, layer, form, tmp_path)
    rows = shown(layer_by_name(layer), world)
    found = READERS[form](path)
    assert len(rows) > 0
    check_values(layer, world, found)
    expected = shapes(world, layer, world.city.frame.crs if form not in ("geojson", "csv") else "EPSG:4326")
    assert [key for key, shape in expected.items() if not same_shape(shape, found.shapes[key], TOLERANCE[form])] == []
    if found.crs is not None:
        assert found.crs == CRS.from_user_input(4326 if form == "geojson" else world.city.frame.crs)
        assert NOTICE in found.notice
    check_provenance(path, layer, form, len(rows))


def same_shape(expected: shapely.Geometry, found: shapely.Geometry, tolerance: float) -> bool:
    """Tell whether no point lies farther off than the tolerance.

    GDAL keeps polygons of GeoJSON valid when it rounds them: a spike thinner than a centimetre is gone, and with it no
    more area than the tolerance along the outline.
    """
    if shapely.hausdorff_distance(expected, found) <= tolerance:
        return True
    areal = shapely.get_dimensions(expected) == shapely.get_dimensions(found) == 2
    lost = shapely.area(shapely.symmetric_difference(expected, found)) if areal else float("inf")
    return bool(lost <= tolerance * shapely.length(expected))


def check_values(layer: str, world: World, found: Found) -> None:
    rows = shown(layer_by_name(layer), world)
    keys = [str(key) for key in rows.columns["id"]]
    assert set(found.rows) == set(keys)
    for column in layer_by_name(layer).columns:
        wrong = [
            (key, value, found.rows[key][column.name])
            for key, value in zip(keys, rows.columns[column.name], strict=True)
            if not same_value(value, found.rows[key][column.name])
        ]
        assert wrong == []


def shapes(world: World, layer: str, crs: str) -> dict[str, shapely.Geometry]:
    rows = shown(layer_by_name(layer), world)
    if rows.geometry is not None:
        here = gpd.GeoSeries(rows.geometry, crs=world.city.frame.crs)
    else:
        assert rows.position_m is not None
        east, north, up = rows.position_m.astype(float).T
        origin_m = world.city.frame.origin_m
        here = gpd.GeoSeries(gpd.points_from_xy(east + origin_m[0], north + origin_m[1], up), crs=world.city.frame.crs)
    moved = here.to_crs(crs)
    return dict(zip(map(str, rows.columns["id"]), moved, strict=True))


def check_provenance(path: Path, layer: str, form: str, count: int) -> None:
    told = json.loads(path.with_name(path.name + ".provenance.json").read_text("utf-8"))
    live = layer_by_name(layer).group == "live"
    assert (told["layer"], told["format"], told["rows"]) == (layer, form, count)
    assert told["invented"]["zh"] == "演示数据，均为虚构"
    assert (told["time_of_data"] is not None) == live == bool(told["sources"])
    assert told["masked"] == (layer in ("vehicles", "people"))


def test_live_points_keep_their_height_above_the_sea(world: World, tmp_path: Path) -> None:
    found = READERS["gpkg"](written(world, "drones", "gpkg", tmp_path))
    assert {round(shapely.get_z(shape), 2) for shape in found.shapes.values()} == {63.25}


def test_buildings_become_city_objects_with_solids(world: World, tmp_path: Path) -> None:
    model = read_by_cjio(written(world, "buildings", "cityjson", tmp_path))
    rows = shown(layer_by_name("buildings"), world)
    assert model["version"] == "2.0"
    assert model["epsg"] == CRS.from_user_input(world.city.frame.crs).to_epsg()
    assert NOTICE in model["title"]
    objects, corners = model["objects"], np.array(model["corners"])
    assert set(objects) == set(rows.columns["id"])
    assert rows.geometry is not None
    columns = (rows.columns[name] for name in ("id", "height_m", "base_m", "name"))
    for key, height_m, base_m, name, shape in zip(*columns, rows.geometry, strict=True):
        told, solid = objects[key]["attributes"], objects[key]["geometry"][0]
        assert told.get("name", "") == name
        assert told["measuredHeight"] == pytest.approx(height_m, abs=0.001)
        assert (solid["type"], solid["lod"]) == ("Solid", "1.2")
        (shell,) = solid["boundaries"]
        assert solid_volume(shell, corners) == pytest.approx(shape.area * height_m, rel=2e-3)
        assert corners[shell[0][0]][:, 2] == pytest.approx(base_m, abs=0.001)
        kinds = [solid["semantics"]["surfaces"][value]["type"] for value in solid["semantics"]["values"][0]]
        assert (kinds[0], {*kinds[1:-1]}, kinds[-1]) == ("GroundSurface", {"WallSurface"}, "RoofSurface")


def solid_volume(shell: list[list[list[int]]], corners: np.ndarray[tuple[int, int], np.dtype[np.float64]]) -> float:
    """Volume by the divergence theorem: right only if every face looks outward."""
    total = 0.0
    near = corners[shell[0][0][0]]
    for ring in (ring for face in shell for ring in face):
        points = corners[ring] - near
        total += float((np.cross(points[1:-1], points[2:]) @ points[0]).sum()) / 6.0
    return total


def test_terrain_becomes_a_cloud_optimised_tiff_with_the_same_heights(world: World, tmp_path: Path) -> None:
    path = written(world, "terrain", "cog", tmp_path)
    terrain = world.city.terrain
    assert terrain is not None
    with rasterio.open(path) as file:
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.block_shapes == [(256, 256)]
        assert file.crs == rasterio.CRS.from_user_input(world.city.frame.crs)
        assert (file.transform.c, file.transform.f, file.transform.a) == (
            terrain.west_m,
            terrain.north_m,
            terrain.step_m,
        )
        assert (file.units, file.descriptions) == (("m",), ("height_m",))
        assert NOTICE in file.tags()["TIFFTAG_IMAGEDESCRIPTION"]
        np.testing.assert_array_equal(file.read(1), terrain.height_m)


def test_imagery_becomes_a_cloud_optimised_tiff_with_the_same_pixels(world: World, tmp_path: Path) -> None:
    path = written(world, "imagery", "cog", tmp_path)
    with rasterio.open(tmp_path / "imagery.tif") as file, rasterio.open(world.city.imagery.path) as source:  # type: ignore[union-attr]
        assert (file.width, file.height) == IMAGE_PX
        assert file.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert file.overviews(1) == [2, 4]
        assert set(file.block_shapes) == {(256, 256)}
        assert file.bounds == source.bounds
        assert file.crs == source.crs
        assert file.colorinterp[3] == ColorInterp.alpha
        np.testing.assert_array_equal(file.read(), source.read())
    assert path.with_name("imagery.tif.provenance.json").exists()


def test_the_time_of_the_data_is_that_of_the_newest_row(world: World, tmp_path: Path) -> None:
    path = written(world, "vehicles", "csv", tmp_path)
    told = json.loads(path.with_name("vehicles.csv.provenance.json").read_text("utf-8"))
    assert told["time_of_data"] == np.datetime_as_string(np.datetime64(int(AT_S), "s"), unit="ms") + "Z"
