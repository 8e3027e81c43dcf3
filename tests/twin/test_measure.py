"""Distances and areas against what is known of the ellipsoid, not against the library that computes them."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import shapely

from tests.twin.small import FRAME, city
from twin.city.city import City, Terrain
from twin.geo import FloatArray
from twin.measure import extent, way

A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)


def place(lon_deg: float, lat_deg: float) -> FloatArray:
    east, north = FRAME.to_local(lon_deg, lat_deg)
    return np.array([float(east), float(north)]) + FRAME.origin_m


def slope(grade: float, step_m: float = 10.0) -> City:
    heights = (np.arange(400) * step_m * grade).astype(np.float32)[None, :].repeat(50, axis=0)
    west, south = FRAME.origin_m
    return replace(city(), terrain=Terrain(heights, float(west), float(south + 250), step_m))


def test_a_line_along_a_meridian_is_as_long_as_the_ellipse_says() -> None:
    points = np.array([place(120.9, 30.8), place(120.9, 30.9)])
    lat = np.radians(np.linspace(30.8, 30.9, 20001))
    radius = A * (1 - E2) / (1 - E2 * np.sin(lat) ** 2) ** 1.5
    assert way(city(), points).length_m == pytest.approx(float(np.trapezoid(radius, lat)), rel=1e-8)


def test_an_area_is_that_of_the_zone_of_the_ellipsoid() -> None:
    west, south, east, north = 120.9, 30.8, 120.95, 30.84
    along = np.linspace(west, east, 400)
    rim = [place(x, south) for x in along] + [place(x, north) for x in along[::-1]]

    def zone(lat_deg: float) -> float:  # area between the equator and a latitude, a radian wide
        s, e = math.sin(math.radians(lat_deg)), math.sqrt(E2)
        return A**2 * (1 - E2) / 2 * (s / (1 - E2 * s**2) + math.log((1 + e * s) / (1 - e * s)) / (2 * e))

    expected = (zone(north) - zone(south)) * math.radians(east - west)
    assert extent(FRAME, shapely.Polygon(rim)).area_m2 == pytest.approx(expected, rel=1e-6)


def test_a_hole_counts_out_and_the_direction_of_drawing_does_not_matter() -> None:
    origin = np.array(FRAME.origin_m, float)
    outer, hole = (origin + np.array(shapely.box(*box).exterior.coords) for box in ((0, 0, 100, 100), (20, 20, 40, 40)))
    one, other = shapely.Polygon(outer, [hole]), shapely.Polygon(outer[::-1], [hole])
    assert extent(FRAME, one).area_m2 == pytest.approx(9600, rel=1e-3)
    assert extent(FRAME, one).area_m2 == pytest.approx(extent(FRAME, other).area_m2)
    assert extent(FRAME, one).rim_m == pytest.approx(480, rel=1e-3)


def test_a_shape_that_crosses_itself_has_the_area_of_its_two_wings() -> None:
    bow = np.array([[0, 0], [100, 100], [100, 0], [0, 100]], float) + FRAME.origin_m
    assert extent(FRAME, shapely.Polygon(bow)).area_m2 == pytest.approx(5000, rel=1e-3)
    line = np.array([[0, 0], [100, 0], [50, 0]], float) + FRAME.origin_m
    assert extent(FRAME, shapely.Polygon(line)).area_m2 == pytest.approx(0.0, abs=1e-6)


def test_on_an_even_slope_the_way_on_the_ground_is_longer_by_its_cosine() -> None:
    points = np.array([[100, 0], [2100, 0]], float) + FRAME.origin_m
    measured = way(slope(0.2), points)
    assert measured.on_ground_m == pytest.approx(
        measured.length_m * math.hypot(1, 0.2 * 2000 / measured.length_m), rel=1e-6
    )
    assert measured.climb_m == pytest.approx(400.0, rel=1e-4)
    assert measured.fall_m == 0.0
    assert measured.along_m[-1] == pytest.approx(measured.length_m)


def test_a_valley_between_two_points_counts() -> None:
    flat = slope(0.0)
    assert flat.terrain is not None
    flat.terrain.height_m[:, 100] = -30.0
    points = np.array([[500, 0], [1500, 0]], float) + FRAME.origin_m
    measured = way(flat, points)
    assert measured.climb_m == pytest.approx(30.0)
    assert measured.fall_m == pytest.approx(30.0)
    assert measured.on_ground_m - measured.length_m == pytest.approx(2 * (math.hypot(10, 30) - 10), rel=1e-2)


def test_a_point_or_nothing_is_a_way_of_no_length() -> None:
    assert way(city(), np.empty((0, 2))).length_m == 0.0
    assert way(slope(0.1), np.array([FRAME.origin_m], float)).on_ground_m == 0.0
    twice = np.array([FRAME.origin_m] * 2, float)
    assert way(slope(0.1), twice).length_m == 0.0


def test_a_line_across_a_country_is_sampled_a_bounded_number_of_times() -> None:
    points = np.array([[0, 0], [900_000, 0]], float) + FRAME.origin_m
    assert len(way(slope(0.1), points).along_m) <= 20_002
