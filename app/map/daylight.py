"""The light on the map: as the theme has it, or as the sun stands."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import numpy as np

from app.map.gl import Material
from app.map.style import MapStyle, Rgb, load_style
from twin.geo import FloatArray
from twin.sun import Sun

WHITE: Rgb = (1.0, 1.0, 1.0)
BLACK: Rgb = (0.0, 0.0, 0.0)
DUSK_DEG = -1.0
"""Below it the map is drawn in the colours of the night."""
PALE_INK_DEG = 1.0
_COLOURS = ("sun", "everywhere", "ground", "sky", "glow")


@dataclass(frozen=True, slots=True)
class Light:
    """What the shaders are told of the light; their names are in :mod:`app.map.shaders`."""

    towards: tuple[float, float, float]
    glow_from: tuple[float, float, float]
    sun: Rgb
    everywhere: Rgb
    ground: Rgb = WHITE
    sky: Rgb = WHITE
    glow: Rgb = BLACK
    windows: float = 0.0
    shadow: float = 0.0

    def shine(self, material: Material) -> None:
        """Tell a material."""
        material.set_vector("lightFrom", *self.towards)
        material.set_vector("glowFrom", *self.glow_from)
        material.set_vector("lightSun", *self.sun)
        material.set_vector("lightAll", *self.everywhere)
        material.set_vector("groundTint", *self.ground)
        material.set_vector("skyTint", *self.sky)
        material.set_vector("glow", *self.glow)
        material.set_number("night", self.windows)


def light_of_theme(style: MapStyle) -> Light:
    """Return the light that a theme has whatever the hour."""
    light = style.values["light"]
    return Light(
        moon(style), moon(style), _grey(light["sun"]), _grey(light["ambient"]), windows=float(light["windows"])
    )


def moon(style: MapStyle) -> tuple[float, float, float]:
    """Return where the light of a theme comes from."""
    towards = np.array(style.values["light"]["from"], np.float64)
    east, north, up = (towards / np.linalg.norm(towards)).tolist()
    return east, north, up


def theme_under(sun: Sun) -> str:
    """Return in whose colours the map is drawn."""
    return "light" if sun.elevation_deg >= DUSK_DEG else "dark"


def ink_under(sun: Sun) -> str:
    """Return in whose colours is written on it: pale ones as soon as the ground is no longer bright."""
    return "light" if sun.elevation_deg >= PALE_INK_DEG else "dark"


def light_under(sun: Sun) -> Light:
    """Return the light of a sun, high or below the horizon; by night it comes from a moon that stands still."""
    by_day = theme_under(sun) == "light"
    table = _keys()["day" if by_day else "night"]
    values = [float(np.interp(sun.elevation_deg, table[:, 0], column)) for column in table.T[1:]]
    colours = {name: (values[3 * i], values[3 * i + 1], values[3 * i + 2]) for i, name in enumerate(_COLOURS)}
    towards = sun.towards() if by_day else moon(load_style("dark"))
    return Light(towards, sun.towards(), **colours, windows=values[-2], shadow=values[-1])


@cache
def _keys() -> dict[str, FloatArray]:
    """Return a table for day and night: height of the sun, colours, windows, shadow; lowest sun first."""
    told = tomllib.loads((resources.files("resources") / "styles" / "daylight.toml").read_text("utf-8"))
    return {
        name: np.array(
            sorted(
                [row["at"], *(x for key in _COLOURS for x in row[key]), row["windows"], row["shadow"]] for row in rows
            )
        )
        for name, rows in told.items()
    }


def _grey(strength: float) -> Rgb:
    return (float(strength), float(strength), float(strength))
