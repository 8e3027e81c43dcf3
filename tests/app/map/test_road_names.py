from __future__ import annotations

import math
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pytest
import shapely
from PySide6.QtWidgets import QApplication

from app.map.camera import Lens
from app.map.events import CameraState
from app.map.labels import Grid
from app.map.road_names import LETTER_PX, RoadNamePainter, RoadNames, Written, road_names
from twin.city.city import City
from twin.geo import LocalFrame

SIZE = (800, 600)


def _city(*roads: tuple[str, str, float]) -> City:
    """Return straight roads of 1.2 km through the origin, each in three links: name, class, bearing in degrees."""
    rows = []
    for name, kind, bearing in roads:
        way = np.array([math.sin(math.radians(bearing)), math.cos(math.radians(bearing))])
        ends = [tuple(way * at) for at in (-600.0, -200.0, 200.0, 600.0)]
        rows += [(name, kind, shapely.LineString(pair)) for pair in pairwise(ends)]
    table = gpd.GeoDataFrame(
        {
            "id": [f"r{i}" for i in range(len(rows))],
            "name": [row[0] for row in rows],
            "name_en": "",
            "road_class": [row[1] for row in rows],
        },
        geometry=[row[2] for row in rows],
        crs="EPSG:4549",
    )
    return City("路", "Roads", LocalFrame("EPSG:4549", (0, 0)), {"roads": table}, invented=True)


def _laid(names: RoadNames, distance_m: float = 900.0, language: str = "zh") -> list[Written]:
    lens = Lens(CameraState((0.0, 0.0, 0.0), distance_m, 0.0, 90.0), *SIZE)
    return RoadNamePainter().lay_out(names, lens, language, Grid(*SIZE))


@pytest.mark.parametrize("bearing", range(0, 360, 15))
def test_a_name_lies_along_its_road_and_is_never_upside_down(qapp: QApplication, bearing: int) -> None:
    names = road_names(_city(("中山路", "primary", bearing)), None)
    lens = Lens(CameraState((0.0, 0.0, 0.0), 900.0, 0.0, 90.0), *SIZE)
    x, y, _ = lens.project(names.position_m[[0, -1]])
    along = math.degrees(math.atan2(y[1] - y[0], x[1] - x[0])) % 180.0
    written = _laid(names)
    assert written
    for name in written:
        if name.step is None:
            assert abs(name.turn_deg) <= 90.0
            told = name.turn_deg
        else:
            assert name.turn_deg == 0.0
            assert name.step[1] > 0.0, "read from above"
            told = math.degrees(math.atan2(name.step[1], name.step[0]))
        assert abs((told - along + 90.0) % 180.0 - 90.0) < 1.0


def test_chinese_on_a_steep_road_stands_upright_and_english_turns(qapp: QApplication) -> None:
    names = road_names(_city(("中山路", "primary", 3.0)), None)
    assert all(name.step is not None for name in _laid(names))
    latin = road_names(_city(("Long Road", "primary", 3.0)), None)
    assert all(name.step is None and abs(name.turn_deg) > 80.0 for name in _laid(latin))


def test_larger_roads_are_named_from_farther_away(qapp: QApplication) -> None:
    names = road_names(_city(("大道", "trunk", 90.0), ("小弄", "residential", 0.0)), None)
    assert {name.text for name in _laid(names)} == {"大道", "小弄"}
    assert {name.text for name in _laid(names, 3000.0)} == {"大道"}
    assert not _laid(names, 30_000.0)


def test_names_do_not_cover_each_other_or_what_is_taken(qapp: QApplication) -> None:
    names = road_names(_city(("东路", "primary", 90.0), ("南路", "primary", 0.0), ("斜路", "primary", 45.0)), None)
    written = _laid(names)
    assert len(written) > 2
    for i, a in enumerate(written):
        for b in written[:i]:
            assert math.hypot(a.x - b.x, a.y - b.y) > 2 * LETTER_PX
    full = Grid(*SIZE)
    full.take(400, 300, 800, 600)
    lens = Lens(CameraState((0.0, 0.0, 0.0), 900.0, 0.0, 90.0), *SIZE)
    assert not RoadNamePainter().lay_out(names, lens, "zh", full)


def test_roads_without_a_name_and_hidden_ones_are_left_out() -> None:
    city = _city(("", "primary", 0.0), ("北路", "primary", 90.0))
    hidden = (city.table("roads")["name"] == "北路").to_numpy()
    assert set(road_names(city, None).zh) == {"北路"}
    assert not len(road_names(city, hidden).position_m)
    nothing = City(
        "空", "Empty", LocalFrame("EPSG:4549", (0, 0)), {"roads": city.table("roads").iloc[:0]}, invented=True
    )
    assert not len(road_names(nothing, None).position_m)
