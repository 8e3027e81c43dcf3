"""Terrain and orthophotos, whole and broken."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.enums import ColorInterp

from data.importers import orthophoto
from data.importers.orthophoto import write_imagery
from data.importers.raster_source import open_raster, raster_system, unpacked_hgt
from data.importers.report import Watch
from data.importers.terrain import lowest_under, read_terrain
from data.store.imagery import GeoTiffImagery
from tests.data.importers.samples import EAST_M, NORTH_M, UTM, write_hgt, write_raster, write_zip
from twin.city.city import Terrain
from twin.errors import BadInputError

SPARSE = {"sparse_ok": True, "tiled": True}


def slope() -> np.ndarray[tuple[int, ...], np.dtype[np.float32]]:
    """Return 30 × 30 heights that grow by a metre a cell to the east."""
    return np.tile(np.arange(30, dtype=np.float32), (1, 30, 1))


def terrain_of(*paths: Path, target: str = UTM, bounds: tuple[float, float, float, float] | None = None) -> Terrain:
    return read_terrain(paths, "", target, bounds, Watch())[0]


def test_a_grid_in_the_twins_system_is_taken_as_it_is(tmp_path: Path) -> None:
    terrain = terrain_of(write_raster(tmp_path / "t.tif", slope()))
    assert (terrain.west_m, terrain.north_m, terrain.step_m) == (EAST_M - 100, NORTH_M + 200, 10.0)
    np.testing.assert_allclose(terrain.height_m, slope()[0])


def test_a_grid_in_degrees_keeps_its_heights_in_place(tmp_path: Path) -> None:
    values = slope()
    path = write_raster(tmp_path / "t.tif", values)
    with rasterio.open(path) as file, rasterio.vrt.WarpedVRT(file, crs="EPSG:4326") as warped:
        degrees, transform = warped.read(), warped.transform
    write_raster(tmp_path / "d.tif", degrees, crs="EPSG:4326", transform=transform, nodata=-1.0)
    terrain = terrain_of(tmp_path / "d.tif")
    assert float(terrain.sample(EAST_M + 50, NORTH_M + 50)) == pytest.approx(14.5, abs=1.0)


@pytest.mark.parametrize(("dtype", "void"), [("int16", -32768), ("float32", -9999.0)])
def test_voids_that_are_not_declared_leave_no_edge(tmp_path: Path, dtype: str, void: float) -> None:
    values = np.full((1, 30, 30), 100, dtype=dtype)
    values[0, 10:15, 10:15] = void
    terrain = terrain_of(write_raster(tmp_path / "t.tif", values), target="EPSG:32650")
    known = terrain.height_m[np.isfinite(terrain.height_m)]
    assert known.min() == known.max() == pytest.approx(100)


def test_small_voids_are_filled_from_around_and_large_ones_left(tmp_path: Path) -> None:
    values = np.full((1, 120, 120), 100, dtype=np.float32)
    values[0, 5:10, 5:10] = -9999
    values[0, 40:110, 40:110] = -9999
    terrain, reports = read_terrain([write_raster(tmp_path / "t.tif", values)], "", UTM, None, Watch())
    assert terrain.height_m[7, 7] == pytest.approx(100)
    assert np.isnan(terrain.height_m[75, 75])
    assert reports[0].counts["filled_cells"] > 25


def test_a_second_grid_fills_the_voids_of_the_first(tmp_path: Path) -> None:
    first = slope()
    first[0, 5, 5] = -9999
    one = write_raster(tmp_path / "1.tif", first)
    two = write_raster(tmp_path / "2.tif", np.full((1, 30, 30), 7, dtype=np.float32))
    assert terrain_of(one, two).height_m[5, 5] == 7


def test_only_the_place_of_the_twin_is_kept(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "t.tif", slope())
    box = (EAST_M, NORTH_M, EAST_M + 50, NORTH_M + 50)
    assert terrain_of(path, bounds=box).height_m.shape == (5, 5)
    with pytest.raises(BadInputError, match="does not reach"):
        terrain_of(path, bounds=(0, 0, 100, 100))


def test_an_srtm_tile_is_read_from_its_archive(tmp_path: Path) -> None:
    tile = write_hgt(tmp_path / "N30E120.hgt")
    archive = write_zip(tmp_path / "N30E120.hgt.zip", N30E120__hgt=tile.read_bytes())
    box = (EAST_M, NORTH_M, EAST_M + 5000, NORTH_M + 5000)
    assert terrain_of(archive, bounds=box).height_m.mean() == pytest.approx(50)
    assert terrain_of(tile, bounds=box).height_m.mean() == pytest.approx(50)


@pytest.mark.parametrize(
    ("entries", "word"),
    [
        ({"_up_N30E120__hgt": b"x"}, "points outside"),
        ({"N30E120__hgt": b"short"}, "not the size"),
        ({"readme__txt": b"x"}, "0 SRTM tiles"),
        ({"N30E120__hgt": b"a", "N31E120__hgt": b"b"}, "2 SRTM tiles"),
    ],
)
def test_a_hostile_archive_is_refused(tmp_path: Path, entries: dict[str, bytes], word: str) -> None:
    path = write_zip(tmp_path / "a.zip", **entries)
    with pytest.raises(BadInputError, match=word), unpacked_hgt(path):
        pass
    assert [p.name for p in tmp_path.rglob("*")] == ["a.zip"]


def test_a_broken_archive_is_said(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(b"PK\x03\x04" + b"x" * 100)
    with pytest.raises(BadInputError, match="damaged"), unpacked_hgt(tmp_path / "a.zip"):
        pass


def test_a_tile_cut_short_is_said(tmp_path: Path) -> None:
    path = write_hgt(tmp_path / "N30E120.hgt")
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(BadInputError, match="1201 or 3601"), open_raster(path):
        pass


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_huge_raster_is_refused_before_it_takes_memory(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 200_000, "height": 100_000, "count": 3, "dtype": "uint8", "bigtiff": "yes"}
    with rasterio.open(tmp_path / "huge.tif", "w", **SPARSE, blockxsize=4096, blockysize=4096, **profile):
        pass
    assert (tmp_path / "huge.tif").stat().st_size < 100_000
    with pytest.raises(BadInputError, match="200,000"), open_raster(tmp_path / "huge.tif"):
        pass


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_huge_blocks_are_refused(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 30_000, "height": 30_000, "count": 1, "dtype": "uint8"}
    tiles = {"blockxsize": 20_000, "blockysize": 20_000, "compress": "deflate"}
    with rasterio.open(tmp_path / "b.tif", "w", **SPARSE, **tiles, **profile):
        pass
    with pytest.raises(BadInputError, match="blocks"), open_raster(tmp_path / "b.tif"):
        pass


def test_a_raster_without_place_or_system_is_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "t.tif", slope(), crs=None)
    with open_raster(path) as file:
        with pytest.raises(BadInputError, match="no coordinate system"):
            raster_system(file, "", str(path))
        assert raster_system(file, UTM, str(path)) == UTM


@pytest.mark.filterwarnings("ignore::rasterio.errors.NotGeoreferencedWarning")
def test_a_picture_without_a_place_is_said(tmp_path: Path) -> None:
    with rasterio.open(tmp_path / "p.tif", "w", driver="GTiff", width=5, height=5, count=3, dtype="uint8") as file:
        file.write(np.zeros((3, 5, 5), dtype=np.uint8))
    with pytest.raises(BadInputError, match="place on the ground"), open_raster(tmp_path / "p.tif") as file:
        raster_system(file, "EPSG:32651", "p.tif")


def picture_of(tmp_path: Path, path: Path, target: str = UTM, bands: tuple[int, ...] = ()) -> GeoTiffImagery:
    write_imagery(path, tmp_path / "out.tif", "", target, bands, Watch())
    return GeoTiffImagery(tmp_path / "out.tif")


def test_bytes_stay_as_they_are_and_nodata_is_transparent(tmp_path: Path) -> None:
    values = np.zeros((3, 30, 30), dtype=np.uint8)
    values[:, :, 10:] = np.array([10, 20, 30], dtype=np.uint8)[:, None, None]
    imagery = picture_of(tmp_path, write_raster(tmp_path / "p.tif", values, nodata=0))
    picture = imagery.read(imagery.bounds_m, (30, 30))
    assert (picture[:, :10, 3] == 0).all()
    np.testing.assert_array_equal(picture[15, 20], [10, 20, 30, 255])


def test_alpha_is_kept(tmp_path: Path) -> None:
    values = np.full((4, 30, 30), 200, dtype=np.uint8)
    values[3, :15] = 0
    values[3, 15:] = 255
    path = write_raster(tmp_path / "p.tif", values, photometric="RGB", alpha="YES")
    imagery = picture_of(tmp_path, path)
    picture = imagery.read(imagery.bounds_m, (30, 30))
    assert (picture[:14, :, 3] == 0).all()
    assert (picture[16:, :, 3] == 255).all()


def test_sixteen_bits_are_stretched_band_by_band(tmp_path: Path) -> None:
    values = np.tile(np.linspace(200, 3000, 900).reshape(1, 30, 30), (4, 1, 1)).astype(np.uint16)
    values[3] = values[3] * 4
    values[3, 0, 0] = 65535
    path = write_raster(tmp_path / "p.tif", values)
    imagery = picture_of(tmp_path, path, bands=(4, 2, 1))
    picture = imagery.read(imagery.bounds_m, (30, 30))
    assert 110 < picture[..., 0].mean() < 145
    np.testing.assert_allclose(picture[5:25, 5:25, 0].astype(int), picture[5:25, 5:25, 1].astype(int), atol=3)
    with pytest.raises(BadInputError, match="bands 1 to 4"):
        picture_of(tmp_path, path, bands=(5, 1, 1))


def test_a_picture_is_warped_window_by_window_and_gets_overviews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    values = np.random.default_rng(1).integers(1, 255, (3, 700, 700), dtype=np.uint8)
    path = write_raster(tmp_path / "p.tif", values, step_m=1.0)
    whole = picture_of(tmp_path, path, target="EPSG:32650")
    at_once = whole.read(whole.bounds_m, whole.size_px)
    monkeypatch.setattr(orthophoto, "WINDOW_PX", 512)
    pieces = picture_of(tmp_path, path, target="EPSG:32650")
    np.testing.assert_array_equal(at_once, pieces.read(pieces.bounds_m, pieces.size_px))
    with rasterio.open(tmp_path / "out.tif") as file:
        assert file.overviews(1)
        assert file.colorinterp[3] == ColorInterp.alpha
        assert file.block_shapes[0] == (512, 512)
        assert (file.read(4) == 0).any()  # the corners that the turned picture leaves


def test_a_palette_is_said(tmp_path: Path) -> None:
    path = write_raster(tmp_path / "p.tif", np.zeros((1, 5, 5), dtype=np.uint8), photometric="palette")
    with rasterio.open(path, "r+") as file:
        file.write_colormap(1, {0: (1, 2, 3, 255)})
    with pytest.raises(BadInputError, match="palette"):
        picture_of(tmp_path, path)


def test_a_picture_cut_short_is_said(tmp_path: Path) -> None:
    values = np.random.default_rng(1).integers(0, 255, (3, 300, 300), dtype=np.uint8)
    path = write_raster(tmp_path / "p.tif", values)
    path.write_bytes(path.read_bytes()[:100_000])
    with pytest.raises(BadInputError, match=r"damaged|cannot be read"):
        picture_of(tmp_path, path)


def test_the_lowest_ground_is_found_for_each() -> None:
    terrain = Terrain(slope()[0], EAST_M, NORTH_M + 300, 10.0)
    points = np.array([[EAST_M + 5, NORTH_M + 5], [EAST_M + 105, NORTH_M + 5], [EAST_M + 205, NORTH_M + 5]])
    assert lowest_under(terrain, points, np.array([0, 0, 1]), 2).tolist() == [0.0, 20.0]


def test_windows_of_a_picture_of_four_gigabytes_are_read(tmp_path: Path) -> None:
    side, step_m = 38_400, 0.25
    path, transform = tmp_path / "huge.tif", rasterio.Affine(step_m, 0, EAST_M, 0, -step_m, NORTH_M)
    profile = {"width": side, "height": side, "count": 3, "dtype": "uint8", "crs": UTM, "transform": transform}
    with rasterio.open(path, "w", driver="GTiff", blockxsize=512, blockysize=512, **SPARSE, **profile) as file:
        file.write(np.full((3, 512, 512), 200, np.uint8), window=rasterio.windows.Window(20_480, 20_480, 512, 512))
    assert side * side * 3 > 2**32
    assert path.stat().st_size < 2**23
    picture = GeoTiffImagery(path)
    west, north = EAST_M + 20_480 * step_m, NORTH_M - 20_480 * step_m
    there = picture.read((west, north - 128.0, west + 128.0, north), (256, 256))
    assert (there[1:-1, 1:-1, :3] == 200).all()  # its edges blend with what is beside
    beside = picture.read((west + 200.0, north - 128.0, west + 328.0, north), (256, 256))
    assert not beside[..., :3].any()
