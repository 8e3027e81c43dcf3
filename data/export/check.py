"""Reading back what was written: the rows' names, by another way than that of the writer where there is one."""

from __future__ import annotations

import contextlib
import csv
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType

import data.gdal_guard  # noqa: F401 - before GDAL is loaded

# isort: split
import msgspec
import pyarrow.parquet as pq
import pyogrio
import rasterio


def _gpkg(path: Path) -> list[str]:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        (table,) = connection.execute("SELECT table_name FROM gpkg_contents WHERE data_type = 'features'").fetchone()
        # An identifier cannot be a bound value; this one was read from the file that was just written.
        quoted = table.replace('"', '""')
        return [str(key) for (key,) in connection.execute(f'SELECT id FROM "{quoted}"')]  # noqa: S608


def _geojson(path: Path) -> list[str]:
    return [str(feature["properties"]["id"]) for feature in msgspec.json.decode(path.read_bytes())["features"]]


def _fgb(path: Path) -> list[str]:
    _, table = pyogrio.read_arrow(path, columns=["id"], read_geometry=False)
    return [str(key) for key in table.column("id").to_pylist()]


def _parquet(path: Path) -> list[str]:
    return [str(key) for key in pq.read_table(path, columns=["id"]).column("id").to_pylist()]


def _csv(path: Path) -> list[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return [row["id"] for row in csv.DictReader(file)]


def _cityjson(path: Path) -> list[str]:
    objects = msgspec.json.decode(path.read_bytes())["CityObjects"]
    return [key for key, found in objects.items() if found["type"] == "Building"]


def raster_size(path: Path) -> tuple[int, int]:
    """Return width and height of a raster once every cell of it was read."""
    with rasterio.open(path, driver="GTiff") as file:
        for _, window in file.block_windows(1):
            file.read(window=window)
        return file.width, file.height


CHECKS: Mapping[str, Callable[[Path], list[str]]] = MappingProxyType(
    {"gpkg": _gpkg, "geojson": _geojson, "fgb": _fgb, "parquet": _parquet, "csv": _csv, "cityjson": _cityjson}
)
