"""Heat maps draw what they export."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from layers.heat import AlarmLayer, DensityLayer, SpeedLayer
from layers.shown import shown
from tests.layers.tiny import tiny_city, tiny_world
from twin.live.kinds import STATE_CODE
from twin.operations.standing import Standing


def test_density_counts_what_moves_and_not_what_measures() -> None:
    rows = DensityLayer().rows(tiny_world())
    assert rows.columns["entities"].sum() == 6


def test_alarms_are_where_something_is_in_alarm() -> None:
    rows = AlarmLayer().rows(tiny_world())
    assert rows.columns["entities"].sum() == 1


def test_what_scenarios_found_counts_too_and_once() -> None:
    world = tiny_world()
    lon, lat = (float(value) for value in world.city.frame.to_lonlat(5.0, 5.0))
    calling = world.tracks.rows["id"][world.tracks.rows["state"] == STATE_CODE["alarm"]][0].decode()
    found = Standing("A1", "smoke", "冒烟", "Smoke", 1, "", "", lon, lat, 0.0)
    alerts = (found, replace(found, id="A2", subject=calling), replace(found, id="A3", lon_deg=np.nan))
    rows = AlarmLayer().rows(replace(world, alerts=alerts))
    assert rows.columns["entities"].sum() == 2


def test_who_is_nowhere_is_in_no_cell_and_takes_nobody_out_of_theirs() -> None:
    world = tiny_world()
    sound = {layer: int(layer().rows(world).columns["entities"].sum()) for layer in (DensityLayer, SpeedLayer)}
    places = [(np.nan, 0, 0), (0, np.inf, 0), (0, 9.3e6, 0), (-1.2e7, -3.4e6, 0), (3e38, -3e38, 60_000)]
    odd = np.repeat(world.tracks.rows[:1], len(places))
    tracks = replace(
        world.tracks, rows=np.concatenate([world.tracks.rows, odd]),
        position_m=np.concatenate([world.tracks.position_m, np.array(places, np.float32)]),
        source=np.concatenate([world.tracks.source, np.zeros(len(places), np.uint8)]), version=99,
    )  # fmt: skip
    for layer, count in sound.items():
        rows = layer().rows(replace(world, tracks=tracks))
        assert rows.columns["entities"].sum() == count
        assert rows.position_m is not None
        assert np.isfinite(rows.position_m).all()


def test_the_mean_speed_is_that_of_vehicles_on_land() -> None:
    rows = SpeedLayer().rows(tiny_world())
    assert rows.columns["entities"].sum() == 2
    kmh = rows.columns["mean_kmh"]
    assert (kmh > 10.0 * 3.6 - 0.1).all()
    assert (kmh < 12.5 * 3.6 + 0.1).all()


def test_what_a_filter_leaves_out_is_not_drawn() -> None:
    layer, world = DensityLayer(), tiny_world()
    whole, some = layer.rows(world), shown(layer, world, where="entities > 0")
    assert 0 < len(some) < len(whole)
    for rows in (whole, some):
        drawn = layer.draw(world, rows)
        assert np.isfinite(drawn.values).sum() == len(rows)
        assert drawn.span is not None
        assert np.nanmax(drawn.values) * drawn.span[1] == pytest.approx(rows.columns["per_km2"].max(), rel=1e-5)


def test_a_cell_lies_where_it_is_drawn() -> None:
    layer, city = DensityLayer(), tiny_city()
    world = tiny_world(city)
    rows = layer.rows(world)
    drawn = layer.draw(world, rows)
    top = int(np.argmax(rows.columns["per_km2"]))
    row, col = np.unravel_index(np.nanargmax(drawn.values), drawn.values.shape)
    assert rows.geometry is not None
    west, _south, _east, north = drawn.box_m
    cell_m = (drawn.box_m[2] - west) / drawn.values.shape[1]
    bounds = rows.geometry[top].bounds
    assert bounds[0] - city.frame.origin_m[0] == pytest.approx(west + col * cell_m)
    assert bounds[3] - city.frame.origin_m[1] == pytest.approx(north - row * cell_m)
