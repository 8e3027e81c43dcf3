"""Footprints in GeoPackage, GeoJSON, Shapefile, FlatGeobuf or GeoParquet."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from numpy.typing import NDArray
from pyproj import CRS

from data.importers.footprints import check_degrees, mend_areas
from data.importers.heights import read_floors, read_heights
from data.importers.part import Part, make_table
from data.importers.report import FileReport, Watch
from data.importers.systems import ASK, flat_system, parse_crs
from data.importers.uses import building_use
from data.importers.vector_source import read_features
from twin.errors import BadInputError
from twin.words import say

HEIGHTS = (
    "height_m", "height", "measuredheight", "hoehe", "höhe", "高度", "建筑高度", "楼高", "bldg_height", "gebhoehe",
    "gebaeudehoehe", "roof_height", "hgt", "h",
)  # fmt: skip
FLOORS = ("floors", "levels", "building:levels", "building_levels", "storeys", "stories", "num_floors", "numfloors",
          "storeysaboveground", "层数", "楼层", "楼层数", "floor")  # fmt: skip
USES = ("use", "building", "usage", "function", "class", "type", "用途", "类型")
NAMES = ("name", "名称", "name_zh", "name:zh")
IDS = ("id", "gml_id", "osm_id", "fid_1", "objectid", "编号")


@dataclass(frozen=True, slots=True)
class Columns:
    """Which columns of the file to read heights and floors from; empty to find them by their names."""

    height: str = ""
    levels: str = ""


BY_NAME = Columns()


def read_vector(path: Path, crs: str, columns: Columns, encoding: str, watch: Watch) -> Part:
    """Read footprints.

    Parameters
    ----------
    crs : str
        The system to take if the file declares none; empty if the user gave none.
    columns : Columns
    encoding : str
        Of the attributes; empty for what the file says.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be read, holds no areas, or is in no known system.
    """
    watch.at(0.0, "reading")
    table, report = read_features(path, encoding)
    watch.at(0.5, "shaping")
    return Part(report, *_shaped(table, crs, columns, report))


def _shaped(
    table: gpd.GeoDataFrame, crs: str, columns: Columns, report: FileReport
) -> tuple[str, dict[str, gpd.GeoDataFrame]]:
    subject = report.file
    if table.crs is None and not crs:
        raise BadInputError(subject, "it declares no coordinate system", ASK)
    system, _ = flat_system(CRS(table.crs) if table.crs is not None else parse_crs(crs))
    shapes = np.asarray(table.geometry.values, dtype=object)
    if CRS(system).is_geographic:
        _check_degrees(shapes, subject)
    places = [f"feature {number}" for number in range(1, len(table) + 1)]
    report.counts["features"] = len(table)
    shapes = mend_areas(shapes, places, report)
    kept = np.flatnonzero(~shapely.is_missing(shapes))
    if not len(kept):
        raise BadInputError(subject, "not one of its features is an area that can be used", "give footprints as areas")
    rows = table.iloc[kept]
    named = [places[row] for row in kept.tolist()]
    made = make_table("buildings", _columns(rows, named, columns, report), shapes[kept], system)
    report.counts["buildings"] = len(made)
    report.counts["buildings_with_height"] = int((made["height_m"].notna() | (made["floors"] > 0)).sum())
    return system, {"buildings": made}


def _check_degrees(shapes: NDArray[np.object_], subject: str) -> None:
    problem = check_degrees(shapes[~shapely.is_missing(shapes)], subject)
    if problem:
        raise BadInputError(subject, problem, "swap the axes, or pass --crs if they are metres")


def _columns(rows: gpd.GeoDataFrame, places: list[str], columns: Columns, report: FileReport) -> dict[str, Any]:
    attributes = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    height = _column(attributes, columns.height, HEIGHTS, report.file)
    levels = _column(attributes, columns.levels, FLOORS, report.file)
    if height:
        report.note("heights_from", height)
    if levels:
        report.note("floors_from", levels)
    use = _column(attributes, "", USES, report.file)
    base = _column(attributes, "", ("base_m",), report.file)
    return {
        "id": _ids(attributes, places, report),
        "name": _texts(attributes, _column(attributes, "", NAMES, report.file)),
        "use": [building_use(word) for word in _values(attributes, use)],
        "floors": read_floors(_values(attributes, levels), places, report),
        "height_m": read_heights(_values(attributes, height), places, report),
        "base_m": np.asarray(pd.to_numeric(attributes[base], errors="coerce"), dtype=np.float64)
        if base
        else np.full(len(attributes), np.nan),
        "roof": ["flat"] * len(attributes),
        "lift_m": np.zeros(len(attributes)),
    }


def _column(attributes: pd.DataFrame, asked: str, usual: Sequence[str], subject: str) -> str:
    """Return the column a user asked for, or the first of the usual names; empty if there is none."""
    there = {str(name).lower(): str(name) for name in attributes.columns}
    if asked:
        if asked.lower() not in there:
            listed = ", ".join(sorted(there.values())[:20]) or "none"
            raise BadInputError(
                subject,
                say("it has no column {asked!r}", asked=asked),
                say("take one of these: {listed}", listed=listed),
            )
        return there[asked.lower()]
    return next((there[name] for name in usual if name in there), "")


def _values(attributes: pd.DataFrame, column: str) -> list[object]:
    if not column:
        return [None] * len(attributes)
    return [None if value is None or value is pd.NA else value for value in attributes[column].tolist()]


def _texts(attributes: pd.DataFrame, column: str) -> list[str]:
    return ["" if value is None or value != value else str(value) for value in _values(attributes, column)]


def _ids(attributes: pd.DataFrame, places: list[str], report: FileReport) -> list[str]:
    """Return ids that are there once each: the file's own, with a number behind those that come again."""
    given = _texts(attributes, _column(attributes, "", IDS, report.file))
    seen: Counter[str] = Counter()
    ids: dict[str, None] = {}
    for text, place in zip(given, places, strict=True):
        own = wanted = text or "b" + place.removeprefix("feature ")
        while own in ids:
            seen[wanted] += 1
            own = f"{wanted}~{seen[wanted] + 1}"
        if own != wanted:
            report.fault(place, "duplicate_id", kept=True, detail=wanted)
        ids[own] = None
    return list(ids)
