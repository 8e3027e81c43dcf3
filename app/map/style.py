"""Colours and shapes of the map, from ``resources/styles``."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.map.glyphs import SHAPES

THEMES = ("dark", "light")
Rgb = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class SymbolStyle:
    """How one kind of symbol looks: its width on the screen, the least of it far away, how far it is still drawn."""

    shape: str
    colour: str
    size_px: float
    reach_m: float = 200_000.0
    least_px: float = 3.5


@dataclass(frozen=True, slots=True)
class MapStyle:
    """One theme of the map.

    Parameters
    ----------
    values : mapping
        The ``[map]`` table of the style file.
    symbols : mapping of str to SymbolStyle
    """

    theme: str
    values: Mapping[str, Any]
    symbols: Mapping[str, SymbolStyle]

    def colour(self, section: str, name: str, otherwise: str = "") -> str:
        """Return a colour as ``#RRGGBB``; ``otherwise`` names the entry to use where ``name`` is not known."""
        table: Mapping[str, str] = self.values[section]
        return table[name] if name in table or not otherwise else table[otherwise]

    def rgb(self, section: str, name: str, otherwise: str = "") -> Rgb:
        """Return a colour as three numbers from 0 to 1."""
        return rgb(self.colour(section, name, otherwise))

    def scale(self, name: str) -> NDArray[np.float64]:
        """Return the colours of a scale, (N, 4) from 0 to 255 with alpha, as ``#RRGGBB`` or ``#RRGGBBAA``."""
        colours = [str(colour).removeprefix("#").ljust(8, "F") for colour in self.values["scales"][name]]
        return np.array([tuple(bytes.fromhex(colour)) for colour in colours], np.float64)

    def number(self, section: str, name: str) -> float:
        """Return a number."""
        return float(self.values[section][name])

    def symbol(self, name: str) -> SymbolStyle:
        """Return the look of a symbol, of ``other`` where the name is not known; ``bus@ring`` is a bus as a ring."""
        kind, _, shape = name.partition("@")
        style = self.symbols.get(kind) or self.symbols["other"]
        return replace(style, shape=shape) if shape in SHAPES else style


def rgb(colour: str) -> Rgb:
    """Convert ``#RRGGBB`` to three numbers from 0 to 1."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


@lru_cache(maxsize=4)
def load_style(theme: str) -> MapStyle:
    """Read a theme: ``dark`` or ``light``."""
    text = (resources.files("resources") / "styles" / f"{theme}.toml").read_text("utf-8")
    values = tomllib.loads(text)["map"]
    symbols = {name: SymbolStyle(**entry) for name, entry in values["symbols"].items()}
    return MapStyle(theme, values, symbols)
