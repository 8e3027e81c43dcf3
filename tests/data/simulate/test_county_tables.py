from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import shapely

from data.simulate.county.build import STAGES, build_county
from data.store.twin_folder import save_city
from twin.city.city import City
from twin.city.tables import (
    BUILDING_USES,
    DEVICE_KINDS,
    LAND_KINDS,
    PLACE_KINDS,
    ROAD_CLASSES,
    SITE_KINDS,
    TABLES,
    WATER_KINDS,
)
from twin.errors import CancelledError

FILLED = [name for name in TABLES if name not in ("surfaces", "turns")]
KINDS = {"water": WATER_KINDS, "land": LAND_KINDS, "places": PLACE_KINDS, "sites": SITE_KINDS, "devices": DEVICE_KINDS}


@pytest.mark.parametrize("name", FILLED)
def test_columns_and_types_are_as_specified(small: City, name: str) -> None:
    table, spec = small.table(name), TABLES[name]
    assert len(table)
    assert list(table.columns) == [*(column.name for column in spec.columns), "geometry"]
    for column in spec.columns:
        if column.dtype == "str":
            assert pd.api.types.is_string_dtype(table[column.name]), column.name
            assert all(type(value) is str for value in table[column.name])
        else:
            assert table[column.name].dtype == np.dtype(column.dtype), column.name
    assert set(table.geom_type) <= set(spec.geometry)
    assert str(table.crs) == small.frame.crs


@pytest.mark.parametrize("name", FILLED)
def test_ids_are_unique_and_geometry_is_valid_and_inside(small: City, name: str) -> None:
    table = small.table(name)
    assert table["id"].is_unique
    shapes = table.geometry.to_numpy()
    assert shapely.is_valid(shapes).all()
    assert not shapely.is_empty(shapes).any()
    county = small.table("boundaries").geometry.iloc[0]
    assert shapely.covers(county.buffer(0.05), shapes).all()


@pytest.mark.parametrize("name", KINDS)
def test_kinds_are_known(small: City, name: str) -> None:
    assert set(small.table(name)["kind"]) <= set(KINDS[name])


def test_every_kind_of_site_device_and_route_is_there(small: City) -> None:
    assert set(small.table("sites")["kind"]) == set(SITE_KINDS)
    assert set(small.table("devices")["kind"]) == set(DEVICE_KINDS)
    assert set(small.table("routes")["kind"]) == {"bus", "patrol", "drone"}
    assert set(small.table("water")["kind"]) == set(WATER_KINDS)
    assert {"field", "paddy", "park", "urban", "industrial"} <= set(small.table("land")["kind"])
    assert {"county", "subdistrict", "town", "village", "quarter"} <= set(small.table("places")["kind"])


def test_buildings_have_a_use_a_height_and_ground_under_them(small: City) -> None:
    buildings = small.table("buildings")
    assert 480 <= len(buildings) <= 500
    assert set(buildings["use"]) <= set(BUILDING_USES)
    assert set(buildings["roof"]) <= {"flat", "gabled", "hipped"}
    assert (buildings["floors"] >= 1).all()
    assert buildings["height_m"].between(2.5, 180).all()
    assert buildings["height_m"].max() > 60
    assert buildings["base_m"].between(1, 12).all()


def test_roads_have_classes_lanes_and_speeds(small: City) -> None:
    roads = small.table("roads")
    assert set(roads["road_class"]) <= set(ROAD_CLASSES)
    assert {"motorway", "primary", "secondary", "tertiary", "residential"} <= set(roads["road_class"])
    assert roads["bridge"].any()
    assert roads["oneway"].any()
    assert (roads["lanes"] >= 1).all()
    assert roads["speed_kmh"].between(10, 120).all()
    assert (roads["name"] != "").all()
    assert (roads["name_en"] != "").all()


def test_buildings_of_sites_exist_and_carry_the_name(small: City) -> None:
    sites, buildings = small.table("sites"), small.table("buildings").set_index("id")
    housed = sites[sites["building_id"] != ""]
    assert (buildings.loc[housed["building_id"], "name"].to_numpy() == housed["name"].to_numpy()).all()
    assert (sites["capacity"] > 0).all()


def test_devices_look_somewhere(small: City) -> None:
    devices = small.table("devices")
    assert devices["heading_deg"].between(0, 360).all()
    signals = small.table("junctions")["signal"].sum()
    assert (devices["kind"] == "signal").sum() == signals


def test_towns_share_out_the_county(small: City) -> None:
    boundaries = small.table("boundaries")
    county, towns = boundaries.geometry.iloc[0], boundaries.geometry.iloc[1:]
    assert county.area == pytest.approx(2e6, rel=0.01)
    assert float(shapely.area(np.asarray(towns)).sum()) == pytest.approx(county.area, rel=1e-6)


def test_water_lies_lower_than_the_land(small: City) -> None:
    assert small.terrain is not None
    lake = small.table("water").query("kind == 'lake'").geometry.iloc[0].representative_point()
    assert small.ground_m(lake.x, lake.y) < 2.0
    assert np.median(small.terrain.height_m) > 2.0


def test_all_of_it_is_said_to_be_invented(small: City) -> None:
    assert small.invented
    assert "虚构" in small.credit
    assert "nvented" in small.credit


def test_the_same_seed_gives_the_same_bytes(small: City, tmp_path: Path) -> None:
    save_city(small, tmp_path / "a")
    save_city(build_county(seed=1, small=True), tmp_path / "b")
    first = {file.name: file.read_bytes() for file in (tmp_path / "a").iterdir()}
    second = {file.name: file.read_bytes() for file in (tmp_path / "b").iterdir()}
    assert first == second


def test_another_seed_gives_another_county(small: City) -> None:
    other = build_county(seed=2, small=True)
    assert not other.table("buildings").geometry.equals(small.table("buildings").geometry)


def test_progress_rises_through_the_stages() -> None:
    told: list[tuple[float, str]] = []
    build_county(seed=1, small=True, progress=lambda share, stage: told.append((share, stage)))
    assert [share for share, _ in told] == sorted(share for share, _ in told)
    assert told[-1] == (1.0, "done")
    assert {stage for _, stage in told} == set(STAGES)


@pytest.mark.parametrize("checks", [0, 4, 9])
def test_it_stops_when_asked(checks: int) -> None:
    asked = iter(range(100))
    with pytest.raises(CancelledError):
        build_county(seed=1, small=True, cancelled=lambda: next(asked) >= checks)
