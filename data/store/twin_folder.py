"""A city on disk: one folder with a manifest, a GeoParquet file a table, and rasters as GeoTIFF.

A folder is written beside its place and renamed into it, so a twin is either the old one or the new one, never half.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Collection
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import geopandas as gpd
import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from rasterio.io import MemoryFile
from rasterio.transform import from_origin

from data.store.imagery import GeoTiffImagery
from twin.city.city import City, Terrain
from twin.city.tables import TABLES
from twin.errors import BadInputError, DiskError
from twin.geo import LocalFrame
from twin.pieces import in_pieces
from twin.words import say

FORMAT = 1
TERRAIN, IMAGERY, MANIFEST = "terrain.tif", "imagery.tif", "twin.json"
AGAIN = "import it again, or make the demo county with `zhian county build`"


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
    """Write ``city`` into ``folder``, replacing what was there once all of it is on disk.

    Raises
    ------
    twin.errors.DiskError
        If what was written does not read back; the folder stays as it was.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _recover(folder)
    # A leading dot cannot begin a twin's name, so a half-made folder is never listed.
    fresh = Path(tempfile.mkdtemp(prefix=f".{folder.name}.new-", dir=folder.parent))
    try:
        _write(city, fresh)
        _check(city, fresh)
        _sync(fresh)
        _swap(fresh, folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def read_manifest(folder: Path) -> Manifest:
    """Read what a twin is, without its tables; raises as :func:`open_city`."""
    _recover(folder)
    return _read_manifest(folder)


def open_city(folder: Path, only: Collection[str] = tuple(TABLES)) -> City:
    """Read a city from its folder, with all its tables or those named in ``only``.

    Raises
    ------
    twin.errors.BadInputError
        If the folder is no twin, a file in it is damaged, or a newer program wrote it.
    """
    manifest = read_manifest(folder)
    frame = LocalFrame(manifest.crs, manifest.origin_m)
    files = {name: folder / f"{name}.parquet" for name in TABLES if name in only}
    tables = {name: _read_table(file, frame.crs) for name, file in files.items() if file.exists()}
    terrain = _read_terrain(folder / TERRAIN) if (folder / TERRAIN).exists() else None
    imagery = GeoTiffImagery(folder / IMAGERY) if (folder / IMAGERY).exists() else None
    return City(manifest.name, manifest.name_en, frame, tables, terrain, imagery, manifest.invented, manifest.credit)


def _write(city: City, fresh: Path) -> None:
    fresh.chmod(0o755)
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


def _check(city: City, fresh: Path) -> None:
    """Open what was written: some writers say nothing when the disk is full."""
    try:
        for name, table in city.tables.items():
            if pq.read_metadata(fresh / f"{name}.parquet").num_rows != len(table):
                raise DiskError(
                    say(
                        "{fresh}: {name} was not written whole; make room on the disk and try again",
                        fresh=fresh,
                        name=name,
                    )
                )
        if city.terrain is not None:
            _read_terrain(fresh / TERRAIN)
    except (pa.ArrowException, BadInputError) as error:
        raise DiskError(
            say("{fresh}: what was written cannot be read back; make room on the disk and try again", fresh=fresh)
        ) from error


def _sync(fresh: Path) -> None:
    for file in fresh.iterdir():
        with file.open("rb+") as handle:
            os.fsync(handle.fileno())


def _swap(fresh: Path, folder: Path) -> None:
    old = _old(folder)
    shutil.rmtree(old, ignore_errors=True)
    if folder.exists():
        folder.rename(old)
    fresh.rename(folder)
    shutil.rmtree(old, ignore_errors=True)


def _old(folder: Path) -> Path:
    return folder.with_name(f".{folder.name}.old")


def _recover(folder: Path) -> None:
    """Bring back the old twin if the program ended between the two renames of :func:`_swap`."""
    if not folder.exists() and (_old(folder) / MANIFEST).exists():
        _old(folder).rename(folder)


def _read_manifest(folder: Path) -> Manifest:
    try:
        manifest = msgspec.json.decode((folder / MANIFEST).read_bytes(), type=Manifest)
    except (FileNotFoundError, NotADirectoryError):
        raise BadInputError(str(folder), "there is no twin here", AGAIN) from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise BadInputError(
            str(folder / MANIFEST), say("the manifest cannot be read: {error}", error=error), AGAIN
        ) from error
    if manifest.format > FORMAT:
        raise BadInputError(str(folder), "a newer program wrote this twin", "open it with that version")
    return manifest


def _read_table(file: Path, crs: str) -> gpd.GeoDataFrame:
    """Read a table as geopandas would, but its shapes in pieces: this runs beside a window."""
    try:
        table = pq.read_table(file)
        shapes = table.column("geometry")
        values = table.drop_columns("geometry").to_pandas()
        return gpd.GeoDataFrame(values, geometry=in_pieces(_shapes, shapes), crs=crs)
    except (pa.ArrowException, OSError, ValueError, KeyError, shapely.errors.GEOSException) as error:
        raise BadInputError(str(file), say("the table is damaged: {error}", error=error), AGAIN) from error


def _shapes(wkb: pa.ChunkedArray) -> NDArray[np.object_]:
    return np.asarray(shapely.from_wkb(wkb.to_numpy()), dtype=object)


def _write_terrain(terrain: Terrain, crs: str, path: Path | str) -> None:
    rows, cols = terrain.height_m.shape
    profile = {"driver": "GTiff", "dtype": "float32", "count": 1, "height": rows, "width": cols, "nodata": np.nan}
    transform = from_origin(terrain.west_m, terrain.north_m, terrain.step_m, terrain.step_m)
    with rasterio.open(path, "w", crs=crs, transform=transform, tiled=True, compress="deflate", **profile) as file:
        file.write(terrain.height_m, 1)


def read_nothing() -> None:
    """Write and read a terrain of no place, in memory: GDAL holds Python's lock for long at its first file only."""
    with MemoryFile() as memory:
        _write_terrain(Terrain(np.zeros((2, 2), np.float32), 0.0, 2.0, 1.0), "EPSG:4549", memory.name)
        _read_terrain(memory.name)


def _read_terrain(path: Path | str) -> Terrain:
    try:
        with rasterio.open(path, driver="GTiff") as file:
            return Terrain(file.read(1), file.transform.c, file.transform.f, file.transform.a)
    except RasterioError as error:
        raise BadInputError(str(path), say("the terrain cannot be read: {error}", error=error), AGAIN) from error
