"""Orthophotos: warped a window at a time into an RGBA picture in the twin's system."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import ColorInterp, Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader, DatasetWriter
from rasterio.transform import from_origin
from rasterio.vrt import WarpedVRT
from rasterio.windows import Window

from data.importers.raster_source import open_raster, raster_system
from data.importers.report import FileReport, Watch
from data.importers.terrain import raster_extent
from twin.errors import BadInputError, DiskError
from twin.words import say

Pixels = NDArray[np.number[Any]]
TILE_PX = 512
WINDOW_PX = 1024
SAMPLE_PX = 1024
MOST_PX = 60_000
LOW_PERCENT, HIGH_PERCENT = 2.0, 98.0


@dataclass(frozen=True, slots=True)
class _Stretch:
    """From the values of three bands to 0…255."""

    bands: tuple[int, int, int]
    low: NDArray[np.float32]
    high: NDArray[np.float32]

    def apply(self, values: Pixels) -> NDArray[np.uint8]:
        """Return (3, H, W) bytes for (3, H, W) values; bytes stay as they are."""
        if values.dtype == np.uint8:
            return values.astype(np.uint8, copy=False)
        part = np.nan_to_num(values.astype(np.float32, copy=False))
        part -= self.low[:, None, None]
        part *= 255 / np.maximum(self.high - self.low, 1e-12)[:, None, None]
        return np.asarray(np.rint(np.clip(part, 0, 255, out=part), out=part).astype(np.uint8))


def write_imagery(path: Path, out: Path, crs: str, target: str, bands: Sequence[int], watch: Watch) -> FileReport:
    """Write ``out``, an RGBA GeoTIFF in tiles with overviews, from an orthophoto.

    Parameters
    ----------
    crs : str
        The system to take if the picture declares none.
    target : str
        The twin's system.
    bands : sequence of int
        Numbers of the bands for red, green and blue, from 1; empty for the usual ones.

    Raises
    ------
    twin.errors.BadInputError
    twin.errors.DiskError
    """
    report = FileReport(str(path), "orthophoto")
    (west, south, east, north), step_m = raster_extent(path, crs, target)
    step_m = max(step_m, (east - west) / MOST_PX, (north - south) / MOST_PX)
    width, height = max(1, round((east - west) / step_m)), max(1, round((north - south) / step_m))
    profile = {
        "driver": "GTiff", "width": width, "height": height, "count": 4, "dtype": "uint8", "crs": target,
        "transform": from_origin(west, north, step_m, step_m), "tiled": True, "blockxsize": TILE_PX,
        "blockysize": TILE_PX, "compress": "deflate", "predictor": 2, "BIGTIFF": "IF_SAFER",
        "interleave": "pixel",
    }  # fmt: skip
    with open_raster(path) as file:
        stretch = _stretch(file, _bands(file, bands, str(path)), watch)
        report.note("bands", ", ".join(map(str, stretch.bands)))
        warp = {"crs": target, "transform": profile["transform"], "width": width, "height": height}
        system = raster_system(file, crs, str(path))
        warp |= {"src_crs": system, "add_alpha": _needs_alpha(file), "resampling": Resampling.bilinear}
        with (
            WarpedVRT(file, **warp) as vrt,
            _writing(out, profile) as picture,
        ):
            _copy(vrt, picture, stretch, watch.stretch(0.1, 0.8))
    watch.at(0.8, "overviews")
    _add_overviews(out)
    report.counts["pixels"] = width * height
    return report


def _bands(file: DatasetReader, asked: Sequence[int], subject: str) -> tuple[int, int, int]:
    if file.colorinterp[0] == ColorInterp.palette:
        raise BadInputError(subject, "its colours are in a palette", "write them out with gdal_translate -expand rgb")
    if asked:
        if len(asked) != 3 or not all(1 <= band <= file.count for band in asked):
            raise BadInputError(
                subject, say("it has bands 1 to {count}", count=file.count), "pass three of them, as --bands 3,2,1"
            )
        return asked[0], asked[1], asked[2]
    named = [file.colorinterp.index(c) + 1 for c in (ColorInterp.red, ColorInterp.green, ColorInterp.blue)
             if c in file.colorinterp]  # fmt: skip
    if len(named) == 3:
        return named[0], named[1], named[2]
    return (1, 2, 3) if file.count >= 3 else (1, 1, 1)


def _stretch(file: DatasetReader, bands: tuple[int, int, int], watch: Watch) -> _Stretch:
    """Return how to bring the bands to bytes: as they are if they are bytes, else between two percentiles."""
    if all(file.dtypes[band - 1] == "uint8" for band in bands):
        return _Stretch(bands, np.zeros(3, dtype=np.float32), np.full(3, 255, dtype=np.float32))
    watch.at(0.05, "stretch")
    scale = max(1.0, max(file.width, file.height) / SAMPLE_PX)
    shape = (max(1, round(file.height / scale)), max(1, round(file.width / scale)))
    values = file.read(list(bands), out_shape=(3, *shape)).astype(np.float64)
    values[:, file.dataset_mask(out_shape=shape) == 0] = np.nan
    values[~np.isfinite(values)] = np.nan
    known = [band[np.isfinite(band)] for band in values]
    limits = [np.percentile(band, (LOW_PERCENT, HIGH_PERCENT)) if len(band) else (0.0, 1.0) for band in known]
    low, high = np.array(limits, dtype=np.float32).T
    return _Stretch(bands, low, high)


def _needs_alpha(file: DatasetReader) -> bool:
    return ColorInterp.alpha not in file.colorinterp


@contextmanager
def _writing(out: Path, profile: dict[str, Any]) -> Iterator[DatasetWriter]:
    """Open the picture to be written; what goes wrong with it goes wrong with the disk."""
    try:
        with rasterio.open(out, "w", **profile) as picture:
            yield picture
    except RasterioError as error:
        raise DiskError(
            say("{out}: the picture could not be written: {error}; make room on the disk", out=out, error=error)
        ) from error


def _copy(vrt: WarpedVRT, picture: DatasetWriter, stretch: _Stretch, watch: Watch) -> None:
    picture.colorinterp = (ColorInterp.red, ColorInterp.green, ColorInterp.blue, ColorInterp.alpha)
    rows = range(0, picture.height, WINDOW_PX)
    for top in rows:
        for left in range(0, picture.width, WINDOW_PX):
            watch.at(top / picture.height, "imagery")
            size = (min(WINDOW_PX, picture.width - left), min(WINDOW_PX, picture.height - top))
            window = Window(left, top, *size)
            values, mask = _read(vrt, stretch.bands, window)
            seen = mask > 0
            if values.dtype.kind == "f":
                seen &= np.isfinite(values).all(axis=0)
            colour = stretch.apply(values) * seen
            picture.write(np.concatenate([colour, 255 * seen[None].astype(np.uint8)]), window=window)


def _read(vrt: WarpedVRT, bands: Sequence[int], window: Window) -> tuple[Pixels, NDArray[np.uint8]]:
    """Read a window of the warped picture; what goes wrong here goes wrong with the source."""
    try:
        return vrt.read(list(bands), window=window), vrt.dataset_mask(window=window)
    except RasterioError as error:
        problem = "the picture is cut short or damaged"
        raise BadInputError(str(vrt.src_dataset.name), problem, "get the file again from where it came") from error


def _add_overviews(out: Path) -> None:
    try:
        with rasterio.open(out, "r+", driver="GTiff") as picture:
            levels = [2**n for n in range(1, 12) if max(picture.width, picture.height) / 2**n > TILE_PX / 2]
            if levels:
                picture.build_overviews(levels, Resampling.average)
        with rasterio.open(out, driver="GTiff") as picture:
            # The last tile is what a full disk would have lost.
            picture.read(1, window=Window(max(0, picture.width - 1), max(0, picture.height - 1), 1, 1))
    except RasterioError as error:
        raise DiskError(
            say("{out}: the picture could not be written: {error}; make room on the disk", out=out, error=error)
        ) from error
