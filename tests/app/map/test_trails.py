"""Trails lie where things came from, break where they were not, and fade with age."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.map.events import Pick
from app.map.scene import PreparedScene
from app.map.trails import FASTEST_MPS, NO_TRAILS, TrailWish, trail_arrays
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import AT_S, look_down, picture, world_of
from twin.live.kinds import CODE
from twin.live.wake import Paths
from twin.world import World

START = (-820.0, -300.0)


def _straight(samples: int = 4, count: int = 1, step_m: float = 10.0) -> Paths:
    x = np.arange(samples, dtype=np.float32) * step_m
    at = np.stack(
        [np.repeat(x[:, None], count, axis=1), np.zeros((samples, count)), np.zeros((samples, count))], axis=-1
    )
    return Paths(at.astype(np.float32), np.arange(samples, dtype=float), np.full(count, CODE["bus"], np.uint8))


def test_a_straight_path_is_a_ribbon_across_its_way() -> None:
    arrays = trail_arrays(_straight(), 3.0, 1.0)
    assert len(arrays.vertices) == 8
    assert len(arrays.triangles) == 6
    assert np.allclose(np.abs(arrays.across[:, 1]), 1.0, atol=1e-6)
    assert np.allclose(arrays.across[0::2, :2], -arrays.across[1::2, :2])


def test_age_and_speed_are_in_the_code() -> None:
    arrays = trail_arrays(_straight(step_m=FASTEST_MPS / 2), 3.0, 0.1)
    assert arrays.code[:, 0].tolist() == [CODE["bus"]] * 8
    assert arrays.code[0, 1] == pytest.approx(3.0 / 6.0 * 255, abs=1)
    assert arrays.code[-1, 1] == 0
    assert np.abs(arrays.code[:, 2].astype(int) - 127).max() <= 1


def test_a_trail_breaks_where_one_was_not_there() -> None:
    paths = _straight(5)
    paths.position_m[2] = np.nan
    arrays = trail_arrays(paths, 5.0, 1.0)
    assert np.isfinite(arrays.vertices).all()
    assert len(arrays.triangles) == 4
    assert not np.isin(arrays.triangles, (4, 5)).any()


def test_one_that_stands_and_one_sample_alone_are_no_trail() -> None:
    assert trail_arrays(_straight(1), 1.0, 1.0) is NO_TRAILS
    still = trail_arrays(_straight(4, step_m=0.0), 1.0, 1.0)
    assert not still.across[:, :2].any()


def _drive(qtbot: QtBot, view: MapView, scene: PreparedScene, kind: str = "police_car") -> World:
    for second in range(0, 30, 3):
        world = world_of(scene, [(START[0] + 3.0 * second, START[1])], kind=kind)
        world.tracks.rows["time_s"] = AT_S + second
        world = replace(world, tracks=replace(world.tracks, version=second + 1), at_s=AT_S + second)
        known = view.shown_symbols()
        view.set_world(world)
        qtbot.waitUntil(lambda known=known: view.shown_symbols() is not known, timeout=60_000)  # type: ignore[misc]  # mypy takes no default here
    return world


@pytest.fixture
def over_open_ground(view: MapView) -> MapView:
    for name in ("signals", "cameras", "sites", "places"):
        view.set_layer_state(name, LayerState(visible=False))
    look_down(view, START[0] + 40.0, START[1], 200)
    return view


@pytest.mark.parametrize("wish", [TrailWish(), TrailWish(False, frozenset({"police_car"})), TrailWish(by_speed=True)])
def test_a_trail_is_seen_behind_what_moved(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene, wish: TrailWish
) -> None:
    over_open_ground.set_trails(TrailWish(selected=False))
    world = _drive(qtbot, over_open_ground, scene)
    before = picture(qtbot, over_open_ground).astype(int)
    if wish.selected:
        over_open_ground.set_selection([Pick("vehicles", "unit-0", (*START, 4.0))])
    over_open_ground.set_trails(wish)
    known = over_open_ground.shown_symbols()
    over_open_ground.set_world(world)
    qtbot.waitUntil(lambda: over_open_ground.shown_symbols() is not known, timeout=60_000)
    after = picture(qtbot, over_open_ground)
    behind = np.abs(after - before).max(axis=2)[296:305, 280:420] > 20
    assert behind.any(axis=0).mean() > 0.9


def test_a_trail_of_what_is_filtered_out_is_not_shown(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene
) -> None:
    over_open_ground.set_trails(TrailWish(False, frozenset({"police_car"})))
    world = _drive(qtbot, over_open_ground, scene)
    over_open_ground.set_layer_state("vehicles", LayerState(where="kind = 'bus'"))
    known = over_open_ground.shown_symbols()
    over_open_ground.set_world(world)
    qtbot.waitUntil(lambda: over_open_ground.shown_symbols() is not known, timeout=60_000)
    image = picture(qtbot, over_open_ground)[296:305, 280:420].astype(int)
    assert np.ptp(image.reshape(-1, 3), axis=0).max() < 30
