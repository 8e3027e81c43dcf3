"""Words on the map: one line, not over each other, with the age of what is old, and not through houses."""

from __future__ import annotations

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from app.map.camera import Lens
from app.map.events import CameraState, Pick
from app.map.labels import LONGEST, Grid, LabelPainter, LabelSet, plain
from app.map.scene import PreparedScene
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import AT_S, look_down, picture, world_of
from twin.world import World

OPEN_GROUND = (-820.0, -300.0)
LENS = Lens(CameraState((0.0, 0.0, 0.0), 1000.0, 0.0, 90.0), 800, 600)


@pytest.mark.parametrize(
    ("told", "written"),
    [
        ("人民医院", "人民医院"),
        ("a" * 400, "a" * (LONGEST - 1) + "…"),
        ("up\ndown\x00\t here", "up down here"),
        ("\u202egnp.exe\u202c", "gnp.exe"),
        ("שלום עולם", "שלום עולם"),
        ("\u200b\u2066 \x1b[31m", "[31m"),
        ("  ", ""),
        ("5 分钟可达・西塘镇 · 42.508 km²", "5 分钟可达・西塘镇 · 42.508 km²"),
        ("长" * 400, "长" * (LONGEST // 2 - 1) + "…"),
    ],
)
def test_a_label_is_one_plain_line(told: str, written: str) -> None:
    assert plain(told) == written


def _labels(at: list[tuple[float, float]], words: str = "巡警01", *, hidden_by_m: float = np.inf) -> LabelSet:
    texts = np.full(len(at), words, dtype=object)
    position = np.column_stack([np.array(at), np.zeros(len(at))]).astype(np.float32)
    return LabelSet("vehicles", position, texts, texts, np.full(len(at), 3, np.int16), hidden_by_m=hidden_by_m)


def test_labels_never_lie_over_each_other(qtbot: QtBot) -> None:
    random = np.random.default_rng(7)
    crowd = _labels([tuple(p) for p in random.uniform(-300, 300, (2000, 2)).tolist()])
    painter = LabelPainter()
    placed = painter.lay_out([crowd], LENS, "zh", Grid(800, 600))
    assert len(placed) > 20
    width, height = painter._size("巡警01", 3)
    x, y = np.array([(label.x, label.y) for label in placed]).T
    over = (np.abs(x[:, None] - x) < width - 22) & (np.abs(y[:, None] - y) < height - 10)
    assert over.sum() == len(placed)


def test_fifty_thousand_on_one_spot_are_one_label(qtbot: QtBot) -> None:
    assert len(LabelPainter().lay_out([_labels([(0.0, 0.0)] * 50_000)], LENS, "zh", Grid(800, 600))) == 1


def test_what_is_hidden_is_not_written(qtbot: QtBot) -> None:
    sets = [_labels([(0.0, 0.0), (100.0, 0.0)], hidden_by_m=0.0)]
    placed = LabelPainter().lay_out(sets, LENS, "zh", Grid(800, 600), hides=lambda x, _y, _d: x > 420)
    assert len(placed) == 1


def test_a_place_is_hidden_only_by_what_stands_far_before_it(qtbot: QtBot) -> None:
    wall_m = float(LENS.depth_m(np.zeros((1, 3)))[0]) - 100.0
    written = [
        len(
            LabelPainter().lay_out(
                [_labels([(0.0, 0.0)], hidden_by_m=by_m)], LENS, "zh", Grid(800, 600),
                hides=lambda _x, _y, depth: depth > wall_m,
            )
        )
        for by_m in (0.0, 200.0, np.inf)
    ]  # fmt: skip
    assert written == [0, 1, 1]


def _show(qtbot: QtBot, view: MapView, world: World) -> list[str]:
    known = view._labels
    view.set_world(world)

    def answered() -> bool:  # and not that to the view's own opening, which may come first
        answer = view._labels
        return answer is not known and answer is not None and answer.request.world is world

    qtbot.waitUntil(answered, timeout=60_000)
    return [str(word) for labels in view.shown_labels() for word in labels.en]


@pytest.fixture
def over_open_ground(view: MapView) -> MapView:
    for name in ("signals", "cameras", "sites", "places"):
        view.set_layer_state(name, LayerState(visible=False))
    look_down(view, *OPEN_GROUND, 300)
    return view


def test_what_is_old_says_how_old(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    world = world_of(scene, [OPEN_GROUND, (OPEN_GROUND[0] + 40.0, OPEN_GROUND[1])])
    world.tracks.rows["time_s"][1] = AT_S - 180.0
    words = _show(qtbot, over_open_ground, world)
    assert len(words) == 2
    assert [word.endswith(" · 3 min") for word in words] == [False, True]


def test_what_is_selected_is_named_from_far(qtbot: QtBot, over_open_ground: MapView, scene: PreparedScene) -> None:
    look_down(over_open_ground, *OPEN_GROUND, 9000)
    world = world_of(scene, [OPEN_GROUND, (OPEN_GROUND[0] + 40.0, OPEN_GROUND[1])])
    assert _show(qtbot, over_open_ground, world) == []
    over_open_ground.set_selection([Pick("vehicles", "unit-1", (*OPEN_GROUND, 4.0))])
    assert len(_show(qtbot, over_open_ground, world)) == 1


def test_a_name_does_not_show_through_a_tower(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    for name in ("signals", "cameras", "sites", "places", "sensors"):
        view.set_layer_state(name, LayerState(visible=False))
    table = scene.city.table("buildings")
    tower = table.iloc[int(table["height_m"].argmax())]
    foot, origin = tower.geometry.centroid, scene.city.frame.origin_m
    x, y = foot.x - origin[0], foot.y - origin[1]
    behind = (x, y + 60.0)
    view.set_camera(CameraState((x, y, 10.0), 220.0, 0.0, 10.0))
    view.settle()
    _show(qtbot, view, world_of(scene, [behind]))
    hidden = picture(qtbot, view).astype(int)
    view.set_layer_state("people", LayerState(visible=False))
    view.set_layer_state("vehicles", LayerState(visible=False))
    without = picture(qtbot, view).astype(int)
    assert (np.abs(hidden - without).max(axis=2) > 60).sum() < 10
