"""Every line of a file is taken or told, whatever the file is like."""

from __future__ import annotations

import csv
import gzip
from pathlib import Path

import pandas as pd
import pytest

from data.ledger import reading
from tests.data.ledger.files import HEADER, line, take, whole, write
from twin.errors import BadInputError


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_file_is_read_in_each_encoding(tmp_path: Path, encoding: str) -> None:
    report = take(tmp_path / "l", write(tmp_path / "a.csv", [line(n) for n in range(9)], encoding))
    assert (report.lines, report.taken, report.broken) == (9, 9, {})
    assert whole(tmp_path / "l")[0] == ("icbc:620000000000", "icbc:950000000000", 10050, 1793462400)


def test_broken_lines_are_kept_with_their_numbers_and_reasons(tmp_path: Path) -> None:
    spoilt = {
        3: "62,95", 5: line(5, yuan="-3"), 7: line(7, yuan="many"), 9: line(9, time="32.13.2026"),
        11: line(11, time="2027-11-11 00:00:00"), 13: line(13, source="6.22E+18"), 15: line(15, target="620000000001"),
        17: line(17, note='"open'), 19: line(19, source=" "),
    }  # fmt: skip
    path = write(tmp_path / "a.csv", [spoilt.get(n + 2, line(n)) for n in range(30)], "gb18030")
    report = take(tmp_path / "l", path)
    assert report.taken + sum(report.broken.values()) == report.lines == 30
    with (tmp_path / "l" / report.kept).open(encoding="utf-8-sig", newline="") as file:
        told = {int(row["line"]): (row["reason"], row["text"]) for row in csv.DictReader(file)}
    reasons = ("columns", "amount", "amount", "time", "future", "spreadsheet", "itself", "quotes", "account")
    assert {number: reason for number, (reason, _) in told.items()} == dict(zip(spoilt, reasons, strict=True))
    assert {number: text for number, (_, text) in told.items()} == spoilt


def test_a_line_with_bytes_of_no_encoding_costs_only_itself(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", [line(n) for n in range(9)])
    path.write_bytes(path.read_bytes().replace("S4,货".encode(), b"S4,\xff\xfe"))
    report = take(tmp_path / "l", path)
    assert (report.taken, report.broken) == (8, {"bytes": 1})


def test_what_spreadsheets_and_banks_put_around_values_does_no_harm(tmp_path: Path) -> None:
    lines = [
        line(1, yuan="￥１００．５０"), line(1, yuan='"1,000.00"'), line(1, source='="6222 0200"'),
        line(1, yuan="3.50元"),
        line(1, target="ccb:6217-0001", time="20261101083000"), line(1, time="2026/11/1 8:30:00"),
        line(1, time="2026-11-01T08:30:00+08:00"), HEADER, "", " ",
    ]  # fmt: skip
    report = take(tmp_path / "l", write(tmp_path / "a.csv", lines), keep_equal=True)
    assert (report.taken, report.broken) == (7, {})
    found = whole(tmp_path / "l")
    assert {fen for _, _, fen, _ in found} == {10050, 100000, 10150, 350}
    assert {("icbc:62220200", "ccb:62170001")} <= {
        (source, target) for source, _, _, _ in found for _, target, _, _ in found
    }
    assert [time_s for *_, time_s in found].count(1793493000) == 3


def test_statements_of_one_account_are_turned_by_their_direction(tmp_path: Path) -> None:
    header = "本方账号\t对方账号\t借贷标志\t交易金额\t交易日期\t交易时间\t余额"
    lines = ["6222\t9555\t出\t10\t2026-11-01\t08:30:00\t90", "6222\t9555\t进\t5\t2026-11-01\t08:31:00\t95",
             "6222\t9555\t?\t5\t2026-11-01\t08:32:00\t95"]  # fmt: skip
    report = take(tmp_path / "l", write(tmp_path / "a.txt", lines, header=header))
    assert report.broken == {"direction": 1}
    assert whole(tmp_path / "l") == [
        ("icbc:6222", "icbc:9555", 1000, 1793493000), ("icbc:9555", "icbc:6222", 500, 1793493060),
    ]  # fmt: skip


def test_parquet_and_gzip_are_read(tmp_path: Path) -> None:
    frame = pd.DataFrame({"from": ["a:1", "a:2"], "to": ["b:1", "b:1"], "amount": [1.25, 7.0],
                          "time": pd.to_datetime(["2026-11-01 08:30:00", "2026-11-01 08:31:00"])})  # fmt: skip
    frame.to_parquet(tmp_path / "a.parquet")
    assert take(tmp_path / "l", tmp_path / "a.parquet").taken == 2
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(f"{HEADER}\n{line(1)}\n".encode()))
    assert take(tmp_path / "l", tmp_path / "b.csv.gz").taken == 1
    assert ("a:1", "b:1", 125, 1793493000) in whole(tmp_path / "l")


def test_memory_does_not_grow_with_a_file_and_no_line_falls_between_blocks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reading, "BLOCK", 500)
    path = write(tmp_path / "a.csv", [line(n) for n in range(200)] + ["x" * 2000] + [line(n) for n in range(200, 300)])
    report = take(tmp_path / "l", path)
    assert report.taken == 300
    assert set(report.broken) <= {"columns", "long"}


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is empty"),
        (b"name,age\nLi,30\n", "not the columns of transfers"),
        (b"PK\x03\x04abc", "spreadsheet"),
        ("付款账号".encode("utf-16"), "UTF-16"),
        (f"{HEADER}\n62,95\n".encode(), "none of its 1 lines"),
        (f"{HEADER},金额\n".encode(), "two columns could be the same"),
    ],
)
def test_what_is_no_file_of_transfers_is_told_and_nothing_kept(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.csv").write_bytes(content)
    with pytest.raises(BadInputError, match=told):
        take(tmp_path / "l", tmp_path / "a.csv")
    assert whole(tmp_path / "l") == []
