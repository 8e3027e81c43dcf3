"""Trees stand where they may, the same each time, and throw shadows; far ones are fewer and no others."""

from __future__ import annotations

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import pytest
import shapely
from numpy.typing import NDArray

from app.map.planting import BROAD, FRUIT, KINDS, Ground, Trees, plant
from app.map.shade import raise_crowns
from app.map.trees import KEPT, STEM, TAPER, tree_mesh
from tests.small_county import small_county
from tests.twin.small import FRAME, table
from twin.city.city import City
from twin.city.tables import LAND_KINDS

BARE = City("空", "Empty", FRAME, {})


def ground_of(kind: str, side_m: float = 400.0, *, steep: bool = False) -> Ground:
    land = np.full((80, 80), LAND_KINDS.index(kind) if kind else -1, np.int16)
    return Ground(land, (-side_m, -side_m, side_m, side_m), LAND_KINDS, steep)


def county_ground(county: City) -> Ground:
    x, y = county.frame.origin_m
    west, south, east, north = county.bounds_m()
    box = (west - x, south - y, east - x, north - y)
    gx, gy = np.meshgrid(np.linspace(box[0], box[2], 400), np.linspace(box[3], box[1], 400))
    land = np.full(gx.shape, -1, np.int16)
    tree = shapely.STRtree(county.table("land").geometry.to_numpy())
    point, row = tree.query(shapely.points(gx.ravel() + x, gy.ravel() + y), "intersects")
    kinds = county.table("land")["kind"].to_numpy()[row]
    land.ravel()[point] = [LAND_KINDS.index(kind) for kind in kinds]
    return Ground(land, box, LAND_KINDS, steep=False)


@pytest.fixture(scope="module")
def county() -> City:
    return small_county()


@pytest.fixture(scope="module")
def trees(county: City) -> Trees:
    return plant(county, county_ground(county))


def points(county: City, trees: Trees) -> NDArray[np.object_]:
    x, y = county.frame.origin_m
    return np.asarray(shapely.points(trees.x_m + x, trees.y_m + y), dtype=object)


def touched(county: City, trees: Trees, name: str, distance_m: float) -> int:
    tree = shapely.STRtree(county.table(name).geometry.to_numpy())
    return int(tree.query(points(county, trees), "dwithin", distance_m).shape[1])


def test_no_tree_stands_in_a_house_or_in_water(county: City, trees: Trees) -> None:
    assert len(trees) > 1000
    assert touched(county, trees, "buildings", 2.0) == touched(county, trees, "water", 0.0) == 0


def test_no_tree_stands_on_a_road_and_many_stand_beside_one(county: City, trees: Trees) -> None:
    roads = county.table("roads")
    tree = shapely.STRtree(roads.geometry.to_numpy())
    found, road = tree.query(points(county, trees), "dwithin", 30.0)
    away = shapely.distance(points(county, trees)[found], roads.geometry.to_numpy()[road])
    half = roads["width_m"].to_numpy(np.float64)[road] / 2
    assert np.all(away >= half)
    assert np.count_nonzero(away < half + 4.0) > 200


def test_the_same_city_has_the_same_trees(county: City, trees: Trees) -> None:
    again = plant(county, county_ground(county))
    np.testing.assert_array_equal(again.x_m, trees.x_m)
    np.testing.assert_array_equal(again.kind, trees.kind)


def test_a_street_in_town_has_a_row_at_each_side_and_a_track_none() -> None:
    def planted(road_class: str) -> Trees:
        line = shapely.LineString([(-350.0, 0.0), (350.0, 0.0)])
        roads = table([line], road_class=[road_class], width_m=[20.0])
        return plant(City("街", "Street", FRAME, {"roads": roads}), ground_of("square"))

    avenue = planted("primary")
    beside = np.abs(np.abs(avenue.y_m) - 12.6) < 0.1
    assert np.count_nonzero(beside & (avenue.y_m > 0)) > 40
    assert np.count_nonzero(beside & (avenue.y_m < 0)) > 40
    assert np.count_nonzero(np.abs(np.abs(planted("track").y_m) - 12.6) < 0.1) < 20


def test_woods_are_denser_than_parks_and_fields_have_no_trees() -> None:
    forest, park, field = (len(plant(BARE, ground_of(kind))) for kind in ("forest", "park", "field"))
    assert forest > 2 * park > 0 == field
    assert len(plant(BARE, ground_of(""))) == 0


def test_an_orchard_stands_in_rows_and_mountains_have_conifers() -> None:
    orchard = plant(BARE, ground_of("orchard"))
    assert set(orchard.kind) == {FRUIT}
    assert len(np.unique(np.round(orchard.y_m, 3))) < 130
    assert np.mean(plant(BARE, ground_of("forest", steep=True)).kind == KINDS.index("conifer")) > 0.6


def test_woods_of_whole_mountains_are_thinned() -> None:
    assert len(plant(BARE, ground_of("forest", 8_000.0))) < 330_000


def test_a_tree_is_three_corners_where_it_stands_and_some_are_kept_for_far() -> None:
    trees = plant(BARE, ground_of("forest"))
    near, far = (tree_mesh(trees, lambda x, y: x + 2 * y, far=far) for far in (False, True))
    assert len(near.xyz) == 3 * len(near.triangles) == 3 * len(trees)
    np.testing.assert_allclose(near.xyz[::3, 2], trees.x_m + 2 * trees.y_m)
    kept = near.code[:, 0] >= 16
    assert abs(kept.mean() - KEPT) < 0.03
    np.testing.assert_array_equal(near.xyz[kept], far.xyz)
    np.testing.assert_array_equal(near.code[kept], far.code)
    assert len(STEM) == len(TAPER) == len(KINDS)


def test_a_crown_throws_a_round_shadow_and_one_at_the_edge_none_outside() -> None:
    top = np.zeros((40, 40), np.float32)
    raise_crowns(top, np.array([[20.0, 10.0, 9.0], [0.0, 39.0, 7.0], [90.0, 90.0, 5.0]]), np.array([4.0, 2.0, 3.0]))
    assert top[10, 20] == top[10, 24] == top[14, 20] == 9.0
    assert top[14, 24] == top[10, 25] == 0.0
    assert top[39, 0] == 7.0
    assert set(np.unique(top)) == {0.0, 7.0, 9.0}


def test_a_city_without_anything_has_no_trees() -> None:
    trees = plant(BARE, ground_of(""))
    assert tree_mesh(trees, lambda x, _y: x).xyz.shape == (0, 3)
    assert BROAD == 0
