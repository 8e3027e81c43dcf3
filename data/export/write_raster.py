"""Terrain and orthophoto as cloud-optimised GeoTIFF."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL is loaded

# isort: split
import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer
from rasterio.enums import ColorInterp, Resampling
from rasterio.shutil import copy
from rasterio.transform import array_bounds, from_bounds
from rasterio.warp import reproject
from rasterio.windows import Window

from data.export.content import About, Heights, Picture
from data.export.select import Box, box_in
from twin.errors import UsageError

TILE_PX = 256
_BLOCK_PX = 1024
_HEIGHTS = {"dtype": "float32", "count": 1, "nodata": math.nan}
_COLOURS = {"dtype": "uint8", "count": 4}


@dataclass(frozen=True, slots=True)
class Grid:
    """Where the cells of a raster lie: ``transform`` takes a column and a row to a place in ``crs``."""

    width: int
    height: int
    transform: Affine
    crs: str


def write_heights(heights: Heights, about: About, path: Path, bbox_deg: Box | None, crs: str) -> tuple[int, int]:
    """Write a terrain with its exact heights where it stays in its system; return width and height in cells."""
    terrain = heights.terrain
    rows, cols = terrain.height_m.shape
    whole = Grid(
        cols, rows, Affine(terrain.step_m, 0, terrain.west_m, 0, -terrain.step_m, terrain.north_m), heights.crs
    )
    window = _window(whole, bbox_deg)
    grid, draft = _cut(whole, window), path.with_name("draft.tif")
    with rasterio.open(draft, "w", **_profile(grid, _HEIGHTS)) as file:
        file.write(terrain.height_m[window.toslices()].astype(np.float32), 1)
        file.set_band_description(1, "height_m")
        file.units = ("m",)
        file.update_tags(**_tags(about))
    return _finish(draft, path, grid, crs, predictor="FLOATING_POINT")


def write_picture(picture: Picture, about: About, path: Path, bbox_deg: Box | None, crs: str) -> tuple[int, int]:
    """Write an orthophoto as RGBA without loss, a block at a time; return width and height in pixels."""
    width, height = picture.imagery.size_px
    whole = Grid(width, height, from_bounds(*picture.imagery.bounds_m, width, height), picture.crs)
    window = _window(whole, bbox_deg)
    grid, draft = _cut(whole, window), path.with_name("draft.tif")
    with rasterio.open(draft, "w", **_profile(grid, _COLOURS)) as file:
        file.colorinterp = [ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha]
        for block in _blocks(grid):
            bounds = array_bounds(
                block.height, block.width, grid.transform * Affine.translation(block.col_off, block.row_off)
            )
            file.write(np.moveaxis(picture.imagery.read(bounds, (block.width, block.height)), 2, 0), window=block)
        file.update_tags(**_tags(about))
    return _finish(draft, path, grid, crs, predictor="STANDARD")


def _window(grid: Grid, bbox_deg: Box | None) -> Window:
    """Return the cells that touch a box of degrees; all without one."""
    if bbox_deg is None:
        return Window(0, 0, grid.width, grid.height)
    west, south, east, north = box_in(grid.crs, bbox_deg).bounds
    inverse = ~grid.transform
    left, top = (math.floor(v) for v in inverse * (west, north))
    right, bottom = (math.ceil(v) for v in inverse * (east, south))
    left, top, right, bottom = max(left, 0), max(top, 0), min(right, grid.width), min(bottom, grid.height)
    if right <= left or bottom <= top:
        raise UsageError("the box lies outside of the layer: there is nothing to write")
    return Window(left, top, right - left, bottom - top)


def _cut(grid: Grid, window: Window) -> Grid:
    return Grid(
        window.width, window.height, grid.transform * Affine.translation(window.col_off, window.row_off), grid.crs
    )


def _blocks(grid: Grid) -> Iterator[Window]:
    for top in range(0, grid.height, _BLOCK_PX):
        for left in range(0, grid.width, _BLOCK_PX):
            yield Window(left, top, min(_BLOCK_PX, grid.width - left), min(_BLOCK_PX, grid.height - top))


def _profile(grid: Grid, kind: dict[str, object]) -> dict[str, object]:
    place = {"width": grid.width, "height": grid.height, "transform": grid.transform, "crs": grid.crs}
    return {"driver": "GTiff", "tiled": True, "bigtiff": "IF_SAFER", **place, **kind}


def _finish(draft: Path, path: Path, grid: Grid, crs: str, predictor: str) -> tuple[int, int]:
    if crs and crs != grid.crs:
        draft, grid = _moved(draft, grid, crs)
    options = {"BLOCKSIZE": TILE_PX, "COMPRESS": "DEFLATE", "PREDICTOR": predictor, "BIGTIFF": "IF_SAFER"}
    copy(str(draft), str(path), driver="COG", OVERVIEWS="AUTO", **options)
    for left in path.parent.glob("draft*"):
        left.unlink()
    return grid.width, grid.height


def _moved(draft: Path, grid: Grid, crs: str) -> tuple[Path, Grid]:
    moved, there = draft.with_name("draft-moved.tif"), _grid_in(grid, crs)
    with rasterio.open(draft) as source:
        kind = {"dtype": source.dtypes[0], "count": source.count, "nodata": source.nodata}
        with rasterio.open(moved, "w", **_profile(there, kind)) as file:
            bands = list(range(1, source.count + 1))
            reproject(rasterio.band(source, bands), rasterio.band(file, bands), resampling=Resampling.bilinear)
            file.colorinterp = source.colorinterp
            file.descriptions, file.units = source.descriptions, source.units
            file.update_tags(**source.tags())
    return moved, there


def _grid_in(grid: Grid, crs: str) -> Grid:
    """Return square cells that cover a grid in another system, as many along the diagonal as it has.

    That is GDAL's own rule; its function for it goes through a virtual file, which is switched off here.
    """
    to_crs = Transformer.from_crs(grid.crs, crs, always_xy=True)
    west, south, east, north = to_crs.transform_bounds(*array_bounds(grid.height, grid.width, grid.transform))
    step = math.hypot(east - west, north - south) / math.hypot(grid.width, grid.height)
    width, height = math.ceil((east - west) / step), math.ceil((north - south) / step)
    return Grid(width, height, Affine(step, 0, west, 0, -step, north), crs)


def _tags(about: About) -> dict[str, str]:
    told = {f"ZHIAN_{name.upper()}": text for name, text in about.pairs().items()}
    return {"TIFFTAG_IMAGEDESCRIPTION": about.sentence(), **told}
