"""Features as GeoPackage, GeoJSON, FlatGeobuf, GeoParquet and CSV."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL is loaded

# isort: split
import geopandas as gpd
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pyogrio
import shapely
from numpy.typing import NDArray

from data.export.content import About, Features, iso, utc_text
from data.export.select import WGS84, reprojected

FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
DEGREE_PLACES = 7  # a centimetre on the ground


def write_gpkg(features: Features, about: About, path: Path) -> None:
    """Write a GeoPackage; its contents table and its metadata say what it is."""
    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": iso(about.made)})
    told = {"IDENTIFIER": about.layer, "DESCRIPTION": about.sentence()}
    _write_ogr(features, path, "GPKG", about, layer_options=told, layer_metadata=about.pairs())


def write_fgb(features: Features, about: About, path: Path) -> None:
    """Write a FlatGeobuf, whose features are in the order of its spatial index."""
    _write_ogr(features, path, "FlatGeobuf", about, TITLE=about.layer, DESCRIPTION=about.sentence())


def write_geojson(features: Features, about: About, path: Path) -> None:
    """Write RFC 7946: WGS 84, seven decimals (about a centimetre), the notice as a foreign member.

    GDAL keeps polygons valid when it rounds them: a spike thinner than a centimetre goes.
    """
    named = Features(
        features.columns, {**features.values, "_id": features.values["id"]}, features.geometry, features.crs
    )
    told = json.dumps({"about": about.pairs()}, ensure_ascii=False)
    _write_ogr(
        reprojected(named, WGS84), path, "GeoJSON", about,
        RFC7946="YES", ID_FIELD="_id", DESCRIPTION=about.sentence(), FOREIGN_MEMBERS_COLLECTION=told,
    )  # fmt: skip


def write_parquet(features: Features, about: About, path: Path) -> None:
    """Write GeoParquet 1.1 with the box of each row; the file's metadata say what it is."""
    buffer = io.BytesIO()
    frame(features).to_parquet(buffer, index=False, write_covering_bbox=bool(len(features)), schema_version="1.1.0")
    buffer.seek(0)
    table = pq.read_table(buffer)
    told = {f"zhian:{name}".encode(): text.encode() for name, text in about.pairs().items()}
    table = table.replace_schema_metadata({**(table.schema.metadata or {}), **told})
    pq.write_table(table, path, compression="zstd")


def write_csv(features: Features, about: About, path: Path) -> None:
    """Write CSV in UTF-8 with a mark for spreadsheets.

    ``lon`` and ``lat`` are WGS 84, of the centroid for what is no point; that has its whole shape in ``wkt`` beside it.
    A text that a spreadsheet would take for a formula gets a leading apostrophe; numbers stay numbers.
    """
    degrees = reprojected(features, WGS84).geometry
    lon, lat = _centroids_deg(features)
    columns = {column.name: _cells(features.values[column.name]) for column in features.columns}
    columns |= {"lon": lon, "lat": lat}
    if not (shapely.get_type_id(features.geometry) == shapely.GeometryType.POINT).all():
        columns["wkt"] = shapely.to_wkt(degrees, rounding_precision=DEGREE_PLACES).tolist()
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))


def frame(features: Features) -> gpd.GeoDataFrame:
    """Return the features as a table for the writers; times know that they are UTC."""
    columns = {name: _series(values) for name, values in features.values.items()}
    return gpd.GeoDataFrame(columns, geometry=gpd.GeoSeries(features.geometry, crs=features.crs), crs=features.crs)


def harmless(text: str) -> str:
    """Return a text that no spreadsheet takes for a formula."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text


def _write_ogr(features: Features, path: Path, driver: str, about: About, **options: Any) -> None:
    kind = None if len(features) else "Unknown"
    pyogrio.write_dataframe(frame(features), path, layer=about.layer, driver=driver, geometry_type=kind, **options)


def _series(values: NDArray[Any]) -> pd.Series[Any]:
    if values.dtype.kind == "M":
        return pd.Series(values.astype("datetime64[ms]")).dt.tz_localize("UTC")
    return pd.Series(values, dtype="str" if values.dtype == object else None)


def _cells(values: NDArray[Any]) -> list[str]:
    if values.dtype.kind == "M":
        return utc_text(values)
    if values.dtype.kind == "f":
        return ["" if np.isnan(value) else str(value) for value in values]
    if values.dtype.kind == "b":
        return ["true" if value else "false" for value in values]
    return [harmless(value) if isinstance(value, str) else str(value) for value in values]


def _centroids_deg(features: Features) -> tuple[list[str], list[str]]:
    centres = gpd.GeoSeries(shapely.centroid(features.geometry), crs=features.crs).to_crs(WGS84)
    return tuple([f"{v:.{DEGREE_PLACES}f}" for v in axis] for axis in (centres.x, centres.y))  # type: ignore[return-value]
