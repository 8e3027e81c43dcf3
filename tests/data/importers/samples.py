"""Small files of every format, made where a test wants them."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import geopandas as gpd
import numpy as np
import osmium
import rasterio
import shapely
from rasterio.transform import from_origin

EAST_M, NORTH_M = 300_000.0, 3_410_000.0
UTM = "EPSG:32651"


def square(x_m: float = 0.0, y_m: float = 0.0, size_m: float = 10.0) -> shapely.Polygon:
    """Return a square near the middle of Jiashan, in UTM."""
    return shapely.box(EAST_M + x_m, NORTH_M + y_m, EAST_M + x_m + size_m, NORTH_M + y_m + size_m)


def footprints(**columns: Any) -> gpd.GeoDataFrame:
    """Return as many squares as the columns have rows."""
    count = len(next(iter(columns.values())))
    return gpd.GeoDataFrame(columns, geometry=[square(20.0 * n) for n in range(count)], crs=UTM)


def box_model(**changes: Any) -> dict[str, Any]:
    """Return a CityJSON 2.0 model of one building of 10 × 8 × 6 m, as a solid with semantics."""
    corners = [[x, y, z] for z in (0, 6000) for x, y in ((0, 0), (10_000, 0), (10_000, 8000), (0, 8000))]
    faces = [[0, 3, 2, 1], [4, 5, 6, 7], [0, 1, 5, 4], [1, 2, 6, 5], [2, 3, 7, 6], [3, 0, 4, 7]]
    kinds = [{"type": "GroundSurface"}, {"type": "RoofSurface"}, {"type": "WallSurface"}]
    solid = {
        "type": "Solid",
        "lod": "2",
        "boundaries": [[[face] for face in faces]],
        "semantics": {"surfaces": kinds, "values": [[0, 1, 2, 2, 2, 2]]},
    }
    model = {
        "type": "CityJSON",
        "version": "2.0",
        "metadata": {"referenceSystem": "https://www.opengis.net/def/crs/EPSG/0/32651"},
        "transform": {"scale": [0.001, 0.001, 0.001], "translate": [EAST_M, NORTH_M, 3.0]},
        "CityObjects": {"b1": {"type": "Building", "attributes": {"function": "住宅"}, "geometry": [solid]}},
        "vertices": corners,
    }
    return model | changes


def write_json(path: Path, model: object) -> Path:
    """Write a model as JSON."""
    path.write_text(json.dumps(model, ensure_ascii=False), "utf-8")
    return path


def write_raster(path: Path, values: Any, step_m: float = 10.0, crs: str | None = UTM, **profile: Any) -> Path:
    """Write (B, H, W) values as a GeoTIFF whose north-west corner is 100 m outside the squares."""
    bands = np.asarray(values)
    settings = {
        "driver": "GTiff", "count": bands.shape[0], "height": bands.shape[1], "width": bands.shape[2],
        "dtype": bands.dtype.name, "transform": from_origin(EAST_M - 100, NORTH_M + 200, step_m, step_m),
    }  # fmt: skip
    with rasterio.open(path, "w", crs=crs, **(settings | profile)) as file:
        file.write(bands)
    return path


def write_hgt(path: Path, height_m: int = 50) -> Path:
    """Write an SRTM tile of one height, with a void in its corner."""
    heights = np.full((1201, 1201), height_m, dtype=">i2")
    heights[:10, :10] = -32768
    path.write_bytes(heights.tobytes())
    return path


def write_zip(path: Path, **entries: bytes) -> Path:
    """Write an archive; ``__`` in a name stands for a dot, ``_up_`` for two and a slash."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in entries.items():
            archive.writestr(name.replace("_up_", "../").replace("__", "."), content)
    return path


class OsmFile:
    """Writes an extract of a few nodes and ways near the middle of Jiashan."""

    def __init__(self, path: Path) -> None:
        self._writer = osmium.SimpleWriter(str(path))
        self._ids = 0

    def node(self, east: float, north: float, **tags: str) -> int:
        """Write a node, in thousandths of a degree from the middle, and return its id."""
        self._ids += 1
        place = (120.9 + east / 1000, 30.8 + north / 1000)
        self._writer.add_node(osmium.osm.mutable.Node(id=self._ids, location=place, tags=_keys(tags)))
        return self._ids

    def way(self, way_id: int, nodes: list[int], **tags: str) -> None:
        """Write a way; all nodes must be written before the first."""
        self._writer.add_way(osmium.osm.mutable.Way(id=way_id, nodes=nodes, tags=_keys(tags)))

    def relation(self, relation_id: int, members: list[tuple[str, int, str]], **tags: str) -> None:
        """Write a relation; all ways must be written before the first."""
        self._writer.add_relation(osmium.osm.mutable.Relation(id=relation_id, members=members, tags=_keys(tags)))

    def close(self) -> None:
        """Finish the file."""
        self._writer.close()


def _keys(tags: dict[str, str]) -> dict[str, str]:
    return {name.replace("__", ":"): value for name, value in tags.items()}
