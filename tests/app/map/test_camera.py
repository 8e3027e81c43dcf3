from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.map import gestures
from app.map.camera import Lens, between, kept_above_ground, seeing_all
from app.map.events import CameraState

states = st.builds(
    CameraState,
    st.tuples(st.floats(-5e3, 5e3), st.floats(-5e3, 5e3), st.floats(0, 50)),
    st.floats(20, 30_000),
    st.floats(0, 359),
    st.floats(4, 90),
)


@given(states, st.floats(0, 1600), st.floats(0, 900))
def test_a_ray_goes_through_the_point_it_was_cast_for(state: CameraState, x: float, y: float) -> None:
    lens = Lens(state, 1600, 900)
    point = lens.eye_m + 500.0 * lens.ray(x, y)
    px, py, depth = lens.project(point[None, :])
    assert depth[0] > 0
    assert (px[0], py[0]) == pytest.approx((x, y), abs=0.01)


@given(states)
def test_the_camera_never_goes_below_the_ground(state: CameraState) -> None:
    def hill(x: float, y: float) -> float:
        return 300.0 * float(np.sin(x / 700) * np.cos(y / 900))

    kept = kept_above_ground(state, hill)
    eye = Lens(kept, 1, 1).eye_m
    assert eye[2] >= hill(float(eye[0]), float(eye[1])) + 2.4


@given(states, st.floats(-40, 40), st.floats(-40, 40))
def test_turning_leaves_the_point_clicked_where_it_was(state: CameraState, dx: float, dy: float) -> None:
    lens = Lens(state, 1600, 900)
    pivot = lens.eye_m + 0.9 * state.distance_m * lens.ray(500, 600)
    turned = Lens(gestures.orbited(lens, (pivot[0], pivot[1], pivot[2]), dx, dy), 1600, 900)
    x, y, _ = turned.project(pivot[None, :])
    assert (x[0], y[0]) == pytest.approx((500, 600), abs=0.5)


def test_zooming_leaves_the_point_under_the_pointer_where_it_was() -> None:
    lens = Lens(CameraState((0.0, 0.0, 0.0), 1000.0, 30.0, 40.0), 1600, 900)
    ray = lens.ray(300, 700)
    point = lens.eye_m - lens.eye_m[2] / ray[2] * ray
    closer = Lens(gestures.zoomed(lens, (point[0], point[1], point[2]), 3.0), 1600, 900)
    x, y, _ = closer.project(point[None, :])
    assert (x[0], y[0]) == pytest.approx((300, 700), abs=0.5)
    assert closer.state.distance_m < 1000.0


def test_panning_keeps_the_ground_in_the_hand() -> None:
    lens = Lens(CameraState((0.0, 0.0, 0.0), 1000.0, 30.0, 40.0), 1600, 900)
    moved = Lens(gestures.panned(lens, (50.0, 80.0, 0.0), 900, 500), 1600, 900)
    x, y, _ = moved.project(np.array([[50.0, 80.0, 0.0]]))
    assert (x[0], y[0]) == pytest.approx((900, 500), abs=0.5)


def test_the_whole_is_seen() -> None:
    state = seeing_all((-9000.0, -4000.0, 0.0), (7000.0, 6000.0, 90.0), 54.0, 1600, 900)
    corners = np.array([(x, y, 0.0) for x in (-9000, 7000) for y in (-4000, 6000)])
    x, y, _ = Lens(state, 1600, 900).project(corners)
    assert x.min() >= 0
    assert x.max() <= 1600
    assert y.min() >= 0
    assert y.max() <= 900


@given(states, states)
def test_a_flight_starts_and_ends_where_it_should(start: CameraState, end: CameraState) -> None:
    assert between(start, end, 0.0).distance_m == pytest.approx(start.distance_m)
    last = between(start, end, 1.0)
    assert last.focus_m == pytest.approx(end.focus_m)
    assert last.distance_m == pytest.approx(end.distance_m, abs=1e-3)
