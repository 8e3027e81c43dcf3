"""Reading files back by other tools than those that wrote them, into one shape: rows by key."""

from __future__ import annotations

import contextlib
import csv
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import pyarrow.parquet as pq
import pyogrio
import shapely
from pyproj import CRS
from shapely.geometry import shape

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Found:
    """Rows by key with their shapes, the system they are in (None where the format has none), and the notice."""

    rows: Mapping[str, Row]
    shapes: Mapping[str, shapely.Geometry]
    crs: CRS | None
    notice: str


def read_gpkg(path: Path) -> Found:
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.row_factory = sqlite3.Row
        ((table, srs, described),) = connection.execute("SELECT table_name, srs_id, description FROM gpkg_contents")
        (column,) = (name for (name,) in connection.execute("SELECT column_name FROM gpkg_geometry_columns"))
        ((wkt,),) = connection.execute("SELECT definition FROM gpkg_spatial_ref_sys WHERE srs_id = ?", (srs,))
        told = [dict(row) for row in connection.execute(f'SELECT * FROM "{table}"')]  # noqa: S608
    shapes = {row["id"]: shapely.from_wkb(_bare_wkb(row.pop(column))) for row in told}
    return Found(_by_key(told, without=("fid",)), shapes, CRS.from_wkt(wkt), described)


def _bare_wkb(blob: bytes) -> bytes:
    """Strip the header of GeoPackage 1.3, 2.1.3: 8 bytes and an envelope whose size bits 1–3 of the flags tell."""
    return blob[8 + (0, 32, 48, 48, 64)[blob[3] >> 1 & 7] :]


def read_geojson(path: Path) -> Found:
    document = json.loads(path.read_text("utf-8"))
    told = [feature["properties"] for feature in document["features"]]
    assert [feature["id"] for feature in document["features"]] == [row["id"] for row in told]
    shapes = {f["id"]: shape(f["geometry"]) for f in document["features"]}
    return Found(_by_key(told), shapes, CRS.from_epsg(4326), document["about"].get("notice", ""))


def read_fgb(path: Path) -> Found:
    meta, table = pyogrio.read_arrow(path)
    told = table.to_pylist()
    shapes = {row["id"]: shapely.from_wkb(row.pop(meta["geometry_name"] or "wkb_geometry")) for row in told}
    notice = pyogrio.read_info(path)["layer_metadata"] or {}
    return Found(_by_key(told), shapes, CRS.from_user_input(meta["crs"]), notice.get("DESCRIPTION", ""))


def read_parquet(path: Path) -> Found:
    table = pq.read_table(path)
    geo = json.loads(table.schema.metadata[b"geo"])
    told = table.to_pylist()
    shapes = {row["id"]: shapely.from_wkb(row.pop(geo["primary_column"])) for row in told}
    notice = table.schema.metadata.get(b"zhian:notice", b"").decode()
    return Found(
        _by_key(told, without=("bbox",)), shapes, CRS.from_json_dict(geo["columns"]["geometry"]["crs"]), notice
    )


def read_csv(path: Path) -> Found:
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    with path.open(encoding="utf-8-sig", newline="") as file:
        told = [dict(row) for row in csv.DictReader(file)]
    shapes: dict[str, shapely.Geometry] = {}
    for row in told:
        shapes[row["id"]] = shapely.Point(float(row.pop("lon")), float(row.pop("lat")))
        if "wkt" in row:
            shapes[row["id"]] = shapely.from_wkt([row.pop("wkt")])[0]
    return Found(_by_key([_typed(row) for row in told]), shapes, None, "")


def _typed(row: Row) -> Row:
    """Undo what CSV does: nothing but texts, an apostrophe before a formula."""
    return {name: text[1:] if text[:1] == "'" and text[1:2] in "=+-@" else text for name, text in row.items()}


READERS: Mapping[str, Callable[[Path], Found]] = {
    "gpkg": read_gpkg, "geojson": read_geojson, "fgb": read_fgb, "parquet": read_parquet, "csv": read_csv,
}  # fmt: skip


def _by_key(told: list[Row], without: tuple[str, ...] = ()) -> dict[str, Row]:
    rows = {str(row["id"]): {name: value for name, value in row.items() if name not in without} for row in told}
    assert len(rows) == len(told)
    return rows


def same_value(expected: Any, found: Any) -> bool:
    """Tell whether a value came back: floats to 7 digits (float32 in text), times to the millisecond."""
    if isinstance(expected, np.datetime64):
        if np.isnat(expected):
            return str(found) in ("", "None", "NaT")
        return bool(_moment(found) == expected.astype("datetime64[ms]"))
    if isinstance(expected, np.floating):
        if np.isnan(expected):
            return found in (None, "") or (isinstance(found, float) and np.isnan(found))
        return bool(np.isclose(float(found), float(expected), rtol=2e-7, atol=1e-9))
    if isinstance(expected, np.bool_ | bool):
        return found in (bool(expected), "true" if expected else "false")
    return str(found) == str(expected)


def _moment(found: Any) -> np.datetime64:
    text = found.isoformat() if isinstance(found, datetime) else str(found)
    return np.datetime64(text.replace(" ", "T").removesuffix("Z").removesuffix("+00:00"), "ms")
