"""What is kept: geofences hold until they end, figures are written so that they can be read."""

from __future__ import annotations

import math

import numpy as np
import pytest
import shapely

from twin.kept import Geofence, inside, written


def fence(key: str, shape: shapely.Geometry, until_s: float = math.inf) -> Geofence:
    return Geofence(key, key, "watch", "me", shape, 100.0, until_s)


def test_a_geofence_counts_from_when_it_was_made_until_it_ends() -> None:
    some = fence("a", shapely.box(0, 0, 1, 1), 200.0)
    assert [some.holds_at(at) for at in (99.0, 100.0, 199.9, 200.0)] == [False, True, True, False]
    assert fence("b", shapely.box(0, 0, 1, 1)).holds_at(1e12)


def test_places_are_told_for_each_geofence_and_holes_are_outside() -> None:
    ring = shapely.Polygon(shapely.box(0, 0, 10, 10).exterior, [shapely.box(4, 4, 6, 6).exterior])
    two = shapely.MultiPolygon([shapely.box(20, 0, 30, 10), shapely.box(40, 0, 50, 10)])
    east, north = np.array([5.0, 1.0, 10.0, 45.0]), np.array([5.0, 1.0, 5.0, 5.0])
    assert inside([fence("a", ring), fence("b", two)], east, north).tolist() == [
        [False, True, True, False], [False, False, False, True],
    ]  # fmt: skip
    assert inside([], east, north).shape == (0, 4)
    assert inside([fence("a", ring)], np.empty(0), np.empty(0)).shape == (1, 0)


@pytest.mark.parametrize(
    ("figure", "unit", "words"),
    [(35.24, "m", "35.2 m"), (1204.4, "m", "1.204 km"), (-12.0, "m", "-12.0 m"), (840.2, "m2", "840 m²"),
     (830_000.0, "m2", "0.830 km²"), (0.643, "share", "64 %"), (18.0, "count", "18"), (math.nan, "m", "—")],
)  # fmt: skip
def test_figures_are_written_with_their_unit(figure: float, unit: str, words: str) -> None:
    assert written(figure, unit) == words
