from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from data.connectors.recorded_track.columns import Options
from data.connectors.recorded_track.decoder import read_recording
from data.connectors.recorded_track.recording import Recording, joined, moved_to
from tests.twin.live.factory import ids
from twin.errors import BadInputError
from twin.live.kinds import KINDS

NOON_S = 1_704_081_600.0  # 2024-01-01 12:00 in China, 04:00 UTC
Write = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def make(name: str, content: str | bytes, encoding: str = "utf-8") -> str:
        raw = content if isinstance(content, bytes) else content.encode(encoding)
        (tmp_path / name).write_bytes(raw)
        return str(tmp_path / name)

    return make


def _read(path: str, **options: object) -> Recording:
    return read_recording(path, Options((path,), **options))  # type: ignore[arg-type]  # options of a test


CHINESE = "车牌号,定位时间,经度,纬度,速度（km/h）,方向,类型\n浙F·I0001,2024/1/1 12:00:00,120.9,30.8,36,90,出租车\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_a_chinese_table_is_understood(write: Write, encoding: str, delimiter: str) -> None:
    recording = _read(write("a.csv", CHINESE.replace(",", delimiter), encoding), zone="Asia/Shanghai")
    (row,) = recording.rows
    assert (row["time_s"], row["lon_deg"], row["lat_deg"]) == (NOON_S, 120.9, 30.8)
    assert (row["speed_mps"], row["heading_deg"]) == (10.0, 90.0)
    assert KINDS[row["kind"]].name == "taxi"
    assert bytes(row["label"]).decode() == "浙F·I0001"
    assert "浙F" not in bytes(row["id"]).decode()


@pytest.mark.parametrize(
    "text",
    [
        "2024-01-01T04:00:00Z",
        "2024-01-01 12:00:00+08:00",
        "2024-01-01T12:00:00 +0800",
        "1704081600",
        "1704081600000",
        "1704081600000000",
        "20240101120000",
        "2024年1月1日 12:00:00",
        "2024-01-01 12:00:00.000",
    ],
)
def test_times_are_read_in_many_forms(write: Write, text: str) -> None:
    recording = _read(write("a.csv", f"time,lon,lat\n{text},120.9,30.8\n"), zone="+08:00")
    assert recording.rows["time_s"].tolist() == [NOON_S]


def test_rows_out_of_order_are_sorted_and_bad_ones_told_with_their_lines(write: Write) -> None:
    text = "id,time,lon,lat\nb,20,120.9,30.8\na,10,120.9,30.8\nc,soon,120.9,30.8\nd,5,east,30.8\n\ne,5,220,30.8\nf,7\n"
    recording = _read(write("a.csv", text))
    assert ids(recording.rows) == ["a", "b"]
    assert [(problem.place, problem.reason) for problem in recording.problems] == [
        ("line 4", "its time cannot be read"),
        ("line 5", "its position is no number"),
        ("line 7", "its position is off the earth"),
        ("line 8", "its position is no number"),
    ]
    assert "4 left out: line 4" in recording.report("a.csv")[0]


def test_columns_may_be_named(write: Write) -> None:
    path = write("a.csv", "when,e,n\n10,120.9,30.8\n")
    assert len(_read(path, columns={"time": "when", "lon": "e", "lat": "n"}).rows) == 1
    with pytest.raises(BadInputError, match="no column 'then'"):
        _read(path, columns={"time": "then"})


def test_heading_and_speed_are_worked_out_where_none_were_told(write: Write) -> None:
    recording = _read(write("a.csv", "time,lon,lat\n0,120.9,30.8\n10,120.9,30.801\n11,121.9,30.801\n"))
    assert recording.rows["speed_mps"][1] == pytest.approx(11.1, abs=0.1)
    assert recording.rows["heading_deg"][1] == pytest.approx(0.0, abs=0.1)
    assert np.isnan(recording.rows["speed_mps"][2])


GPX = """<?xml version="1.0"?><gpx xmlns="http://www.topografix.com/GPX/1/1" version="1.1" creator="t">
<trk><name>巡逻</name>
<trkseg><trkpt lat="30.8" lon="120.9"><time>2024-01-01T04:00:00Z</time></trkpt><trkpt lat="30.9" lon="120.9"/></trkseg>
<trkseg><trkpt lat="30.8" lon="120.9"><time>2024-01-01T04:00:05</time></trkpt></trkseg></trk></gpx>"""


def test_a_gpx_track_is_read_and_points_without_time_are_told(write: Write) -> None:
    recording = _read(write("a.gpx", GPX))
    assert recording.rows["time_s"].tolist() == [NOON_S, NOON_S + 5]
    assert [problem.place for problem in recording.problems] == ["track 1 point 2"]
    assert bytes(recording.rows["label"][0]).decode() == "巡逻"


def test_geojson_points_and_lines_are_read(write: Write) -> None:
    point = {"type": "Feature", "geometry": {"type": "Point", "coordinates": [120.9, 30.8]},
             "properties": {"time": "2024-01-01T04:00:00Z", "id": "p"}}  # fmt: skip
    line = {"type": "Feature", "geometry": {"type": "LineString", "coordinates": [[120.9, 30.8], [120.9, 30.9, 5]]},
            "properties": {"id": "l", "coordTimes": ["2024-01-01T04:00:01Z", "2024-01-01T04:00:02Z"]}}  # fmt: skip
    many = {"type": "Feature", "geometry": {"type": "MultiLineString", "coordinates": [[[120.9, 30.8]], [[1, 2]]]},
            "properties": {"id": "m", "coordinateProperties": {"times": [["2024-01-01T04:00:03Z"], []]}}}  # fmt: skip
    area = {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": []}, "properties": None}
    content = {"type": "FeatureCollection", "features": [line, point, many, area, None]}
    recording = _read(write("a.geojson", json.dumps(content)))
    assert ids(recording.rows) == ["p", "l", "l", "m"]
    assert [problem.place for problem in recording.problems] == ["feature 3", "feature 4", "feature 5"]


@pytest.mark.parametrize("zoned", [True, False])
def test_geoparquet_is_read_in_any_system(tmp_path: Path, zoned: bool) -> None:
    time = pd.DatetimeIndex(["2024-01-01 04:00", "2024-01-01 04:01", pd.NaT])
    time = time.tz_localize("UTC") if zoned else time.tz_localize("UTC").tz_convert("Asia/Shanghai").tz_localize(None)
    points = gpd.GeoSeries(shapely.points([[120.9, 30.8]] * 3), crs="EPSG:4326").to_crs("EPSG:4549")
    frame = gpd.GeoDataFrame({"id": ["a", "b", "c"], "time": time}, geometry=points)
    frame.to_parquet(tmp_path / "a.parquet")
    recording = _read(str(tmp_path / "a.parquet"), zone="" if zoned else "Asia/Shanghai")
    assert recording.rows["time_s"].tolist() == [NOON_S, NOON_S + 60]
    assert recording.rows["lon_deg"] == pytest.approx([120.9, 120.9])
    assert [problem.place for problem in recording.problems] == ["row 3"]


BOMB = '<?xml version="1.0"?><!DOCTYPE g [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><gpx>&b;</gpx>'


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("a.csv", "", "empty"),
        ("a.csv", "time,lon,lat\n", "no rows"),
        ("a.csv", "name,lon,lat\nx,1,2\n", "no column for time"),
        ("a.csv", "time,lon,lat\n2024-01-01 12:00:00,120.9,30.8\n", "no zone"),
        ("a.csv", "time,lon,lat\nx,y,z\n", "no row can be used"),
        ("a.csv", b"time,lon,lat\n\xff\xff\xff\xff,1,2\n", "neither UTF-8 nor GB18030"),
        ("a.csv", b"\x00\x01\x02PNG", "no text"),
        ("a.csv", 'time,lon,lat\n"1,2,3\n', "not CSV"),
        ("a.gpx", GPX[:200], "cut short"),
        ("a.gpx", BOMB, "document type"),
        ("a.gpx", BOMB.encode("utf-16"), "document type"),
        ("a.gpx", "<kml/>", "no recorded track|no track|not GPX"),
        ("a.gpx", '<gpx version="1.1"><rte><rtept lat="1" lon="2"/></rte></gpx>', "route to follow"),
        ("a.geojson", '{"type": "FeatureCollection", "features": [', "cut short"),
        ("a.geojson", '{"type": "Point"}', "no features"),
        ("a.geojson", '{"type": "FeatureCollection", "features": []}', "no column"),
        ("a.geojson", '{"features": [], "crs": {"properties": {"name": "EPSG:4549"}}}', "not longitude and latitude"),
        ("a.geojson", "<OGRVRTDataSource/>", "content is not that"),
        ("a.parquet", b"PAR1 cut short", "not GeoParquet"),
        ("a.xlsx", b"PK", "cannot be read from .xlsx"),
    ],
)
def test_a_bad_file_is_told_in_one_sentence(write: Write, name: str, content: str | bytes, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        _read(write(name, content))


@pytest.mark.parametrize("path", ["/nowhere/a.csv", "/vsicurl/http://x/a.csv", "https://x/a.gpx"])
def test_what_is_no_file_here_is_refused(path: str) -> None:
    with pytest.raises(BadInputError):
        _read(path)


def test_an_unknown_zone_is_told(write: Write) -> None:
    with pytest.raises(BadInputError, match="no such time zone"):
        _read(write("a.csv", "time,lon,lat\n2024-01-01 12:00:00,120.9,30.8\n"), zone="Mars/Olympus")


def test_recordings_play_on_one_clock_and_may_be_moved(write: Write) -> None:
    first = _read(write("a.csv", "time,lon,lat\n5,120.9,30.8\n"))
    second = _read(write("b.csv", "time,lon,lat\n1,12.0,51.0\n9,12.001,51.001\n"))
    assert joined([first, second]).rows["time_s"].tolist() == [1.0, 5.0, 9.0]
    moved = moved_to(second, 120.9, 30.8)
    assert moved.rows["lat_deg"].mean() == pytest.approx(30.8)
    assert np.ptp(moved.rows["lon_deg"]) < np.ptp(second.rows["lon_deg"])
    assert "the place is not" in moved.notes[0]
