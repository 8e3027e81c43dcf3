"""Windows of an orthophoto, inside it, across its edge and past it."""

from __future__ import annotations

from pathlib import Path

import data.gdal_guard  # noqa: F401 - before GDAL loads

# isort: split
import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from data.store.imagery import GeoTiffImagery
from twin.errors import BadInputError


def picture(path: Path, bands: int = 4, dtype: str = "uint8") -> Path:
    """Write 100 m × 100 m of 1 m pixels at (1000, 2000): red grows eastward, opaque but for the first column."""
    values = np.zeros((bands, 100, 100), dtype=dtype)
    values[0] = np.arange(100)
    if bands > 3:
        values[3, :, 1:] = 255
    profile = {"driver": "GTiff", "width": 100, "height": 100, "count": bands, "dtype": dtype, "crs": "EPSG:32651"}
    with rasterio.open(path, "w", transform=from_origin(1000, 2100, 1, 1), **profile) as file:
        file.write(values)
    return path


def test_a_window_inside_is_read_as_it_is(tmp_path: Path) -> None:
    imagery = GeoTiffImagery(picture(tmp_path / "a.tif"))
    assert imagery.bounds_m == (1000, 2000, 1100, 2100)
    part = imagery.read((1010, 2010, 1020, 2020), (10, 10))
    assert part.shape == (10, 10, 4)
    np.testing.assert_array_equal(part[0, :, 0], np.arange(10, 20))
    assert (part[..., 3] == 255).all()


def test_what_lies_past_the_edge_is_transparent(tmp_path: Path) -> None:
    imagery = GeoTiffImagery(picture(tmp_path / "a.tif"))
    part = imagery.read((990, 2090, 1010, 2110), (20, 20))
    assert (part[:10, :, 3] == 0).all()
    assert (part[:, :10, 3] == 0).all()
    np.testing.assert_array_equal(part[12, 10:, 0], np.arange(10))
    assert not imagery.read((5000, 5000, 5100, 5100), (8, 8)).any()


def test_three_bands_without_a_mask_are_opaque(tmp_path: Path) -> None:
    part = GeoTiffImagery(picture(tmp_path / "a.tif", bands=3)).read((1000, 2000, 1100, 2100), (50, 50))
    assert (part[..., 3] == 255).all()


def test_a_picture_of_sixteen_bits_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="8 bits"):
        GeoTiffImagery(picture(tmp_path / "a.tif", dtype="uint16"))
