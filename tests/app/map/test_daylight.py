"""The light goes with the sun, without a jump at any hour, and shadows fall away from it."""

from __future__ import annotations

from dataclasses import astuple

import numpy as np
import pytest

from app.map.daylight import Light, blend, light_of_theme, light_under
from app.map.style import load_style
from twin.sun import Sun


def numbers(light: Light) -> list[float]:
    return [float(x) for part in astuple(light)[2:-1] for x in np.atleast_1d(part)]


def test_a_sun_that_moves_a_little_changes_the_light_a_little() -> None:
    heights = np.linspace(-90.0, 90.0, 1800)
    lights = [light_under(Sun(200.0, float(height))) for height in heights]
    assert np.abs(np.diff([numbers(light) for light in lights], axis=0)).max() < 0.03
    assert np.abs(np.diff([light.towards for light in lights], axis=0)).max() < 0.06


def test_the_ground_grows_darker_without_a_step_from_noon_to_night() -> None:
    heights = np.linspace(60.0, -14.0, 300)
    seen = [
        np.array(blend("ground", "base", light.day)) * light.ground
        for light in (light_under(Sun(200.0, float(h))) for h in heights)
    ]
    brightness = np.array(seen).mean(axis=1)
    assert np.diff(brightness).max() < 0.002
    assert np.diff(brightness).min() > -0.06


def test_windows_are_lit_at_night_and_shadows_fall_by_day() -> None:
    noon, midnight = light_under(Sun(180.0, 60.0)), light_under(Sun(0.0, -50.0))
    assert (noon.windows, midnight.windows) == (0.0, 1.0)
    assert noon.shadow > 0.2
    assert midnight.shadow == 0.0


def test_deep_night_looks_as_the_dark_theme_does() -> None:
    night, theme = light_under(Sun(0.0, -40.0)), light_of_theme(load_style("dark"))
    assert numbers(night) == pytest.approx(numbers(theme))
