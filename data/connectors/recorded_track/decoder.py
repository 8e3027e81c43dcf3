"""Reads a recording from a file: CSV, GPX, GeoJSON or GeoParquet; one reader a format, chosen by the suffix."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Any
from xml.parsers import expat

from data.gdal_guard import check_magic, local_file

# isort: split
import geopandas as gpd
import gpxpy
import msgspec
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from data.connectors.recorded_track.columns import Options, Table, recording_of
from data.connectors.recorded_track.recording import Recording, in_order
from twin.errors import BadInputError
from twin.words import said, say

LARGEST_BYTES = 2_000_000_000
AGAIN = "get it again from where it came"


def read_recording(path: str, options: Options) -> Recording:
    """Read a file.

    Raises
    ------
    twin.errors.BadInputError
        If it cannot be read, has no times, or no row of it can be used.
    """
    file = local_file(path)
    reader = READERS.get(file.suffix.lower())
    if reader is None:
        raise BadInputError(
            path, say("a recording cannot be read from {suffix}", suffix=file.suffix or said("such a file")), _formats()
        )
    if file.stat().st_size > LARGEST_BYTES:
        raise BadInputError(path, "it is larger than 2 GB", "cut it into days and play one")
    return in_order(recording_of(reader(file), options))


def _formats() -> str:
    return say("give one of {formats}", formats=", ".join(sorted(READERS)))


def _text(path: Path) -> str:
    raw = path.read_bytes()
    marks = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
    marked = [encoding for mark, encoding in marks if raw.startswith(mark)]
    if not marked and b"\0" in raw[:100_000]:
        raise BadInputError(str(path), "this is no text", "give the table as text (CSV)")
    for encoding in marked or ("utf-8", "gb18030"):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise BadInputError(str(path), "its text is neither UTF-8 nor GB18030", "save it as UTF-8")


def _read_csv(path: Path) -> Table:
    text = _text(path)
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: list[list[str]] = []
    places: list[str] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for row in reader:
            if row:
                rows.append([*row, *[""] * (len(header) - len(row))])
                places.append(f"line {reader.line_num}")
    except csv.Error as error:
        raise BadInputError(
            str(path),
            say("not CSV: {error}", error=error),
            "check the quotes",
            say("line {line}", line=reader.line_num),
        ) from None
    columns = {name: [row[number] for row in rows] for number, name in enumerate(header)}
    return Table(str(path), columns, places)


def _read_gpx(path: Path) -> Table:
    raw = path.read_bytes()
    _check_xml(raw, path)
    try:
        gpx = gpxpy.parse(raw)
    except gpxpy.gpx.GPXException as error:
        raise BadInputError(str(path), say("not GPX: {error}", error=error), AGAIN) from error
    found = list(_gpx_points(gpx, path.stem))
    if not found:
        problem = "it has a route to follow but no recorded track" if gpx.routes else "it has no track"
        raise BadInputError(str(path), problem, "give a recording with times")
    names = ("time", "lon", "lat", "id", "label", "speed_mps", "heading")
    columns = {name: [row[number] for row in found] for number, name in enumerate(names)}
    return Table(str(path), columns, [row[-1] for row in found])


def _gpx_points(gpx: Any, stem: str) -> Iterator[tuple[Any, ...]]:
    for number, track in enumerate(gpx.tracks, start=1):
        key = f"{stem[:24]}-{number}"
        points = chain.from_iterable(segment.points for segment in track.segments)
        for count, point in enumerate(points, start=1):
            # GPX 1.1: times are UTC, also where the Z is missing.
            time_s = "" if point.time is None else pd.Timestamp(point.time).tz_localize(None).timestamp()
            if point.time is not None and point.time.utcoffset() is not None:
                time_s = point.time.timestamp()
            place = f"track {number} point {count}"
            yield time_s, point.longitude, point.latitude, key, track.name or stem, point.speed, point.course, place


def _check_xml(raw: bytes, path: Path) -> None:
    """Refuse XML that is cut short, or that defines entities: a few bytes of those can fill the memory."""

    def refuse(*_: object) -> None:
        raise BadInputError(str(path), "it defines a document type, which no GPX needs", "do not use it")

    parser = expat.ParserCreate()
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(raw, True)
    except expat.ExpatError as error:
        problem = say("not XML, or cut short: {reason}", reason=expat.errors.messages[error.code])
        raise BadInputError(str(path), problem, AGAIN, say("line {line}", line=error.lineno)) from None


def _read_geojson(path: Path) -> Table:
    check_magic(path)
    try:
        content = msgspec.json.decode(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadInputError(str(path), say("not GeoJSON, or cut short: {error}", error=error), AGAIN) from None
    features = content.get("features") if isinstance(content, dict) else None
    if not isinstance(features, list):
        raise BadInputError(str(path), "it holds no features", "give a FeatureCollection")
    if "crs" in content and "CRS84" not in str(content["crs"]) and "4326" not in str(content["crs"]):
        raise BadInputError(str(path), "its coordinates are not longitude and latitude", "save it in WGS 84")
    rows: list[Mapping[str, Any]] = []
    places: list[str] = []
    for number, feature in enumerate(features, start=1):
        for row in _feature_rows(feature if isinstance(feature, dict) else {}):
            rows.append(row)
            places.append(f"feature {number}")
    names = dict.fromkeys(chain.from_iterable(rows))
    return Table(str(path), {name: [row.get(name) for row in rows] for name in names}, places)


def _feature_rows(feature: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """Yield a row for a point, or one for each vertex of a line with ``coordTimes`` (or togeojson's newer place)."""
    told = feature.get("properties") or {}
    geometry = feature.get("geometry") or {}
    coordinates = geometry.get("coordinates") or []
    plain = {name: value for name, value in told.items() if not isinstance(value, list | dict)}
    if geometry.get("type") == "Point":
        yield {**plain, "lon": _part(coordinates, 0), "lat": _part(coordinates, 1)}
        return
    times = told.get("coordTimes") or (told.get("coordinateProperties") or {}).get("times") or told.get("times") or []
    lines = {"LineString": [coordinates], "MultiLineString": coordinates}.get(str(geometry.get("type")), [[]])
    nested = times if times and isinstance(times[0], list) else [times]
    for line, stamps in zip(lines, [*nested, *[[]] * len(lines)], strict=False):
        for count, vertex in enumerate(line):
            yield {**plain, "lon": _part(vertex, 0), "lat": _part(vertex, 1), "time": _part(stamps, count)}
    if not any(lines):
        yield {**plain, "lon": None, "lat": None}


def _part(values: Any, number: int) -> Any:
    return values[number] if isinstance(values, list) and number < len(values) else None


def _read_parquet(path: Path) -> Table:
    check_magic(path, ".parquet")
    try:
        geo = b"geo" in (pq.read_schema(path).metadata or {})
        frame = gpd.read_parquet(path) if geo else pd.read_parquet(path)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise BadInputError(str(path), say("not GeoParquet, or cut short: {error}", error=error), AGAIN) from None
    columns: dict[str, Sequence[Any]] = {
        str(name): frame[name].tolist() for name in frame.columns if str(frame[name].dtype) != "geometry"
    }
    for name in frame.select_dtypes(["datetime", "datetimetz"]).columns:
        columns[str(name)] = frame[name].array
    if isinstance(frame, gpd.GeoDataFrame):
        columns |= _lonlat(frame, path)
    return Table(str(path), columns, [f"row {number}" for number in range(1, len(frame) + 1)])


def _lonlat(frame: gpd.GeoDataFrame, path: Path) -> dict[str, list[float]]:
    if frame.crs is None:
        raise BadInputError(str(path), "it does not say in which system its coordinates are", "save it with its CRS")
    geometry = frame.geometry.to_crs("EPSG:4326")
    if not bool((geometry.geom_type.dropna() == "Point").all()):
        raise BadInputError(str(path), "its geometry is not points", "give one point with a time a row")
    return {"lon": geometry.x.tolist(), "lat": geometry.y.tolist()}


READERS: dict[str, Callable[[Path], Table]] = {
    ".csv": _read_csv, ".txt": _read_csv, ".tsv": _read_csv,
    ".gpx": _read_gpx,
    ".geojson": _read_geojson, ".json": _read_geojson,
    ".parquet": _read_parquet, ".geoparquet": _read_parquet,
}  # fmt: skip
