"""Files taken together as one twin, and what hostile ones may not do."""

from __future__ import annotations

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely

from data.importers.assemble import ImportRequest, import_files
from data.importers.heights import fill_heights, parse_metres
from data.importers.report import ImportReport, Watch
from data.store.twin_folder import open_city
from tests.data.importers.samples import (
    EAST_M,
    NORTH_M,
    UTM,
    OsmFile,
    box_model,
    footprints,
    square,
    write_json,
    write_raster,
)
from twin.city.city import City
from twin.city.tables import TABLES
from twin.errors import BadInputError, CancelledError, UsageError


def take(tmp_path: Path, *files: Path | str, crs: str = "") -> tuple[ImportReport, City]:
    folder = tmp_path / "twins" / "t"
    report = import_files(ImportRequest("t", tuple(str(file) for file in files), crs), folder, Watch())
    return report, open_city(folder)


def test_files_of_many_kinds_make_one_twin(tmp_path: Path) -> None:
    solid = write_json(tmp_path / "a.city.json", box_model())
    table = footprints(id=["x", "b1"], floors=[4, 0])
    table.geometry = table.geometry.translate(0, 50)
    table.to_file(tmp_path / "b.geojson")
    heights = np.tile(np.arange(30, dtype=np.float32), (1, 30, 1))
    ground = write_raster(tmp_path / "t.tif", heights)
    photo = write_raster(tmp_path / "p.tif", np.full((3, 30, 30), 99, dtype=np.uint8))
    report, city = take(tmp_path, solid, tmp_path / "b.geojson", ground, photo)
    assert city.frame.crs == UTM
    buildings = city.table("buildings").set_index("id")
    assert sorted(buildings.index) == ["b1", "b1~2", "x"]
    assert buildings.loc["b1", "base_m"] == 3.0  # as its file says
    assert buildings.loc["x", "base_m"] == pytest.approx(9.5, abs=0.1)  # on the ground
    assert buildings.loc["x", "height_m"] == 12.0
    assert city.terrain is not None
    assert city.imagery is not None
    assert report.tables == {"buildings": 3, "surfaces": 6}
    assert len(report.files) == 4
    assert not city.invented


def test_tables_have_the_columns_and_types_of_their_specification(tmp_path: Path) -> None:
    file = OsmFile(tmp_path / "a.osm.pbf")
    nodes = [file.node(x, y) for x, y in ((0, 0), (0.2, 0), (0.2, 0.2), (0, 0.2))]
    file.node(0.1, 0.1, amenity="police", name="派出所")
    file.node(1, 1, place="village", name="村")
    file.way(1, [*nodes, nodes[0]], building="yes")
    file.way(2, nodes[:2], highway="residential")
    file.way(3, nodes[1:3], highway="residential")
    file.way(4, nodes[1:], highway="residential")
    file.way(5, [*nodes, nodes[0]], natural="water")
    file.way(6, [*nodes, nodes[0]], landuse="grass")
    file.close()
    _, city = take(tmp_path, tmp_path / "a.osm.pbf")
    assert set(city.tables) == {"buildings", "roads", "junctions", "water", "land", "places", "sites"}
    for name, table in city.tables.items():
        spec = TABLES[name]
        assert [str(table[column.name].dtype) for column in spec.columns] == [column.dtype for column in spec.columns]
        assert set(table.columns) == {column.name for column in spec.columns} | {"geometry"}
        assert set(table.geometry.geom_type) <= set(spec.geometry)
    assert "OpenStreetMap" in city.credit


def test_degrees_make_a_twin_in_their_utm_zone(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_crs("EPSG:4326").to_file(tmp_path / "b.geojson")
    _, city = take(tmp_path, tmp_path / "b.geojson")
    assert city.frame.crs == UTM
    west, south, _, _ = city.bounds_m()
    assert (west, south) == pytest.approx((EAST_M, NORTH_M), abs=0.1)
    assert abs(west - city.frame.origin_m[0]) < 1000


def test_the_user_chooses_the_system(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    _, city = take(tmp_path, tmp_path / "b.gpkg", crs="EPSG:4549")
    assert city.frame.crs == "EPSG:4549"
    assert city.table("buildings").geometry.area.tolist() == pytest.approx([100], rel=0.01)


def test_a_feature_at_the_null_island_is_left_out(tmp_path: Path) -> None:
    table = footprints(height=[5.0, 5.0, 5.0]).to_crs("EPSG:4326")
    table.geometry = [*table.geometry[:2], shapely.box(0, 0, 0.001, 0.001)]
    table.to_file(tmp_path / "b.geojson")
    report, city = take(tmp_path, tmp_path / "b.geojson")
    assert len(city.table("buildings")) == 2
    assert report.fault_counts() == {"far_away": 1}


def test_features_off_the_earth_are_left_out(tmp_path: Path) -> None:
    table = footprints(height=[5.0, 5.0, 5.0]).to_crs("EPSG:4326")
    table.geometry = [*table.geometry[:2], shapely.box(500, 95, 501, 96)]
    table.to_file(tmp_path / "b.gpkg")
    report, city = take(tmp_path, tmp_path / "b.gpkg")
    assert len(city.table("buildings")) == 2
    assert report.fault_counts() == {"out_of_range": 1}


def test_heights_fill_from_floors_then_from_the_use() -> None:
    height, floors = fill_heights([np.nan, np.nan, 10.0], [5, 0, 0], ["other", "hospital", "farm"])
    assert height.tolist() == [15.0, 18.0, 10.0]
    assert floors.tolist() == [5, 6, 3]


@pytest.mark.parametrize(
    ("text", "metres"),
    [("12", 12), ("12.5 m", 12.5), ("12,5", 12.5), ("40 ft", 12.192), ("7'6\"", 2.286), ("350cm", 3.5), (9, 9.0)],
)
def test_heights_are_read_with_their_unit(text: object, metres: float) -> None:
    assert parse_metres(text) == pytest.approx(metres)


@pytest.mark.parametrize("text", ["", "tall", "12 parsecs", "1e5", None, "--5", "5-6"])
def test_what_is_no_height_is_none(text: object) -> None:
    assert np.isnan(parse_metres(text))


def test_a_failed_import_leaves_the_twin_as_it_was(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    take(tmp_path, tmp_path / "b.gpkg")
    (tmp_path / "bad.geojson").write_text("{")
    with pytest.raises(BadInputError):
        take(tmp_path, tmp_path / "b.gpkg", tmp_path / "bad.geojson")
    folder = tmp_path / "twins" / "t"
    with pytest.raises(CancelledError):
        import_files(ImportRequest("t", (str(tmp_path / "b.gpkg"),)), folder, Watch(cancelled=lambda: True))
    assert len(open_city(folder).table("buildings")) == 1
    assert [p.name for p in folder.parent.iterdir()] == ["t"]


def test_a_stop_in_the_middle_leaves_nothing_behind(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")

    def stop(_share: float, stage: str) -> None:
        if stage == "saving":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        import_files(ImportRequest("t", (str(tmp_path / "b.gpkg"),)), tmp_path / "twins" / "t", Watch(stop))
    assert list((tmp_path / "twins").iterdir()) == []


@pytest.mark.parametrize(
    ("name", "content", "word"),
    [
        ("a.kml", b"<kml/>", "not read"),
        ("a.gml", b"<!DOCTYPE x [<!ENTITY a 'aaaa'>]><x>&a;</x>", "not read"),
        ("noname", b"x", "not read"),
        ("a.tif", b"junk", "content"),
        ("a.geojson", b"\x00\x01", "content"),
        ("a.json", b"{}", "cannot be read"),
        ("a.gpkg", b"SQLite format 3\0" + b"x" * 100, "cannot be read"),
        ("a.zip", b"PK\x03\x04", "damaged"),
        ("a.osm.pbf", b"x" * 100, "content"),
    ],
)
def test_what_is_not_read_is_one_sentence(tmp_path: Path, name: str, content: bytes, word: str) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(BadInputError, match=word) as caught:
        take(tmp_path, tmp_path / name)
    assert "\n" not in str(caught.value)
    assert name in str(caught.value)


def test_an_unknown_system_is_a_wrong_use(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    with pytest.raises(UsageError, match="no known coordinate system"):
        take(tmp_path, tmp_path / "b.gpkg", crs="EPSG:123456")


@pytest.fixture
def hits() -> Iterator[tuple[str, list[str]]]:
    """Serve the loopback and keep what was asked of it."""
    seen: list[str] = []

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            seen.append(self.path)
            self.send_error(404)

        do_HEAD = do_GET  # noqa: N815 - the name that http.server looks for

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}", seen
    server.shutdown()
    thread.join()
    server.server_close()


OGR_VRT = "<OGRVRTDataSource><OGRVRTLayer name='a'><SrcDataSource>{to}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>"
VIRTUAL = {
    "vector.geojson": OGR_VRT,
    "vector.gpkg": OGR_VRT,
    "pipeline.json": '{{"type": "gdal_streamed_alg", "command_line": "gdal vector pipeline ! read {to} ! write x"}}',
    "linked.geojson": '{{"type": "FeatureCollection", "links": [{{"rel": "next", "href": "{to}"}}], "features": []}}',
    "esri.json": '{{"exceededTransferLimit": true, "features": [], "url": "{to}"}}',
    "raster.tif": "<VRTDataset rasterXSize='5' rasterYSize='5'><VRTRasterBand band='1'><SimpleSource><SourceFilename>"
    "{to}</SourceFilename></SimpleSource></VRTRasterBand></VRTDataset>",
    "wms.tif": "<GDAL_WMS><Service name='TMS'><ServerUrl>{to}</ServerUrl></Service></GDAL_WMS>",
}


@pytest.mark.parametrize("name", VIRTUAL)
def test_a_file_that_points_elsewhere_reaches_nothing(tmp_path: Path, hits: tuple[str, list[str]], name: str) -> None:
    address, seen = hits
    secret = tmp_path / "secret.geojson"
    footprints(name=["secret"]).to_file(secret)
    for target in (str(secret), f"{address}/a.geojson", f"/vsicurl/{address}/a.geojson"):
        (tmp_path / name).write_text(VIRTUAL[name].format(to=target))
        with pytest.raises(BadInputError):
            take(tmp_path, tmp_path / name)
    assert seen == []


def test_addresses_are_refused_without_a_word_to_the_network(tmp_path: Path, hits: tuple[str, list[str]]) -> None:
    address, seen = hits
    for name in (f"{address}/a.geojson", f"/vsicurl/{address}/a.tif", f"/vsizip//vsicurl/{address}/a.zip"):
        with pytest.raises(BadInputError, match="only files on this machine"):
            take(tmp_path, name)
    assert seen == []


def test_a_geopackage_with_a_hostile_view_reads_only_its_rows(tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    (tmp_path / "link.gpkg").symlink_to(tmp_path / "b.gpkg")
    _, city = take(tmp_path, tmp_path / "link.gpkg")
    assert len(city.table("buildings")) == 1


DISK_FULL = """
import resource, sys
sys.dont_write_bytecode = True  # the limit would cut compiled files of the program itself
from app.cli import main
resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
import signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
sys.exit(main(["import", sys.argv[1], "--name", "t", "--replace"]))
"""


def test_a_disk_that_takes_no_more_ends_with_seven_and_the_old_twin(tmp_path: Path) -> None:
    rows = 3000
    shapes = gpd.GeoSeries([square(20.0 * (n % 60), 20.0 * (n // 60), 5 + n % 7) for n in range(rows)], crs=UTM)
    noise = np.random.default_rng(1).uniform(3, 30, rows)
    gpd.GeoDataFrame({"height": noise}, geometry=shapes).to_parquet(tmp_path / "b.parquet")
    environment = os.environ | {"ZHIAN_HOME": str(tmp_path / "home")}
    folder = tmp_path / "home" / "data" / "twins" / "t"
    footprints(height=[5.0]).to_parquet(tmp_path / "old.parquet")
    import_files(ImportRequest("t", (str(tmp_path / "old.parquet"),)), folder, Watch())
    done = subprocess.run(
        [sys.executable, "-c", DISK_FULL, str(tmp_path / "b.parquet")],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 7, done.stderr
    assert "Traceback" not in done.stderr
    assert len(open_city(folder).table("buildings")) == 1
    assert [p.name for p in folder.parent.iterdir()] == ["t"]
