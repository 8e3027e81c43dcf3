"""What cameras see: range, field of view and what stands between."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from tests.small_county import small_county
from twin.geo import FloatArray
from twin.sight.cameras import Cameras, cameras_of, that_see
from twin.sight.obstacles import Obstacles


def camera(heading_deg: float, view_deg: float = 60.0, range_m: float = 100.0) -> Cameras:
    names = np.array(["c"], dtype=object)
    one = np.ones(1)
    return Cameras(names, names, np.array([[0.0, 0.0, 5.0]]), heading_deg * one, view_deg * one, range_m * one)


def around(distance_m: float, bearing_deg: float) -> FloatArray:
    turn = np.radians(bearing_deg)
    return np.array([[distance_m * np.sin(turn), distance_m * np.cos(turn), 5.0]])


@pytest.mark.parametrize(
    ("heading", "bearing", "distance", "covered"),
    [(0, 29, 50, True), (0, 31, 50, False), (350, 10, 50, True), (10, 345, 50, True), (180, -170, 50, True),
     (0, 0, 99.9, True), (0, 0, 100.1, False)],
)  # fmt: skip
def test_field_of_view_wraps_around_north_and_ends_with_the_range(
    heading: float, bearing: float, distance: float, covered: bool
) -> None:
    assert camera(heading).covers(around(distance, bearing)).tolist() == [[covered]]


def test_a_building_between_hides_the_target() -> None:
    wall = np.empty(1, dtype=object)
    wall[0] = shapely.box(-10, 20, 10, 30)
    assert not that_see(Obstacles(wall, np.array([12.0])), camera(0), around(50, 0))[0, 0]
    assert that_see(Obstacles(wall, np.array([3.0])), camera(0), around(50, 0))[0, 0]


def test_the_cameras_of_a_county_hang_where_its_devices_stand() -> None:
    city = small_county()
    cameras = cameras_of(city)
    devices = city.table("devices")
    assert len(cameras) == (devices["kind"] == "camera").sum() > 0
    above = cameras.position_m[:, 2] - city.ground_m(*cameras.position_m[:, :2].T)
    assert above == pytest.approx(devices[devices["kind"] == "camera"]["height_m"].to_numpy(), abs=1e-3)


def test_a_camera_that_tells_nothing_looks_all_round_as_far_as_usual() -> None:
    city = small_county()
    table = city.table("devices").copy()
    table[["heading_deg", "view_deg", "range_m"]] = np.float32(np.nan)
    cameras = cameras_of(type(city)(city.name, city.name_en, city.frame, {"devices": table}))
    assert set(cameras.view_deg) == {360.0}
    assert set(cameras.range_m) == {100.0}
    assert len(cameras_of(type(city)(city.name, city.name_en, city.frame, {}))) == 0
