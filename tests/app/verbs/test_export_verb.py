"""``zhian layers`` and ``zhian export``: headless, through the brakes, and with the right exit code."""

from __future__ import annotations

import csv
import dataclasses
import json
import subprocess
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from data.accounts.tickets import VARIABLE, write_ticket
from data.audit.reading import entries
from data.home import Home
from data.operations.opening import open_operations
from data.store.kept import kept_path, write_kept
from data.store.twin_folder import open_city, save_city
from layers.catalogue import LAYERS
from tests.layers.tiny import tiny_city, tiny_kept
from tests.twin.operations.hits import hit
from twin.access import Actor


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    return Home.of_user()


@pytest.fixture
def twin(home: Home) -> Path:
    folder = home.twin("tiny")
    folder.parent.mkdir(parents=True)
    save_city(tiny_city(), folder)
    home.set_current("tiny")
    return folder


def test_layers_are_listed_without_a_twin(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["layers", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert [layer["name"] for layer in told["layers"]] == [layer.name for layer in LAYERS]
    assert {layer["rows"] for layer in told["layers"]} == {None}
    assert told["formats"]["geojson"] == {"title": "GeoJSON", "suffixes": [".geojson", ".json"], "crs": "wgs84"}


@pytest.mark.usefixtures("twin")
def test_layers_are_listed_with_columns_units_formats_and_rows(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "layers"]) == 0
    told = {layer["name"]: layer for layer in json.loads(capsys.readouterr().out)["layers"]}
    assert told["buildings"]["rows"] == 4
    assert told["buildings"]["formats"] == ["gpkg", "geojson", "fgb", "parquet", "csv", "cityjson"]
    height = {"name": "height_m", "type": "float32", "unit": "m", "sensitive": False}
    assert height in told["buildings"]["columns"]
    assert told["terrain"]["there"]
    assert told["imagery"]["reason"] == "This twin has no imagery"
    assert [layer for layer in told if any(column["sensitive"] for column in told[layer]["columns"])] == [
        "vehicles", "people",
    ]  # fmt: skip
    assert main(["layers"]) == 0
    shown = capsys.readouterr().out
    assert "buildings · Buildings  4 rows  → gpkg, geojson" in shown
    assert "speed_mps     float32 [m/s]" in shown
    assert "masked unless a purpose is stated" in shown


@pytest.mark.usefixtures("twin")
def test_an_export_passes_the_brakes_and_is_on_record(
    tmp_path: Path, home: Home, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "医院.geojson"
    arguments = [
        "export",
        "buildings",
        "--to",
        str(target),
        "--where",
        "use = 'hospital'",
        "--purpose",
        "演练",
        "--json",
    ]
    assert main(arguments) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["rows"], told["crs"]) == (1, "EPSG:4326")
    assert json.loads(target.read_text("utf-8"))["features"][0]["properties"]["name"] == "人民医院"
    assert json.loads(Path(told["provenance"]).read_text("utf-8"))["purpose"]["text"] == "演练"
    (entry,) = entries(home.state / "trail.sqlite")
    assert (entry["action"], entry["object"], entry["purpose"]) == ("layer.export", "tiny/buildings", "演练")
    assert entry["allowed"]


@pytest.mark.usefixtures("twin")
@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["roads", "--to", "x.shp"], 2, "it can be: gpkg"),
        (["unicorns", "--to", "x.gpkg"], 2, "there is no layer unicorns"),
        (["roads", "--to", "x.gpkg", "--bbox", "1,2,3"], 2, "west,south,east,north"),
        (["roads", "--to", "x.gpkg", "--bbox=a,b,c,d"], 2, "west,south,east,north"),
        (["roads", "--to", "x.gpkg", "--live", "0"], 2, "--live is a number of seconds"),
        (["roads", "--to", "x.gpkg", "--live", "nan"], 2, "--live is a number of seconds"),
        (["roads", "--to", "x.gpkg", "--where", "lanes >"], 2, "cannot be read at line 1, character 8"),
        (["roads", "--to", "x.gpkg", "--twin", "../etc"], 2, "cannot name a twin"),
        (["roads", "--to", "x.gpkg", "--twin", "none"], 4, "there is no twin here"),
        (["imagery", "--to", "x.tif"], 4, "no imagery"),
        (["trees", "--to", "x.gpkg"], 2, "nobody surveyed it"),
        (["roads", "--to", "/proc/x.gpkg"], 7, "cannot be written"),
    ],
)
def test_what_goes_wrong_is_one_sentence_and_a_code(
    arguments: list[str], code: int, words: str, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    (tmp_path / "out").mkdir()
    monkeypatch.chdir(tmp_path / "out")
    assert main(["export", *arguments]) == code
    told = capsys.readouterr().err
    assert words in told
    assert "Traceback" not in told
    assert len(told.splitlines()) == 1
    assert list((tmp_path / "out").iterdir()) == []


def test_without_a_twin_the_remedy_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "roads", "--to", str(tmp_path / "x.gpkg")]) == 4
    assert "zhian county build" in capsys.readouterr().err


def test_what_lives_is_heard_for_a_moment_and_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["county", "build", "--small"]) == 0
    target = tmp_path / "vehicles.csv"
    assert main(["export", "vehicles", "--to", str(target), "--live", "0.5"]) == 0
    capsys.readouterr()
    assert len(target.read_text("utf-8-sig").splitlines()) > 100
    told = json.loads((tmp_path / "vehicles.csv.provenance.json").read_text("utf-8"))
    assert told["live"] is True
    assert told["masked"] is True
    assert told["sources"]


def test_what_scenarios_found_is_exported_with_the_alarms(tmp_path: Path, home: Home) -> None:
    assert main(["county", "build", "--small"]) == 0
    city = open_city(home.twin(home.current()))
    lon, lat = (float(value) for value in city.frame.to_lonlat(0.0, 0.0))
    store = open_operations(home)
    found = [hit(f"car-{number}", time.time(), lon_deg=lon, lat_deg=lat) for number in range(200)]
    store.take(found)
    store.close()
    target = tmp_path / "alarms.csv"
    assert main(["export", "alarms", "--to", str(target), "--live", "0.5"]) == 0
    rows = list(csv.DictReader(target.read_text("utf-8-sig").splitlines()))
    assert max(int(row["entities"]) for row in rows) >= len(found)


def test_a_twin_without_a_source_exports_nothing_that_lives(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    li = Actor("li", "李", frozenset({"investigator"}))
    monkeypatch.setenv(VARIABLE, write_ticket(home, li, time.time()))  # a real twin is shown to who signed in
    folder = home.twin("real")
    folder.parent.mkdir(parents=True)
    save_city(dataclasses.replace(tiny_city(), invented=False), folder)
    assert main(["export", "drones", "--to", str(tmp_path / "x.csv"), "--twin", "real", "--live", "0.5"]) == 4
    assert "no source" in capsys.readouterr().err
    assert not (tmp_path / "x.csv").exists()


@pytest.mark.usefixtures("twin")
def test_an_export_loads_no_window(tmp_path: Path) -> None:
    code = (
        "import sys; from app.cli import main; "
        f"code = main(['export', 'roads', '--to', {str(tmp_path / 'x.gpkg')!r}, '--json']); "
        "loaded = sorted({m.split('.')[0] for m in sys.modules} & {'PySide6', 'vtkmodules', 'pyvista', 'pyvistaqt'}); "
        "print(code, loaded)"
    )
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.splitlines()[-1] == "0 []"


@pytest.mark.usefixtures("twin")
def test_what_may_not_cross_to_another_network_is_not_exported_for_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "b.csv"
    assert main(["--language", "en", "export", "buildings", "--to", str(target), "--for-network", "互联网"]) == 5
    assert "this layer may not cross: network rule “未经许可不得跨网”" in capsys.readouterr().err
    assert main(["export", "buildings", "--to", str(target), "--for-network", "月球"]) == 2
    assert not target.exists()
    assert main(["export", "buildings", "--to", str(target), "--for-network", "公安网"]) == 0


@pytest.mark.usefixtures("twin")
def test_kept_results_are_exported_with_their_provenance(tmp_path: Path, home: Home) -> None:
    write_kept(kept_path(home, "tiny"), tiny_kept(), tiny_city().frame)
    target = tmp_path / "results.geojson"
    assert main(["export", "results", "--to", str(target), "--where", "kind = 'viewshed'"]) == 0
    (feature,) = json.loads(target.read_text("utf-8"))["features"]
    assert (feature["properties"]["name"], feature["properties"]["figure"]) == ("视域 1", 400.0)
    told = json.loads((tmp_path / "results.geojson.provenance.json").read_text("utf-8"))
    assert (told["layer"], told["filter"]) == ("results", "kind = 'viewshed'")
    assert main(["export", "geofences", "--to", str(tmp_path / "fences.gpkg")]) == 0
