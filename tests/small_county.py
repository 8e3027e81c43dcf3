"""The small county, made once a run."""

from __future__ import annotations

import functools
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import save_city
from twin.city.city import City


@functools.cache
def small_county() -> City:
    """Return the small county."""
    return build_county(seed=1, small=True)


def home_with_county(root: Path) -> Home:
    """Return folders below ``root`` in which the small county is kept as ``small``."""
    home = Home(root / "data", root / "cache", root / "state", root / "runtime")
    for folder in (home.data, home.cache, home.state, home.runtime):
        folder.mkdir(parents=True)
    save_city(small_county(), home.twin("small"))
    return home
