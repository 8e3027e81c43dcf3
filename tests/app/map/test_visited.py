from __future__ import annotations

from dataclasses import replace

from app.map.events import CameraState
from app.map.visited import MOST, Visited

A = CameraState((0.0, 0.0, 0.0), 1000.0, 350.0, 45.0)
B, C = replace(A, bearing_deg=90.0), replace(A, focus_m=(500.0, 0.0, 0.0))


def test_one_goes_back_and_on_between_the_views_where_the_camera_rested() -> None:
    visited = Visited()
    for state in (A, B, C):
        visited.rest(state)
    assert [visited.back(), visited.back(), visited.back()] == [B, A, None]
    assert [visited.on(), visited.on(), visited.on()] == [B, C, None]


def test_a_new_view_ends_the_way_on() -> None:
    visited = Visited()
    visited.rest(A)
    visited.rest(B)
    visited.back()
    visited.rest(C)
    assert visited.can() == (True, False)
    assert visited.back() == A


def test_a_view_hardly_different_is_the_same_also_across_north() -> None:
    visited = Visited()
    visited.rest(replace(A, bearing_deg=359.5))
    visited.rest(replace(A, bearing_deg=0.5, focus_m=(5.0, 0.0, 0.0)))
    assert visited.can() == (False, False)


def test_the_oldest_are_forgotten() -> None:
    visited = Visited()
    for number in range(MOST + 50):
        visited.rest(replace(A, focus_m=(100.0 * number, 0.0, 0.0)))
    steps = 0
    while visited.back() is not None:
        steps += 1
    assert steps == MOST - 1
