from __future__ import annotations

import numpy as np
from pytestqt.qtbot import QtBot

from app.map.scene import PreparedScene
from app.map.style import load_style, rgb
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import look_down, picture, world_of


def test_congestion_colours_the_road_it_is_on(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    roads = scene.city.table("roads")
    main = roads[roads["road_class"].isin(["primary", "secondary"])].geometry
    line = main.iloc[int(main.length.argmax())]
    middle = line.interpolate(0.5, normalized=True)
    origin = scene.city.frame.origin_m
    x, y = middle.x - origin[0], middle.y - origin[1]
    for name in ("vehicles", "buildings", "signals", "cameras", "sites"):
        view.set_layer_state(name, LayerState(visible=False))
    view.set_layer_state("congestion", LayerState())
    look_down(view, x, y, 200)
    known = view.shown_symbols()
    view.set_world(world_of(scene, [(x, y)] * 3, kind="car"))
    qtbot.waitUntil(lambda: view.shown_symbols() is not known, timeout=60_000)
    centre = picture(qtbot, view)[290:310, 390:410].reshape(-1, 3) / 255
    grades = [load_style("dark").colour("lines", grade) for grade in ("slow", "congested", "jammed", "free", "steady")]
    assert min(np.abs(centre - rgb(colour)).max(axis=1).min() for colour in grades) < 0.05
