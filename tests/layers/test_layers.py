"""Every layer keeps its promises about rows, drawing and status; plates and names stay hidden."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from importlib.metadata import EntryPoint
from typing import Any

import numpy as np
import pytest

from app.texts import LANGUAGES, Texts
from layers import catalogue
from layers.catalogue import LAYERS, layer_by_name
from layers.layer import Areas, Labels, Layer, Lines, Raster, Several, Solids, Surface, Symbols
from layers.shown import shown
from tests.layers.tiny import AT_S, tiny_city, tiny_frame, tiny_world
from twin.city.city import City
from twin.errors import UsageError
from twin.geo import LocalFrame
from twin.live.frame import empty_frame
from twin.live.kinds import KINDS
from twin.world import World

DRAWN = {
    "terrain": Surface, "imagery": Surface, "land": Areas, "water": Areas, "roads": Lines, "congestion": Lines,
    "measured_speed": Lines, "measured_index": Lines, "measured_delay": Lines, "measured_queue": Lines,
    "density": Raster, "speeds": Raster, "alarms": Raster,
    "boundaries": Lines, "geofences": Several, "results": Several, "trees": Surface, "buildings": Solids,
    "sites": Symbols, "signals": Symbols, "cameras": Symbols,
    "sensors": Symbols, "vehicles": Symbols, "people": Symbols, "drones": Symbols, "places": Labels,
}  # fmt: skip
EVERY = pytest.mark.parametrize("layer", LAYERS, ids=lambda layer: layer.name)
NOWHERE = World(City("空", "Empty", LocalFrame("EPSG:4549", (0, 0)), {}), empty_frame(), (), 0.0, live=True)


def ids(layer: Layer, world: World, **how: Any) -> list[str]:
    return list(map(str, shown(layer, world, **how).columns["id"]))


def test_the_catalogue_is_in_drawing_order_and_has_no_name_twice() -> None:
    assert [layer.name for layer in LAYERS] == list(DRAWN)


@EVERY
def test_rows_keep_to_their_columns(layer: Layer) -> None:
    world = tiny_world()
    for rows in (
        layer.rows(world),
        layer.rows(NOWHERE),
        layer.rows(world).take(np.zeros(len(layer.rows(world)), bool)),
    ):
        if layer.columns:
            assert list(rows.columns) == [column.name for column in layer.columns]
        for column in layer.columns:
            values = rows.columns[column.name]
            assert values.shape == (len(rows),)
            assert values.dtype == (object if column.dtype == "str" or column.name == "id" else np.dtype(column.dtype))
        assert len(set(rows.columns["id"])) == len(rows)
        assert rows.geometry is None or len(rows.geometry) == len(rows)
        assert rows.position_m is None or rows.position_m.shape == (len(rows), 3)


@EVERY
def test_every_layer_draws_all_some_or_none_of_its_rows(layer: Layer) -> None:
    world = tiny_world()
    rows = layer.rows(world)
    for some in (rows, rows.take(np.arange(len(rows)) % 2 == 0), layer.rows(NOWHERE)):
        drawing = layer.draw(world, some)
        assert type(drawing) is DRAWN[layer.name]
        if isinstance(drawing, Surface | Raster):
            continue
        assert len(drawing.rows) == len(some)
        if isinstance(drawing, Symbols | Labels):
            assert drawing.position_m.shape == (len(some), 3)
            assert drawing.position_m.dtype == np.float32
        if isinstance(drawing, Symbols):
            assert (drawing.symbol < len(drawing.names)).all()
            assert len(drawing.heading_deg) == len(drawing.faded) == len(some)


@EVERY
def test_the_same_world_gives_the_same_rows_so_nothing_is_drawn_twice(layer: Layer) -> None:
    world = tiny_world()
    if layer.columns:
        assert layer.rows(world) is layer.rows(world)
        assert layer.rows(world) is not layer.rows(tiny_world())


@EVERY
def test_an_empty_layer_says_why(layer: Layer) -> None:
    texts = Texts()
    status = layer.status(NOWHERE)
    assert status.count == 0
    assert status.reason in texts
    assert not layer.status(tiny_world()).reason or layer.name == "imagery" or layer.name.startswith("measured_")


@EVERY
def test_every_layer_has_a_name_and_a_group_in_both_languages(layer: Layer) -> None:
    for language in LANGUAGES:
        assert Texts(language)(f"layer.{layer.name}")
        assert Texts(language)(f"layer_group.{layer.group}")


def test_kept_results_are_filled_outlined_and_named_with_their_figure() -> None:
    world = tiny_world()
    layer = layer_by_name("results")
    drawing = layer.draw(world, layer.rows(world))
    assert isinstance(drawing, Several)
    fills, lines, labels = drawing.drawings
    assert isinstance(fills, Areas)
    assert isinstance(lines, Lines)
    assert isinstance(labels, Labels)
    assert list(fills.rows.columns["id"]) == ["r1"]
    assert list(fills.style) == ["seen"]
    assert list(lines.rows.columns["id"]) == ["r2", "r2"]
    assert list(lines.style) == ["seen", "hidden"]
    assert labels.zh[0] == "视域 1 · 400 m²"


def test_another_kept_thing_is_another_row() -> None:
    world = tiny_world()
    more = replace(world, kept=replace(world.kept, results=world.kept.results[:1]))
    layer = layer_by_name("results")
    assert (len(layer.rows(world)), len(layer.rows(more))) == (2, 1)
    assert list(shown(layer_by_name("geofences"), world, where="kind = 'keep_out'").columns["owner"]) == ["罗星派出所"]
    until = layer_by_name("geofences").rows(world).columns["until"]
    assert list(np.isnat(until)) == [False, True]


def test_only_live_layers_change_with_time() -> None:
    for layer in LAYERS:
        assert ("time" in {column.name for column in layer.columns}) == (layer.group == "live")


def test_kinds_stand_in_the_layer_that_they_name() -> None:
    world = tiny_world()
    assert ids(layer_by_name("vehicles"), world) == ["e0", "e1", "e2"]
    assert ids(layer_by_name("people"), world) == ["e3", "e4"]
    assert ids(layer_by_name("drones"), world) == ["e5"]
    assert ids(layer_by_name("sensors"), world) == ["e6", "e7"]
    assert {kind.layer for kind in KINDS} <= {layer.name for layer in LAYERS}


def test_people_on_the_map_are_on_duty_only() -> None:
    assert [kind.name for kind in KINDS if kind.layer == "people"] == ["officer", "guard", "volunteer"]


def test_live_rows_speak_in_words_and_units() -> None:
    rows = layer_by_name("sensors").rows(tiny_world())
    assert list(rows.columns["quantity"]) == ["PM2.5", "passes"]
    assert list(rows.columns["unit"]) == ["µg/m³", "1/min"]
    assert list(rows.columns["state"]) == ["unknown", "alarm"]
    assert list(rows.columns["source"]) == ["demo-life", "demo-life"]
    assert rows.columns["time"][0] == np.datetime64(round((AT_S - 1.25) * 1000), "ms")


def test_plates_and_names_are_hidden_until_a_purpose_was_given() -> None:
    world = tiny_world()
    vehicles, people = layer_by_name("vehicles"), layer_by_name("people")
    assert list(shown(vehicles, world).columns["label"]) == ["浙F·8***6", "浙F·0****D", "浙******1"]
    assert list(shown(people, world).columns["label"]) == ["王**", "李*"]
    assert shown(vehicles, world, unmask=True).columns["label"][0] == "浙F·8K2Q6"


def test_a_filter_cannot_be_used_to_guess_a_hidden_plate() -> None:
    vehicles = layer_by_name("vehicles")
    assert ids(vehicles, tiny_world(), where="label like '%8K2Q6'") == []
    assert ids(vehicles, tiny_world(), where="label like '%8K2Q6'", unmask=True) == ["e0"]


def test_a_filter_keeps_geometry_and_positions_beside_their_rows() -> None:
    world = tiny_world()
    whole, some = layer_by_name("buildings").rows(world), shown(layer_by_name("buildings"), world, where="floors > 5")
    assert list(some.columns["id"]) == ["b1", "b3"]
    assert whole.geometry is not None
    assert some.geometry is not None
    assert list(some.geometry) == [whole.geometry[0], whole.geometry[2]]
    moving = shown(layer_by_name("vehicles"), world, where="kind = 'bus'")
    assert moving.position_m is not None
    assert moving.position_m == pytest.approx(np.array([[60.0, -6.0, 3.0]]), abs=0.01)


def test_a_filter_on_a_column_that_is_not_there_is_refused() -> None:
    with pytest.raises(UsageError, match="there is no 'colour'"):
        shown(layer_by_name("roads"), tiny_world(), where="colour = 1")


def test_stale_rows_are_faded() -> None:
    world = tiny_world()
    drawing = layer_by_name("people").draw(world, layer_by_name("people").rows(world))
    assert isinstance(drawing, Symbols)
    assert list(drawing.faded) == [False, True]


def test_a_source_that_is_down_gives_its_reason_and_the_age_of_the_last_data() -> None:
    status = layer_by_name("vehicles").status(tiny_world(up=False, reason="connection refused"))
    assert status.count == 3
    assert status.reason == "connection refused"
    assert status.newest_s == pytest.approx(AT_S - 1.25, abs=0.001)


def test_congestion_is_the_mean_of_the_vehicles_on_a_road() -> None:
    rows = layer_by_name("congestion").rows(tiny_world())
    assert list(rows.columns["id"]) == ["r1"]
    assert rows.columns["mean_kmh"] == pytest.approx([40.5])
    assert list(rows.columns["vehicles"]) == [2]
    assert list(rows.columns["grade"]) == ["unknown"]  # of two vehicles none is told


def test_congestion_is_worked_out_again_after_some_seconds() -> None:
    layer, city = layer_by_name("congestion"), tiny_city()
    first, soon, later = (
        World(city, tiny_frame(city, AT_S + after_s), (), AT_S + after_s, live=True) for after_s in (0.0, 1.0, 6.0)
    )
    rows = layer.rows(first)
    assert layer.rows(soon) is rows
    assert layer.rows(later) is not rows
    assert layer.rows(first) is not rows  # back in time: another instant, not a newer one


def test_symbols_of_an_unknown_kind_get_the_common_one() -> None:
    world = tiny_world()
    drawing = layer_by_name("sites").draw(world, layer_by_name("sites").rows(world))
    assert isinstance(drawing, Symbols)
    assert [drawing.names[code] for code in drawing.symbol] == ["hospital", "site"]


def test_a_site_stands_over_the_roof_of_its_building_and_without_one_on_the_ground() -> None:
    world = tiny_world()
    sites = layer_by_name("sites")
    drawing = sites.draw(world, sites.rows(world))
    assert isinstance(drawing, Symbols)
    (hospital, ground) = drawing.position_m
    assert hospital == pytest.approx([5.0, 5.0, 3.1 + 21.5 + 3.0], abs=0.1)
    assert ground[2] < 10.0


def test_points_stand_on_the_ground() -> None:
    city = tiny_city()
    world = World(city, tiny_frame(city), (), AT_S, live=True)
    cameras = layer_by_name("cameras")
    drawing = cameras.draw(world, cameras.rows(world))
    assert isinstance(drawing, Symbols)
    east, north = city.frame.origin_m[0] + 3.0, city.frame.origin_m[1] - 3.0
    assert drawing.position_m[0] == pytest.approx([3.0, -3.0, float(city.ground_m(east, north)) + 6.0], abs=0.01)


def test_a_missing_name_lists_those_there_are() -> None:
    with pytest.raises(UsageError, match="there is no layer unicorns; there are: terrain, imagery"):
        layer_by_name("unicorns")


def test_other_packages_offer_layers_through_an_entry_point(monkeypatch: pytest.MonkeyPatch) -> None:
    point = EntryPoint("more", "layers.drones:DroneLayer", "zhian.layers")
    monkeypatch.setattr(catalogue, "entry_points", lambda group: [point] if group == "zhian.layers" else [])
    assert [layer.name for layer in catalogue._all()] == [*DRAWN, "drones"]


def test_a_faulty_package_costs_its_own_layer_and_no_other(monkeypatch: pytest.MonkeyPatch) -> None:
    points = [EntryPoint("gone", "nowhere:Layer", catalogue.GROUP), EntryPoint("odd", "json:loads", catalogue.GROUP)]
    monkeypatch.setattr(catalogue, "entry_points", lambda group: points)
    monkeypatch.setattr(catalogue, "FAULTY", {})
    assert [layer.name for layer in catalogue._all()] == list(DRAWN)
    assert set(catalogue.FAULTY) == {"gone", "odd"}
    assert catalogue.FAULTY["gone"] == "ModuleNotFoundError: No module named 'nowhere'"


def test_layers_and_filters_load_no_window() -> None:
    code = (
        "import sys, layers.catalogue, layers.shown, twin.cql2.read; "
        "print([m for m in sys.modules if m.split('.')[0] in ('PySide6', 'vtkmodules', 'pyvista', 'sqlalchemy')])"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"
