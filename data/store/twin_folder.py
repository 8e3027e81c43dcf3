"""A city on disk: one folder with a manifest, a GeoParquet file a table, and rasters as GeoTIFF.

A folder is written beside its place and renamed into it, so a twin is either the old one or the new one, never half.
"""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import geopandas as gpd
import msgspec
import numpy as np
import rasterio
from rasterio.transform import from_origin

from data.store.imagery import GeoTiffImagery
from twin.city.city import City, Terrain
from twin.city.tables import TABLES
from twin.errors import BadInputError
from twin.geo import LocalFrame

FORMAT = 1
TERRAIN, IMAGERY, MANIFEST = "terrain.tif", "imagery.tif", "twin.json"


class Manifest(msgspec.Struct, forbid_unknown_fields=False):
    """What ``twin.json`` says."""

    format: int
    name: str
    name_en: str
    crs: str
    origin_m: tuple[int, int]
    invented: bool
    credit: str


def save_city(city: City, folder: Path) -> None:
    """Write ``city`` into ``folder``, replacing what was there once all of it is on disk."""
    fresh = folder.with_name(folder.name + ".new")
    shutil.rmtree(fresh, ignore_errors=True)
    fresh.mkdir(parents=True)
    for name, table in city.tables.items():
        table.to_parquet(fresh / f"{name}.parquet", compression="zstd", index=False)
    if city.terrain is not None:
        _write_terrain(city.terrain, city.frame.crs, fresh / TERRAIN)
    if isinstance(city.imagery, GeoTiffImagery):
        shutil.copyfile(city.imagery.path, fresh / IMAGERY)
    manifest = Manifest(
        FORMAT, city.name, city.name_en, city.frame.crs, city.frame.origin_m, city.invented, city.credit
    )
    (fresh / MANIFEST).write_text(json.dumps(msgspec.to_builtins(manifest), ensure_ascii=False, indent=1), "utf-8")
    for file in fresh.iterdir():
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())
    old = folder.with_name(folder.name + ".old")
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def open_city(folder: Path) -> City:
    """Read a city from its folder.

    Raises
    ------
    twin.errors.BadInputError
        If the folder is no twin, or a newer program wrote it.
    """
    again = "import it again, or make the demo county with `zhian county build`"
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except FileNotFoundError:
        raise BadInputError(str(folder), "there is no twin here", again) from None
    except msgspec.MsgspecError as error:
        raise BadInputError(str(folder / MANIFEST), f"the manifest cannot be read: {error}", again) from error
    if manifest.format > FORMAT:
        raise BadInputError(str(folder), "a newer program wrote this twin", "open it with that version")
    tables = {name: gpd.read_parquet(file) for name in TABLES if (file := folder / f"{name}.parquet").exists()}
    terrain = _read_terrain(folder / TERRAIN) if (folder / TERRAIN).exists() else None
    imagery = GeoTiffImagery(folder / IMAGERY) if (folder / IMAGERY).exists() else None
    frame = LocalFrame(manifest.crs, manifest.origin_m)
    return City(manifest.name, manifest.name_en, frame, tables, terrain, imagery, manifest.invented, manifest.credit)


def _write_terrain(terrain: Terrain, crs: str, path: Path) -> None:
    rows, cols = terrain.height_m.shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": rows, "width": cols, "nodata": np.nan}
    transform = from_origin(terrain.west_m, terrain.north_m, terrain.step_m, terrain.step_m)
    with rasterio.open(path, "w", crs=crs, transform=transform, tiled=True, compress="deflate", **profile) as file:
        file.write(terrain.height_m, 1)


def _read_terrain(path: Path) -> Terrain:
    with rasterio.open(path) as file:
        return Terrain(file.read(1), file.transform.c, file.transform.f, file.transform.a)
