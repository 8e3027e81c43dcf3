from __future__ import annotations

import numpy as np
import shapely
from numpy.typing import NDArray

from twin.pieces import Forest, in_pieces


def test_the_pieces_come_together_in_their_order() -> None:
    sizes: list[int] = []

    def doubled(values: NDArray[np.int64]) -> NDArray[np.int64]:
        sizes.append(len(values))
        return values * 2

    np.testing.assert_array_equal(in_pieces(doubled, np.arange(1001), size=500), np.arange(1001) * 2)
    assert sizes == [500, 500, 1]


def test_of_nothing_comes_nothing_of_the_right_kind() -> None:
    assert in_pieces(shapely.get_coordinates, np.zeros(0, object)).shape == (0, 2)


def test_small_trees_find_what_one_tree_of_all_finds() -> None:
    at = np.random.default_rng(1).uniform(0.0, 1000.0, (2500, 2))
    shapes = shapely.box(at[:, 0], at[:, 1], at[:, 0] + 15.0, at[:, 1] + 12.0)
    one, many = shapely.STRtree(shapes), Forest(shapes, size=400)
    circle, points = shapely.Point(500.0, 500.0).buffer(90.0), shapely.points(at[::100] + 20.0)
    assert sorted(many.query(circle, "intersects")) == sorted(one.query(circle, "intersects"))
    expected = one.query(points, predicate="dwithin", distance=30.0)
    assert set(zip(*many.query(points, "dwithin", 30.0), strict=True)) == set(zip(*expected, strict=True))


def test_a_forest_of_nothing_finds_nothing() -> None:
    assert Forest(np.zeros(0, object)).query(shapely.Point(0.0, 0.0)).shape == (0,)
