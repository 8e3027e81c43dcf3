"""Coordinates in every form that another map, a radio call or a spreadsheet has."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.city.points import read_point


@pytest.mark.parametrize(
    "text",
    [
        "120.92, 30.83", "120.92，30.83", "120.92 30.83", "120.92°,30.83°", " 120.92;30.83 ", "30.83, 120.92",
        "30.83N 120.92E", "N30.83 E120.92", "e120.92, n30.83", "120°55'12\"E 30°49'48\"N", "30°49.8' 120°55.2'",
        "WGS84 120.92,30.83", "120.92,30.83 (CGCS2000)".replace("(", "").replace(")", ""),
    ],
)  # fmt: skip
def test_all_of_these_are_the_same_place(text: str) -> None:
    point = read_point(text)
    assert point is not None
    assert (point.lon_deg, point.lat_deg) == pytest.approx((120.92, 30.83), abs=1e-9)


@pytest.mark.parametrize(
    "text", ["GCJ-02 120.92,30.83", "120.92,30.83 gcj02", "高德 120.92,30.83", "高德：30.83,120.92"]
)
def test_a_chinese_map_is_some_hundred_metres_off(text: str) -> None:
    point = read_point(text)
    assert point is not None
    assert point.system == "gcj-02"
    assert 0.002 < abs(point.lon_deg - 120.92) < 0.008


def test_baidu_is_further_off_than_the_others() -> None:
    gcj, baidu = read_point("gcj-02 120.92,30.83"), read_point("百度 120.92,30.83")
    assert gcj is not None
    assert baidu is not None
    assert abs(baidu.lon_deg - gcj.lon_deg) > 0.005


def test_a_grid_reference_is_a_place() -> None:
    point = read_point("51R UQ 01058 12613")  # PROJ: zone 51 north, 301058 m east, 3412613 m north
    assert point is not None
    assert (point.lon_deg, point.lat_deg) == pytest.approx((120.92, 30.83), abs=2e-5)


def test_south_and_west_are_negative() -> None:
    point = read_point("33.5S 70.25W")
    assert point is not None
    assert (point.lon_deg, point.lat_deg) == (-70.25, -33.5)


@pytest.mark.parametrize(
    "text",
    ["200,30", "95,95", "西塘,30", "", "120.92", "30.83N 120.92N", "51R", "99ZZZ1234", "G60 12", "12 号 3", "1,2,3"],
)
def test_what_is_no_place_on_earth_is_no_point(text: str) -> None:
    assert read_point(text) is None


@given(st.text(max_size=80))
def test_nothing_that_can_be_typed_breaks_it(text: str) -> None:
    point = read_point(text)
    assert point is None or (abs(point.lon_deg) <= 181 and abs(point.lat_deg) <= 90)  # an offset at the date line


@given(st.floats(-180, 180), st.floats(-89, 89))
def test_longitude_first_is_read_as_it_was_written(lon: float, lat: float) -> None:
    point = read_point(f"{lon:.6f}, {lat:.6f}")
    assert point is not None
    if abs(lon) > 90 or abs(lat) <= 90:
        assert (point.lon_deg, point.lat_deg) == pytest.approx((lon, lat), abs=1e-6)
