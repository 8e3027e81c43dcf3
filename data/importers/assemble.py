"""Files of many kinds, taken together as one twin."""

from __future__ import annotations

import mmap
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from data.gdal_guard import local_file

# isort: split
import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS, Transformer

from data.importers.cityjson import read_cityjson
from data.importers.footprints import far_rows, project_table
from data.importers.heights import fill_heights
from data.importers.orthophoto import write_imagery
from data.importers.osm import read_osm
from data.importers.part import Part
from data.importers.raster_source import open_raster, raster_system
from data.importers.report import FileReport, ImportReport, Watch, count_kinds
from data.importers.systems import flat_system, is_metric, parse_crs
from data.importers.terrain import Bounds, lowest_under, raster_extent, read_terrain
from data.importers.vector import BY_NAME, Columns, read_vector
from data.store.imagery import GeoTiffImagery
from data.store.twin_folder import save_city
from twin.city.city import City, Terrain
from twin.errors import BadInputError, UsageError
from twin.geo import LocalFrame
from twin.words import said, say

READ = ".city.json, .osm.pbf, .gpkg, .geojson, .shp, .fgb, .parquet, .tif, .hgt, .hgt.zip"
MARGIN_M = 500.0
WEB_MERCATOR = "EPSG:3857"
_SUFFIXES = {
    ".pbf": "osm", ".gpkg": "vector", ".geojson": "vector", ".shp": "vector", ".fgb": "vector", ".parquet": "vector",
    ".geoparquet": "vector", ".hgt": "terrain", ".zip": "terrain",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class ImportRequest:
    """What to take together as one twin.

    Parameters
    ----------
    name : str
        Of the twin.
    files : tuple of str
        As the user named them.
    crs : str
        The twin's system if it is projected and in metres, and the one of files that declare none; empty to choose.
    columns : Columns
        Which columns to read heights and floors from.
    encoding : str
        Of the attributes of vector files; empty for what they say.
    bands : tuple of int
        Red, green and blue of an orthophoto; empty for the usual ones.
    """

    name: str
    files: tuple[str, ...]
    crs: str = ""
    columns: Columns = BY_NAME
    encoding: str = ""
    bands: tuple[int, ...] = ()


def import_files(request: ImportRequest, folder: Path, watch: Watch) -> ImportReport:
    """Make a twin of files and put it into ``folder``; what was there stays until all of it is on the disk.

    Raises
    ------
    twin.errors.ZhianError
        If a file cannot be used, the disk is full, or the user stopped the work.
    """
    if request.crs:
        parse_crs(request.crs)
    sorted_files = [(path := local_file(name), kind_of(path)) for name in request.files]
    if not sorted_files:
        raise UsageError("give at least one file")
    parts = _read_parts(request, sorted_files, watch.stretch(0.0, 0.5))
    rasters = [path for path, kind in sorted_files if kind == "terrain"]
    photos = [path for path, kind in sorted_files if kind == "imagery"]
    crs = _twin_crs(request.crs, parts, [*photos, *rasters])
    tables = _merge(parts, crs)
    if parts and not tables:
        raise BadInputError(parts[0].report.file, "nothing in it can be used", "read the report, and mend the file")
    watch.at(0.5, "terrain")
    terrain, reports = _terrain(rasters, request.crs, crs, tables, watch.stretch(0.5, 0.6))
    if "buildings" in tables:
        tables["buildings"] = _stood(tables["buildings"], terrain)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}.import-", dir=folder.parent) as scratch:
        imagery, photo_reports = _imagery(photos, request, crs, Path(scratch), watch.stretch(0.6, 0.9))
        city = _city(request.name, crs, tables, terrain, imagery, parts)
        watch.at(0.9, "saving")
        save_city(city, folder)
    watch.progress(1.0, "done")
    return _report(city, (*(p.report for p in parts), *reports, *photo_reports))


def kind_of(path: Path) -> str:
    """Return what a file is read as: ``cityjson``, ``osm``, ``vector``, ``terrain`` or ``imagery``.

    Raises
    ------
    twin.errors.BadInputError
        If its suffix is none that is read.
    """
    suffix = path.suffix.lower()
    if suffix in (".json", ".cityjson"):
        return "cityjson" if suffix == ".cityjson" or _mentions(path, b'"CityObjects"') else "vector"
    if suffix in (".tif", ".tiff"):
        with open_raster(path) as file:
            return "terrain" if file.count == 1 and file.dtypes[0] != "uint8" else "imagery"
    if suffix not in _SUFFIXES:
        raise BadInputError(
            str(path),
            say("files named {suffix} are not read", suffix=suffix or said("without a suffix")),
            say("give {formats}", formats=READ),
        )
    return _SUFFIXES[suffix]


def _mentions(path: Path, word: bytes) -> bool:
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
        return content.find(word) >= 0


def _read_parts(request: ImportRequest, files: Sequence[tuple[Path, str]], watch: Watch) -> list[Part]:
    parts = []
    for number, (path, kind) in enumerate(files):
        inner = watch.stretch(number / len(files), (number + 1) / len(files))
        if kind == "cityjson":
            parts.append(read_cityjson(path, request.crs, inner))
        elif kind == "osm":
            parts.append(read_osm(path, inner))
        elif kind == "vector":
            parts.append(read_vector(path, request.crs, request.columns, request.encoding, inner))
    return parts


def _twin_crs(asked: str, parts: Sequence[Part], rasters: Sequence[Path]) -> str:
    """Return the twin's system: the user's, else a file's own, else the UTM zone of the middle."""
    if asked and is_metric(CRS(flat_system(parse_crs(asked))[0])):
        return flat_system(parse_crs(asked))[0]
    own = [part.crs for part in parts] or [_raster_crs(path, asked) for path in rasters]
    for crs in own:
        if is_metric(CRS(crs)) and crs != WEB_MERCATOR:
            return crs
    if not parts:
        return LocalFrame.around(*_raster_middle(rasters[0], asked)).crs
    boxes = [(part.crs, table.total_bounds) for part in parts for table in part.tables.values() if len(table)]
    if not boxes:
        raise BadInputError(parts[0].report.file, "nothing in it can be used", "read the report, and mend the file")
    crs, box = boxes[0]
    return LocalFrame.around(*_to_degrees(crs, (box[0] + box[2]) / 2, (box[1] + box[3]) / 2)).crs


def _to_degrees(crs: str, x: float, y: float) -> tuple[float, float]:
    lon, lat = Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    return (float(lon), float(lat)) if np.isfinite([lon, lat]).all() else (0.0, 0.0)


def _raster_crs(path: Path, crs: str) -> str:
    if path.suffix.lower() in (".hgt", ".zip"):
        return "EPSG:4326"
    with open_raster(path) as file:
        return raster_system(file, crs, str(path))


def _raster_middle(path: Path, crs: str) -> tuple[float, float]:
    box = raster_extent(path, crs, "EPSG:4326")[0]
    return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2


def _merge(parts: Sequence[Part], crs: str) -> dict[str, gpd.GeoDataFrame]:
    """Bring the tables of all files into one system and together; what lies absurdly far off is left out."""
    moved = [(part, name, _project(part, table, crs)) for part in parts for name, table in part.tables.items()]
    moved = [(part, name, table) for part, name, table in moved if len(table)]
    if not moved:
        return {}
    boxes = np.concatenate([table.geometry.bounds.to_numpy(dtype=np.float64) for _, _, table in moved])
    middle = (float(np.median(boxes[:, ::2])), float(np.median(boxes[:, 1::2])))
    kept: dict[str, list[gpd.GeoDataFrame]] = {}
    for part, name, table in moved:
        far = far_rows(table, middle)
        for key in _keys(table)[far]:
            part.report.fault(f"{name} {key}", "far_away", kept=False)
        if not far.all():
            kept.setdefault(name, []).append(table[~far])
    return {name: _joined(tables, crs) for name, tables in kept.items()}


def _keys(table: gpd.GeoDataFrame) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.asarray(table["building_id" if "id" not in table else "id"].astype(str), dtype=object)


def _project(part: Part, table: gpd.GeoDataFrame, crs: str) -> gpd.GeoDataFrame:
    return project_table(table, crs, _keys(table).tolist(), part.report)


def _joined(tables: list[gpd.GeoDataFrame], crs: str) -> gpd.GeoDataFrame:
    if len(tables) == 1:
        return tables[0].reset_index(drop=True)
    joined = gpd.GeoDataFrame(pd.concat(tables, ignore_index=True), crs=crs)
    if "id" in joined and joined["id"].dtype != np.int64:
        again = joined.groupby("id").cumcount()
        joined["id"] = joined["id"].where(again == 0, joined["id"] + "~" + (again + 1).astype("str"))
    return joined


def _terrain(
    rasters: Sequence[Path], given: str, crs: str, tables: dict[str, gpd.GeoDataFrame], watch: Watch
) -> tuple[Terrain | None, list[FileReport]]:
    if not rasters:
        return None, []
    return read_terrain(rasters, given, crs, _box_around(tables), watch)


def _box_around(tables: dict[str, gpd.GeoDataFrame]) -> Bounds | None:
    if not tables:
        return None
    boxes = np.array([table.total_bounds for table in tables.values()])
    west, south = boxes[:, :2].min(axis=0) - MARGIN_M
    east, north = boxes[:, 2:].max(axis=0) + MARGIN_M
    return float(west), float(south), float(east), float(north)


def _stood(buildings: gpd.GeoDataFrame, terrain: Terrain | None) -> gpd.GeoDataFrame:
    """Return buildings with heights filled in, on the lowest ground under their outline."""
    stood = buildings.drop(columns="lift_m")
    stood["height_m"], stood["floors"] = fill_heights(
        stood["height_m"].to_numpy(), stood["floors"].to_numpy(), stood["use"].tolist()
    )
    ground = np.zeros(len(stood))
    if terrain is not None:
        points, owner = shapely.get_coordinates(stood.geometry.values, return_index=True)
        ground = lowest_under(terrain, points, owner, len(stood))
    own = stood["base_m"].to_numpy(dtype=np.float64)
    base = np.where(np.isnan(own), ground + np.nan_to_num(buildings["lift_m"].to_numpy(dtype=np.float64)), own)
    stood["base_m"] = base.astype(np.float32)
    return stood


def _imagery(
    photos: Sequence[Path], request: ImportRequest, crs: str, scratch: Path, watch: Watch
) -> tuple[GeoTiffImagery | None, list[FileReport]]:
    if not photos:
        return None, []
    if len(photos) > 1:
        raise BadInputError(str(photos[1]), "a twin takes one orthophoto", "join them first, as with gdal_merge.py")
    out = scratch / "imagery.tif"
    report = write_imagery(photos[0], out, request.crs, crs, request.bands, watch)
    return GeoTiffImagery(out), [report]


def _city(
    name: str,
    crs: str,
    tables: dict[str, gpd.GeoDataFrame],
    terrain: Terrain | None,
    imagery: GeoTiffImagery | None,
    parts: Sequence[Part],
) -> City:
    credit = "; ".join(dict.fromkeys(part.credit for part in parts if part.credit))
    loose = City(name, name, LocalFrame(crs, (0, 0)), tables, terrain, imagery, False, credit)
    west, south, east, north = loose.bounds_m()
    origin = (round((west + east) / 2000) * 1000, round((south + north) / 2000) * 1000)
    return City(name, name, LocalFrame(crs, origin), tables, terrain, imagery, False, credit)


def _report(city: City, files: tuple[FileReport, ...]) -> ImportReport:
    tables = {name: len(table) for name, table in sorted(city.tables.items())}
    kinds = {
        name: count_kinds(table[column])
        for name, table in sorted(city.tables.items())
        for column in ("kind", "use", "road_class")
        if column in table
    }
    cells = city.terrain.height_m.shape if city.terrain is not None else (0, 0)
    pixels = city.imagery.size_px if city.imagery is not None else (0, 0)
    return ImportReport(city.name, city.frame.crs, tables, kinds, files, (cells[0], cells[1]), pixels)
