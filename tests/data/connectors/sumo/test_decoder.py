"""Simulated vehicles become rows; people and what is not on the net do not."""

from __future__ import annotations

import numpy as np
import pyproj
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.connectors.sumo.decoder import ANGLE, CLASS, POSITION, SPEED, rows_of
from data.connectors.sumo.places import NoPlaceError, Places, fitted, grid, laid_at
from twin.live.kinds import CODE

BOUNDARY = ((-20_000.0, -15_000.0), (25_000.0, 30_000.0))


@pytest.fixture(scope="module")
def places() -> Places:
    return laid_at(BOUNDARY, 120.92, 30.84)


def told(x: float = 0.0, kind: str = "passenger", **changed: object) -> dict[int, object]:
    values: dict[int, object] = {POSITION: (x, 7_500.0), SPEED: 10.0, ANGLE: 90.0, CLASS: kind}
    return values | {globals()[name]: value for name, value in changed.items()}


def test_vehicles_are_rows_with_their_kinds(places: Places) -> None:
    vehicles = {
        "a": told(2500.0), "b": told(kind="bus", SPEED=0.0), "c": told(kind="authority"), "d": told(kind="trailer"),
    }  # fmt: skip
    rows = rows_of(vehicles, places, 1000.0)
    assert [row.decode() for row in rows["id"]] == ["sumo:a", "sumo:b", "sumo:c", "sumo:d"]
    assert [row.decode() for row in rows["label"]] == ["SUMO a", "SUMO b", "SUMO c", "SUMO d"]
    assert rows["kind"].tolist() == [CODE[kind] for kind in ("car", "bus", "police_car", "other")]
    assert (rows["lon_deg"][0], rows["lat_deg"][0]) == pytest.approx((120.92, 30.84))
    assert rows["heading_deg"].tolist() == [90.0] * 4
    assert rows["time_s"].tolist() == [1000.0] * 4


def test_people_and_what_is_not_on_the_net_are_left_out(places: Places) -> None:
    away = float(-(2**30))
    vehicles: dict[str, dict[int, object]] = {
        "walker": told(kind="pedestrian"), "rider": told(kind="bicycle"), "away": told(POSITION=(away, away)),
        "torn": {CLASS: "bus"}, "odd": told(SPEED="fast"), "nan": told(POSITION=(float("nan"), 1.0)),
    }  # fmt: skip
    assert len(rows_of(vehicles, places, 1000.0)) == 0
    assert len(rows_of({}, places, 1000.0)) == 0


def test_a_long_name_is_told_by_a_sum_so_that_no_two_are_one(places: Places) -> None:
    rows = rows_of({"x" * 40 + "1": told(), "x" * 40 + "2": told(), "短": told()}, places, 1.0)
    assert len(set(rows["id"].tolist())) == 3


def test_a_cubic_follows_a_real_projection_to_a_centimetre() -> None:
    there = pyproj.Transformer.from_crs("EPSG:32651", "EPSG:4326", always_xy=True)
    offset = np.array([299_124.17, 3_411_469.06])
    points = grid(BOUNDARY)
    found = fitted(points, np.column_stack(there.transform(*(points + offset).T)))
    tried = np.random.default_rng(1).uniform(BOUNDARY[0], BOUNDARY[1], (500, 2))
    off = (found.lonlat(tried) - np.column_stack(there.transform(*(tried + offset).T))) * 111_320
    assert np.abs(off).max() < 0.01


def test_what_is_no_place_on_earth_is_told() -> None:
    points = grid(BOUNDARY)
    for lonlat in (points, np.full_like(points, np.nan), np.random.default_rng(1).uniform(0, 80, points.shape)):
        with pytest.raises(NoPlaceError):
            fitted(points, lonlat)


@settings(max_examples=150, derandomize=True, deadline=None)
@given(
    st.dictionaries(
        st.text(max_size=40),
        st.dictionaries(
            st.sampled_from([POSITION, SPEED, ANGLE, CLASS, 7]),
            st.one_of(
                st.none(), st.floats(), st.text(max_size=5), st.tuples(st.floats(), st.floats()), st.just("passenger")
            ),
        ),
        max_size=4,
    )
)
def test_nothing_that_is_told_breaks_it(vehicles: dict[str, dict[int, object]]) -> None:
    assert len(rows_of(vehicles, laid_at(BOUNDARY, 120.92, 30.84), 1.0)) <= len(vehicles)
