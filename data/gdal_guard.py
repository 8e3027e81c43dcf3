"""Keep files from reaching past themselves: import this before anything that loads GDAL.

GDAL looks into a file to choose its driver, so ``x.geojson`` may be a virtual file that reads another file, a remote
server or a program's output. Drivers of that sort are taken away here, by the environment, before the two GDALs of the
process (rasterio's and pyogrio's) register theirs. GDAL_DATA and PROJ_DATA are left alone: each of the two finds its
own.
"""

from __future__ import annotations

import logging
import os
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from twin.errors import BadInputError
from twin.words import said, say

INDIRECT_DRIVERS = (
    # files that name other files, pipelines or programs
    "VRT", "OGR_VRT", "GTI", "GDALG", "STACIT", "STACTA", "DERIVED", "MRF", "GPSBabel", "ADBC",
    # servers
    "HTTP", "WMS", "WMTS", "WCS", "WFS", "OAPIF", "OGCAPI", "CSW", "PLSCENES", "PLMOSAIC", "EEDA", "EEDAI", "DAAS",
    "NGW", "Elasticsearch", "Carto", "AmigoCloud",
)  # fmt: skip

_ENVIRONMENT = {
    "GDAL_SKIP": ",".join(INDIRECT_DRIVERS),
    # /vsicurl and its kin open only names that end in this.
    "CPL_VSIL_CURL_ALLOWED_EXTENSIONS": ".none",
    "OGR_SQLITE_LOAD_EXTENSIONS": "",
}


def _guard() -> None:
    late = {"rasterio", "pyogrio"} & set(sys.modules)
    if late and any(os.environ.get(name) != value for name, value in _ENVIRONMENT.items()):
        raise RuntimeError(f"import data.gdal_guard before {', '.join(sorted(late))}: its drivers are loaded already")
    os.environ.update(_ENVIRONMENT)
    # GDAL would keep a twentieth of the memory for pixels it has read; 144 million of them took 1.8 GB.
    os.environ.setdefault("GDAL_CACHEMAX", "128")
    # Each GDAL lacks some of the drivers that the other has, and says so.
    logging.getLogger("rasterio._env").addFilter(lambda record: "GDAL_SKIP" not in record.getMessage())


_guard()

VECTOR_DRIVERS: Mapping[str, str] = MappingProxyType(
    {
        ".gpkg": "GPKG",
        ".geojson": "GeoJSON",
        ".json": "GeoJSON",
        ".shp": "ESRI Shapefile",
        ".fgb": "FlatGeobuf",
    }
)
"""The one OGR driver that may open a file, by its suffix."""

RASTER_DRIVERS: Mapping[str, str] = MappingProxyType({".tif": "GTiff", ".tiff": "GTiff", ".hgt": "SRTMHGT"})
"""The one GDAL driver that may open a raster, by its suffix."""

_MAGIC: Mapping[str, tuple[bytes, ...]] = MappingProxyType(
    {
        ".gpkg": (b"SQLite format 3\0",),
        ".shp": (b"\x00\x00\x27\x0a",),
        ".fgb": (b"fgb",),
        ".parquet": (b"PAR1",),
        ".geoparquet": (b"PAR1",),
        ".tif": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        ".tiff": (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"),
        ".geojson": (b"{",),
        ".json": (b"{",),
        ".zip": (b"PK\x03\x04",),
    }
)

_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a pipe"), (stat.S_ISSOCK, "a socket"))


def local_file(path: str | os.PathLike[str]) -> Path:
    """Return the absolute path of a plain file on this machine that may be opened; links are followed.

    Raises
    ------
    twin.errors.BadInputError
        For an address, a GDAL ``/vsi`` name, and a file that is missing, empty, unreadable or no plain file.
    """
    name = os.fspath(path)
    if re.match(r"[A-Za-z][A-Za-z0-9+.\-]+:/|[/\\]+vsi", name):
        raise BadInputError(name, "only files on this machine are read", "save it to the disk and give its path")
    try:
        absolute = Path(name).absolute()
        status = absolute.stat()
    except FileNotFoundError:
        raise BadInputError(name, "there is no such file", "check the path") from None
    except (OSError, ValueError, RuntimeError) as error:
        raise BadInputError(
            name, say("the file cannot be reached: {error}", error=error), "check the path and its rights"
        ) from error
    if not stat.S_ISREG(status.st_mode):
        kind = next((word for test, word in _KINDS if test(status.st_mode)), "a device")
        raise BadInputError(name, say("this is {kind}, not a file", kind=said(kind)), "give the file itself")
    if status.st_size == 0:
        raise BadInputError(name, "the file is empty", "get it again from where it came")
    if not os.access(absolute, os.R_OK):
        raise BadInputError(name, "you may not read this file", "ask for the right to read it")
    return absolute


def check_magic(path: Path, suffix: str = "") -> None:
    """Refuse a file whose first bytes are not those of its suffix: another format under a borrowed name.

    Raises
    ------
    twin.errors.BadInputError
    """
    suffix = suffix or path.suffix.lower()
    expected = _MAGIC.get(suffix)
    with path.open("rb") as file:
        head = file.read(4096)
    if suffix in (".geojson", ".json"):
        head = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if expected is not None and not head.startswith(expected):
        raise BadInputError(
            str(path),
            say("its content is not that of a {suffix} file", suffix=suffix),
            "check its format and give it the right name",
        )
