from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from twin.datums import Coordinates, gcj02_to_bd09, to_wgs84, wgs84_to_gcj02

CENTIMETRE_DEG = 0.01 / 111_320

places = st.tuples(st.floats(73.0, 137.0), st.floats(1.5, 55.0))


def at(value: float) -> np.ndarray:
    return np.array([value])


@pytest.mark.parametrize(
    ("wgs", "gcj", "within_deg"),
    [
        # github.com/googollee/eviltransform, tests: Shanghai, Shenzhen, Beijing
        ((121.5272106, 31.1774276), (121.531541859215, 31.17530398364597), 1e-6),
        ((113.912316, 22.543847), (113.9171764808363, 22.540796131694766), 1e-6),
        ((116.377817, 39.911954), (116.38404722455657, 39.91334545536069), 1e-6),
        # github.com/wandergis/coordtransform, README
        ((116.404, 39.915), (116.41024449916938, 39.91640428150164), 1e-9),
        # Beijing railway station as read from maps of both kinds: package geoChina, documentation of wgs2gcj
        ((116.42079, 39.90105), (116.42703, 39.90245), 2e-5),
    ],
)
def test_known_pairs(wgs: tuple[float, float], gcj: tuple[float, float], within_deg: float) -> None:
    there = wgs84_to_gcj02(at(wgs[0]), at(wgs[1]))
    back = to_wgs84("gcj-02", at(gcj[0]), at(gcj[1]))
    assert np.ravel(there) == pytest.approx(gcj, abs=within_deg)
    assert np.ravel(back) == pytest.approx(wgs, abs=within_deg)


def test_a_known_place_of_baidu() -> None:
    lon, lat = gcj02_to_bd09(at(116.404), at(39.915))  # github.com/wandergis/coordtransform, README
    assert (lon[0], lat[0]) == pytest.approx((116.41036949371029, 39.92133699351021), abs=1e-12)


@given(places)
def test_there_and_back_is_the_same_place(place: tuple[float, float]) -> None:
    lon, lat = at(place[0]), at(place[1])
    gcj = wgs84_to_gcj02(lon, lat)
    kinds: list[tuple[Coordinates, tuple[np.ndarray, np.ndarray]]] = [("gcj-02", gcj), ("bd-09", gcj02_to_bd09(*gcj))]
    for kind, there in kinds:
        back = to_wgs84(kind, *there)
        assert np.ravel(back) == pytest.approx(place, abs=CENTIMETRE_DEG)
        assert 1 < np.hypot((there[0] - lon)[0], (there[1] - lat)[0]) * 111_320 < 3000


def test_outside_of_china_nothing_is_offset() -> None:
    assert [float(v[0]) for v in wgs84_to_gcj02(at(2.35), at(48.85))] == [2.35, 48.85]


def test_wgs84_stays_as_it_is() -> None:
    lon = at(120.9)
    assert to_wgs84("wgs-84", lon, lon)[0] is lon
