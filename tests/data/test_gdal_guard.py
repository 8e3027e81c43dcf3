"""What a hostile file may not do."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from data.gdal_guard import check_magic, local_file
from twin.errors import BadInputError

DRIVERS = """
import data.gdal_guard
import pyogrio, rasterio
with rasterio.Env() as env:
    print(*sorted(set(pyogrio.list_drivers()) | set(env.drivers())), sep=chr(10))
"""


def test_no_driver_that_reaches_past_a_file_is_left() -> None:
    done = subprocess.run([sys.executable, "-c", DRIVERS], capture_output=True, text=True, check=True)
    left = set(done.stdout.splitlines())
    assert {"GeoJSON", "GPKG", "GTiff", "SRTMHGT"} <= left
    assert not left & {"VRT", "OGR_VRT", "HTTP", "WMS", "WFS", "GDALG", "GTI", "GPSBabel", "STACTA"}
    assert done.stderr == ""


def test_a_guard_that_comes_too_late_says_so() -> None:
    environment = {name: value for name, value in os.environ.items() if name != "GDAL_SKIP"}
    code = "import rasterio, data.gdal_guard"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False)
    assert "before rasterio" in done.stderr


@pytest.mark.parametrize(
    "name",
    ["/vsicurl/http://x/a.tif", "/vsizip/a.zip/b.shp", "//vsimem/a", "http://x/a.geojson", "s3://bucket/a.tif"],
)
def test_addresses_and_virtual_names_are_refused(name: str) -> None:
    with pytest.raises(BadInputError, match="only files on this machine"):
        local_file(name)


def test_missing_empty_and_odd_files_are_told_apart(tmp_path: Path) -> None:
    (tmp_path / "empty.tif").touch()
    os.mkfifo(tmp_path / "pipe.tif")
    for name, word in (("none.tif", "no such file"), ("empty.tif", "empty"), ("pipe.tif", "pipe"), ("", "folder")):
        with pytest.raises(BadInputError, match=word):
            local_file(tmp_path / name)


def test_a_link_to_a_file_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real.geojson").write_text("{}")
    (tmp_path / "link.geojson").symlink_to(tmp_path / "real.geojson")
    assert local_file(tmp_path / "link.geojson").read_text() == "{}"


@pytest.mark.parametrize("suffix", [".geojson", ".gpkg", ".tif", ".shp", ".fgb", ".parquet", ".zip"])
def test_a_virtual_file_under_another_name_is_refused(tmp_path: Path, suffix: str) -> None:
    disguised = tmp_path / f"x{suffix}"
    disguised.write_text("<OGRVRTDataSource><OGRVRTLayer name='a'/></OGRVRTDataSource>")
    with pytest.raises(BadInputError, match="content"):
        check_magic(disguised)
