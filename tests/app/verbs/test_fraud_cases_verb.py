"""The fraud desk from a script: from a pasted receipt to a stop at the bank, nothing shown unmasked."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path
from typing import Any

import pytest

from app.cli import main
from data.fraud.opening import open_fraud
from data.home import Home
from tests.data.fraud.made import lead, signed
from twin.fraud.records import Instruction

Said = pytest.CaptureFixture[str]
RECEIPT = (
    "收款人账号：6222021204000000008\n收款人：张三\n收款银行：工商银行\n金额：1,900,000.00\n时间：2026-11-22 09:10:05"
)
WHY = ("--purpose", "止付")


@pytest.fixture(autouse=True)
def receipt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("ZHIAN_HOME", str(tmp_path))
    monkeypatch.setenv("ZHIAN_LANGUAGE", "en")
    path = tmp_path / "receipt.txt"
    path.write_text(RECEIPT, "utf-8")
    return str(path)


def run(capsys: Said, *arguments: str) -> list[dict[str, Any]]:
    assert main(["--json", *arguments]) == 0, capsys.readouterr().err
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


def test_from_a_receipt_to_what_waits_at_the_bank(receipt: str, capsys: Said) -> None:
    (paid,) = run(capsys, "fraud", "read", "--receipt", receipt)
    assert (paid["to_holder"], paid["doubts"]) == ("张三", ["the account's check digit is wrong"])
    opened = run(
        capsys, *WHY, "fraud", "open", "冒充老板", "--yuan", "190万", "--kind", "boss", "--victim", "李四",
        "--receipt", receipt,
    )  # fmt: skip
    case, payment = opened[0]["number"], opened[1]["id"]
    (shown,) = run(capsys, "fraud", "show", "--case", case)
    assert "李四" not in json.dumps(shown, ensure_ascii=False)
    assert shown["payments"][0]["to_account"].endswith("*0008")
    assert main(["fraud", "stop", "--case", case, "--payment", payment, "--second", "bob", "--reason", "x"]) == 5
    told = ("--case", case, "--payment", payment, "--second", "bob", "--reason", "被骗", "--basis", "审批表")
    _, asked = run(capsys, *WHY, "fraud", "stop", *told)
    assert asked["state"] == "submitted"
    assert main([*WHY, "fraud", "approve", f"{asked['id']}=00000000"]) == 2
    assert "cannot decide" in capsys.readouterr().err  # the demo account asked
    with contextlib.closing(open_fraud(Home.of_user())) as store:
        signed(store, asked["id"], lead())
    (sent,) = run(capsys, "fraud", "send", "--once")
    assert sent == {"answered": 0, "waiting": 1}  # no way to the bank is set
    assert main(["--language", "zh", *WHY, "fraud", "list"]) == 0
    assert "待处置" in capsys.readouterr().out
    with contextlib.closing(open_fraud(Home.of_user())) as store:
        assert store.one(Instruction, asked["id"]).state == "signed"


def test_cases_are_merged_shared_and_the_ways_are_told(receipt: str, capsys: Said) -> None:
    numbers = [run(capsys, *WHY, "fraud", "open", f"案{n}", "--yuan", "100")[0]["number"] for n in (1, 2)]
    run(capsys, *WHY, "fraud", "merge", numbers[0], "--into", numbers[1])
    run(capsys, *WHY, "fraud", "unmerge", "--case", numbers[0])
    until = ("--until", "2027-01-01T00:00", "--why", "专案")
    assert main([*WHY, "fraud", "share", "nobody", "--case", numbers[0], *until]) == 2
    assert "share with" in capsys.readouterr().err
    (told,) = run(capsys, "fraud", "banks")
    assert told["ways"] == {}
    assert run(capsys, "fraud", "clocks", "--red") == []
    assert main([*WHY, "fraud", "ask", "holder", "ICBC:1", "--case", numbers[0]]) == 2
    assert "no way to the bank" in capsys.readouterr().err
    assert main([*WHY, "fraud", "pay", "--case", numbers[0], "--receipt", "/nowhere"]) != 0
