"""Scenarios and reference lists from the command line: listed, checked, tried over the past, brought in."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from app.cli import main
from data.connectors.demo_life.life import Life
from data.home import Home
from data.operations.opening import open_operations
from data.own_copy import shipped
from data.sync.journal import journal_path
from data.sync.shared import open_for_writing, table_path
from tests.data.history.factory import record
from tests.small_county import home_with_county, small_county
from twin.live.observation import Observation, batch
from twin.live.table import LiveTable, place_word
from twin.operations.records import Alert
from twin.world import SourceState

BEGIN = 1_790_035_200.0
PAST = ["--from", "2026-09-22T00:00:00+00:00", "--until", "2026-09-22T00:12:00+00:00"]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Home:
    """Return a home in which eleven minutes of the demo life of the small county are recorded."""
    root = tmp_path_factory.mktemp("scenarios") / "home"
    home = home_with_county(root)
    home.set_current("small")
    life = Life(small_county(), 300, 1, BEGIN)
    told = []
    for _ in range(66):
        for _ in range(5):
            life.step(2.0)
        told.append(life.rows().copy())
    record(journal_path(home, "small"), np.concatenate(told), lump=20_000)
    return home


@pytest.fixture(autouse=True)
def _at_home(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZHIAN_HOME", str(home.data.parent))


def test_all_are_listed_and_one_is_shown_whole(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--json", "scenario", "list"]) == 0
    listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(listed) == 38
    assert main(["scenario", "list", "--board", "service"]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 4
    assert main(["--json", "scenario", "show", "flood"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["when"]["holds"] == "value > 3.5"
    assert main(["scenario", "show", "flod"]) == 2


def test_files_are_checked_with_their_line(home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["scenario", "check"]) == 0
    assert "38" in capsys.readouterr().out
    path = tmp_path / "security" / "loud.toml"
    path.parent.mkdir()
    path.write_text("form = 'alarm'\nseverty = 2\n", "utf-8")
    assert main(["--language", "en", "scenario", "check", str(path)]) == 4
    assert "line 2" in capsys.readouterr().out


def test_a_changed_version_is_tried_beside_the_one_that_counts(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = ["--purpose", "规则修订", "--json", "scenario", "backtest", "parking", *PAST]
    assert main(["--json", "scenario", "backtest", "parking", *PAST]) == 5
    capsys.readouterr()
    assert main(asked) == 0
    now = json.loads(capsys.readouterr().out)
    assert (now["hits"] > 0, now["before"]) == (True, None)

    text = (shipped("scenarios") / "governance" / "parking.toml").read_text("utf-8")
    changed = tmp_path / "governance" / "parking.toml"
    changed.parent.mkdir()
    changed.write_text(text.replace("for_s = 600", "for_s = 300"), "utf-8")
    where, picture = tmp_path / "where.geojson", tmp_path / "picture.svg"
    assert main([*asked, "--file", str(changed), "--geojson", str(where), "--picture", str(picture)]) == 0
    tried = json.loads(capsys.readouterr().out)
    assert tried["hits"] >= tried["before"]["hits"] == now["hits"]
    assert sum(tried["by_hour"]) == tried["hits"]
    assert len(json.loads(where.read_text("utf-8"))["features"]) == tried["hits"]
    assert "浙F·I" not in where.read_text("utf-8") + picture.read_text("utf-8")
    assert len(ElementTree.parse(picture).findall("{*}circle")) == tried["hits"]  # noqa: S314 - our own file
    assert all("*" in subject["label"] for example in tried["examples"] for subject in example["subjects"])
    assert main([*asked[:2], "--language", "en", *asked[3:]]) == 0
    assert "hits" in capsys.readouterr().out


def test_a_list_is_brought_in_and_shown_and_a_watch_list_needs_more(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "residents.csv"
    file.write_text("key,note\nC-000001,\nC-000002,\n", "utf-8")
    said = ["--source", "街道", "--owner", "登记站"]
    assert main(["--json", "list", "import", "dormitory-residents", str(file), *said]) == 0
    assert json.loads(capsys.readouterr().out)["entries"] == 2
    assert main(["list", "show"]) == 0
    assert "登记站" in capsys.readouterr().out
    assert main(["list", "import", "watched-vehicles", str(file), *said, "--watch"]) == 5
    assert main(["list", "import", "x", str(tmp_path / "none.csv"), *said]) == 4
    assert main(["list", "import", "x", "http://127.0.0.1:9/x.csv", *said]) == 4


@pytest.fixture
def _own_ending() -> Iterator[None]:
    """Outlive the signal that ends a watch, and put back what answered it before."""
    before = signal.signal(signal.SIGTERM, signal.SIG_IGN)
    yield
    signal.signal(signal.SIGTERM, before)


@pytest.mark.usefixtures("_own_ending")
def test_what_is_watched_live_becomes_an_alert(home: Home) -> None:
    stand_in = LiveStandIn(home)
    try:
        stand_in.thread.start()
        assert main(["scenario", "watch"]) == 0
        stand_in.thread.join()
        assert [(alert.scenario, alert.subject_kind) for alert in stand_in.alerts] == [("hospital", "alarm_button")]
    finally:
        stand_in.close()


class LiveStandIn:
    """Writes a live table in which a hospital's alarm button is pressed, and ends the watch once there is an alert."""

    def __init__(self, home: Home) -> None:
        self._home, city = home, small_county()
        self._file = open_for_writing(table_path(home, "small"), 16)
        self._table = LiveTable(self._file.buffer, 16, place_word(city.frame), 1, os.getpid())
        source = self._table.source("live", "mqtt")
        self._table.tell_source(source, SourceState("live", "mqtt", up=True, reason="", last_s=0.0, rate_hz=1.0))
        hospital = city.table("sites").query("kind == 'hospital'").geometry.iloc[0].representative_point()
        east, north = hospital.x - city.frame.origin_m[0], hospital.y - city.frame.origin_m[1]
        lon, lat = city.frame.to_lonlat(east, north)
        pressed = Observation("button", "alarm_button", time.time(), float(lon), float(lat), "一键报警", "alarm")
        place_m = np.array([[east, north, 0.0]], np.float32)
        self._table.update(source, batch("live", [pressed]).rows, place_m, time.time(), time.monotonic())
        self._table.commit(time.time())
        self.alerts: tuple[Alert, ...] = ()
        self.thread = threading.Thread(target=self._wait)

    def _wait(self) -> None:
        until = time.monotonic() + 60.0
        while not self.alerts and time.monotonic() < until:
            self._table.beat(time.time(), time.monotonic())
            with contextlib.closing(open_operations(self._home)) as operations:
                self.alerts = tuple(operations.find(Alert, ("new",)))
            threading.Event().wait(0.1)
        os.kill(os.getpid(), signal.SIGTERM)

    def close(self) -> None:
        self._table.close()
        self._file.close()


def test_layers_plans_and_who_is_told_must_be_there(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = (shipped("scenarios") / "basic" / "units.toml").read_text("utf-8")
    told = {"layers": text.replace('"people"', '"peple"'), "tell": text.replace('"operator"', '"opertor"')}
    told["plan"] = text.replace("legal_basis", 'plan = "flod"\nlegal_basis')
    for name, changed in told.items():
        path = tmp_path / name / "basic" / "units.toml"
        path.parent.mkdir(parents=True)
        path.write_text(changed, "utf-8")
        assert main(["--language", "en", "scenario", "check", str(path)]) == 4
        assert "meant?" in capsys.readouterr().out
