"""The light on the map: as the theme has it, or as the sun stands."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

import numpy as np

from app.map.style import MapStyle, Rgb, load_style
from twin.geo import FloatArray
from twin.sun import Sun

if TYPE_CHECKING:  # headless verbs prepare a city's drawing, and load no VTK for it
    from app.map.gl import Material

WHITE: Rgb = (1.0, 1.0, 1.0)
BLACK: Rgb = (0.0, 0.0, 0.0)
PALE_INK_DEG = 1.0
MOONRISE_DEG, SUNRISE_DEG = -8.0, -1.0
"""Between them the light that comes from one side turns from the moon's to the sun's."""
FROM_NORTH_WEST = (-0.49, 0.57, 0.66)
"""Where maps have the light that shades mountains."""
_COLOURS = ("sun", "everywhere", "ground", "sky", "glow")
_NUMBERS = ("day", "windows", "shadow")


@dataclass(frozen=True, slots=True)
class Light:
    """What the shaders are told of the light; their names are in :mod:`app.map.glsl`."""

    towards: tuple[float, float, float]
    glow_from: tuple[float, float, float]
    sun: Rgb
    everywhere: Rgb
    ground: Rgb = WHITE
    sky: Rgb = WHITE
    glow: Rgb = BLACK
    day: float = 0.0
    windows: float = 0.0
    shadow: float = 0.0
    slopes_from: tuple[float, float, float] = FROM_NORTH_WEST

    @property
    def haze(self) -> Rgb:
        """The colour that things take on far away."""
        red, green, blue = np.minimum(np.array(blend("sky", "haze", self.day)) * self.sky, 1.0).tolist()
        return red, green, blue

    def shine(self, material: Material) -> None:
        """Tell a material."""
        material.set_vector("lightFrom", *self.towards)
        material.set_vector("slopeLight", *self.slopes_from)
        material.set_vector("glowFrom", *self.glow_from)
        material.set_vector("lightSun", *self.sun)
        material.set_vector("lightAll", *self.everywhere)
        material.set_vector("groundTint", *self.ground)
        material.set_vector("skyTint", *self.sky)
        material.set_vector("hazeTone", *self.haze)
        material.set_vector("glow", *self.glow)
        material.set_number("daylight", self.day)
        material.set_number("night", self.windows)
        material.set_number("shadow", self.shadow)


def blend(section: str, name: str, day: float) -> Rgb:
    """Return a colour of the style by the share of daylight."""
    night, light = (np.array(load_style(theme).rgb(section, name)) for theme in ("dark", "light"))
    red, green, blue = (night + (light - night) * day).tolist()
    return red, green, blue


def blend_number(section: str, name: str, day: float) -> float:
    """Return a number of the style by the share of daylight."""
    night, light = (load_style(theme).number(section, name) for theme in ("dark", "light"))
    return night + (light - night) * day


def light_of_theme(style: MapStyle) -> Light:
    """Return the light that a theme has whatever the hour."""
    light = style.values["light"]
    return Light(
        moon(style),
        moon(style),
        _grey(light["sun"]),
        _grey(light["ambient"]),
        day=float(style.theme == "light"),
        windows=float(light["windows"]),
    )


def moon(style: MapStyle) -> tuple[float, float, float]:
    """Return where the light of a theme comes from."""
    return _unit(np.array(style.values["light"]["from"], np.float64))


def ink_under(sun: Sun) -> str:
    """Return in whose colours is written on the map: pale ones as soon as the ground is no longer bright."""
    return "light" if sun.elevation_deg >= PALE_INK_DEG else "dark"


def light_under(sun: Sun) -> Light:
    """Return the light of a sun, high or below the horizon; by night it comes from a moon that stands still."""
    table = _keys()
    values = [float(np.interp(sun.elevation_deg, table[:, 0], column)) for column in table.T[1:]]
    sun_, everywhere, ground, sky, glow = ((x, y, z) for x, y, z in np.reshape(values[:15], (5, 3)).tolist())
    day, windows, shadow = values[15:]
    up = float(np.clip((sun.elevation_deg - MOONRISE_DEG) / (SUNRISE_DEG - MOONRISE_DEG), 0.0, 1.0))
    by_day = np.array(sun.towards())
    towards = _unit((1 - up) * np.array(moon(load_style("dark"))) + up * by_day)
    slopes = _unit((1 - up) * np.array(FROM_NORTH_WEST) + up * np.array([*by_day[:2], max(by_day[2], 0.35)]))
    return Light(towards, sun.towards(), sun_, everywhere, ground, sky, glow, day, windows, shadow, slopes)


@cache
def _keys() -> FloatArray:
    """Return a table: height of the sun, colours, share of day, windows, shadow; lowest sun first."""
    told = tomllib.loads((resources.files("resources") / "styles" / "daylight.toml").read_text("utf-8"))
    rows = [
        [row["at"], *(x for key in _COLOURS for x in row[key]), *(row[key] for key in _NUMBERS)] for row in told["sun"]
    ]
    return np.array(sorted(rows), np.float64)


def _unit(vector: FloatArray) -> tuple[float, float, float]:
    east, north, up = (vector / max(float(np.linalg.norm(vector)), 1e-9)).tolist()
    return east, north, up


def _grey(strength: float) -> Rgb:
    return (float(strength), float(strength), float(strength))
