from __future__ import annotations

from itertools import permutations

import pytest
from shapely.geometry import LineString

from tests.twin.small import FRAME, city, points, table
from twin.city.city import City
from twin.city.search import Weighted, names_of


def names() -> list[Weighted]:
    places = table(
        points((0, 0), (10, 0), (2000, 0)),
        id=["p1", "p2", "p3"],
        name=["西塘镇", "西塘社区", "大云镇"],
        name_en=["Xitang", "Xitang Community", "Dayun"],
        kind=["town", "quarter", "town"],
        rank=[1, 3, 1],
    )
    return names_of(city(places=places))


def test_a_place_weighs_less_than_a_road() -> None:
    weight = {found.name: weight for weight, found in names()}
    assert weight["西塘镇"] < weight["西塘社区"] < weight["西塘路"]


def test_a_road_of_many_segments_is_one_answer() -> None:
    assert [found.name for _, found in names()].count("人民大道") == 1


def test_an_answer_is_where_the_thing_is() -> None:
    found = next(found for _, found in names() if found.name == "大云镇")
    x, y = FRAME.to_local(found.lon_deg, found.lat_deg)
    assert (float(x), float(y)) == pytest.approx((2000.0, 0.0), abs=0.01)


def test_a_crossing_of_three_roads_is_known_by_all_three_in_any_order() -> None:
    ends = [(100, 0), (0, 90), (90, 90), (0, 0)]
    roads = table(
        [LineString([(50, 50), end]) for end in ends], id=list("abcd"), name=["东路", "西路", "北路", "东路"],
        name_en=["East", "West", "North", "East"], road_class=["primary"] * 4,
        from_node=[1] * 4, to_node=[2, 3, 4, 5],
    )  # fmt: skip
    names = [
        entry.found.name
        for entry in names_of(City("", "", FRAME, {"roads": roads}))
        if entry.found.table == "crossings"
    ]
    assert len([name for name in names if name.count("—") == 1]) == 6
    assert sorted(name for name in names if name.count("—") == 2) == sorted(
        "—".join(order) for order in permutations(("东路", "西路", "北路"))
    )


def test_a_crossing_is_known_by_two_roads_in_either_order() -> None:
    lines = [LineString([(0, 0), (100, 0)]), LineString([(100, 0), (200, 0)]), LineString([(100, 0), (100, 90)])]
    roads = table(
        lines, id=["a", "b", "c"], name=["人民大道", "人民大道", "西塘路"],
        name_en=["Renmin Ave", "Renmin Ave", "Xitang Rd"], road_class=["primary"] * 3,
        from_node=[1, 2, 2], to_node=[2, 3, 4],
    )  # fmt: skip
    found = [
        entry.found for entry in names_of(City("", "", FRAME, {"roads": roads})) if entry.found.table == "crossings"
    ]
    assert sorted(one.name for one in found) == ["人民大道—西塘路", "西塘路—人民大道"]
    x, y = FRAME.to_local(found[0].lon_deg, found[0].lat_deg)
    assert (float(x), float(y)) == pytest.approx((100.0, 0.0), abs=0.01)
