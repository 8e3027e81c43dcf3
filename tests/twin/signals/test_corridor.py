from __future__ import annotations

import numpy as np

from tests.small_county import small_county
from tests.twin.signals.made import arterial_city, crossing
from twin.signals.corridor import corridors

AT_M = (0.0, 350.0, 830.0, 1430.0, 1850.0, 2380.0)


def test_an_arterial_comes_from_the_roads() -> None:
    (found,) = corridors(arterial_city(AT_M))
    np.testing.assert_allclose(found.at_m, AT_M)
    assert set(found.kmh) == {60.0}
    assert {(found.out, found.back)} <= {
        (("west.through",) * 6, ("east.through",) * 6), (("east.through",) * 6, ("west.through",) * 6)
    }  # fmt: skip
    part = found.part(2, 5)
    np.testing.assert_allclose(part.at_m, [0.0, 600.0, 1020.0])
    assert len(part.kmh) == 2


def test_a_road_of_too_few_signals_is_none() -> None:
    assert corridors(arterial_city(AT_M[:5])) == ()


def test_a_crossing_has_its_movements_and_conflicts() -> None:
    junction = crossing(walkers=True)
    assert sorted(movement.name for movement in junction.movements) == sorted(
        f"{side}.{turn}" for side in ("north", "east", "south", "west") for turn in ("left", "through", "walk")
    )
    pairs = {frozenset((c.one, c.other)): c.filters for c in junction.conflicts}
    assert pairs[frozenset(("north.left", "south.through"))]
    assert not pairs[frozenset(("north.through", "west.through"))]
    assert not pairs[frozenset(("north.left", "east.left"))]
    assert frozenset(("north.left", "south.left")) not in pairs
    assert frozenset(("north.through", "south.through")) not in pairs
    assert not pairs[frozenset(("north.walk", "north.through"))]
    assert not pairs[frozenset(("north.walk", "south.through"))]
    assert pairs[frozenset(("east.walk", "north.left"))]
    assert frozenset(("east.walk", "north.through")) not in pairs
    assert junction.movement("west.through").lanes == 2
    assert junction.movement("north.walk").min_green_s == 23.0


def test_the_demo_county_has_arterials() -> None:
    found = corridors(small_county(), least=3)
    assert found
    for corridor in found:
        assert np.all(np.diff(corridor.at_m) > 0)
        assert all(out != back for out, back in zip(corridor.out, corridor.back, strict=True))
