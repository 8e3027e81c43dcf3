"""Doing one export: choose the rows, write them, and read the file back before it counts."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from data.export.check import CHECKS, raster_size
from data.export.content import About, Features, Heights, Request
from data.export.select import reprojected, within
from data.export.write_cityjson import write_cityjson
from data.export.write_raster import write_heights, write_picture
from data.export.write_table import write_csv, write_fgb, write_geojson, write_gpkg, write_parquet
from twin.errors import DiskError, ZhianError
from twin.words import say

PROBE_BYTES = 4_000_000

WRITERS: Mapping[str, Callable[[Features, About, Path], None]] = MappingProxyType(
    {
        "gpkg": write_gpkg,
        "geojson": write_geojson,
        "fgb": write_fgb,
        "parquet": write_parquet,
        "csv": write_csv,
        "cityjson": write_cityjson,
    }
)


@dataclass(frozen=True, slots=True)
class Written:
    """What a file holds: rows, or cells of a raster, and the system it is in."""

    rows: int
    size_px: tuple[int, int]
    crs: str


def write(request: Request, path: Path) -> Written:
    """Write ``request`` to ``path``, force it to the disk, and read it back with another reader.

    Raises
    ------
    twin.errors.DiskError
        If what is read back is not what was to be written.
    twin.errors.UsageError
        If a raster does not reach into the box.
    """
    try:
        return _write(request, path)
    except ZhianError:
        raise
    except Exception as error:
        # GDAL's errors do not tell a full disk from a fault of its own; the disk itself does.
        if not _disk_takes_more(path.parent):
            raise DiskError(say("the disk is full or failing: {error}", error=error)) from error
        raise


def _write(request: Request, path: Path) -> Written:
    if isinstance(request.content, Features):
        return _write_features(request, request.content, path)
    writer = write_heights if isinstance(request.content, Heights) else write_picture
    size = writer(request.content, request.about, path, request.bbox_deg, request.crs)  # type: ignore[arg-type]
    _force(path)
    if raster_size(path) != size:
        raise _not_whole(path)
    return Written(0, size, request.crs or request.content.crs)


def _write_features(request: Request, features: Features, path: Path) -> Written:
    if request.bbox_deg is not None:
        features = within(features, request.bbox_deg)
    if request.crs:
        features = reprojected(features, request.crs)
    WRITERS[request.format](features, request.about, path)
    _force(path)
    try:
        whole = sorted(CHECKS[request.format](path)) == sorted(features.keys())
    except Exception as error:  # whatever a reader stumbles over, the file is not what it should be
        raise _not_whole(path) from error
    if not whole:
        raise _not_whole(path)
    return Written(len(features), (0, 0), "EPSG:4326" if request.format in ("geojson", "csv") else features.crs)


def _disk_takes_more(folder: Path) -> bool:
    try:
        with (folder / "probe").open("wb") as file:
            file.write(bytes(PROBE_BYTES))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        return False
    return True


def _force(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _not_whole(path: Path) -> DiskError:
    return DiskError(
        say(
            "what was written as {suffix} does not read back whole: the disk may be full or failing", suffix=path.suffix
        )
    )
