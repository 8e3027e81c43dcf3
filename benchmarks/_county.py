"""The demo county for benchmarks: built once and kept in the cache folder, with its drawing cache beside it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.map.prepare import prepare
from data.connectors.demo_life.life import Life
from data.home import Home
from data.simulate.county.build import build_county
from data.store.twin_folder import open_city, save_city
from twin.city.city import City
from twin.live.frame import TrackFrame

START_S = 1_700_000_000.0
ENTITIES = 20_000


def bare_folder() -> Path:
    """Return the folder of the full county, made if need be."""
    folder = Home.of_user().cache / "benchmarks" / "county"
    if not (folder / "twin.json").exists():
        save_city(build_county(seed=1, small=False), folder)
    return folder


def county_folder() -> Path:
    """Return the folder of the full county with its drawing cache beside it, made if need be."""
    folder = bare_folder()
    prepare(open_city(folder), scene_folder(), lambda _share, _what: None)
    return folder


def scene_folder() -> Path:
    """Return the folder of its drawing cache."""
    return Home.of_user().cache / "benchmarks" / "county-scene"


def traffic(city: City) -> TrackFrame:
    """Return where the demo life is after two minutes."""
    life = Life(city, ENTITIES, 1, START_S)
    for _ in range(12):
        life.step(10.0)
    rows = life.rows()
    x, y = city.frame.to_local(rows["lon_deg"], rows["lat_deg"])
    origin = city.frame.origin_m
    z = city.ground_m(x + origin[0], y + origin[1]) + np.nan_to_num(rows["height_m"])
    position = np.stack([x, y, z], axis=1).astype(np.float32)
    return TrackFrame(rows, position, np.zeros(len(rows), np.uint8), 1, START_S + 120.0)
