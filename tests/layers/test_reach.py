"""A street's account sees its own street: what lives there, and the rows that stand there."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import shapely

from data.simulate.county.build import build_county
from layers.catalogue import LAYERS, layer_by_name
from layers.shown import shown
from tests.data.export.county import AT_S, frame
from twin.access import Scope
from twin.city.city import City
from twin.reach import narrowed, reach_of
from twin.world import World

ALL = Scope()
OWN, OTHER = Scope(streets=frozenset({"罗星"})), Scope(streets=frozenset({"西塘镇"}))


@pytest.fixture(scope="module")
def city() -> City:
    return build_county(seed=1, small=True)


@pytest.fixture(scope="module")
def world(city: City) -> World:
    return World(city, frame(city), (), AT_S, live=True)


def seen(world: World, scope: Scope, layer: str) -> set[str]:
    rows = shown(layer_by_name(layer), narrowed(world, reach_of(world.city, scope)))
    return set(rows.columns["id"].astype(str))


@pytest.mark.parametrize("layer", ["vehicles", "people", "buildings", "cameras"])
def test_each_street_sees_its_own_rows_and_no_others(world: World, layer: str) -> None:
    own, other, every = (seen(world, scope, layer) for scope in (OWN, OTHER, ALL))
    assert own
    assert other
    assert own | other <= every
    assert len(own & other) <= (5 if layer == "buildings" else 0)  # a house may stand on the border
    both = Scope(streets=OWN.streets | OTHER.streets)
    assert seen(world, both, layer) == own | other
    assert seen(world, Scope(districts=frozenset({"小县（演示）"})), layer) >= own | other
    assert seen(world, Scope(districts=frozenset({"小县（演示）"}), streets=OWN.streets), layer) == own


def test_a_name_that_the_city_does_not_know_covers_nothing(world: World) -> None:
    nowhere = Scope(streets=frozenset({"别处"}))
    assert all(not seen(world, nowhere, layer.name) for layer in LAYERS if layer.columns)


def test_what_lives_is_cut_once_and_fits_its_places(world: World) -> None:
    area = reach_of(world.city, OWN)
    assert area is not None
    cut = narrowed(world, area)
    assert narrowed(cut, area) is cut
    assert narrowed(world, None) is world
    tracks, origin_m = cut.tracks, world.city.frame.origin_m
    assert 0 < len(tracks) < len(world.tracks)
    assert len(tracks.rows) == len(tracks.position_m) == len(tracks.source)
    east_north_m = tracks.position_m[:, :2].astype(float) + np.array(origin_m[:2])
    assert shapely.contains_xy(area, east_north_m).all()
    assert len(narrowed(replace(world, tracks=cut.tracks), reach_of(world.city, OTHER)).tracks) == 0
