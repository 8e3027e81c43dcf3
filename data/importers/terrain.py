"""Terrain rasters: warped onto square cells in the twin's system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.fill import fillnodata
from rasterio.io import DatasetReader
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT

from data.importers.raster_source import open_raster, raster_system, unpacked_hgt
from data.importers.report import FileReport, Watch
from twin.city.city import Terrain
from twin.errors import BadInputError
from twin.geo import BoolArray, FloatArray

Bounds = tuple[float, float, float, float]
MOST_CELLS = 25_000_000
"""100 MB of heights; a coarser step is taken before there are more."""
FILL_CELLS = 20
LOWEST_M, HIGHEST_M = -500.0, 9000.0


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    if path.suffix.lower() != ".zip":
        with open_raster(path) as file:
            yield file
        return
    with unpacked_hgt(path) as tile, open_raster(tile) as file:
        yield file


def raster_extent(path: Path, crs: str, target: str) -> tuple[Bounds, float]:
    """Return a raster's extent in the target system, and the step its pixels have there, in metres."""
    with _opened(path) as file:
        system = raster_system(file, crs, str(path))
        # calculate_default_transform would ask for the driver of virtual files, which is not there.
        with WarpedVRT(file, src_crs=system, crs=target) as warped:
            west, south, east, north = warped.bounds
            return (float(west), float(south), float(east), float(north)), float(warped.res[0])


def read_terrain(
    paths: Sequence[Path], crs: str, target: str, bounds_m: Bounds | None, watch: Watch
) -> tuple[Terrain, list[FileReport]]:
    """Lay terrain rasters onto one grid; a later one fills the voids of those before it.

    Parameters
    ----------
    paths : sequence of Path
        GeoTIFF, ``.hgt``, or a ``.zip`` of one ``.hgt``.
    crs : str
        The system to take for a GeoTIFF that declares none.
    target : str
        The twin's system.
    bounds_m : tuple of float or None
        The part to keep; None for all.

    Raises
    ------
    twin.errors.BadInputError
        If one cannot be read, or none reaches into the bounds.
    """
    extents = [raster_extent(path, crs, target) for path in paths]
    step_m = min(step for _, step in extents)
    west, south, east, north = _common([box for box, _ in extents], bounds_m, step_m, str(paths[0]))
    step_m = max(step_m, float(np.sqrt((east - west) * (north - south) / MOST_CELLS)))
    shape = (max(2, round((north - south) / step_m)), max(2, round((east - west) / step_m)))
    terrain = Terrain(np.full(shape, np.nan, dtype=np.float32), west, north, step_m)
    reports = []
    for number, path in enumerate(paths):
        watch.at(number / len(paths), "terrain")
        reports.append(_lay(path, crs, target, terrain))
    if not np.isfinite(terrain.height_m).any():
        raise BadInputError(str(paths[0]), "it holds no heights there", "give the terrain of the same place")
    _fill_small_voids(terrain, reports[0])
    return terrain, reports


def _fill_small_voids(terrain: Terrain, report: FileReport) -> None:
    """Fill the holes that radar leaves in steep ground from the heights around them, and say how many cells."""
    void = np.isnan(terrain.height_m)
    if not void.any():
        return
    terrain.height_m[void] = 0.0  # the filler reads no cell that the mask leaves out, but must not see NaN
    filled = fillnodata(terrain.height_m.copy(), mask=~void, max_search_distance=FILL_CELLS)
    deep = void & (_steps_to_known(~void) > FILL_CELLS)
    terrain.height_m[void] = filled[void]
    terrain.height_m[deep] = np.nan
    report.counts["filled_cells"] = int((void & ~deep).sum())


def _steps_to_known(known: BoolArray) -> NDArray[np.int32]:
    """Return how many steps each cell is from a known one, no further than one past :data:`FILL_CELLS`."""
    steps = np.where(known, 0, FILL_CELLS + 1).astype(np.int32)
    reached = known.copy()
    for step in range(1, FILL_CELLS + 1):
        grown = reached.copy()
        grown[1:] |= reached[:-1]
        grown[:-1] |= reached[1:]
        grown[:, 1:] |= reached[:, :-1]
        grown[:, :-1] |= reached[:, 1:]
        steps[grown & ~reached] = step
        reached = grown
    return steps


def _common(boxes: list[Bounds], bounds_m: Bounds | None, step_m: float, subject: str) -> Bounds:
    whole = np.array(boxes)
    box = (*whole[:, :2].min(axis=0), *whole[:, 2:].max(axis=0))
    if bounds_m is not None:
        box = (*np.maximum(box[:2], bounds_m[:2]), *np.minimum(box[2:], bounds_m[2:]))
    west, south, east, north = (float(edge) for edge in box)
    if east - west < step_m or north - south < step_m:
        problem = "it does not reach the place of the other files"
        raise BadInputError(subject, problem, "give the terrain of the same place, or pass --crs if it has none")
    return west, south, east, north


def _lay(path: Path, crs: str, target: str, terrain: Terrain) -> FileReport:
    report = FileReport(str(path), "terrain")
    rows, cols = terrain.height_m.shape
    grid = from_origin(terrain.west_m, terrain.north_m, terrain.step_m, terrain.step_m)
    with _opened(path) as file:
        warp = {"crs": target, "transform": grid, "width": cols, "height": rows, "resampling": Resampling.bilinear}
        system = raster_system(file, crs, str(path))
        warp |= {"src_crs": system, "dtype": "float32", "src_nodata": _void(file), "nodata": np.nan}
        with WarpedVRT(file, **warp) as warped:
            heights = warped.read(1)
    outside = np.isfinite(heights) & ((heights < LOWEST_M) | (heights > HIGHEST_M))
    heights[outside] = np.nan
    if outside.any():
        report.note("odd_heights", f"{int(outside.sum()):,}")
    gaps = np.isnan(terrain.height_m)
    terrain.height_m[gaps] = heights[gaps]
    report.counts["cells"] = int(np.isfinite(heights).sum())
    report.counts["void_cells"] = int(np.isnan(heights).sum())
    return report


def _void(file: DatasetReader) -> float:
    """Return the value of cells without a height: the declared one, else the one that such files mostly have."""
    if file.nodata is not None:
        return float(file.nodata)
    return -32768.0 if file.dtypes[0] == "int16" else -9999.0


def lowest_under(terrain: Terrain, points_m: FloatArray, owner: NDArray[np.int64], owners: int) -> FloatArray:
    """Return for each owner of points the lowest ground under them.

    Parameters
    ----------
    points_m : (P, 2) float array
        East and north.
    owner : (P,) int array
        Which of the ``owners`` each belongs to.
    """
    lowest = np.full(owners, np.inf)
    np.minimum.at(lowest, owner, terrain.sample(points_m[:, 0], points_m[:, 1]))
    return np.where(np.isfinite(lowest), lowest, 0.0)
