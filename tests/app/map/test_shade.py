"""Shadows are as long as the sun is low, and fall on what is lower than they reach."""

from __future__ import annotations

import math

import numpy as np
import pytest

from app.map.camera import Lens
from app.map.events import CameraState
from app.map.scene import PreparedScene
from app.map.shade import NOTHING_M, Square, raise_roofs, reach, squares, swept

WALL_M = 10.0


def test_a_wall_throws_a_shadow_as_long_as_its_height_over_the_tangent() -> None:
    top = np.full((40, 3), NOTHING_M, np.float32)
    top[5] = WALL_M
    high = swept(top, math.tan(math.radians(45.0)))
    assert np.flatnonzero(high[:, 1] > 0.5).tolist() == list(range(7, 15))
    assert high[9, 1] == pytest.approx(WALL_M - 4.0)


def test_nothing_is_in_the_shadow_of_what_is_behind_it() -> None:
    top = np.full((10, 1), NOTHING_M, np.float32)
    top[6] = WALL_M
    assert (swept(top, 0.1)[:8] < 0).all()


def test_triangles_raise_the_cells_below_them_to_their_slope() -> None:
    top = np.zeros((12, 12), np.float32)
    corners = np.array([[[1, 1, 0.0], [9, 1, 8.0], [1, 9, 0.0]]])
    raise_roofs(top, corners)
    assert top[2, 5] == pytest.approx(4.0)
    assert top[8, 8] == 0.0
    raise_roofs(top, np.array([[[2.0, 2.0, 3.0]] * 3]))
    assert np.isfinite(top).all()


def test_the_near_square_holds_what_is_looked_at_and_turns_with_the_sun() -> None:
    lens = Lens(CameraState((100.0, 200.0, 0.0), 260.0, 30.0, 20.0), 800, 600)
    near, far = squares(lens, (0.6, 0.0, 0.8), relief=False, cells=64)
    assert near.away == (-1.0, 0.0)
    assert near.drop == pytest.approx(0.8 / 0.6)
    assert math.dist(near.middle_m, (100.0, 200.0)) < near.side_m / 2 < far.side_m
    assert near.serves(near)
    assert not near.serves(far)


def test_a_hidden_building_has_no_shadow(scene: PreparedScene) -> None:
    table = scene.city.table("buildings")
    tower = int(table["height_m"].argmax())
    foot = table.geometry.iloc[tower].centroid
    x, y = foot.x - scene.city.frame.origin_m[0], foot.y - scene.city.frame.origin_m[1]
    square = Square((x, y + 40.0), 200.0, (0.0, 1.0), 0.5, 100)
    shown = reach(scene, scene.meshes["buildings"], square, None)
    hidden = np.zeros(len(table), bool)
    hidden[tower] = True
    without = reach(scene, scene.meshes["buildings"], square, hidden)
    assert (shown > without + 5.0).sum() > 100
    assert (without <= shown + 1e-3).all()
