"""Lines of sight against shapes worked out by hand, and against marching along each line in small steps."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from twin.city.city import Terrain
from twin.geo import FloatArray
from twin.sight.lines import GROUND, LOST, NOTHING, look, who_sees
from twin.sight.obstacles import BULGE_PER_M, Obstacles


def obstacles(*prisms: tuple[shapely.Polygon, float], terrain: Terrain | None = None) -> Obstacles:
    shapes = np.empty(len(prisms), dtype=object)
    shapes[:] = [shape for shape, _ in prisms]
    return Obstacles(shapes, np.array([top for _, top in prisms], float), terrain)


WALL = (shapely.box(40, -10, 50, 10), 10.0)


def at(*place: float) -> FloatArray:
    return np.array([place], float)


def test_a_wall_hides_what_is_behind_it_and_not_what_is_before_it() -> None:
    seen = look(obstacles(WALL), at(0, 0, 2), np.array([[30, 0, 2], [100, 0, 2], [100, 50, 2]], float))
    assert seen.seen.tolist() == [True, False, True]
    assert seen.by.tolist() == [NOTHING, 0, NOTHING]
    assert seen.free[1] == pytest.approx(0.4)


def test_the_line_that_dips_below_a_roof_is_blocked_where_it_dips() -> None:
    sight = look(obstacles(WALL), at(0, 0, 18.0), at(90, 0, 0.0))  # 10 m high at 40 m, 8 m high at 50 m
    assert sight.by[0] == 0
    assert sight.free[0] * 90 == pytest.approx(40.05, abs=0.02)
    assert look(obstacles(WALL), at(0, 0, 30.0), at(90, 0, 0.0)).seen[0]


def test_what_is_looked_at_does_not_hide_itself() -> None:
    inside = at(45, 0, 5)
    assert not look(obstacles(WALL), at(0, 0, 2), inside).seen[0]
    assert look(obstacles(WALL), at(0, 0, 2), inside, np.array([0])).seen[0]


def test_looking_along_a_wall_or_over_a_corner_hides_nothing() -> None:
    eyes = np.array([[0, 10.001, 2], [30, 0, 2], [30, 0, 2]], float)
    targets = np.array([[100, 10.001, 2], [50, 20, 2], [50, 19, 2]], float)  # beside it, on its corner, through it
    assert look(obstacles(WALL), eyes, targets).seen.tolist() == [True, True, False]


def test_a_place_that_is_none_is_not_seen() -> None:
    sight = look(obstacles(WALL), at(0, 0, 2), np.array([[np.nan, 0, 2], [np.inf, 0, 2], [10, 0, np.nan]]))
    assert sight.by.tolist() == [LOST] * 3
    assert sight.free.tolist() == [0.0] * 3


def test_one_looks_through_a_courtyard_only_over_its_walls() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 30, 30).exterior, [shapely.box(10, 10, 20, 20).exterior])
    court = obstacles((ring, 9.0))
    assert look(court, at(11, 15, 2), at(19, 15, 2)).seen[0]
    assert look(court, at(11, 15, 2), at(40, 15, 2)).by[0] == 0


def test_the_earth_bends_away() -> None:
    far = 8000.0
    wall = obstacles((shapely.box(far / 2 - 5, -5, far / 2 + 5, 5), 9.0))
    bulge = BULGE_PER_M * far**2 / 4
    assert bulge == pytest.approx(1.09, abs=0.01)  # 8 km: 1.09 m in the middle with refraction
    assert not look(wall, at(0, 0, 9.0 + bulge - 0.1), at(far, 0, 9.0 + bulge - 0.1)).seen[0]
    assert look(wall, at(0, 0, 9.0 + bulge + 0.1), at(far, 0, 9.0 + bulge + 0.1)).seen[0]


def test_a_hill_is_in_the_way() -> None:
    heights = np.zeros((20, 20), np.float32)
    heights[:, 10] = 30.0
    hill = obstacles(terrain=Terrain(heights, 0.0, 200.0, 10.0))
    assert look(hill, at(10, 100, 2), at(190, 100, 2)).by[0] == GROUND
    assert look(hill, at(10, 100, 40), at(190, 100, 40)).seen[0]
    assert look(hill, at(10, 100, 2), at(60, 100, 0)).seen[0]


def test_no_lines_and_no_buildings_are_no_trouble() -> None:
    assert look(obstacles(), np.empty((0, 3)), np.empty((0, 3))).seen.shape == (0,)
    assert look(obstacles(), at(0, 0, 2), at(10, 0, 2)).seen[0]
    assert look(obstacles(WALL), at(45, 0, 20), at(45, 0, 12)).seen[0]  # straight down onto the roof


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**31))
def test_it_agrees_with_marching_along_each_line(seed: int) -> None:
    rng = np.random.default_rng(seed)
    middle, half = rng.uniform(0, 300, (25, 2)), rng.uniform(2, 15, (25, 2))
    prisms = [
        (shapely.box(*(m - h), *(m + h)), float(top))
        for m, h, top in zip(middle, half, rng.uniform(3, 40, 25), strict=True)
    ]
    stand = obstacles(*prisms)
    eyes = np.column_stack([rng.uniform(0, 300, (6, 2)), rng.uniform(1, 50, 6)])
    targets = np.column_stack([rng.uniform(0, 300, (7, 2)), rng.uniform(1, 50, 7)])
    seen = who_sees(stand, eyes, targets)
    for i, eye in enumerate(eyes):
        for j, target in enumerate(targets):
            depth = _deepest(prisms, eye, target)
            if abs(depth) > 0.2:  # the march is only as fine as its steps
                assert seen[i, j] == (depth < 0), (i, j, depth)


def _deepest(prisms: list[tuple[shapely.Polygon, float]], eye: FloatArray, target: FloatArray) -> float:
    """Return how far a line runs below a roof at most, over places well inside it; negative if it never does."""
    t = np.linspace(0, 1, 4001)
    p = eye + t[:, None] * (target - eye)
    line_m = p[:, 2] - t * (1 - t) * BULGE_PER_M * ((target - eye)[:2] ** 2).sum()
    worst = -np.inf
    for shape, top in prisms:
        west, south, east, north = shape.bounds
        into = np.minimum.reduce([p[:, 0] - west, east - p[:, 0], p[:, 1] - south, north - p[:, 1]])
        if (into > 0).any():
            worst = max(worst, float(np.minimum(into, top - line_m).max()))
        elif (into > -0.2).any() and (top - line_m).max() > 0:
            return 0.0  # too near a wall to tell
    return worst


def test_only_the_pairs_that_are_asked_for_are_answered() -> None:
    asked = np.array([[True, False]])
    assert who_sees(obstacles(WALL), at(0, 0, 2), np.array([[30, 0, 2], [20, 0, 2.0]]), asked).tolist() == [
        [True, False]
    ]
