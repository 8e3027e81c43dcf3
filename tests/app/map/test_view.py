from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import shapely
from pytestqt.qtbot import QtBot

from app.map.scene import PreparedScene
from app.map.style import load_style
from app.map.view import MapView
from layers.layer import LayerState
from tests.app.map.conftest import look_down, picture, world_of
from twin.sun import sun_at


def _inside(scene: PreparedScene, table: str) -> tuple[float, float]:
    """Return a point inside the largest area of a table, well away from roads and symbols."""
    others = [
        scene.city.table("roads").geometry,
        scene.city.table("sites").geometry,
        scene.city.table("devices").geometry,
    ]
    near = shapely.union_all(np.concatenate([other.buffer(25).to_numpy() for other in others]))
    areas = scene.city.table(table).geometry.difference(near).buffer(-4)
    point = areas.iloc[int(areas.area.argmax())].representative_point()
    origin = scene.city.frame.origin_m
    return point.x - origin[0], point.y - origin[1]


def test_water_is_water_coloured_where_water_is(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    x, y = _inside(scene, "water")
    look_down(view, x, y, 150)
    for theme in ("dark", "light"):
        view.set_theme(theme)
        centre = picture(qtbot, view)[300, 400].astype(float) / 255
        assert np.abs(centre - load_style(theme).rgb("ground", "water")).max() < 0.06


def test_a_hidden_layer_is_not_drawn(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    x, y = _inside(scene, "water")
    look_down(view, x, y, 150)
    view.set_layer_state("water", LayerState(visible=False))
    water = np.asarray(load_style("dark").rgb("ground", "water"))
    assert np.abs(picture(qtbot, view)[300, 400] / 255 - water).max() > 0.05


def test_a_filter_hides_the_buildings_it_leaves_out(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    table = scene.city.table("buildings")
    tall = table.iloc[int(table["height_m"].argmax())]
    point = tall.geometry.representative_point()
    x, y = point.x - scene.city.frame.origin_m[0], point.y - scene.city.frame.origin_m[1]
    look_down(view, x, y, 400)
    picture(qtbot, view)
    hit = view.pick_at(400, 300)
    assert hit is not None
    view.set_layer_state("buildings", LayerState(where="height_m < 3"))
    qtbot.waitUntil(lambda: view.pick_at(400, 300) is None, timeout=60_000)
    picture(qtbot, view)
    assert view.pick_at(400, 300) is None


def test_a_click_returns_the_building_clicked(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    x, y = _inside(scene, "buildings")
    look_down(view, x, y, 300)
    picture(qtbot, view)
    pick = view.pick_at(400, 300)
    assert pick is not None
    assert pick.layer == "buildings"
    table = scene.city.table("buildings").set_index("id")
    at = shapely.Point(x + scene.city.frame.origin_m[0], y + scene.city.frame.origin_m[1])
    assert table.geometry[pick.key].distance(at) < 1.0


def test_fly_to_ends_there(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    lon, lat = scene.city.frame.to_lonlat(100.0, 200.0)
    view.fly_to(float(lon), float(lat), 500.0)
    qtbot.waitUntil(lambda: abs(view.camera().distance_m - 500.0) < 1e-6, timeout=60_000)
    assert np.allclose(view.camera().focus_m[:2], (100.0, 200.0), atol=0.1)


def test_each_frame_shown_is_one_render(qtbot: QtBot, view: MapView) -> None:
    picture(qtbot, view)
    with qtbot.waitSignal(view.frame_drawn) as first:
        view.refresh()
    with qtbot.waitSignal(view.frame_drawn) as second:
        view.refresh()
        view.refresh()
    assert second.args[0].renders == first.args[0].renders + 1


def test_a_picture_is_written(qtbot: QtBot, view: MapView, tmp_path: Path) -> None:
    picture(qtbot, view)
    view.save_picture(tmp_path / "map.png")
    assert (tmp_path / "map.png").stat().st_size > 10_000


def test_a_city_opens_over_its_towers(view: MapView, scene: PreparedScene) -> None:
    towers = scene.skyline_m()
    assert towers is not None
    view.show_city(scene)
    assert view.camera().focus_m[:2] == towers
    assert view.camera().pitch_deg < 45


def test_a_city_without_towers_opens_whole(view: MapView, scene: PreparedScene) -> None:
    low = scene.city.table("buildings").assign(height_m=np.float32(9.0))
    flat = replace(scene, city=replace(scene.city, tables={**scene.city.tables, "buildings": low}))
    assert flat.skyline_m() is None
    view.show_city(flat)
    assert view.camera().pitch_deg > 45


def test_a_tower_throws_its_shadow_away_from_the_sun(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    table = scene.city.table("buildings")
    tower = table.iloc[int(table["height_m"].argmax())]
    morning, evening = 1_774_054_800.0, 1_774_080_000.0  # 2026-03-21, 01:00 and 08:00 UTC: 09:00 and 16:00 there
    lon, lat = scene.city.frame.to_lonlat(0.0, 0.0)
    east, north, up = sun_at(float(lon), float(lat), morning).towards()
    foot = tower.geometry.centroid
    away_m = 0.8 * float(tower["height_m"])
    x = foot.x - scene.city.frame.origin_m[0] - east / up * away_m
    y = foot.y - scene.city.frame.origin_m[1] - north / up * away_m
    look_down(view, x, y, 300)
    view.set_daylight(True)
    brightness = []
    for at_s in (morning, evening):
        view.set_world(replace(world_of(scene, []), at_s=at_s))
        brightness.append(picture(qtbot, view)[298:303, 398:403].astype(float).mean())
    assert brightness[0] < 0.9 * brightness[1]


def test_the_light_of_the_hour_gives_way_to_the_theme_again(qtbot: QtBot, view: MapView, scene: PreparedScene) -> None:
    before = picture(qtbot, view)
    view.set_daylight(True)
    view.set_world(replace(world_of(scene, []), at_s=1_774_065_600.0))  # noon
    assert picture(qtbot, view).mean() > 1.5 * before.mean()
    view.set_daylight(False)
    assert np.abs(picture(qtbot, view).astype(float) - before).mean() < 1.0


def test_a_selected_building_is_tinted_and_the_next_one_is_not(
    qtbot: QtBot, view: MapView, scene: PreparedScene
) -> None:
    x, y = _inside(scene, "buildings")
    look_down(view, x, y, 300)
    before = picture(qtbot, view)
    pick = view.pick_at(400, 300)
    assert pick is not None
    view.set_selection([pick])
    after = picture(qtbot, view)
    accent = np.asarray(load_style("dark").rgb("buildings", "selected"))
    assert np.abs(after[312, 400] / 255 - accent).max() < 0.35
    changed = np.abs(after.astype(int) - before).max(axis=-1) > 12
    assert 100 < changed.sum() < 0.2 * changed.size
    view.set_selection([])
    assert np.abs(picture(qtbot, view).astype(int) - before).mean() < 0.5
