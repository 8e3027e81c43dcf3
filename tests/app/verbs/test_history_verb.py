"""``zhian history`` and ``zhian export --at``: through the brakes, and with the right exit code."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from app.cli import main
from app.times import parse_time, show_time
from data.audit.reading import entries
from data.history.retention import Tombstone, leave
from data.home import Home
from data.sync.journal import journal_path
from tests.data.history.factory import LAT_DEG, LON_DEG, NOON, record, walk
from tests.small_county import home_with_county
from twin.errors import UsageError
from twin.live.kinds import CODE

Said = pytest.CaptureFixture[str]
UNTIL = f"{datetime.fromtimestamp(NOON + 600).astimezone().isoformat()}"
FROM = f"{datetime.fromtimestamp(NOON).astimezone().isoformat()}"
WINDOW = ["--from", FROM, "--until", UNTIL]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    home = home_with_county(folder)
    home.set_current("small")
    cars, people = walk(6, 600), walk(3, 600, kind=CODE["officer"])
    people["id"] = [b"officer " + key for key in people["id"]]
    record(journal_path(home, "small"), np.concatenate([cars, people]))
    return folder


@pytest.fixture
def home(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(folder))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    return Home.of_user()


def told(capsys: Said) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_the_status_tells_what_waits_and_what_is_sealed(home: Home, capsys: Said) -> None:
    assert main(["--json", "history", "status"]) == 0
    (before,) = told(capsys)
    assert (before["rows"], before["waiting"]) == (0, 1080)
    assert main(["--json", "history", "compact"]) == 0
    assert told(capsys)[0]["rows"] == 1080
    assert main(["history", "status"]) == 0
    said = capsys.readouterr().out
    assert "1,080 states in" in said
    assert "vehicles (internal): 720 states on 1 days, kept without a date" in said


@pytest.mark.usefixtures("home")
def test_who_was_in_an_area_is_shown_masked_until_a_purpose_is_stated(tmp_path: Path, capsys: Said) -> None:
    box = f"{LON_DEG - 1},{LAT_DEG - 1},{LON_DEG + 1},{LAT_DEG + 1}"
    assert main(["--json", "history", "ask", "area", "--bbox", box, *WINDOW]) == 0
    found = told(capsys)
    assert len(found) == 9
    assert {visit["label"] for visit in found if visit["id"] == "car 1"} == {"Z*****1"}
    assert sum(int(str(visit["states"])) for visit in found) == 1080
    polygon = tmp_path / "area.geojson"
    ring = [[LON_DEG - 1, LAT_DEG - 1], [LON_DEG + 1, LAT_DEG - 1], [LON_DEG, LAT_DEG + 1], [LON_DEG - 1, LAT_DEG - 1]]
    geometry = {"type": "Polygon", "coordinates": [ring]}
    polygon.write_text(json.dumps({"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {},
                                                                             "geometry": geometry}]}))  # fmt: skip
    line = ["--json", "--purpose", "drill", "history", "ask", "area", "--polygon", str(polygon), *WINDOW]
    assert main(line) == 0
    assert {visit["label"] for visit in told(capsys) if visit["id"] == "car 1"} == {"Z-00001"}


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"type": "Point", "coordinates": [1, 2]}', '{"features": []}'])
def test_a_file_without_a_polygon_is_refused(home: Home, tmp_path: Path, text: str) -> None:
    path = tmp_path / "area.geojson"
    path.write_text(text)
    assert main(["history", "ask", "area", "--polygon", str(path)]) == 4


def test_one_entity_is_shown_for_a_purpose_only_and_no_plate_goes_on_record(home: Home, capsys: Said) -> None:
    assert main(["history", "ask", "track", "car 2", *WINDOW]) == 5
    assert main(["--json", "--purpose", "drill", "history", "ask", "track", "car 2", *WINDOW]) == 0
    track = told(capsys)
    assert len(track) == 120
    assert main(["--json", "--purpose", "drill", "history", "ask", "track", "--label", "Z-00002", *WINDOW]) == 0
    by_label = told(capsys)
    assert len(by_label) == 240  # the officer of the factory bears the same
    assert [state for state in by_label if state in track] != []
    recorded = entries(home.state / "trail.sqlite")
    asked = [entry["object"] for entry in recorded if entry["action"] == "history.ask"]
    assert asked[-3:] == ["small/car 2", "small/car 2", "small"]
    assert "Z-00002" not in json.dumps(recorded, ensure_ascii=False)
    for unknown in (["car 99"], ["--label", "X"]):
        assert main(["--purpose", "drill", "history", "ask", "track", *unknown]) == 4


@pytest.mark.usefixtures("home")
def test_where_most_was_told_comes_first(capsys: Said) -> None:
    assert main(["--json", "history", "ask", "heat", "--top", "0", *WINDOW]) == 0
    rows = [int(str(cell["rows"])) for cell in told(capsys)]
    assert rows == sorted(rows, reverse=True)
    assert sum(rows) == 1080
    assert main(["history", "ask", "heat", "--top", "-1"]) == 2
    assert main(["history", "ask", "heat", "--from", "yesterday"]) == 2


@pytest.mark.usefixtures("home")
def test_a_layer_is_exported_as_it_was_or_all_that_was_told(tmp_path: Path, capsys: Said) -> None:
    at, all_told = tmp_path / "at.csv", tmp_path / "all.csv"
    assert main(["--json", "export", "vehicles", "--to", str(at), "--at", UNTIL]) == 0
    assert told(capsys)[0]["rows"] == 6
    assert main(["--json", "export", "people", "--to", str(all_told), *WINDOW]) == 0
    assert told(capsys)[0]["rows"] == 360
    provenance = json.loads(next(tmp_path.glob("at*.json")).read_text("utf-8"))
    assert provenance["live"] is False
    assert provenance["masked"] is True


@pytest.mark.parametrize(
    ("line", "code"),
    [(["vehicles", "--at", "2020-01-01T00:00:00"], 4), (["vehicles", "--at", "now"], 2), (["roads", "--at", FROM], 2),
     (["vehicles", "--at", FROM, "--from", FROM], 2), (["vehicles", "--from", FROM], 2)],
)  # fmt: skip
def test_a_past_that_cannot_be_exported_is_refused(home: Home, tmp_path: Path, line: list[str], code: int) -> None:
    assert main(["export", *line, "--to", str(tmp_path / "x.csv")]) == code


def test_a_tombstone_is_obeyed(home: Home, tmp_path: Path, capsys: Said) -> None:
    path = leave(tmp_path, Tombstone("small", "2026-09-22", "people", "internal", 1, "past its date", NOON))
    assert main(["--json", "history", "forget", str(path)]) == 0
    assert told(capsys) == [{"rows": 360}]
    other = leave(tmp_path, Tombstone("large", "2026-09-22", "people", "internal", 1, "past its date", NOON))
    assert main(["history", "forget", str(other)]) == 4
    assert main(["--json", "history", "status"]) == 0
    assert told(capsys)[0]["rows"] == 720


def test_a_time_without_a_zone_is_of_this_machine() -> None:
    assert parse_time("2026-09-22T12:00:00+00:00") == NOON
    assert parse_time(show_time(NOON)) == NOON
    for text in ("", "soon", "2026-13-01", "99999-01-01"):
        with pytest.raises(UsageError):
            parse_time(text)
