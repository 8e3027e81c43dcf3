"""Records, backup and restore from the command line."""

from __future__ import annotations

import json
import signal
import sys
import time
from pathlib import Path

import pytest

from app.cli import main
from data.home import Home
from data.records.database import engine_of
from data.records.settings import FILE, database_url
from data.records.totals import totals
from data.sync.journal import Journal, journal_path
from tests.data.records.journal import entry, told
from tests.services import child
from tests.small_county import home_with_county


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path / "home"))
    home = home_with_county(tmp_path / "home")
    home.set_current("small")
    return home


def test_records_are_made_followed_looked_at_and_come_back(
    home: Home, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    journal = Journal(journal_path(home, "small"))
    journal.append([entry(1, told(0, 3))])
    journal.close()
    assert main(["records", "upgrade"]) == 0
    assert "0011" in capsys.readouterr().out
    assert main(["--json", "records", "follow", "--once"]) == 0
    assert json.loads(capsys.readouterr().out) == {"chunks": 1}
    assert main(["--json", "records", "status"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["cases"], found["entities"], found["positions"]) == (0, 3, 3)
    assert main(["--json", "backup", str(tmp_path / "shelf")]) == 0
    made = json.loads(capsys.readouterr().out)["folder"]
    assert main(["backup", made, "--verify"]) == 0
    assert main(["restore", made]) == 2
    assert "--replace" in capsys.readouterr().err
    assert main(["restore", made, "--replace"]) == 0
    assert main(["--json", "records", "follow", "--once"]) == 0
    assert json.loads(capsys.readouterr().out.splitlines()[-1]) == {"chunks": 0}
    (Path(made) / "data" / "current").write_text("other", "utf-8")
    assert main(["restore", made, "--replace"]) == 6
    assert main(["restore", str(tmp_path / "nowhere"), "--replace"]) == 4


def test_the_service_follows_into_the_records_beside_the_engine(home: Home) -> None:
    (home.data / FILE).write_text("follow = true\n", "utf-8")
    with child([sys.executable, "-m", "app", "sync"]) as process:
        engine = engine_of(database_url(home))
        until = time.monotonic() + 120
        while int(totals(engine)["entities"]) < 10:
            assert time.monotonic() < until
            assert process.poll() is None
        engine.dispose()
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0
