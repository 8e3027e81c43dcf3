"""Which doors can be asked for: those of a file, and invented ones of an invented city."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from data.home import Home
from data.operations.doors import FILE, doors_of
from tests.app.workbenches.operations.made import incident
from tests.small_county import small_county
from twin.errors import BadInputError
from twin.operations.doors import NEAR_M, Door, doors_near

DOOR = """
[[door]]
id = "east"
chinese = "东门"
english = "East door"
lon_deg = 120.92
lat_deg = 30.84
"""


def test_an_invented_city_has_invented_doors_and_a_real_one_those_of_its_file(tmp_path: Path) -> None:
    home, city = Home(tmp_path, tmp_path, tmp_path, tmp_path), small_county()
    doors = doors_of(home, city)
    guarded = city.table("sites")["kind"].isin(["hospital", "school", "dormitory", "government"]).sum()
    assert len(doors) == len({door.id for door in doors}) == 2 * guarded
    assert doors_of(home, replace(city, invented=False)) == ()
    (tmp_path / FILE).write_text(DOOR, "utf-8")
    assert [door.english for door in doors_of(home, city)] == ["East door"]
    (tmp_path / FILE).write_text("[[door]]\nid = 7", "utf-8")
    with pytest.raises(BadInputError, match=FILE):
        doors_of(home, city)


def test_the_doors_near_an_incident_are_listed_nearest_first() -> None:
    city = small_county()
    lon, lat = (float(value) for value in city.frame.to_lonlat(0.0, 0.0))
    places = zip(("far", "near", "next"), (NEAR_M + 50.0, 20.0, 90.0), strict=True)
    doors = [Door(name, name, "", *map(float, city.frame.to_lonlat(east_m, 0.0))) for name, east_m in places]
    found = doors_near(doors, city, incident(lon_deg=lon, lat_deg=lat))
    assert [(door.id, round(away_m)) for door, away_m in found] == [("near", 20), ("next", 90)]
    assert doors_near((), city, incident()) == []
