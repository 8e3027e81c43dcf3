"""``zhian balance`` and ``zhian quarantine``: what came, what became of it, and what can be mended."""

from __future__ import annotations

import json
import sqlite3
import time
from pathlib import Path

import pytest

from app.cli import main
from data.connectors.contract import Record, SourceSettings
from data.connectors.jt808 import encoder
from data.home import Home
from data.sync.journal import Entry, Journal, Origin, journal_path, read
from data.sync.settings import set_sources
from tests.data.connectors.jt808 import frames_seen as seen
from tests.data.connectors.jt808.test_decoder import position
from tests.small_county import home_with_county

PHONE = "013912345678"


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    home = home_with_county(tmp_path)
    home.set_current("small")
    set_sources(home, "small", [SourceSettings("vans", "jt808", {"authentication": "open"})])
    swapped = Record(b"", "123456789010", "0200", 0.0, seen.cut(seen.SWAPPED_AXES))
    stored = Record(b"\0" * 16, "13912345678", "0200", 0.0, b"raw")
    journal = Journal(journal_path(home, "small"))
    journal.append([Entry(Origin("vans"), time.time(), 2, [stored], [(swapped, "position out of range")])])
    journal.close()
    return home


Said = pytest.CaptureFixture[str]


def test_the_balance_is_told_for_each_minute(home: Home, capsys: Said) -> None:
    assert main(["balance", "--verify"]) == 0
    said = capsys.readouterr().out
    assert "vans  received 2 = stored 1 + duplicate 0 + quarantined 1" in said
    assert "The balance holds" in said
    assert main(["--json", "balance"]) == 0
    assert json.loads(capsys.readouterr().out)["quarantined"] == 1


def test_a_balance_that_does_not_hold_is_exit_code_6(home: Home, capsys: Said) -> None:
    connection = sqlite3.connect(journal_path(home, "small"))
    connection.execute("DELETE FROM record")
    connection.commit()
    connection.close()
    assert main(["balance"]) == 0
    assert main(["balance", "--verify"]) == 6
    assert "stored 1 by the balance, 0 by count" in capsys.readouterr().err


def test_the_quarantine_hides_numbers_until_a_purpose_is_stated(home: Home, capsys: Said) -> None:
    assert main(["quarantine", "list"]) == 0
    assert "1**********0  0200  position out of range" in capsys.readouterr().out
    assert main(["quarantine", "show", "1"]) == 5
    assert main(["--purpose", "mending a feed", "quarantine", "show", "1"]) == 0
    assert seen.cut(seen.SWAPPED_AXES).hex() in capsys.readouterr().out


def test_what_does_not_hold_stays_and_what_is_mended_is_taken(home: Home, capsys: Said) -> None:
    assert main(["quarantine", "replay", "1"]) == 4
    assert "it still does not hold: position out of range" in capsys.readouterr().err
    assert main(["quarantine", "replay", "1", "--raw", "zz"]) == 2
    mended = encoder.write_position(PHONE, 1, position(time_s=time.time() - 60))
    assert main(["quarantine", "replay", "1", "--raw", mended.hex()]) == 0
    assert "1 new records" in capsys.readouterr().out
    assert [stored.raw for stored in read(journal_path(home, "small"))] == [b"raw", mended[1:-1]]
    assert main(["balance", "--verify"]) == 0
    assert main(["quarantine", "replay", "1", "--raw", mended.hex()]) == 4
    assert main(["quarantine", "list", "--all"]) == 0
    assert "✔" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["balance", "--minutes", "0"], 2),
        (["quarantine", "list", "--newest", "0"], 2),
        (["quarantine", "replay", "9"], 4),
    ],
)
def test_what_makes_no_sense_is_refused(home: Home, arguments: list[str], code: int, capsys: Said) -> None:
    assert main(arguments) == code
    assert capsys.readouterr().err


def test_without_a_journal_that_is_said(tmp_path: Path, home: Home, capsys: Said) -> None:
    journal_path(home, "small").unlink()
    assert main(["balance"]) == 4
    assert "there is no journal" in capsys.readouterr().err
