"""The light goes with the sun, without a jump but at nightfall, and shadows fall away from it."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from app.map.daylight import DUSK_DEG, Light, light_of_theme, light_under, theme_under
from app.map.style import load_style
from twin.sun import Sun


def numbers(light: Light) -> list[float]:
    return [float(x) for part in astuple(light)[2:] for x in np.atleast_1d(part)]


@pytest.mark.parametrize(("low", "high"), [(DUSK_DEG, 90.0), (-90.0, DUSK_DEG - 1e-6)])
def test_a_sun_that_moves_a_little_changes_the_light_a_little(low: float, high: float) -> None:
    heights = np.linspace(low, high, 400)
    steps = np.diff([numbers(light_under(Sun(200.0, float(height)))) for height in heights], axis=0)
    assert np.abs(steps).max() < 0.08


def test_windows_are_lit_at_night_and_shadows_fall_by_day() -> None:
    noon, midnight = light_under(Sun(180.0, 60.0)), light_under(Sun(0.0, -50.0))
    assert (noon.windows, midnight.windows) == (0.0, 1.0)
    assert noon.shadow > 0.2
    assert midnight.shadow == 0.0


def test_deep_night_looks_as_the_dark_theme_does() -> None:
    night, theme = light_under(Sun(0.0, -40.0)), light_of_theme(load_style("dark"))
    assert theme_under(Sun(0.0, -40.0)) == "dark"
    assert numbers(night) == pytest.approx(numbers(theme))
