"""``zhian ledger``: through the brakes, in both languages, with the right exit code."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import main
from data.ledger.importing import Asked, Importer
from data.ledger.ledger import ledger_path
from tests.data.ledger.files import write
from tests.small_county import home_with_county

Said = pytest.CaptureFixture[str]
HEADER = "付款账号,收款账号,交易金额,交易时间"
LINES = [
    "ICBC:6222020000001111,CCB:6217000000002222,1900000.00,2026-11-01 08:30:00",
    "CCB:6217000000002222,ABC:6228480000003333,480000.50,2026-11-01 08:41:00",
    "ABC:6228480000003333,PAY:0000000000009999,480000.50,2026-11-01 08:55:00",
    "6222020000001111,oops",
]
PURPOSE = ["--purpose", "drill"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("home")
    home = home_with_county(folder)
    home.set_current("small")
    path = write(folder / "a.csv", LINES, "gb18030", HEADER)
    with closing(Importer(ledger_path(home))) as importer:
        importer.take(Asked(path))
    return folder


@pytest.fixture
def imported(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("ZHIAN_HOME", str(folder))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    return folder / "a.csv"


def told(capsys: Said) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_money_is_followed_with_a_purpose_and_not_without(imported: Path, capsys: Said) -> None:
    asked = ["ledger", "trace", "ICBC:6222020000001111", "--hub", "0"]
    assert main(asked) == 5
    assert "6222" not in capsys.readouterr().err
    assert main([*PURPOSE, *asked]) == 0
    said = capsys.readouterr().out
    assert "First in, first out: 3 transfers, 3 accounts; loss 1,900,000.00 yuan = still there 1,900,000.00" in said
    assert "hop 2  " in said
    assert "CCB:6217000000002222 → ABC:6228480000003333  480,000.50 yuan, of which traced 480,000.50" in said
    assert main(["--json", *PURPOSE, "ledger", "trace", "PAY:0000000000009999", "--backward", "--rule", "fifo"]) == 0
    *legs, sums = told(capsys)
    assert [leg["source"] for leg in legs][:2] == ["ABC:6228480000003333", "CCB:6217000000002222"]
    assert sums["loss_fen"] == 48000050


def test_counts_come_before_transfers_and_hubs_end_a_trace(imported: Path, capsys: Said) -> None:
    assert main(["--json", *PURPOSE, "ledger", "expand", "CCB:6217000000002222"]) == 0
    (counts,) = told(capsys)
    assert (counts["legs_in"], counts["legs_out"], counts["out_fen"]) == (1, 1, 48000050)
    assert main([*PURPOSE, "ledger", "expand", "CCB:6217000000002222", "--most", "1"]) == 0
    assert "+1,900,000.00 yuan" in capsys.readouterr().out
    assert main(["ledger", "hub", "ABC:6228480000003333", "--why", "market"]) == 0
    assert main([*PURPOSE, "ledger", "trace", "ICBC:6222020000001111", "--rule", "pro_rata"]) == 0
    assert main(["ledger", "hub", "ABC:6228480000003333"]) == 0
    assert "ended in hubs or came back 480,000.50" in capsys.readouterr().out


def test_the_ledger_tells_what_it_holds_merges_and_writes_for_others(
    imported: Path, tmp_path: Path, capsys: Said
) -> None:
    more = write(tmp_path / "b.csv", LINES[1:], header=HEADER)
    assert main(["ledger", "import", str(more), str(imported)]) == 0
    said = capsys.readouterr().out
    assert "b.csv: 3 lines, 0 transfers taken" in said
    assert "2 were there already" in said
    assert "1 have another number of columns" in said
    assert "a.csv is the same file as a.csv, which was imported before" in said
    assert main(["ledger", "merge"]) == 0
    assert main(["ledger", "info"]) == 0
    assert "3 transfers (0 wait for the merge) between 4 accounts" in capsys.readouterr().out
    assert main([*PURPOSE, "ledger", "export", str(tmp_path / "out")]) == 0
    assert "6 lines written into 1 files" in capsys.readouterr().out
    assert main(["--language", "zh", "ledger", "info"]) == 0
    assert "3 笔转账" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["trace", "ICBC:1"], 4, "does not know it"),
        (["trace", "PAY:0000000000009999"], 2, "no such payments"),
        (["expand", "ICBC:6222020000001111", "--most", "-1"], 2, "give 0 or more"),
        (["import", "nowhere.csv"], 1, "nowhere.csv"),
        (["import", "a.csv", "--columns", "source"], 2, "write --columns as"),
    ],
)
def test_what_cannot_be_is_told(imported: Path, arguments: list[str], code: int, words: str, capsys: Said) -> None:
    assert main([*PURPOSE, "ledger", *arguments]) == code
    assert words in capsys.readouterr().err
