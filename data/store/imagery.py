"""An orthophoto in a GeoTIFF, read a window at a time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window, from_bounds

from twin.errors import BadInputError
from twin.words import say

AGAIN = "import the orthophoto again"


class GeoTiffImagery:
    """RGB or RGBA of 8 bits, north up, in the city's projected system; overviews make far views cheap.

    Raises
    ------
    twin.errors.BadInputError
        If the file cannot be opened, or a part of it not be read.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        with _opened(path) as file:
            if file.count < 3 or file.dtypes[0] != "uint8":
                raise BadInputError(str(path), "this is not a colour picture of 8 bits", AGAIN)
            self.bounds_m = (file.bounds.left, file.bounds.bottom, file.bounds.right, file.bounds.top)
            self.size_px = (file.width, file.height)

    def read(self, bounds_m: tuple[float, float, float, float], size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return an (H, W, 4) RGBA picture of a window; transparent where there is no data.

        The part of the window that the picture covers is read and laid into place: rasterio's own reading past the
        edge goes through a virtual file, whose driver is not there.
        """
        width, height = size_px
        picture = np.zeros((height, width, 4), dtype=np.uint8)
        with _opened(self.path) as file:
            wanted = from_bounds(*bounds_m, transform=file.transform)
            columns = _overlap(wanted.col_off, wanted.width, file.width, width)
            rows = _overlap(wanted.row_off, wanted.height, file.height, height)
            if columns is None or rows is None:
                return picture
            window = Window(columns.start, rows.start, columns.length, rows.length)
            shape = (rows.pixels, columns.pixels)
            how = {"window": window, "out_shape": (3, *shape), "resampling": Resampling.bilinear}
            part = picture[rows.first : rows.first + rows.pixels, columns.first : columns.first + columns.pixels]
            part[..., :3] = np.moveaxis(file.read([1, 2, 3], **how), 0, -1)
            if file.count > 3:
                part[..., 3] = file.read(4, window=window, out_shape=shape)
            else:
                part[..., 3] = file.dataset_mask(window=window, out_shape=shape)
        return picture


@dataclass(frozen=True, slots=True)
class _Overlap:
    """Along one axis: the part of the source that is read, in its pixels, and where it goes."""

    start: float
    length: float
    first: int
    pixels: int


def _overlap(offset: float, length: float, source: int, target: int) -> _Overlap | None:
    """Cut a window of ``length`` source pixels from ``offset``, drawn as ``target`` pixels, to the source's extent."""
    step = length / target
    first = max(0, round(-offset / step))
    last = min(target, round((source - offset) / step))
    if last <= first:
        return None
    start = min(max(offset + first * step, 0.0), float(source))
    end = min(max(offset + last * step, 0.0), float(source))
    return _Overlap(start, end - start, first, last - first) if end > start else None


@contextmanager
def _opened(path: Path) -> Iterator[DatasetReader]:
    try:
        with rasterio.open(path, driver="GTiff") as file:
            yield file
    except RasterioError as error:
        raise BadInputError(str(path), say("the picture cannot be read: {error}", error=error), AGAIN) from error
