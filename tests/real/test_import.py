"""Real places import with the counts that independent tools read from their files."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from app.cli import main
from data.store.twin_folder import open_city
from tests.by_cjio import read_by_cjio
from twin.city.city import City

pytestmark = pytest.mark.real


class Imported:
    """What ``zhian --json import`` printed last, and the city it made."""

    def __init__(self, home: Path, name: str, printed: str) -> None:
        self.report = json.loads(printed.splitlines()[-1])
        self.city: City = open_city(home / "data" / "twins" / name)

    def counts(self, file: str) -> dict[str, int]:
        """Return the counts of one file."""
        return next(f["counts"] for f in self.report["files"] if Path(f["file"]).name == file)


Take = Callable[..., Imported]


@pytest.fixture
def take(tmp_path: Path, real_city: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Take:
    """Return a function that imports files through the command line."""
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))

    def run(*files: str, crs: str = "", more: tuple[str, ...] = ()) -> Imported:
        given = [str(real_city / file) for file in files]
        assert main(["--json", "import", *given, "--name", "t", *(["--crs", crs] if crs else []), *more]) == 0
        return Imported(tmp_path, "t", capsys.readouterr().out)

    return run


def test_liechtenstein(take: Take) -> None:
    made = take("liechtenstein.osm.pbf")
    counts = made.counts("liechtenstein.osm.pbf")
    assert counts["buildings"] == made.report["tables"]["buildings"] == 8_995
    assert counts["buildings_with_height"] == 4
    assert counts["road_ways"] == 4_660
    roads = made.city.table("roads")
    assert roads["id"].str.split("-").str[0].nunique() == 4_660
    assert made.city.table("buildings").geometry.is_valid.all()
    assert (made.city.table("buildings")["height_m"] > 0).all()
    west, south, east, north = made.city.bounds_m()
    assert (east - west) < 20_000
    assert (north - south) < 35_000


def test_andorra_lies_on_its_terrain(take: Take) -> None:
    made = take("andorra.osm.pbf", "N42E001.hgt.zip")
    counts = made.counts("andorra.osm.pbf")
    assert counts["buildings"] == made.report["tables"]["buildings"] == 294
    assert counts["road_ways"] == 1_615
    city = made.city
    assert city.terrain is not None
    points = shapely.get_coordinates(city.table("roads").geometry.values)
    ground = city.ground_m(points[:, 0], points[:, 1])
    # The lowest point of the country is 840 m above the sea, its roads end below the peak of 2,942 m.
    assert 700 < ground.min() < 1000
    assert 2000 < ground.max() < 2950
    buildings = city.table("buildings")
    for outline, base_m in zip(buildings.geometry, buildings["base_m"], strict=True):
        corners = shapely.get_coordinates(outline)
        assert base_m == pytest.approx(city.ground_m(corners[:, 0], corners[:, 1]).min(), abs=0.01)


def test_delft(take: Take, real_city: Path) -> None:
    made = take("delft.city.json")
    counts = made.counts("delft.city.json")
    assert made.report["crs"] == "EPSG:28992"
    assert counts["city_objects"] == 570
    assert counts["building_solids"] == counts["city_objects.Building"] == made.report["tables"]["buildings"] == 160
    model = read_by_cjio(real_city / "delft.city.json")
    assert model["first_level"] == 570
    assert _surfaces_of(model["objects"]) == made.report["tables"]["surfaces"]
    assert set(made.city.table("surfaces")["kind"]) >= {"roof", "wall"}


def _surfaces_of(objects: dict[str, Any]) -> int:
    """Count the surfaces of cjio's Building solids."""
    buildings = (o for o in objects.values() if o["type"] == "Building")
    return sum(len(shell) for o in buildings for g in o["geometry"] for shell in g["boundaries"])


def test_rotterdam_asks_for_its_system(take: Take, real_city: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--language", "en", "import", str(real_city / "rotterdam.city.json"), "--name", "t"]) == 4
    said = capsys.readouterr().err
    assert "no coordinate system" in said
    assert "--crs" in said
    made = take("rotterdam.city.json", crs="EPSG:28992")
    assert made.report["tables"]["buildings"] == 16
    assert made.report["kinds"]["surfaces"].keys() == {"roof", "wall", "ground"}


def test_landsat_lies_in_its_place_with_nothing_where_there_is_nothing(take: Take) -> None:
    made = take("RGB.byte.tif")
    assert made.report["crs"] == "EPSG:32618"
    imagery = made.city.imagery
    assert imagery is not None
    np.testing.assert_allclose(imagery.bounds_m, (101985, 2611485, 339315, 2826915), atol=10)
    picture = imagery.read(imagery.bounds_m, (200, 200))
    assert (picture[:4, :4, 3] == 0).all()
    assert (picture[90:110, 90:110, 3] == 255).all()
    assert picture[90:110, 90:110, :3].std() > 5


def test_sentinel_takes_the_bands_it_is_told(take: Take) -> None:
    usual = _picture(take("s2.tif").city)
    told = _picture(take("s2.tif", more=("--bands", "4,2,1", "--replace")).city)
    assert not np.array_equal(usual[..., 0], told[..., 0])
    assert 60 < usual[..., :3].mean() < 200


def _picture(city: City) -> NDArray[np.uint8]:
    assert city.imagery is not None
    assert city.imagery.size_px == (301, 201)
    return city.imagery.read(city.imagery.bounds_m, (100, 100))


def test_a_footprint_table_round_trips_through_the_import(take: Take, tmp_path: Path, real_city: Path) -> None:
    first = take("liechtenstein.osm.pbf").city.table("buildings")
    for suffix, driver in (("gpkg", "GPKG"), ("fgb", "FlatGeobuf")):
        file = tmp_path / f"b.{suffix}"
        first.to_file(file, driver=driver)
        again = take(str(file), more=("--replace",)).city.table("buildings")
        assert sorted(again["id"]) == sorted(first["id"])
        assert gpd.GeoSeries(again.geometry).area.sum() == pytest.approx(first.geometry.area.sum())
