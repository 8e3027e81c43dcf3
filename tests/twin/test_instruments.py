"""Each instrument on a flat place with a wall, where its answer is known."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely

from tests.small_county import small_county
from tests.twin.small import FRAME, city, table
from twin.geo import FloatArray
from twin.instruments import EYE_M, WORK, Found, Ground
from twin.kept import written

ORIGIN = np.array([*FRAME.origin_m, 0.0])


def buildings() -> gpd.GeoDataFrame:
    shapes = [shapely.box(40, -30, 44, 30), shapely.box(100, 100, 120, 120)]
    return table(
        shapes, id=["wall", "tower"], name=["", ""], use=["other"] * 2, floors=[2, 10], height_m=[6.0, 30.0],
        base_m=[0.0, np.nan], roof=["flat"] * 2,
    )  # fmt: skip


def devices() -> gpd.GeoDataFrame:
    return table(
        [shapely.Point(0, 0), shapely.Point(500, 500)], id=["c1", "c2"], name=["", ""], kind=["camera"] * 2,
        heading_deg=[90.0, 0.0], view_deg=[90.0, 90.0], range_m=[80.0, 80.0], height_m=[5.0, 5.0],
    )  # fmt: skip


ODD = {
    "ten thousand corners": (shapely.Point(150, 150).buffer(20, quad_segs=2500), 30.0),
    "crossing itself": (shapely.Polygon([(160, 0), (180, 20), (180, 0), (160, 20)]), 30.0),
    "a line": (shapely.Polygon([(160, 0), (170, 0), (180, 0), (170, 0)]), 30.0),
    "many holes": (
        shapely.box(150, 0, 190, 40).difference(
            shapely.union_all([shapely.box(x, y, x + 3, y + 3) for x in range(152, 188, 6) for y in range(2, 38, 6)])
        ),
        30.0,
    ),
    "of no height": (shapely.box(150, 0, 190, 40), 0.0),
    "of a height that is no number": (shapely.box(150, 0, 190, 40), np.nan),
    "higher than the sky": (shapely.box(150, 0, 190, 40), 60_000.0),
    "empty": (shapely.Polygon(), 30.0),
}
"""Buildings nobody would build: footprint and height."""
GROUND = Ground.of(city(buildings=buildings(), devices=devices()))


def find(name: str, *points: tuple[float, float, float]) -> Found:
    return WORK[name](GROUND, np.array(points, float) + ORIGIN)


@pytest.mark.parametrize("name", ODD)
def test_an_odd_building_leaves_every_instrument_its_answer(name: str) -> None:
    footprint, height_m = ODD[name]
    odd = table(
        [shapely.box(40, -30, 44, 30), footprint], id=["wall", "odd"], name=["", ""], use=["other"] * 2,
        floors=[2, 2], height_m=[6.0, height_m], base_m=[0.0, 0.0], roof=["flat"] * 2,
    )  # fmt: skip
    ground = Ground.of(city(buildings=odd, devices=devices()))
    points = np.array([(0, 0, 0), (100, 0, 0), (100, 60, 0), (0, 60, 0)], float) + ORIGIN
    for instrument, work in WORK.items():
        found = work(ground, points[:2] if instrument in ("height", "sight", "viewshed", "slice") else points)
        assert math.isfinite(found.figure), instrument
        assert shapely.is_valid(found.shape), instrument
    local = shapely.transform(WORK["viewshed"](ground, points[:2]).shape, lambda xy: xy - ORIGIN[:2])
    assert shapely.covers(local, [shapely.Point(60, 0), shapely.Point(20, 0)]).tolist() == [False, True]


def test_a_distance_is_that_of_all_legs_and_an_area_that_of_the_closed_line() -> None:
    found = find("distance", (0, 0, 0), (300, 0, 0), (300, 400, 0))
    assert found.unit == "m"
    assert found.figure == pytest.approx(700, rel=1e-3)
    assert found.shape.geom_type == "LineString"
    field = find("area", (0, 0, 0), (100, 0, 0), (100, 50, 0), (0, 50, 0))
    assert field.figure == pytest.approx(5000, rel=1e-3)
    assert field.details["rim_m"] == pytest.approx(300, rel=1e-3)


def test_a_height_is_signed_and_tells_the_slope_as_well() -> None:
    found = find("height", (0, 0, 30), (40, 0, 0))
    assert found.figure == -30
    assert found.details["direct_m"] == pytest.approx(50, rel=1e-3)


def test_a_line_of_sight_ends_at_the_wall_and_goes_on_over_it() -> None:
    found = find("sight", (0, 0, 0), (90, 0, 0))
    assert (found.details["seen"], found.details["by"]) == ("no", "wall")
    assert found.figure == pytest.approx(40, rel=1e-3)
    assert [round(part.length) for part in shapely.get_parts(found.shape)] == [40, 50]
    over = find("sight", (0, 0, 20), (200, 0, 12))
    assert over.details["seen"] == "yes"
    assert len(shapely.get_parts(over.shape)) == 1


def test_the_wall_one_points_at_is_seen() -> None:
    assert find("sight", (0, 0, 0), (40, 0, 3)).details["seen"] == "yes"
    assert find("sight", (0, 0, 0), (44, 0, 3)).details["seen"] == "yes"  # its far side counts as the same wall
    assert find("sight", (0, 0, 0), (60, 0, 3)).details["seen"] == "no"


def test_a_viewshed_has_a_shadow_behind_the_wall() -> None:
    found = find("viewshed", (0, 0, 0), (80, 0, 0))
    behind, before = shapely.Point(60, 0), shapely.Point(20, 0)
    local = shapely.transform(found.shape, lambda xy: xy - ORIGIN[:2])
    assert shapely.covers(local, [behind, before]).tolist() == [False, True]
    assert found.figure == pytest.approx(float(found.details["share"]) * math.pi * 80**2, rel=0.02)
    assert found.figure == pytest.approx(found.shape.area, rel=5e-3)
    assert find("viewshed", (0, 0, 0), (2000, 0, 0)).details["cell_m"] == 10.0


def test_only_the_cameras_within_the_line_cover() -> None:
    found = find("coverage", (-10, -10, 0), (10, -10, 0), (10, 10, 0), (-10, 10, 0))
    assert found.details["cameras"] == 1
    assert 0.3 < float(found.details["share"]) < 0.9
    none = find("coverage", (1000, 1000, 0), (1001, 1000, 0), (1000, 1001, 0))
    assert (none.figure, none.shape.is_empty) == (0.0, True)


def test_a_buffer_reaches_as_far_as_the_last_point() -> None:
    disc = find("buffer", (0, 0, 0), (50, 0, 0))
    assert disc.figure == pytest.approx(math.pi * 2500, rel=2e-3)
    assert disc.details["buildings"] == 1
    band = find("buffer", (0, 0, 0), (100, 0, 0), (50, 20, 0))
    assert band.figure == pytest.approx(2 * 20 * 100 + math.pi * 400, rel=2e-3)


def test_a_slice_holds_what_is_at_least_as_high() -> None:
    high = find("slice", (80, 80, 20), (300, 80, 20))
    assert high.details["buildings"] == 1
    assert high.figure == pytest.approx(400, rel=1e-3)
    assert find("slice", (80, 80, 3), (300, 80, 3)).details["buildings"] == 2
    assert find("slice", (80, 80, 50), (300, 80, 50)).figure == 0


def test_points_on_one_spot_are_no_trouble() -> None:
    for name in WORK:
        found = find(name, *[(10.0, 10.0, 0.0)] * 3)
        assert math.isfinite(found.figure)
        assert written(found.figure, found.unit)


def test_they_work_on_a_county() -> None:
    ground = Ground.of(small_county())
    west, south, east, north = small_county().bounds_m()
    middle: FloatArray = np.array([[(west + east) / 2, (south + north) / 2, 10.0]])
    points = middle + np.array([[0, 0, 0], [200, 0, 0], [200, 200, 0]])
    found = {name: work(ground, points) for name, work in WORK.items()}
    assert found["viewshed"].figure > 1000
    assert found["sight"].details["eye_m"] == EYE_M
    assert all(one.shape.is_valid for one in found.values())
