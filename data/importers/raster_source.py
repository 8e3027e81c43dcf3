"""Opening rasters: their format proved and their size looked at before a pixel is read."""

from __future__ import annotations

import re
import tempfile
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.gdal_guard import RASTER_DRIVERS, check_magic

# isort: split
import numpy as np
import rasterio
from pyproj import CRS
from pyproj.exceptions import CRSError
from rasterio.enums import Interleaving
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.io import DatasetReader

from data.importers.systems import ASK, flat_system, parse_crs
from twin.errors import BadInputError
from twin.words import say

AGAIN = "get the file again from where it came"
LARGEST_BLOCK_BYTES = 256 << 20
MOST_PIXELS = 20_000_000_000
HGT_BYTES = {1201 * 1201 * 2: 1201, 3601 * 3601 * 2: 3601}
_HGT_NAME = re.compile(r"[NS]\d{2}[EW]\d{3}\.hgt", re.IGNORECASE)


@contextmanager
def open_raster(path: Path) -> Iterator[DatasetReader]:
    """Open a GeoTIFF or an SRTM tile; close it after.

    Raises
    ------
    twin.errors.BadInputError
        If it is of another format, damaged, or so large that it must be a trap.
    """
    suffix = path.suffix.lower()
    check_magic(path)
    if suffix == ".hgt" and path.stat().st_size not in HGT_BYTES:
        raise BadInputError(str(path), "an SRTM tile has 1201 or 3601 rows; this is cut short or another file", AGAIN)
    try:
        with _open(path, RASTER_DRIVERS[suffix]) as file:
            _check_size(file, path)
            yield file
    except RasterioError as error:
        raise BadInputError(str(path), say("the raster cannot be read: {error}", error=_plain(error)), AGAIN) from error


def _open(path: Path, driver: str) -> DatasetReader:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)  # raster_system says it as an error
        return rasterio.open(path, driver=driver)


def _plain(error: Exception) -> str:
    return (str(error).splitlines() or ["no reason"])[0].rstrip(".")[:200]


def _check_size(file: DatasetReader, path: Path) -> None:
    pixels = file.width * file.height * file.count
    if pixels > MOST_PIXELS:
        problem = say(
            "it declares {width:,} × {height:,} pixels of {count} bands",
            width=file.width,
            height=file.height,
            count=file.count,
        )
        raise BadInputError(str(path), problem, "cut it to the county, as with gdal_translate -projwin")
    rows, cols = file.block_shapes[0]
    block = (
        rows * cols * np.dtype(file.dtypes[0]).itemsize * (file.count if file.interleaving == Interleaving.pixel else 1)
    )
    if block > LARGEST_BLOCK_BYTES:
        problem = say(
            "its blocks of {cols:,} × {rows:,} pixels need {megabytes:,} MB each",
            cols=cols,
            rows=rows,
            megabytes=block >> 20,
        )
        raise BadInputError(str(path), problem, "write it in tiles, as with gdal_translate -co TILED=YES")


def raster_system(file: DatasetReader, crs: str, subject: str) -> str:
    """Return the system of a raster, or the one the user gave where it declares none.

    Raises
    ------
    twin.errors.BadInputError
        If there is neither, or no place on the ground is declared.
    """
    if file.transform.is_identity:
        raise BadInputError(subject, "it says nothing of its place on the ground", "give a georeferenced GeoTIFF")
    if file.crs is None and not crs:
        raise BadInputError(subject, "it declares no coordinate system", ASK)
    try:
        return flat_system(CRS.from_wkt(file.crs.to_wkt()) if file.crs is not None else parse_crs(crs))[0]
    except (CRSError, RasterioError) as error:
        raise BadInputError(
            subject, say("its coordinate system is not known: {error}", error=_plain(error)), ASK
        ) from error


@contextmanager
def unpacked_hgt(path: Path) -> Iterator[Path]:
    """Unpack the one SRTM tile of a .zip into a folder of its own, under a name of our making.

    Raises
    ------
    twin.errors.BadInputError
        If the archive holds anything else, names places outside itself, or is damaged.
    """
    check_magic(path, ".zip")
    with tempfile.TemporaryDirectory(prefix="zhian-") as folder:
        try:
            with zipfile.ZipFile(path) as archive:
                entry = _hgt_entry(archive, str(path))
                target = Path(folder) / (entry.filename[:-4].upper() + ".hgt")
                # One byte more than declared shows an archive that lies about its size.
                with archive.open(entry) as packed:
                    content = packed.read(entry.file_size + 1)
        except (zipfile.BadZipFile, zipfile.LargeZipFile, EOFError, NotImplementedError, RuntimeError) as error:
            raise BadInputError(str(path), say("the archive is damaged: {error}", error=error), AGAIN) from error
        if len(content) not in HGT_BYTES:
            raise BadInputError(str(path), "the tile in it has not the size of one", AGAIN, entry.filename)
        target.write_bytes(content)
        yield target


def _hgt_entry(archive: zipfile.ZipFile, subject: str) -> zipfile.ZipInfo:
    for entry in archive.infolist():
        if entry.filename.startswith("/") or ".." in Path(entry.filename).parts or "\\" in entry.filename:
            problem = "it holds a name that points outside of it"
            raise BadInputError(subject, problem, "do not trust where it came from", entry.filename[:100])
    tiles = [entry for entry in archive.infolist() if _HGT_NAME.fullmatch(entry.filename)]
    if len(tiles) != 1:
        problem = say("it holds {count} SRTM tiles (N42E001.hgt and the like), where one is wanted", count=len(tiles))
        raise BadInputError(subject, problem, "unpack it and give the tiles")
    if tiles[0].file_size not in HGT_BYTES:
        raise BadInputError(subject, "the tile in it has not the size of one", AGAIN, tiles[0].filename)
    return tiles[0]
