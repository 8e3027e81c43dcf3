"""Opening files of features: their format proved, their encoding found, their size looked at before they are read."""

from __future__ import annotations

import json
import re
import struct
import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from data.gdal_guard import VECTOR_DRIVERS, check_magic

# isort: split
import geopandas as gpd
import numpy as np
import pyarrow as pa
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FieldError
from pyproj.exceptions import CRSError

from data.importers.report import FileReport
from twin.errors import BadInputError, UsageError
from twin.words import say

PARQUET = (".parquet", ".geoparquet")
MOST_FEATURES = 5_000_000
LARGEST_JSON_BYTES = 2 << 30
BROKEN_PARQUET = (
    pa.ArrowException, shapely.errors.ShapelyError, CRSError, ValueError, TypeError, LookupError, OSError,
)  # fmt: skip
AGAIN = "get the file again from where it came"


def read_features(path: Path, encoding: str) -> tuple[gpd.GeoDataFrame, FileReport]:
    """Read the features of a file as they are, and begin its report.

    Parameters
    ----------
    path : Path
    encoding : str
        Of the attributes; empty for what the file says.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read or holds no areas.
    """
    check_magic(path)
    if _suffix(path) in PARQUET:
        return _read_parquet(path), FileReport(str(path), "GeoParquet")
    report = FileReport(str(path), VECTOR_DRIVERS[_suffix(path)])
    return _read_ogr(path, encoding, report), report


def _suffix(path: Path) -> str:
    return path.suffix.lower()


def _read_parquet(path: Path) -> gpd.GeoDataFrame:
    try:
        with np.errstate(invalid="ignore"):  # coordinates that are no numbers are told apart later
            return gpd.read_parquet(path)
    except (
        pa.ArrowException,
        shapely.errors.ShapelyError,
        CRSError,
        ValueError,
        TypeError,
        LookupError,
        OSError,
    ) as error:
        raise BadInputError(
            str(path), say("this is no whole GeoParquet file: {error}", error=_plain(error, path)), AGAIN
        ) from error


def _read_ogr(path: Path, encoding: str, report: FileReport) -> gpd.GeoDataFrame:
    with _readable(path, encoding) as (source, spoken):
        try:
            table = _read_layer(source, spoken, report)
        except UnicodeDecodeError as error:
            raise _encoding_error(path, error) from error
        except (DataSourceError, DataLayerError, FieldError, shapely.errors.ShapelyError, ValueError) as error:
            place = _json_place(path) if _suffix(path) in (".geojson", ".json") else ""
            problem = say("it cannot be read as {format}: {error}", format=report.format, error=_plain(error, source))
            raise BadInputError(str(path), problem, AGAIN, place) from error
    if not isinstance(table, gpd.GeoDataFrame):
        raise BadInputError(str(path), "it holds no geometry", "give footprints as areas")
    return table


def _read_layer(source: Path, encoding: str, report: FileReport) -> gpd.GeoDataFrame:
    """Read the layer of buildings; what GDAL warns of goes into the report."""
    with warnings.catch_warnings(record=True) as heard:
        warnings.simplefilter("always")
        layer = _layer(source, report)
        _check_size(source, layer, report)
        table: gpd.GeoDataFrame = pyogrio.read_dataframe(
            source, layer=layer, encoding=encoding or None, on_invalid="ignore", datetime_as_string=True
        )
    for warning in heard:
        report.note("gdal", str(warning.message))
    return table


def _plain(error: Exception, source: Path) -> str:
    """Return the first line of GDAL's message, without the path it repeats."""
    return str(error).splitlines()[0].replace(str(source), "the file").rstrip(".")[:200] if str(error) else "no reason"


@contextmanager
def _readable(path: Path, encoding: str) -> Iterator[tuple[Path, str]]:
    """Yield a file that OGR reads rightly and the encoding to tell it; GeoJSON in another encoding as a UTF-8 copy."""
    if encoding:
        _check_encoding(encoding)
    if _suffix(path) == ".shp":
        yield path, encoding or _dbf_encoding(path)
        return
    if _suffix(path) not in (".geojson", ".json"):
        yield path, encoding
        return
    if path.stat().st_size > LARGEST_JSON_BYTES:
        raise BadInputError(str(path), "GeoJSON of more than 2 GB is not read", "turn it into a GeoPackage")
    try:
        text = path.read_bytes().decode(encoding or "utf-8-sig")
    except UnicodeDecodeError as error:
        raise _encoding_error(path, error) from error
    if not encoding:
        yield path, ""
        return
    with tempfile.TemporaryDirectory(prefix="zhian-") as folder:
        copy = Path(folder) / "utf8.geojson"
        copy.write_text(text, "utf-8")
        yield copy, ""


def _check_encoding(encoding: str) -> None:
    try:
        "".encode(encoding)
    except LookupError:
        raise UsageError(
            say("{encoding!r} is no known encoding; Chinese files are mostly GB18030 or UTF-8", encoding=encoding)
        ) from None


def _encoding_error(path: Path, error: UnicodeDecodeError) -> BadInputError:
    place = say("byte {start}", start=error.start)
    return BadInputError(str(path), "its text is not UTF-8", "pass --encoding GB18030 if it is Chinese", place)


_UNSAID = (0x00, 0x57)
"""Language numbers of a dBASE file that mean nothing in particular."""


def _dbf_encoding(path: Path) -> str:
    """Return the encoding of a Shapefile's attributes, or an empty text if the file itself tells.

    A .dbf without a .cpg beside it and without a language number is taken for Latin by OGR, which would turn Chinese
    into nonsense without a word.
    """
    beside = {p.suffix.lower(): p for p in path.parent.glob(f"{_escaped(path.stem)}.*")}
    dbf = beside.get(".dbf")
    if dbf is None or ".cpg" in beside:
        return ""
    content = dbf.read_bytes()
    if len(content) < 32:
        raise BadInputError(str(dbf), "the attribute file is cut short", AGAIN)
    if content[29] not in _UNSAID:
        return ""
    header = struct.unpack_from("<H", content, 8)[0]
    try:
        content[header:].decode("utf-8")
    except UnicodeDecodeError as error:
        raise _encoding_error(dbf, error) from error
    return "utf-8"


def _escaped(stem: str) -> str:
    return re.sub(r"([\[\]*?])", r"[\1]", stem)


def _layer(source: Path, report: FileReport) -> str:
    """Return the layer to read: the one of buildings, else the first of areas."""
    layers = [(str(name), str(kind or "")) for name, kind in pyogrio.list_layers(source)]
    areas = [name for name, kind in layers if "Polygon" in kind or kind in ("Unknown", "GeometryCollection")]
    if not areas:
        raise BadInputError(report.file, "it holds no layer of areas", "give footprints as polygons")
    named = [name for name in areas if re.search(r"build|footprint|gebaeude|bati|建筑|房屋|楼", name, re.IGNORECASE)]
    chosen = (named or areas)[0]
    others = [name for name, _ in layers if name != chosen]
    if others:
        report.note("layer", f"{chosen} ({', '.join(others)})")
    return chosen


def _check_size(source: Path, layer: str, report: FileReport) -> None:
    info = pyogrio.read_info(source, layer=layer)
    if info["driver"] != report.format:
        problem = say("its content is that of a {format} file", format=info["driver"])
        raise BadInputError(report.file, problem, "check its format and give it the right name")
    if info["features"] > MOST_FEATURES:
        problem = say(
            "it declares {count:,} features; at most {most:,} make a twin",
            count=info["features"],
            most=MOST_FEATURES,
        )
        raise BadInputError(report.file, problem, "cut it to the county")


def _json_place(path: Path) -> str:
    try:
        json.loads(path.read_bytes())
    except json.JSONDecodeError as error:
        return say("line {line}, column {column}", line=error.lineno, column=error.colno)
    except (ValueError, RecursionError):
        return ""
    return ""
