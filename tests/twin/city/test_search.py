from __future__ import annotations

import pytest

from tests.twin.small import FRAME, city, points, table
from twin.city.search import SearchIndex, parse_point


def index() -> SearchIndex:
    places = table(
        points((0, 0), (10, 0), (2000, 0)),
        id=["p1", "p2", "p3"],
        name=["西塘镇", "西塘社区", "大云镇"],
        name_en=["Xitang", "Xitang Community", "Dayun"],
        kind=["town", "quarter", "town"],
        rank=[1, 3, 1],
    )
    return SearchIndex(city(places=places))


def test_a_place_stands_before_a_road_of_its_name() -> None:
    assert [found.name for found in index().find("西塘")] == ["西塘镇", "西塘社区", "西塘路"]


def test_english_names_are_found_in_any_case() -> None:
    assert index().find("dayun")[0].name == "大云镇"


def test_a_road_of_many_segments_is_one_answer() -> None:
    assert len(index().find("人民大道")) == 1


def test_an_answer_is_where_the_thing_is() -> None:
    found = index().find("大云镇")[0]
    x, y = FRAME.to_local(found.lon_deg, found.lat_deg)
    assert (float(x), float(y)) == pytest.approx((2000.0, 0.0), abs=0.01)


@pytest.mark.parametrize("text", ["120.92, 30.83", "120.92，30.83", "120.92 30.83", "120.92°,30.83°"])
def test_coordinates_are_an_answer(text: str) -> None:
    found = index().find(text)
    assert (found[0].lon_deg, found[0].lat_deg) == (120.92, 30.83)


@pytest.mark.parametrize("text", ["200,30", "西塘,30", "", "120.92"])
def test_what_is_no_place_on_earth_is_no_point(text: str) -> None:
    assert parse_point(text) is None


@pytest.mark.parametrize("text", ["", "   ", "不存在的地方"])
def test_nothing_typed_or_known_finds_nothing(text: str) -> None:
    assert index().find(text) == ()
