"""Symbols can be told apart, say their state, and survive whatever place they are told to be at."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray
from pytestqt.qtbot import QtBot

from app.map.chosen import Chooser, choose
from app.map.events import Pick
from app.map.glyphs import SHAPES, TILE_PX, atlas
from app.map.scene import PreparedScene
from app.map.style import THEMES, load_style, rgb
from app.map.symbols import SymbolBatch, pack, velocities
from app.map.view import MapView
from layers.catalogue import layer_by_name
from layers.layer import LayerState, Symbols
from tests.app.map.conftest import look_down, picture, world_of
from twin.live.kinds import KINDS, STATE_CODE
from twin.world import World

OPEN_GROUND = (-820.0, -300.0)


def _cut(shape: str) -> NDArray[np.float64]:
    """Return a shape as 12 x 12 pixels of grey."""
    at = SHAPES.index(shape) * TILE_PX
    inside = atlas()[:, at : at + TILE_PX] >= 128
    middle = inside[8:40, 8:40].astype(float)  # the circle of radius 1
    return np.asarray(np.kron(middle, np.ones((3, 3))).reshape(12, 8, 12, 8).mean(axis=(1, 3)))


def _batch(world: World, layer: str = "vehicles") -> SymbolBatch:
    drawn = layer_by_name(layer).draw(world, layer_by_name(layer).rows(world))
    assert isinstance(drawn, Symbols)
    return SymbolBatch(layer, drawn, velocities(drawn))


def _shown(view: MapView) -> int:
    shown = view.shown_symbols()
    return 0 if shown is None else sum(len(b.symbols.position_m) for b in shown.batches if b.layer == "vehicles")


def _show(qtbot: QtBot, view: MapView, world: World) -> NDArray[np.uint8]:
    known = view.shown_symbols()
    view.set_world(world)
    qtbot.waitUntil(lambda: view.shown_symbols() is not known and _shown(view) == len(world.tracks), timeout=60_000)
    return picture(qtbot, view)


@pytest.fixture
def over_open_ground(view: MapView) -> MapView:
    for name in ("signals", "cameras", "sites", "places"):
        view.set_layer_state(name, LayerState(visible=False))
    look_down(view, *OPEN_GROUND, 300)
    return view


@pytest.mark.parametrize("theme", THEMES)
def test_kinds_are_told_apart_at_twelve_pixels_without_colour(theme: str) -> None:
    shapes = {kind.name: _cut(load_style(theme).symbol(kind.name).shape) for kind in KINDS}
    alike = [(a, b) for a, b in combinations(shapes, 2) if np.abs(shapes[a] - shapes[b]).mean() < 0.05]
    assert alike == []


def test_what_moves_shows_where_it_is_heading() -> None:
    for kind in KINDS:
        shape = load_style("dark").symbol(kind.name).shape
        if kind.layer in ("vehicles", "drones") and kind.name != "other":
            cut = _cut(shape)
            assert np.abs(cut - cut[::-1]).mean() > 0.015, kind.name


@pytest.mark.parametrize(("state", "middle"), [("free", "colour"), ("busy", "rim"), ("alarm", "rim")])
def test_the_state_is_seen_in_the_middle_of_the_symbol(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene, state: str, middle: str
) -> None:
    world = world_of(scene, [OPEN_GROUND], kind="fire_engine")
    world.tracks.rows["state"], world.tracks.rows["heading_deg"] = STATE_CODE[state], 0.0
    image = _show(qtbot, over_open_ground, world)
    colour = np.asarray(rgb(load_style("dark").symbol("fire_engine").colour)) * 255
    at = image[296:300, 399:402].astype(float).mean(axis=(0, 1))
    assert (np.abs(at - colour).max() < 40) == (middle == "colour")


def test_an_alarm_lies_on_a_disc_of_its_colour(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    red = np.asarray(rgb(load_style("dark").colour("marks", "alarm"))) * 255
    seen = {}
    for state in ("free", "alarm"):
        world = world_of(scene, [OPEN_GROUND])
        world.tracks.rows["state"] = STATE_CODE[state]
        near = _show(qtbot, over_open_ground, world)[280:320, 380:420]
        seen[state] = int((np.abs(near - red).max(axis=2) < 30).sum())
    assert seen["free"] == 0
    assert seen["alarm"] > 100


def test_far_away_the_traffic_is_points_and_an_alarm_is_not(scene: PreparedScene, view: MapView, qtbot: QtBot) -> None:
    view.set_layer_state("places", LayerState(visible=False))
    look_down(view, *OPEN_GROUND, 12_000)
    sizes = []
    for state in ("moving", "alarm"):
        empty = _show(qtbot, view, world_of(scene, [])).astype(int)
        world = world_of(scene, [OPEN_GROUND], kind="car")
        world.tracks.rows["state"] = STATE_CODE[state]
        changed = np.abs(_show(qtbot, view, world) - empty).max(axis=2)[280:320, 380:420] > 24
        sizes.append(int(changed.sum()))
    assert 4 <= sizes[0] <= 25
    assert sizes[1] > 2 * sizes[0]


HOSTILE = ((np.nan, 0.0, 4.0), (0.0, np.inf, 4.0), (0.0, 9.9e6, 4.0), (3e38, -3e38, 0.0), (0.0, 0.0, 60_000.0))


def test_a_place_that_cannot_be_drawn_is_counted_and_not_drawn(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene
) -> None:
    world = world_of(scene, [OPEN_GROUND] * (1 + len(HOSTILE)))
    world.tracks.position_m[1:] = HOSTILE
    alone = _show(qtbot, over_open_ground, world_of(scene, [OPEN_GROUND]))
    together = _show(qtbot, over_open_ground, world)
    shown = over_open_ground.shown_symbols()
    assert shown is not None
    assert shown.off_map == len(HOSTILE)
    changed = np.argwhere(np.abs(together.astype(int) - alone).max(axis=2) > 30)
    assert len(changed)  # it is said above the scale
    assert (changed[:, 0] > 500).all()
    assert (changed[:, 1] < 300).all()


def test_a_velocity_that_is_no_number_moves_nothing(scene: PreparedScene) -> None:
    world = world_of(scene, [OPEN_GROUND] * 3)
    world.tracks.rows["speed_mps"], world.tracks.rows["heading_deg"] = (np.inf, np.nan, 5.0), (0.0, 90.0, np.nan)
    assert not _batch(world).velocity_mps.any()


def test_fifty_thousand_on_one_spot_are_drawn_and_one_of_them_is_picked(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene
) -> None:
    _show(qtbot, over_open_ground, world_of(scene, [OPEN_GROUND] * 50_000))
    pick = over_open_ground.pick_at(400, 300)
    assert pick is not None
    assert pick.layer == "vehicles"
    assert len(over_open_ground.picks_in((390, 290, 410, 310))) >= 50_000


def test_the_selected_are_found_again_in_a_world_with_others(scene: PreparedScene) -> None:
    chooser, picks = Chooser(), (Pick("vehicles", "unit-2", (0.0, 0.0, 0.0)), Pick("vehicles", "gone", (0.0, 0.0, 0.0)))
    packed = pack([_batch(world_of(scene, [OPEN_GROUND] * 4))])
    chosen = chooser(packed, picks)
    assert packed.keys(chosen.symbols) == ["unit-2"]
    assert [pick.key for pick in chosen.others] == ["gone"]
    assert chooser(pack([_batch(world_of(scene, [OPEN_GROUND] * 4))]), picks) is chosen
    fewer = world_of(scene, [OPEN_GROUND] * 2)
    assert len(chooser(pack([_batch(fewer)]), picks).symbols) == 0


def test_what_is_selected_is_looked_for_in_its_own_layer(scene: PreparedScene) -> None:
    world = world_of(scene, [OPEN_GROUND])
    packed = pack([_batch(world), replace(_batch(world), layer="others")])
    assert choose(packed, (Pick("others", "unit-0", (0.0, 0.0, 0.0)),)).symbols.tolist() == [1]


def test_how_uncertain_a_place_is_is_drawn_about_what_is_selected(
    qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene
) -> None:
    world = world_of(scene, [OPEN_GROUND])
    world.tracks.rows["accuracy_m"] = 40.0
    before = _show(qtbot, over_open_ground, world)
    over_open_ground.set_selection([Pick("vehicles", "unit-0", (*OPEN_GROUND, 4.0))])
    after = picture(qtbot, over_open_ground)
    changed = np.hypot(*(np.argwhere(np.abs(after.astype(int) - before).max(axis=2) > 6) - (300, 400)).T)
    scale = 600 / (2 * 300 * np.tan(np.radians(19)))
    assert changed.max() == pytest.approx(40 * scale, abs=3)
