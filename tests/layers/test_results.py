"""Results on the map: areas that lie within each other are rings, and a figure is always written whole."""

from __future__ import annotations

from dataclasses import replace

import pytest
import shapely

from layers.layer import Areas, Labels
from layers.results import ResultLayer
from tests.layers.tiny import tiny_world
from twin.kept import Kept, Result


def _isochrone(minutes: int, name: str = "") -> Result:
    shape = shapely.Point(587_000, 3_412_000).buffer(100.0 * minutes)
    named = name or f"{minutes} 分钟可达 · 西塘镇"
    return Result(f"r{minutes}", "isochrone", named, shape, shape.area, "m2", 0.0, 0.0, True, "demo")


def test_what_lies_within_another_is_cut_out_of_it_and_the_nearest_has_the_first_tone() -> None:
    kept = Kept(tuple(_isochrone(minutes) for minutes in (15, 5, 10)))
    world = replace(tiny_world(), kept=kept)
    layer = ResultLayer()
    fills, _lines, words = layer.draw(world, layer.rows(world)).drawings
    assert isinstance(fills, Areas)
    assert isinstance(words, Labels)
    assert fills.style.tolist() == ["reach_2", "reach_0", "reach_1"]
    rings = fills.rows.geometry
    assert rings is not None
    assert shapely.area(shapely.union_all(rings)) == pytest.approx(shapely.area(rings).sum())
    assert shapely.area(rings[1]) == pytest.approx(shapely.area(kept.results[1].shape))
    assert len({tuple(place) for place in words.position_m.tolist()}) == 3, "each name stands on its own ring"


def test_a_long_name_leaves_the_figure_whole() -> None:
    world = replace(tiny_world(), kept=Kept((_isochrone(5, "很长的名称" * 20),)))
    layer = ResultLayer()
    words = layer.draw(world, layer.rows(world)).drawings[2]
    assert isinstance(words, Labels)
    assert str(words.zh[0]).endswith("… · 0.784 km²")
