"""An orthophoto in a GeoTIFF, read a window at a time."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.enums import Resampling
from rasterio.windows import from_bounds


class GeoTiffImagery:
    """RGB or RGBA of 8 bits, north up, in the city's projected system; overviews make far views cheap."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with rasterio.open(path) as file:
            self.bounds_m = (file.bounds.left, file.bounds.bottom, file.bounds.right, file.bounds.top)
            self.size_px = (file.width, file.height)

    def read(self, bounds_m: tuple[float, float, float, float], size_px: tuple[int, int]) -> NDArray[np.uint8]:
        """Return an (H, W, 4) RGBA picture of a window; transparent where there is no data."""
        width, height = size_px
        with rasterio.open(self.path) as file:
            window = from_bounds(*bounds_m, transform=file.transform)
            shape = {"window": window, "boundless": True, "resampling": Resampling.bilinear}
            colour = file.read([1, 2, 3], out_shape=(3, height, width), fill_value=0, **shape)
            alpha = file.read(4, out_shape=(height, width), fill_value=0, **shape) if file.count > 3 else None
            if alpha is None:
                alpha = file.dataset_mask(out_shape=(height, width), window=window, boundless=True)
        return np.dstack([*colour, alpha]).astype(np.uint8)
