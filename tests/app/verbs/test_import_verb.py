"""``zhian import`` from the command line."""

from __future__ import annotations

import json
import signal
from pathlib import Path

import pytest

from app.cli import main
from app.making import Teller
from app.texts import Texts
from data.audit.reading import entries
from data.home import Home
from data.importers.report import NOTES, REASONS
from data.store.twin_folder import open_city
from tests.data.importers.samples import box_model, footprints, write_json


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    return Home.of_user()


def test_an_import_is_told_kept_and_made_current(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    footprints(height=[5.0, 9999.0]).to_file(tmp_path / "b.gpkg")
    told = tmp_path / "report.json"
    assert main(["import", str(tmp_path / "b.gpkg"), "--name", "镇", "--report", str(told)]) == 0
    heard = capsys.readouterr()
    assert "已导入并选用孪生 镇" in heard.out
    assert "1 × 高度不合理" in heard.out
    assert "feature 2 9999 m" in heard.out
    assert "100%" in heard.err
    assert home.current() == "镇"
    assert len(open_city(home.twin("镇")).table("buildings")) == 2
    report = json.loads(told.read_text("utf-8"))
    assert report == json.loads((home.state / "imports" / "镇.json").read_text("utf-8"))
    assert report["files"][0]["faults"][0]["reason"] == "height"
    assert (home.cache / "scenes" / "镇").is_dir()
    newest = entries(home.state / "trail.sqlite", 1)[0]
    assert (newest["action"], newest["object"]) == ("twin.write", "镇")


def test_json_lines_end_with_the_report(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = write_json(tmp_path / "a.city.json", box_model())
    assert main(["--json", "import", str(path), "--name", "t"]) == 0
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert lines[0].keys() == {"progress", "stage"}
    shares = [line["progress"] for line in lines[:-1]]
    assert shares == sorted(shares)
    assert (lines[-1]["done"], lines[-1]["tables"]) == ("t", {"buildings": 1, "surfaces": 6})


def test_a_twin_is_not_written_over_without_a_word(home: Home, tmp_path: Path) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    footprints(height=[5.0, 6.0]).to_file(tmp_path / "c.gpkg")
    assert main(["import", str(tmp_path / "b.gpkg"), "--name", "t"]) == 0
    assert main(["import", str(tmp_path / "c.gpkg"), "--name", "t"]) == 2
    assert len(open_city(home.twin("t")).table("buildings")) == 1
    assert main(["import", str(tmp_path / "c.gpkg"), "--name", "t", "--replace"]) == 0
    assert len(open_city(home.twin("t")).table("buildings")) == 2


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["missing.gpkg", "--name", "t"], 4),
        (["http://x/a.geojson", "--name", "t"], 4),
        (["b.gpkg", "--name", "../t"], 2),
        (["b.gpkg", "--name", "t", "--bands", "1,2"], 2),
        (["b.gpkg", "--name", "t", "--crs", "EPSG:0"], 2),
        (["b.gpkg", "--name", "t", "--height-column", "none"], 4),
    ],
)
def test_what_cannot_be_done_ends_with_its_code_and_one_line(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str], code: int
) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")
    files = [str(tmp_path / "b.gpkg") if part == "b.gpkg" else part for part in arguments]
    assert main(["--json", "import", *files]) == code
    said = capsys.readouterr().err
    assert said.startswith("zhian: ")
    assert len(said.splitlines()) == 1
    assert home.twins() == []


def test_an_interrupt_ends_with_130_and_leaves_nothing(
    home: Home, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    footprints(height=[5.0]).to_file(tmp_path / "b.gpkg")

    def interrupt(_teller: Teller, _share: float, stage: str) -> None:
        if stage == "saving":
            signal.raise_signal(signal.SIGINT)

    monkeypatch.setattr(Teller, "__call__", interrupt)
    assert main(["import", str(tmp_path / "b.gpkg"), "--name", "t"]) == 130
    assert capsys.readouterr().err == "zhian: 已中断\n"
    assert home.twins() == []
    assert list((home.data / "twins").iterdir()) == []


def test_every_reason_has_its_words() -> None:
    for language in ("zh", "en"):
        texts = Texts(language)
        assert all(f"import.fault.{reason}" in texts for reason in REASONS)
        assert all(f"import.note.{note}" in texts for note in NOTES)
